import { revealIdentifier } from '../change/reveal.ts';
import { counted } from '../change/wording.ts';
import type { Passage, Row } from './compare.ts';

/** Lines of a long list that are shown on each side of a change. */
const AROUND = 3;
/** Fewer unchanged lines than this are not worth folding. */
const WORTH_FOLDING = 8;

/** Lines that stand together, all of them shown or all of them folded away. */
export interface Fold {
  visible: boolean;
  /** What is in it, for where it is folded: `12 unchanged lines, 2 statements`. */
  title: string;
  lines: FoldLine[];
}

export interface FoldLine {
  row: Row;
  /** Before the first line of a statement that changed, came or went: which one it is. */
  part?: string;
  /** Where the text differs from the one line that it replaces or that replaces it: from, and up to before. */
  emphasis?: [number, number];
}

/** What is said where two documents have no line that differs. */
export const NO_LINE_DIFFERS =
  'No line differs. The two texts say the same and differ only in spacing, in the order of elements, or in a single value standing for a list of one.';

/**
 * A comparison as a reader is shown it: changed statements whole but for long lists, the rest folded. Every line of both
 * documents is in it; nothing when no line differs.
 */
export function folds(passages: readonly Passage[]): Fold[] {
  const lines = passages.flatMap(decideVisible);
  if (lines.every(({ row }) => row.kind === 'same')) return [];
  const emphasis = emphasise(passages);
  return runs(lines).map((run) => {
    const visible = run[0]?.visible ?? false;
    return {
      visible,
      title: foldTitle(run),
      lines: run.map(({ row, passage, first }): FoldLine => {
        const part = visible && first ? partTitle(passage) : undefined;
        const range = emphasis.get(row);
        return {
          row,
          ...(part === undefined ? {} : { part }),
          ...(range === undefined ? {} : { emphasis: range }),
        };
      }),
    };
  });
}

/** How many lines came and went: `4 lines added, 1 line removed`. */
export function diffCount(passages: readonly Passage[]): string {
  const rows = passages.flatMap((passage) => passage.rows);
  const count = (kind: Row['kind']) => rows.filter((row) => row.kind === kind).length;
  return `${counted(count('added'), 'line')} added, ${counted(count('removed'), 'line')} removed`;
}

interface Shown {
  row: Row;
  visible: boolean;
  passage: Passage;
  /** The first line of its passage. */
  first: boolean;
}

/** One string of a list, alone on its line. */
const LIST_ITEM = /^\s*"(?:[^"\\]|\\.)*",?$/;

/** A statement that changed is shown whole, so that who, what and when stand together; only long lists in it are folded. */
function decideVisible(passage: Passage): Shown[] {
  const { rows, kind } = passage;
  const changed = rows.map((row) => row.kind !== 'same');
  const near = (i: number) => changed.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(Boolean);
  const telling = (row: Row) => kind === 'changed' && row.kind === 'same' && !LIST_ITEM.test(row.after);
  return rows.map((row, i) => ({ row, passage, first: i === 0, visible: near(i) || telling(row) }));
}

/** Runs of lines that are shown, and runs that are folded; a short fold is opened. */
function runs(lines: Shown[]): Shown[][] {
  const groups = grouped(lines);
  for (const group of groups) {
    if (group.length >= WORTH_FOLDING) continue;
    for (const line of group) line.visible = true;
  }
  return grouped(groups.flat());
}

function grouped(lines: Shown[]): Shown[][] {
  const groups: Shown[][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last?.[0]?.visible === line.visible) last.push(line);
    else groups.push([line]);
  }
  return groups;
}

const PART = { frame: '', same: '', changed: 'changed', added: 'new', removed: 'removed' } as const;

/** One line, whatever the Sid holds. */
function partTitle({ kind, statement, sid }: Passage): string | undefined {
  if (kind === 'frame' || kind === 'same') return undefined;
  const name = sid === undefined ? '' : ` “${revealIdentifier(sid).replace(/\s+/g, ' ')}”`;
  return `Statement ${statement}${name}: ${PART[kind]}`;
}

function foldTitle(run: Shown[]): string {
  const statements = new Set(
    run.filter(({ passage }) => passage.kind === 'same').map(({ passage }) => passage.statement),
  );
  const lines = counted(run.length, 'unchanged line');
  return statements.size === 0 ? lines : `${lines}, ${counted(statements.size, 'statement')}`;
}

/** For lines that were replaced one by one: the part of each that truly differs. */
function emphasise(passages: readonly Passage[]): Map<Row, [number, number]> {
  const ranges = new Map<Row, [number, number]>();
  for (const { rows } of passages) {
    for (let i = 0; i < rows.length; ) {
      const end = rows.findIndex((row, n) => n >= i && row.kind === 'same');
      const block = rows.slice(i, end === -1 ? rows.length : end);
      pairUp(block, ranges);
      i += block.length + 1;
    }
  }
  return ranges;
}

function pairUp(block: Row[], ranges: Map<Row, [number, number]>): void {
  const removed = block.filter((row) => row.kind === 'removed');
  const added = block.filter((row) => row.kind === 'added');
  if (removed.length !== added.length) return;
  removed.forEach((old, i) => {
    const now = added[i];
    if (now === undefined) return;
    const [start, tail] = sharedEnds(old.before, now.after);
    const indentation = /^ */.exec(old.before)?.[0].length ?? 0;
    if (start + tail - indentation < (Math.min(old.before.length, now.after.length) - indentation) / 2) return;
    ranges.set(old, [start, old.before.length - tail]);
    ranges.set(now, [start, now.after.length - tail]);
  });
}

/** Lengths of the beginning and the end that two texts share, never cutting a surrogate pair and never overlapping. */
function sharedEnds(a: string, b: string): [number, number] {
  const [x, y] = [[...a], [...b]];
  const most = Math.min(x.length, y.length);
  let start = 0;
  while (start < most && x[start] === y[start]) start++;
  let tail = 0;
  while (tail < most - start && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail++;
  const units = (chars: string[]) => chars.join('').length;
  return [units(x.slice(0, start)), units(x.slice(x.length - tail))];
}
