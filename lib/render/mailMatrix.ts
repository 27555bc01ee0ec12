import { revealIdentifier } from '../change/reveal.ts';
import { counted } from '../change/wording.ts';
import type { MatrixCell } from '../policy/types.ts';
import { clip } from './clip.ts';
import { escapeHtml, type Html, html } from './html.ts';
import { CHANGES, changeOf, type Row, rowsOf, STATES, sumOf, verbsOf } from './matrix.ts';

/** Most rows of the picture in a mail. */
export const ROWS_MAX = 20;
/** Most bytes of the name of a row, escaped for HTML. */
const NAME_BYTES_MAX = 300;

/** The picture of who may do what, in the size of a mail. */
export interface MailMatrix {
  verbs: readonly MatrixCell['verb'][];
  rows: readonly Row[];
  /** How much is gained and lost in all of it, and what the signs mean. */
  legend: string;
  /** What of it is left out; undefined when nothing is. */
  left?: string;
}

const SIGNS =
  '● may, ◐ under conditions or in part, – no. Where it changes: what was → what will be, after + for a gain, − for a loss and ± for another change; where it is one sign, only a part changes.';

/**
 * The picture that the page draws, with those who gain or lose first and cut where a mail would get too long.
 *
 * @param where Where the reader finds the rest: `on the page`.
 */
export function mailMatrix(cells: readonly MatrixCell[], where: string): MailMatrix {
  const all = rowsOf(cells);
  const rest = all.slice(ROWS_MAX);
  const changed = rest.filter(({ changes }) => changes > 0).length;
  return {
    verbs: verbsOf(cells),
    rows: all.slice(0, ROWS_MAX),
    legend: `${sumOf(all)}. ${SIGNS}`,
    ...(rest.length === 0
      ? {}
      : {
          left: `And ${counted(rest.length, 'more principal')} ${where}, ${changed === 0 ? 'none' : changed} of whom ${changed === 1 ? 'gains or loses' : 'gain or lose'}.`,
        }),
  };
}

/** One line, whatever the policy calls its principal. */
const nameOf = ({ name }: Row): string =>
  revealIdentifier(clip(name.replace(/\s+/g, ' '), (text) => escapeHtml(revealIdentifier(text)), NAME_BYTES_MAX));

const arrow = ({ before, after }: MatrixCell): string =>
  before === after ? STATES[after].mark : `${STATES[before].mark}→${STATES[after].mark}`;

/**
 * The picture for plain text, 76 columns at most but for the names: those stand above their rows, so that the cells stay
 * under their verbs however long an ARN is.
 */
export function mailMatrixText({ verbs, rows }: MailMatrix): string {
  const widths = verbs.map((verb) => Math.max(verb.length, '+ –→●'.length) + 2);
  const line = (places: readonly string[]) =>
    `  ${places.map((place, i) => place.padEnd(widths[i] ?? 0)).join('')}`.trimEnd();
  const cellOf = (cell: MatrixCell | undefined) => {
    if (cell === undefined) return '';
    const change = changeOf(cell);
    return change === undefined ? STATES[cell.after].mark : `${CHANGES[change].mark} ${arrow(cell)}`;
  };
  return [
    line(verbs),
    ...rows.flatMap((row) => [nameOf(row), line(verbs.map((verb) => cellOf(row.cells.get(verb))))]),
  ].join('\n');
}

/** Ground and letters are set together, so that they stand out also where a mail client is dark. */
const STYLES = {
  gains: 'background-color:#fbe6e4;color:#7a150f',
  loses: 'background-color:#e8eef4;color:#243c55',
  changes: 'background-color:#e8eef4;color:#243c55',
} as const;

/** The picture for HTML, narrow enough for a phone: a table with no style sheet and no class. */
export function mailMatrixHtml({ verbs, rows }: MailMatrix): Html {
  return html`<table border="1" cellpadding="2" cellspacing="0" style="border-collapse:collapse;border-color:#9aa4af;width:100%;font-size:11px;line-height:1.4;margin:0 0 12px;overflow-wrap:normal;word-break:normal">
<thead><tr><th scope="col" align="left">Principal</th>${verbs.map(
    (verb) => html`<th scope="col" style="font-size:10px;font-weight:normal">${verb}</th>`,
  )}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr align="center"><th scope="row" align="left" style="font-weight:normal;overflow-wrap:anywhere">${nameOf(row)}</th>${verbs.map((verb) => place(row.cells.get(verb)))}</tr>
`,
  )}</tbody></table>\n`;
}

function place(cell: MatrixCell | undefined): Html {
  if (cell === undefined) return html`<td></td>`;
  const change = changeOf(cell);
  if (change === undefined) return html`<td>${STATES[cell.after].mark}</td>`;
  const { mark, word } = CHANGES[change];
  const part = cell.before === cell.after ? ' in part' : '';
  return html`<td style="${STYLES[change]}"><b>${mark} ${word}${part}</b><br>${arrow(cell)}</td>`;
}
