import type { HeaderBlock, KnownBlock, PlainTextElement, SectionBlock, TextObject } from '@slack/types';
import { revealIdentifier, revealSentence } from '../change/reveal.ts';

/** Slack's own limits, in characters. https://docs.slack.dev/reference/block-kit/blocks */
const HEADER_MAX = 150;
const SECTION_MAX = 3_000;
const FIELD_MAX = 2_000;

export const header = (text: string): HeaderBlock => ({
  type: 'header',
  text: plain(text, HEADER_MAX, revealIdentifier),
});
export const section = (text: string): SectionBlock => ({ type: 'section', text: plain(text, SECTION_MAX) });
export const context = (text: string): KnownBlock => ({
  type: 'context',
  elements: [plain(text, FIELD_MAX, revealSentence)],
});

export function fields(list: [string, string][]): SectionBlock {
  const text = ([name, value]: [string, string]): TextObject => ({
    type: 'mrkdwn',
    text: `*${name}*\n${asCode(value)}`,
  });
  return { type: 'section', fields: list.map(text) };
}

/** Text that Slack prints as it is: no markup, no mentions, no emoji names. Slack refuses an empty text. */
export function plain(text: string, max: number, show: (text: string) => string = (shown) => shown): PlainTextElement {
  return { type: 'plain_text', text: cut(show(text), max) || ' ', emoji: false };
}

/** A value among our own markup: escaped, on one line, and as code, where no other markup works. */
function asCode(value: string): string {
  const line = revealIdentifier(value.replace(/\s+/g, ' ')).replaceAll('`', '‹U+0060›');
  return `\`${inert(cut(line, 300)) || ' '}\``;
}

/** The three characters that Slack reads as control sequences, such as <!channel>. https://docs.slack.dev/messaging/formatting-message-text */
export function inert(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const cut = (text: string, max: number): string =>
  [...text].length <= max ? text : `${[...text].slice(0, max - 1).join('')}…`;
