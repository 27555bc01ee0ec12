import type { HeaderBlock, KnownBlock, PlainTextElement, SectionBlock, TextObject } from '@slack/types';
import { reveal, revealIdentifier, revealSentence } from '../change/reveal.ts';
import type { ChangeView } from '../change/view.ts';
import { approvedBy, counted, keyName, listed, RISK_WORDS, STATUS_WORDS, utc } from '../change/wording.ts';

/** A message for chat.postMessage: the blocks, and what a notification shows of them. */
export interface SlackMessage {
  text: string;
  blocks: KnownBlock[];
}

/** Slack's own limits, in characters. https://docs.slack.dev/reference/block-kit/blocks */
const HEADER_MAX = 150;
const SECTION_MAX = 3_000;
const FIELD_MAX = 2_000;
const SENTENCES_MAX = 6;

/**
 * Asks the approvers in a channel. The whole document is never in it: a channel has more readers than a key has approvers.
 *
 * @param link Address of the review page, when there is one that everyone in the channel may have.
 */
export function askMessage(change: ChangeView, link?: string): SlackMessage {
  const { summary } = change.access;
  const name = keyName(change.key);
  const rest = summary.length - SENTENCES_MAX;
  const sentences = summary.length === 0 ? ['Nobody gains or loses access.'] : summary.slice(0, SENTENCES_MAX);
  const lines = rest > 0 ? [...sentences, `And ${counted(rest, 'more sentence')} on the page.`] : sentences;
  return {
    text: inert(
      revealIdentifier(
        `${change.submitter} asks to change the key policy of ${name}, ${RISK_WORDS[change.risk].toLowerCase()}`,
      ),
    ),
    blocks: [
      header(`Key policy of ${name}: approval asked`),
      section(lines.map((sentence) => `• ${revealSentence(sentence)}`).join('\n')),
      fields([
        ['Key', change.key.aliases[0] ?? change.key.keyId],
        ['Risk', RISK_WORDS[change.risk]],
        ['Asked by', change.submitter],
        ['Open until', utc(change.expiresAt)],
        ['Approvals', `${approvedBy(change).length} of ${change.approval.quorum}, rule ${change.approval.rule}`],
        ...(change.ticket === undefined ? [] : ([['Ticket', change.ticket]] as [string, string][])),
      ]),
      section(`Why: ${reveal(change.reason)}`),
      ...(change.riskReasons.length === 0 ? [] : [context(change.riskReasons.join(' '))]),
      ...(link === undefined ? [] : [linkButton(link)]),
      context(
        `${change.id}: nothing changes on the key until it is approved.${link === undefined ? ' Approvers have their own link, by mail.' : ''}`,
      ),
    ],
  };
}

/** Tells a channel how a change ended and what that means. */
export function resultMessage(change: ChangeView): SlackMessage {
  const words = STATUS_WORDS[change.status];
  const name = keyName(change.key);
  const rejection = change.approval.decisions.findLast((d) => d.decision === 'reject');
  const outcome = rejection?.comment || change.outcome;
  return {
    text: inert(revealIdentifier(`${words.title}: key policy of ${name}`)),
    blocks: [
      header(`${words.title}: key policy of ${name}`),
      section(`${words.meaning} ${words.next}`),
      ...(outcome === undefined || outcome === '' ? [] : [section(reveal(outcome))]),
      fields([
        ['Key', change.key.aliases[0] ?? change.key.keyId],
        ['Asked by', change.submitter],
        ['Approved by', listed(approvedBy(change)) || 'nobody'],
        ...(rejection === undefined ? [] : ([['Rejected by', rejection.person]] as [string, string][])),
      ]),
      context(change.id),
    ],
  };
}

const header = (text: string): HeaderBlock => ({ type: 'header', text: plain(text, HEADER_MAX, revealIdentifier) });
const section = (text: string): SectionBlock => ({ type: 'section', text: plain(text, SECTION_MAX) });
const context = (text: string): KnownBlock => ({ type: 'context', elements: [plain(text, FIELD_MAX, revealSentence)] });

function fields(list: [string, string][]): SectionBlock {
  const text = ([name, value]: [string, string]): TextObject => ({
    type: 'mrkdwn',
    text: `*${name}*\n${asCode(value)}`,
  });
  return { type: 'section', fields: list.map(text) };
}

function linkButton(url: string): KnownBlock {
  return {
    type: 'actions',
    elements: [
      { type: 'button', action_id: 'open_review', text: plain('Read it and decide', 75), url, style: 'primary' },
    ],
  };
}

/** Text that Slack prints as it is: no markup, no mentions, no emoji names. Slack refuses an empty text. */
function plain(text: string, max: number, show: (text: string) => string = (shown) => shown): PlainTextElement {
  return { type: 'plain_text', text: cut(show(text), max) || ' ', emoji: false };
}

/** A value among our own markup: escaped, on one line, and as code, where no other markup works. */
function asCode(value: string): string {
  const line = revealIdentifier(value.replace(/\s+/g, ' ')).replaceAll('`', '‹U+0060›');
  return `\`${inert(cut(line, 300)) || ' '}\``;
}

/** The three characters that Slack reads as control sequences, such as <!channel>. https://docs.slack.dev/messaging/formatting-message-text */
function inert(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const cut = (text: string, max: number): string =>
  [...text].length <= max ? text : `${[...text].slice(0, max - 1).join('')}…`;

/** Where and as whom to speak to Slack. `fetch` is the platform's own, or one that a caller wraps. */
export interface SlackApi {
  /** `https://slack.com/api`; plain http only to this machine. */
  apiUrl: string;
  /** A bot token. It is sent to `apiUrl` and never part of a result. */
  token: string;
  fetch: typeof fetch;
}

export type Posted = { ok: true; ts: string; channel: string } | { ok: false; error: string };

/** Slack must not hold up the workflow longer than this. */
const TIMEOUT_MS = 3_000;

/**
 * Posts one message. Never throws: a message that could not be handed over is a fact about the change, not an end of it.
 * `error` is Slack's own (`channel_not_found`), or `insecure_url`, `timeout`, `unreachable`, `http_<status>` or
 * `not_json`. Redirects are not followed, because the token would follow them.
 */
export async function postMessage(api: SlackApi, channel: string, message: SlackMessage): Promise<Posted> {
  const url = methodUrl(api.apiUrl, 'chat.postMessage');
  if (url === undefined) return { ok: false, error: 'insecure_url' };
  try {
    const response = await api.fetch(url, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { 'Content-Type': 'application/json; charset=utf-8', Authorization: `Bearer ${api.token}` },
      body: JSON.stringify({ channel, ...message, unfurl_links: false, unfurl_media: false }),
    });
    if (!response.ok) return { ok: false, error: `http_${response.status}` };
    return posted(await response.json());
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, error: 'not_json' };
    return { ok: false, error: error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'unreachable' };
  }
}

function methodUrl(apiUrl: string, method: string): URL | undefined {
  const url = URL.parse(`${apiUrl.replace(/\/+$/, '')}/${method}`);
  if (url === null) return undefined;
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback) ? url : undefined;
}

function posted(answer: unknown): Posted {
  const { ok, ts, channel, error } = (answer ?? {}) as Record<string, unknown>;
  if (ok === true && typeof ts === 'string' && typeof channel === 'string') return { ok, ts, channel };
  return { ok: false, error: typeof error === 'string' ? error : 'not_json' };
}
