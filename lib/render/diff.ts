import { revealIdentifier } from '../change/reveal.ts';
import type { Passage } from './compare.ts';
import { type FoldLine, folds, NO_LINE_DIFFERS } from './folds.ts';
import { type Html, html } from './html.ts';

/** Deepest indentation, in steps of two spaces, behind which a wrapped line still hangs. */
export const HANGING_MAX = 12;

/**
 * The line comparison of two key policies as a reader sees it: changed statements whole, the rest folded away but there.
 * Every line of both documents is in it. Colour is never the only sign: `+` and `−`, and words for a screen reader.
 */
export function policyDiff(passages: readonly Passage[]): Html {
  const parts = folds(passages);
  if (parts.length === 0) return html`<p>${NO_LINE_DIFFERS}</p>`;
  return html`<div class="diff">${parts.map(({ visible, title, lines }) => {
    const rows = lines.map(printLine);
    return visible ? rows : html`<details><summary>${title}</summary>${rows}</details>`;
  })}</div>`;
}

const SIGN = { same: ' ', added: '+', removed: '−' } as const;

function printLine({ row, part, emphasis }: FoldLine): Html {
  const text = row.kind === 'removed' ? row.before : row.after;
  const words = row.kind === 'same' ? null : html`<span class="unseen">${row.kind}: </span>`;
  return html`${part !== undefined && html`<div class="part">${part}</div>`}<div class="row ${row.kind}"><span class="sign" aria-hidden="true">${SIGN[row.kind]}</span>${words}<span class="line ${hanging(text)}">${marked(text, emphasis)}</span></div>`;
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
