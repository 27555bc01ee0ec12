import { revealIdentifier } from '../change/reveal.ts';
import { counted } from '../change/wording.ts';
import { type Html, html } from '../render/html.ts';
import type { Passage, Row } from './compare.ts';
import { HANGING_MAX } from './style.ts';

/** Lines of a long list that are shown on each side of a change. */
const AROUND = 3;
/** Fewer unchanged lines than this are not worth folding. */
const WORTH_FOLDING = 8;

interface Shown {
  row: Row;
  visible: boolean;
  passage: Passage;
  /** The first line of its passage. */
  first: boolean;
}

/**
 * The line comparison of two key policies as a reader sees it: changed statements whole, the rest folded away but there.
 * Every line of both documents is in it. Colour is never the only sign: `+` and `−`, and words for a screen reader.
 */
export function policyDiff(passages: readonly Passage[]): Html {
  const emphasis = emphasise(passages);
  const lines = passages.flatMap(decideVisible);
  if (lines.every(({ row }) => row.kind === 'same')) {
    return html`<p>No line differs. The two texts say the same and differ only in spacing, in the order of elements, or in
      a single value standing for a list of one.</p>`;
  }
  const parts = runs(lines).map((run) => {
    const rows = run.map(
      (line) => html`${line.visible && line.first && partTitle(line.passage)}${printRow(line.row, emphasis)}`,
    );
    return run[0]?.visible ? rows : html`<details><summary>${foldTitle(run)}</summary>${rows}</details>`;
  });
  return html`<div class="diff">${parts}</div>`;
}

/** How many lines came and went: `4 lines added, 1 line removed`. */
export function diffCount(passages: readonly Passage[]): string {
  const rows = passages.flatMap((passage) => passage.rows);
  const count = (kind: Row['kind']) => rows.filter((row) => row.kind === kind).length;
  return `${counted(count('added'), 'line')} added, ${counted(count('removed'), 'line')} removed`;
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

function partTitle({ kind, statement, sid }: Passage): Html | false {
  if (kind === 'frame' || kind === 'same') return false;
  const name = sid === undefined ? '' : ` “${revealIdentifier(sid)}”`;
  return html`<div class="part">Statement ${statement}${name}: ${PART[kind]}</div>`;
}

function foldTitle(run: Shown[]): string {
  const statements = new Set(
    run.filter(({ passage }) => passage.kind === 'same').map(({ passage }) => passage.statement),
  );
  const lines = counted(run.length, 'unchanged line');
  return statements.size === 0 ? lines : `${lines}, ${counted(statements.size, 'statement')}`;
}

const SIGN = { same: ' ', added: '+', removed: '−' } as const;

function printRow(row: Row, emphasis: Map<Row, [number, number]>): Html {
  const text = row.kind === 'removed' ? row.before : row.after;
  const words = row.kind === 'same' ? null : html`<span class="unseen">${row.kind}: </span>`;
  return html`<div class="row ${row.kind}"><span class="sign" aria-hidden="true">${SIGN[row.kind]}</span>${words}<span class="line ${hanging(text)}">${marked(text, emphasis.get(row))}</span></div>`;
}

/** A document as lines that wrap behind their own indentation. */
export function documentLines(text: string): Html {
  return html`<div class="doc">${text.split('\n').map((line) => html`<div class="line ${hanging(line)}">${shown(line)}</div>`)}</div>`;
}

/** The class that makes a line wrap behind its indentation; inline styles are not allowed here. */
function hanging(line: string): string {
  const spaces = /^ */.exec(line)?.[0].length ?? 0;
  return `h${Math.min(Math.floor(spaces / 2), HANGING_MAX)}`;
}

function marked(text: string, range: [number, number] | undefined): Html {
  if (range === undefined) return shown(text);
  const [start, end] = range;
  return html`${shown(text.slice(0, start))}<mark>${shown(text.slice(start, end))}</mark>${shown(text.slice(end))}`;
}

/** Text of a document with what is not plain ASCII as marked code points. */
export function shown(text: string, reveal: (text: string) => string = revealIdentifier): Html {
  const parts = reveal(text).split(/(‹U\+[0-9A-F]{4,6}›)/);
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<span class="cp">${part}</span>` : part))}`;
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
