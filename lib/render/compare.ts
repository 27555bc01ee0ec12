import { diffArrays } from 'diff';
import { layOut, type StatementLines } from './document.ts';

/** One line of the comparison. A line that stands in both carries both texts: they may differ in the comma at the end. */
export type Row =
  | { kind: 'same'; before: string; after: string }
  | { kind: 'removed'; before: string }
  | { kind: 'added'; after: string };

/** Lines that belong together: a statement, or what stands around the statements. */
export interface Passage {
  kind: 'frame' | 'same' | 'changed' | 'removed' | 'added';
  /** 1-based place of the statement, in the after document unless it was removed. */
  statement?: number;
  sid?: string;
  rows: Row[];
}

/** Beyond this many edits the cheapest honest answer is: all of the old away, all of the new in. */
const MOST_EDITS = 600;

/**
 * Compares two policy documents as `layOut` shows them. Statements are paired first, by text, by Sid, or by likeness, so
 * that a statement that came or went reads as one piece. Lossless: the `before` texts of all rows in order are the lines
 * of the first document, the `after` texts those of the second.
 */
export function comparePolicies(before: string, after: string): Passage[] {
  const [a, b] = [layOut(before), layOut(after)];
  return [
    frame(a.head, b.head),
    ...compareStatements(withCommas(a.statements), withCommas(b.statements)),
    frame(a.tail, b.tail),
  ].filter((passage) => passage.rows.length > 0);
}

const frame = (before: string[], after: string[]): Passage => ({ kind: 'frame', rows: compareLines(before, after) });

/** The comma after each statement but the last is part of its last line. */
function withCommas(statements: StatementLines[]): StatementLines[] {
  const last = statements.length - 1;
  return statements.map((s, i) => (i === last ? s : { ...s, lines: [...s.lines.slice(0, -1), `${s.lines.at(-1)},`] }));
}

function compareStatements(before: StatementLines[], after: StatementLines[]): Passage[] {
  const passages: Passage[] = [];
  let [i, j] = [0, 0];
  for (const part of edits(before, after, alike())) {
    for (let n = 0; n < part.count; n++) {
      const was = part.added ? undefined : before[i++];
      const is = part.removed ? undefined : after[j++];
      passages.push(passage(was, is, is === undefined ? i : j));
    }
  }
  return passages;
}

function passage(was: StatementLines | undefined, is: StatementLines | undefined, statement: number): Passage {
  const rows = compareLines(was?.lines ?? [], is?.lines ?? []);
  const kind =
    was === undefined
      ? 'added'
      : is === undefined
        ? 'removed'
        : rows.some((r) => r.kind !== 'same')
          ? 'changed'
          : 'same';
  const sid = is?.sid ?? was?.sid;
  return { kind, statement, ...(sid === undefined ? {} : { sid }), rows };
}

function compareLines(before: string[], after: string[]): Row[] {
  const rows: Row[] = [];
  let [i, j] = [0, 0];
  for (const part of edits(before, after, (a, b) => bare(a) === bare(b))) {
    for (let n = 0; n < part.count; n++) {
      if (part.removed) rows.push({ kind: 'removed', before: before[i++] ?? '' });
      else if (part.added) rows.push({ kind: 'added', after: after[j++] ?? '' });
      else rows.push({ kind: 'same', before: before[i++] ?? '', after: after[j++] ?? '' });
    }
  }
  return rows;
}

/** A line without the comma that only says that another follows. */
const bare = (line: string): string => (line.endsWith(',') ? line.slice(0, -1) : line);

interface Part {
  count: number;
  added: boolean;
  removed: boolean;
}

function edits<T>(before: T[], after: T[], same: (a: T, b: T) => boolean): Part[] {
  if (before.length === 0 && after.length === 0) return [];
  const parts = diffArrays(before, after, { comparator: same, maxEditLength: MOST_EDITS });
  return (
    parts?.map(({ count, added, removed }) => ({ count, added, removed })) ?? [
      { count: before.length, added: false, removed: true },
      { count: after.length, added: true, removed: false },
    ]
  );
}

/** Whether two statements are one and the same, perhaps edited: equal Sids decide, else most of the lines. */
function alike(): (a: StatementLines, b: StatementLines) => boolean {
  const sets = new Map<StatementLines, Set<string>>();
  const linesOf = (s: StatementLines) => {
    const known = sets.get(s) ?? new Set(s.lines.map(bare));
    sets.set(s, known);
    return known;
  };
  return (a, b) => {
    if (a.sid !== undefined || b.sid !== undefined) return a.sid === b.sid;
    const [x, y] = [linesOf(a), linesOf(b)];
    let shared = 0;
    for (const line of x) if (y.has(line)) shared++;
    return shared * 4 >= Math.max(x.size, y.size) * 3;
  };
}
