import { revealIdentifier } from '../change/reveal.ts';
import { counted } from '../change/wording.ts';
import { bytesOf, clip } from './clip.ts';
import { comparePolicies } from './compare.ts';
import { diffCount, type FoldLine, folds, NO_LINE_DIFFERS } from './folds.ts';
import { escapeHtml, type Html, html } from './html.ts';

/** Most lines of a document comparison in a mail. */
export const DIFF_LINES_MAX = 200;
/** Most bytes of their text, escaped for HTML. */
export const DIFF_BYTES_MAX = 20_000;
/** Most bytes of one line, escaped for HTML. */
const LINE_BYTES_MAX = 1_000;

type Sign = '+' | '-' | ' ' | '@';

/** A document comparison in the size of a mail. */
export interface MailDiff {
  /** Each is one line of text, with everything beyond printable ASCII shown as code points; `@`: a title or a fold, of ours. */
  lines: { sign: Sign; text: string; emphasis?: [number, number] }[];
  /** How many lines came and went, or that none did. */
  count: string;
  /** What of it is left out; undefined when nothing is. */
  left?: string;
}

/**
 * The comparison that the page draws, with the same lines folded, cut where a mail would get too long.
 *
 * @param where Where the reader finds the rest: `on the page`.
 */
export function mailDiff(before: string, after: string, where: string): MailDiff {
  const passages = comparePolicies(before, after);
  const parts = folds(passages);
  if (parts.length === 0) return { lines: [], count: NO_LINE_DIFFERS };
  const all = parts.flatMap(({ visible, title, lines }) =>
    visible ? lines.flatMap(linesOf) : [{ sign: '@' as const, text: title }],
  );
  let bytes = 0;
  let end = 0;
  for (const { text } of all.slice(0, DIFF_LINES_MAX)) {
    bytes += bytesOf(escapeHtml(text)) + 1;
    if (bytes > DIFF_BYTES_MAX) break;
    end += 1;
  }
  const rest = all.slice(end);
  const count = (sign: Sign) => rest.filter((line) => line.sign === sign).length;
  return {
    lines: all.slice(0, end),
    count: `${diffCount(passages)}.`,
    ...(rest.length === 0
      ? {}
      : {
          left: `Cut here: ${counted(count('+'), 'more added line')} and ${counted(count('-'), 'more removed line')} ${where}.`,
        }),
  };
}

const SIGN = { same: ' ', added: '+', removed: '-' } as const;

function linesOf({ row, part, emphasis }: FoldLine): MailDiff['lines'] {
  const raw = row.kind === 'removed' ? row.before : row.after;
  const printed = (text: string) => escapeHtml(revealIdentifier(text));
  const text = clip(raw, printed, LINE_BYTES_MAX);
  const [start, end] = emphasis ?? [0, 0];
  const shown = (from: number, to?: number) => revealIdentifier(text.slice(from, to));
  const range: [number, number] = [shown(0, start).length, shown(0, end).length];
  return [
    ...(part === undefined ? [] : [{ sign: '@' as const, text: clip(part, escapeHtml, LINE_BYTES_MAX) }]),
    {
      sign: SIGN[row.kind],
      text: shown(0),
      ...(emphasis === undefined || text !== raw ? {} : { emphasis: range }),
    },
  ];
}

/** The lines as a unified diff is written: `@@` before what is ours, then a sign and a line of the document. */
export const mailDiffText = ({ lines }: MailDiff): string =>
  lines.map(({ sign, text }) => (sign === '@' ? `@@ ${text} @@` : `${sign} ${text}`)).join('\n');

/** Grounds and letters are set together, so that they stand out also where a mail client is dark. */
const STYLES: Readonly<Record<Sign, string>> = {
  '+': 'background-color:#e2f4e8;color:#0b3d22',
  '-': 'background-color:#fce8e6;color:#5c130e',
  '@': 'font-weight:bold',
  ' ': '',
};

/** The same for HTML, to be set in a `pre`. What differs within a line is underlined. */
export function mailDiffHtml({ lines }: MailDiff): Html {
  return html`${lines.map(({ sign, text, emphasis }) => {
    if (sign === ' ') return html`  ${text}\n`;
    const line = sign === '@' ? html`@@ ${text} @@` : html`${sign} ${underlined(text, emphasis)}`;
    return html`<span style="${STYLES[sign]}">${line}</span>\n`;
  })}`;
}

function underlined(text: string, emphasis: [number, number] | undefined): Html {
  if (emphasis === undefined || emphasis[0] === emphasis[1]) return html`${text}`;
  const [start, end] = emphasis;
  return html`${text.slice(0, start)}<u>${text.slice(start, end)}</u>${text.slice(end)}`;
}
