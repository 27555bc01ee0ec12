import { revealIdentifier } from '../change/reveal.ts';
import { counted } from '../change/wording.ts';
import type { MatrixCell } from '../policy/types.ts';
import { type Html, html } from './html.ts';

type Verb = MatrixCell['verb'];
type State = MatrixCell['before'];

/** Columns, in this order; a verb that no cell speaks of has none. */
const VERBS: readonly Verb[] = ['decrypt', 'encrypt', 'sign', 'grant', 'administer', 'delete', 'read'];
/** The state of a cell, as it is drawn and read. */
export const STATES: Readonly<Record<State, { rank: number; mark: string; word: string }>> = {
  no: { rank: 0, mark: '–', word: 'no' },
  conditional: { rank: 1, mark: '◐', word: 'conditional' },
  yes: { rank: 2, mark: '●', word: 'may' },
};
/** What became of a cell. */
export const CHANGES = {
  gains: { mark: '+', word: 'gains' },
  loses: { mark: '−', word: 'loses' },
  changes: { mark: '±', word: 'changes' },
} as const;

/** For the style sheet that the page sends along; colours come from its variables, with a fall-back for a page without them. */
export const MATRIX_STYLE = `
.matrix{overflow-x:auto;margin:.6rem 0}
.matrix table{border-collapse:collapse;width:100%;font-size:.8125rem}
.matrix caption{text-align:left;padding:0 0 .5rem;color:var(--soft,#565f6b)}
.matrix th,.matrix td{text-align:left;vertical-align:top;padding:.4rem .375rem;border-bottom:1px solid var(--line,#dcdfe3);overflow-wrap:normal}
.matrix tbody th{font-weight:550;min-width:8.5rem;overflow-wrap:anywhere}
.matrix td{white-space:nowrap}
.matrix td.no{color:var(--soft,#565f6b)}
.matrix td.gains{background:var(--badbg,#fbe6e4);outline:2px solid var(--bad,#a8201a);outline-offset:-2px}
.matrix td.loses{background:var(--calmbg,#e8eef4);outline:2px dashed var(--calm,#345069);outline-offset:-2px}
.matrix td.changes{outline:2px dotted var(--calm,#345069);outline-offset:-2px}
.matrix .change{display:block;font-weight:700}
.matrix .unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media print{.matrix{overflow:visible}}
`;

/** A principal of the picture. */
export interface Row {
  /** The ARN, or what else the policy calls it. */
  principal: string;
  /** What the row is called. */
  name: string;
  cells: ReadonlyMap<Verb, MatrixCell>;
  /** How many of its cells are not what they were. */
  changes: number;
}

/**
 * The picture of who may do what, as a table that reads without colour, without scripts and by ear: a mark and a word in
 * every cell, and what is gained or lost in words with the state before. Principals that change come first, otherwise in the
 * order of the cells. A principal is called by its account and name, and by its whole ARN in `title`; where two would be
 * called the same, both go by their ARN.
 *
 * @param cells At most one for each principal and verb counts, the last. No cell, no claim: its place stays empty.
 * @param since From when that holds, for the caption.
 * @returns HTML, everything escaped, without `style` attributes; '' when there are no cells. Its CSS is `MATRIX_STYLE`.
 */
export function matrixTable(cells: readonly MatrixCell[], since = 'once this is applied'): string {
  return cells.length === 0 ? '' : table(rowsOf(cells), verbsOf(cells), since).toString();
}

function table(rows: readonly Row[], verbs: readonly Verb[], since: string): Html {
  return html`<div class="matrix" role="region" aria-label="Who may do what" tabindex="0"><table>
<caption>Who may do what ${since}: ${sumOf(rows)}. ● may, ◐ under conditions or in part, – no; + gains, − loses, ± changes.</caption>
<thead><tr><th scope="col">Principal</th>${verbs.map((verb) => html`<th scope="col">${verb}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ principal, name, cells }) =>
      html`<tr><th scope="row" title="${revealIdentifier(principal)}">${revealIdentifier(name)}</th>${verbs.map((verb) => place(cells.get(verb)))}</tr>
`,
  )}</tbody></table></div>`;
}

/** How much is gained and lost in these rows: `2 gains, 1 loss`. */
export function sumOf(rows: readonly Row[]): string {
  const all = rows.flatMap(({ cells }) => [...cells.values()]);
  const [gains = 0, losses = 0, changes = 0] = (['gains', 'loses', 'changes'] as const).map(
    (kind) => all.filter((cell) => changeOf(cell) === kind).length,
  );
  const others = changes === 0 ? '' : `, ${counted(changes, 'change')}`;
  return `${counted(gains, 'gain')}, ${counted(losses, 'loss', 'losses')}${others}`;
}

function place(cell: MatrixCell | undefined): Html {
  if (cell === undefined) return html`<td></td>`;
  const { mark, word } = STATES[cell.after];
  const change = changeOf(cell);
  const state = html`<span aria-hidden="true">${mark}</span> ${word}`;
  if (change === undefined) return html`<td class="${cell.after}">${state}</td>`;
  const { mark: sign, word: verb } = CHANGES[change];
  const before =
    cell.before === cell.after ? ' in part' : html`<span class="unseen">, before: ${STATES[cell.before].word}</span>`;
  return html`<td class="${cell.after} ${change}">${state}<span class="change"><span aria-hidden="true">${sign}</span> ${verb}${before}</span></td>`;
}

/** What becomes of a cell, or of a part of it; undefined when it stays what it was. */
export function changeOf({ before, after, within }: MatrixCell): keyof typeof CHANGES | undefined {
  if (before === after) return within;
  return STATES[after].rank > STATES[before].rank ? 'gains' : 'loses';
}

/** The rows of the picture: principals that change first, otherwise in the order of the cells. */
export function rowsOf(cells: readonly MatrixCell[]): Row[] {
  const byPrincipal = new Map<string, Map<Verb, MatrixCell>>();
  for (const cell of cells) {
    const own = byPrincipal.get(cell.principal) ?? new Map<Verb, MatrixCell>();
    byPrincipal.set(cell.principal, own.set(cell.verb, cell));
  }
  const names = new Map<string, number>();
  for (const principal of byPrincipal.keys()) {
    const name = shortName(principal);
    names.set(name, (names.get(name) ?? 0) + 1);
  }
  const rows = [...byPrincipal].map(([principal, own]): Row => {
    const name = shortName(principal);
    const changes = [...own.values()].filter((cell) => changeOf(cell) !== undefined).length;
    return { principal, name: names.get(name) === 1 ? name : principal, cells: own, changes };
  });
  return [...rows.filter(({ changes }) => changes > 0), ...rows.filter(({ changes }) => changes === 0)];
}

/** The columns of the picture. */
export function verbsOf(cells: readonly MatrixCell[]): Verb[] {
  return VERBS.filter((verb) => cells.some((cell) => cell.verb === verb));
}

/** `arn:aws:iam::111122223333:role/App` is `111122223333 role/App`; a root ARN is its account; `*` is everyone. */
function shortName(principal: string): string {
  if (principal === '*') return 'everyone (*)';
  const [, account, resource] = /^arn:[^:]*:(?:iam|sts)::([0-9]{12}):(.+)$/s.exec(principal) ?? [];
  if (account === undefined || resource === undefined) return principal;
  return resource === 'root' ? `account ${account}` : `${account} ${resource}`;
}
