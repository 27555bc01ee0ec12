import { revealIdentifier } from '../change/reveal.ts';
import type { MatrixCell } from '../policy/types.ts';
import { type Html, html } from './html.ts';

const WORDS = { no: 'no', conditional: 'under conditions', yes: 'yes' } as const;

/** Each principal and verb with what it was and what it will be, in words. */
export function accessPicture(cells: readonly MatrixCell[]): Html {
  return html`<ul>${cells.map(
    (cell) =>
      html`<li>${revealIdentifier(cell.principal)}: ${cell.verb}, ${WORDS[cell.before]} → ${WORDS[cell.after]}</li>`,
  )}</ul>`;
}
