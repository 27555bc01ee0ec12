/** A call that changed something, as `GET /_slack/messages` gives it. */
export interface SlackCall {
  /** `chat.postMessage`, or `response_url` for what was posted there. */
  method: string;
  body: Arguments;
  /** ISO 8601. */
  at: string;
  /** Of the message: Slack's seconds and microseconds, unique. */
  ts: string;
}

export type Arguments = Record<string, unknown>;

/** A member of the local workspace, in Slack's own words. */
export interface SlackUser {
  /** `U` and capitals or digits. */
  id: string;
  email: string;
  real_name?: string;
  deleted?: boolean;
  is_bot?: boolean;
  /** A guest of several channels, or, ultra, of one. */
  is_restricted?: boolean;
  is_ultra_restricted?: boolean;
  /** From another workspace, through a shared channel. */
  is_stranger?: boolean;
  is_email_confirmed?: boolean;
  team_id?: string;
}

interface Workspace {
  users: readonly SlackUser[];
  /** What was posted so far. */
  calls: readonly SlackCall[];
  /** Keeps this call; returns its `ts`. */
  record(): string;
}

/** What the answer holds beside `"ok": true`, or Slack's error code. */
type Method = (given: Arguments, workspace: Workspace) => Arguments | string;

export const TEAM_ID = 'T0COUNTERSIGN';
const TEAM = { team_id: TEAM_ID, team: 'Countersign' };
const BOT = { user: 'countersign', user_id: 'U0COUNTERSIGN', bot_id: 'B0COUNTERSIGN' };

/** The methods that Countersign calls, each as docs.slack.dev/reference/methods describes it. */
export const methods: Readonly<Record<string, Method>> = {
  'auth.test': () => ({ url: 'https://countersign.slack.com/', ...TEAM, ...BOT, is_enterprise_install: false }),

  'chat.postMessage': (given, { users, record }) => {
    const channel = channelOf(given.channel, users);
    if (channel === undefined) return 'channel_not_found';
    if (isEmpty(given)) return 'no_text';
    const ts = record();
    return { channel, ts, message: messageOf(given, ts) };
  },

  'chat.update': (given, { users, calls, record }) => {
    const channel = channelOf(given.channel, users);
    if (channel === undefined) return 'channel_not_found';
    const before = calls.find(({ method, ts, body }) => {
      return method === 'chat.postMessage' && ts === given.ts && channelOf(body.channel, users) === channel;
    });
    if (!before) return 'message_not_found';
    if (isEmpty(given)) return 'no_text';
    record();
    return { channel, ts: before.ts, text: given.text ?? '', message: messageOf(given, before.ts) };
  },

  'conversations.open': (given, { users, record }) => {
    const [id = '', ...others] = String(given.users ?? '').split(',');
    const user = users.find((known) => known.id === id);
    if (!user || others.length > 0) return 'user_not_found';
    if (user.deleted) return 'user_disabled';
    record();
    return { channel: { id: directChannel(id) } };
  },

  'users.info': (given, { users }) => profileOf(users.find(({ id }) => id === given.user)) ?? 'user_not_found',

  'users.lookupByEmail': (given, { users }) => {
    const email = String(given.email ?? '').toLowerCase();
    const user = users.find((known) => known.email.toLowerCase() === email && !known.deleted);
    return profileOf(user) ?? 'users_not_found';
  },

  'views.open': (given, { record }) => {
    if (typeof given.trigger_id !== 'string' || typeof given.view !== 'object') return 'invalid_arguments';
    return { view: { ...given.view, id: `V${record().replace('.', '')}`, ...TEAM } };
  },
};

/** A user's id stands for the direct channel with them. */
function channelOf(channel: unknown, users: readonly SlackUser[]): string | undefined {
  if (typeof channel !== 'string') return undefined;
  if (users.some(({ id }) => id === channel)) return directChannel(channel);
  return /^([CDG][A-Z0-9]+|#[\w-]+)$/.test(channel) ? channel : undefined;
}

function directChannel(userId: string): string {
  return `D${userId.slice(1)}`;
}

function isEmpty({ text, blocks, attachments }: Arguments): boolean {
  return !text && !blocks && !attachments;
}

function messageOf({ text, blocks }: Arguments, ts: string): Arguments {
  return { type: 'message', text: text ?? '', ...(blocks === undefined ? {} : { blocks }), ts, user: BOT.user_id };
}

function profileOf(user: SlackUser | undefined): Arguments | undefined {
  if (!user) return undefined;
  const { email, ...rest } = user;
  const real_name = rest.real_name ?? email;
  const defaults = { deleted: false, is_bot: false, is_restricted: false, is_ultra_restricted: false };
  const own = { ...defaults, team_id: TEAM.team_id, name: email.split('@')[0], ...rest, real_name };
  return { user: { ...own, profile: { email, real_name } } };
}
