import { reveal, revealIdentifier, revealSentence } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import { RISK_WORDS } from '../change/wording.ts';
import { clip } from '../render/clip.ts';
import { escapeHtml, type Html, html } from '../render/html.ts';
import { type MailDiff, mailDiffHtml, mailDiffText } from '../render/mailDiff.ts';
import { type MailMatrix, mailMatrixHtml, mailMatrixText } from '../render/mailMatrix.ts';

/** A piece of a mail, written once and printed twice. */
export type Part =
  | { kind: 'title' | 'heading' | 'line' | 'small'; text: string }
  /** Words of a person, set apart so that they cannot pass for ours. */
  | { kind: 'quote'; text: string }
  | { kind: 'list'; items: string[] }
  | { kind: 'facts'; facts: [string, string][] }
  /** Lines whose layout is part of what they say. */
  | { kind: 'picture'; text: string }
  | { kind: 'matrix'; matrix: MailMatrix }
  | { kind: 'diff'; diff: MailDiff }
  | { kind: 'button'; text: string; link: string };

/** What is said of a change where there is room for a line, such as in a subject: `medium risk, emergency`. */
export const inShort = ({
  risk,
  breakGlass,
  revertAfter,
}: Pick<ChangeView, 'risk' | 'breakGlass' | 'revertAfter'>): string =>
  [
    RISK_WORDS[risk].toLowerCase(),
    ...(breakGlass === undefined ? [] : ['emergency']),
    ...(revertAfter === undefined ? [] : ['temporary']),
  ].join(', ');

const COLUMNS = 76;
/** Most bytes of the words of a person, escaped for HTML. */
const QUOTE_BYTES_MAX = 8_000;

const quoted = (text: string): string => reveal(clip(text, (words) => escapeHtml(reveal(words)), QUOTE_BYTES_MAX));

/** The text part: wrapped, with the words of people behind `> ` on every line. */
export function toText(parts: readonly Part[]): string {
  return `${parts.map(textOf).join('\n\n')}\n`;
}

function textOf(part: Part): string {
  switch (part.kind) {
    case 'title':
      return wrap(revealSentence(part.text));
    case 'heading':
      return revealSentence(part.text).toUpperCase();
    case 'line':
    case 'small':
      return wrap(revealSentence(part.text));
    case 'quote':
      return quoted(part.text)
        .split('\n')
        .map((line) => wrap(line, '> ', '> '))
        .join('\n');
    case 'list':
      return part.items.map((item) => wrap(revealSentence(item), '- ', '  ')).join('\n');
    case 'facts':
      return part.facts.map(([name, value]) => `${name}: ${oneLine(value)}`).join('\n');
    case 'picture':
      return part.text;
    case 'matrix':
      return `${wrap(part.matrix.legend)}\n\n${mailMatrixText(part.matrix)}`;
    case 'diff':
      return mailDiffText(part.diff);
    case 'button':
      return `${part.text}:\n${part.link}`;
  }
}

const oneLine = (value: string): string => revealIdentifier(value).replace(/\s+/g, ' ');

function wrap(text: string, first = '', rest = ''): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/\s+/)) {
    if (!empty && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = rest + word;
    } else {
      line += empty ? word : ` ${word}`;
    }
    empty = false;
  }
  return [...lines, line].join('\n');
}

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MONO = 'font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px';
const BREAK = 'overflow-wrap:anywhere;word-break:break-word';

/** The HTML part: one column, no image, nothing loaded from anywhere, readable with and without its styles. */
export function toHtml(parts: readonly Part[], subject: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${subject}</title>
</head>
<body style="margin:0;padding:0">
<div style="${FONT};font-size:16px;line-height:1.5;max-width:600px;margin:0 auto;padding:20px 16px;${BREAK}">
<p style="margin:0 0 14px;font-size:14px;font-weight:bold;opacity:.75">Countersign</p>
${parts.map(htmlOf)}
</div>
</body>
</html>
`.toString();
}

function htmlOf(part: Part): Html {
  switch (part.kind) {
    case 'title':
      return html`<h1 style="font-size:21px;line-height:1.3;margin:0 0 14px">${revealSentence(part.text)}</h1>\n`;
    case 'heading':
      return html`<h2 style="font-size:16px;margin:22px 0 6px">${revealSentence(part.text)}</h2>\n`;
    case 'line':
      return html`<p style="margin:0 0 12px">${revealSentence(part.text)}</p>\n`;
    case 'small':
      return html`<p style="margin:18px 0 0;font-size:13px;opacity:.75">${revealSentence(part.text)}</p>\n`;
    case 'quote':
      return html`<blockquote style="margin:0 0 14px;padding:2px 0 2px 12px;border-left:3px solid #9aa4af;white-space:pre-wrap">${quoted(part.text)}</blockquote>\n`;
    case 'list':
      return html`<ul style="margin:0 0 12px;padding-left:20px">${part.items.map((item) => html`<li style="margin:4px 0">${revealSentence(item)}</li>`)}</ul>\n`;
    case 'facts':
      return html`<p style="margin:16px 0;padding:12px 14px;border:1px solid #9aa4af;border-radius:8px;font-size:14px">${part.facts.map(
        ([name, value], i) =>
          html`${i > 0 && html`<br>`}<span style="opacity:.75">${name}:</span> <span style="${MONO}">${oneLine(value)}</span>`,
      )}</p>\n`;
    case 'picture':
      return html`<pre style="margin:0 0 12px;${MONO};line-height:1.5;white-space:pre-wrap">${part.text}</pre>\n`;
    case 'matrix':
      return html`<p style="margin:0 0 8px;font-size:13px">${part.matrix.legend}</p>
${mailMatrixHtml(part.matrix)}`;
    case 'diff':
      return html`<pre style="margin:0 0 12px;${MONO};font-size:12px;line-height:1.5;white-space:pre-wrap;word-break:break-all">${mailDiffHtml(part.diff)}</pre>\n`;
    case 'button':
      return html`<p style="margin:22px 0 8px"><a href="${part.link}" style="display:block;background-color:#1d56b0;color:#ffffff;text-align:center;text-decoration:none;font-weight:bold;padding:15px 18px;border-radius:8px">${part.text}</a></p>
<p style="margin:0 0 16px;font-size:13px;opacity:.75">${part.link}</p>\n`;
  }
}
