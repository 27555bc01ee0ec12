import { createHash } from 'node:crypto';
import { type Change, isOpen } from '../change/change.ts';
import { decide, VERDICTS, type VerdictName } from '../change/decide.ts';
import type { Undelivered } from '../change/facts.ts';
import type { Rules } from '../change/rules.ts';
import type { ChangeView } from '../change/view.ts';
import { askMessage, reminderReply, resultMessage, resultReply, type SlackMessage } from '../notify/slack.ts';
import { callSlack, type SlackApi } from '../notify/slackApi.ts';
import { readWholeChange } from '../store/changes.ts';
import { newLink } from '../store/links.ts';
import { claimSlack, type SlackPosted, saveSlack } from '../store/slackMessages.ts';
import { put } from '../store/table.ts';
import { askAboutUser, slackApi } from './slackUser.ts';
import { toView } from './view.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/** What came of it: who has a message that shows what stands, and who has not. */
export interface Shown {
  slacked: string[];
  failed: Undelivered[];
}

export interface ShowOptions {
  rules: Rules;
  /** ISO 8601. */
  at: string;
  /** Who is asked, beside those that were, each with the address of their review page. */
  links?: ReadonlyMap<string, string>;
  /** Say under the messages of these people that the change still waits. */
  remind?: boolean;
}

/** Seconds in which all messages of a change are brought up to date, three calls of three seconds each at most. */
const CLAIM_SECONDS = 20;
/** The channel, among persons. */
const CHANNEL = '#';
/** After this long past its last moment nobody waits for the messages of a change any more. */
const GIVE_UP_MS = 86_400_000;

/** Slack's words for: not here, now or ever. Everything else may be better the next time. https://docs.slack.dev/reference/methods/chat.postMessage */
const NEVER = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'user_not_found',
  'user_disabled',
  'users_not_found',
  'message_not_found',
  'cant_update_message',
  'messages_tab_disabled',
  'restricted_action',
  'SLACK_UNKNOWN',
  'SLACK_DELETED',
  'SLACK_BOT',
  'SLACK_GUEST',
  'SLACK_STRANGER',
  'SLACK_UNCONFIRMED',
]);

/** A mark of everything about a change that its messages show. */
export const markOf = (change: Change): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        change.status,
        change.binding,
        change.decisions,
        change.acts ?? 0,
        change.escalated ?? '',
        change.outcome ?? '',
      ]),
    )
    .digest('hex')
    .slice(0, 16);

/** What a person may press in Slack: nothing where the rule asks for a sign-in, which is on the page. */
export const slackVerdicts = (change: Change, person: string, at: string): VerdictName[] =>
  change.rule.signIn === true
    ? []
    : VERDICTS.filter(
        (decision) =>
          decide(change, { person, decision, comment: 'x', channel: 'slack', binding: change.binding }, at).ok,
      );

/**
 * Makes Slack show what stands: posts what is missing, updates what is behind, and says under each message how it ended.
 * Safe at any time and any number of times. Never throws for Slack's sake; who was not reached is in the answer, and
 * the sweep comes back to it.
 */
export async function showInSlack(whole: Whole, options: ShowOptions): Promise<Shown> {
  const api = slackApi();
  if (api === undefined || options.rules.slack === undefined) return { slacked: [], failed: [] };
  const claim = await claimSlack(whole.change.id, Date.parse(options.at), CLAIM_SECONDS);
  if (claim === undefined) return { slacked: [], failed: [{ person: 'slack', channel: 'slack', error: 'busy' }] };
  const { change } = whole;
  const { messages } = claim;
  const readers = readersOf(options, messages.posted);
  const work = new Work(api, whole, options);
  const results = await Promise.all(
    readers.map(async ([name, to]) => [name, await work.bring(name, to, messages.posted[name] ?? {})] as const),
  );
  messages.posted = { ...messages.posted, ...Object.fromEntries(results.map(([name, { posted }]) => [name, posted])) };
  const done = results.every(([, { error }]) => error === undefined || NEVER.has(error));
  const over = Date.parse(options.at) > Date.parse(change.revertAt ?? change.applyBy) + GIVE_UP_MS;
  delete messages.shown;
  if (done) messages.shown = markOf(change);
  messages.settled = !isOpen(change.status) && (done || over);
  await saveSlack(claim);
  const nameOf = (name: string) => (name === CHANNEL ? (options.rules.slack?.channel ?? name) : name);
  return {
    slacked: results.flatMap(([name, { error }]) => (error === undefined ? [nameOf(name)] : [])).sort(),
    failed: results.flatMap(([name, { error }]) =>
      error === undefined ? [] : [{ person: nameOf(name), channel: 'slack' as const, error }],
    ),
  };
}

/** The channel and everybody who was asked and has a Slack user, or has a message from when they had one, with where to post. */
function readersOf({ rules, links }: ShowOptions, posted: Record<string, SlackPosted>): [string, string][] {
  const users = new Map(Object.entries(rules.slack?.people ?? {}).map(([user, person]) => [person, user]));
  const people = new Set([...Object.keys(posted).filter((name) => name !== CHANNEL), ...(links?.keys() ?? [])]);
  const channel = rules.slack?.channel;
  return [
    ...(channel === undefined ? [] : [[CHANNEL, channel] as [string, string]]),
    ...[...people].flatMap((person): [string, string][] => {
      const to = users.get(person) ?? posted[person]?.channel;
      return to === undefined ? [] : [[person, to]];
    }),
  ];
}

interface Result {
  posted: SlackPosted;
  error?: string;
}

/** One pass over the messages of a change. */
class Work {
  readonly #api: SlackApi;
  readonly #whole: Whole;
  readonly #view: ChangeView;
  readonly #options: ShowOptions;
  readonly #mark: string;

  constructor(api: SlackApi, whole: Whole, options: ShowOptions) {
    this.#api = api;
    this.#whole = whole;
    this.#view = toView(whole, options.at);
    this.#options = options;
    this.#mark = markOf(whole.change);
  }

  async bring(name: string, to: string, before: SlackPosted): Promise<Result> {
    if (before.gone !== undefined) return { posted: before, error: before.gone };
    const open = isOpen(this.#view.status);
    const first = before.ts === undefined;
    // A person who never had a message learns the end by mail.
    if (first && !open && name !== CHANNEL) return { posted: before };
    const posted = await this.#show(name, to, before);
    if (posted.error !== undefined || posted.posted.ts === undefined) return posted;
    const reply = this.#replyFor(name, first, open, before);
    if (reply === undefined) return posted;
    const said = await this.#post(posted.posted.channel ?? to, reply, posted.posted.ts);
    if (!said.ok) return { ...posted, error: said.error };
    return open ? posted : { posted: { ...posted.posted, told: this.#view.status } };
  }

  #replyFor(name: string, first: boolean, open: boolean, before: SlackPosted): SlackMessage | undefined {
    if (!open) return first || before.told === this.#view.status ? undefined : resultReply(this.#view);
    const remind = this.#options.remind === true && !first && this.#options.links?.has(name);
    return remind ? reminderReply(this.#view, this.#options.at) : undefined;
  }

  async #show(name: string, to: string, before: SlackPosted): Promise<Result> {
    if (before.shown === this.#mark && before.ts !== undefined) return { posted: before };
    if (before.ts === undefined) {
      const said = name === CHANNEL ? 'ok' : await askAboutUser(this.#api, to);
      // A guest or somebody who has left gets no document's sentences; one that Slack says nothing about now is asked.
      if (said !== 'ok' && said !== 'unknown') return { posted: { ...before, gone: said }, error: said };
    }
    const message = await this.#messageFor(name);
    const called =
      before.ts === undefined
        ? await this.#post(to, message)
        : await callSlack(this.#api, 'chat.update', { channel: before.channel, ts: before.ts, ...message });
    if (!called.ok) {
      const gone = NEVER.has(called.error) ? { gone: called.error } : {};
      return { posted: { ...before, ...gone }, error: called.error };
    }
    const { channel, ts } = called.body;
    if (typeof channel !== 'string' || typeof ts !== 'string') return { posted: before, error: 'not_json' };
    return { posted: { ...before, channel, ts, shown: this.#mark } };
  }

  #post(channel: string, message: SlackMessage, threadTs?: string) {
    const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
    const plainly = { unfurl_links: false, unfurl_media: false };
    return callSlack(this.#api, 'chat.postMessage', { channel, ...message, ...plainly, ...thread });
  }

  async #messageFor(name: string): Promise<SlackMessage> {
    if (!isOpen(this.#view.status)) return resultMessage(this.#view);
    if (name === CHANNEL) return askMessage(this.#view);
    const link = this.#options.links?.get(name) ?? (await this.#freshLink(name));
    const may = slackVerdicts(this.#whole.change, name, this.#options.at);
    return askMessage(this.#view, { may, ...(link === undefined ? {} : { link }) });
  }

  /** The secret of the link that a message has is not kept: one that is written anew gets a new link, while its person can use one. */
  async #freshLink(person: string): Promise<string | undefined> {
    const { id: changeId, binding, expiresAt, decisions } = this.#whole.change;
    const { at } = this.#options;
    if (decisions.some((decision) => decision.person === person) || at >= expiresAt) return undefined;
    const { token, write } = newLink({ changeId, person, binding, issuedAt: at, expiresAt });
    await put([write]);
    return `${process.env.PUBLIC_URL}/review/${token}`;
  }
}

/** Brings the messages of a change up to date. Throws `SlackBehind` when one of them is not, and may be later. */
export async function bringUpToDate(id: string, rules: Rules, at: string): Promise<void> {
  const whole = await readWholeChange(id);
  if (whole === undefined) return;
  const { failed } = await showInSlack(whole, { rules, at });
  const later = failed.filter(({ error }) => !NEVER.has(error));
  if (later.length === 0) return;
  const behind = new Error(later.map(({ person, error }) => `${person}: ${error}`).join(', '));
  behind.name = 'SlackBehind';
  throw behind;
}
