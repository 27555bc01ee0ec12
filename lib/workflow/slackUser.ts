import { done, type Outcome, type Refusal } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { callSlack, type SlackApi } from '../notify/slackApi.ts';
import { keepVerdict, wasMember } from '../store/slackRequests.ts';

/** Slack of this deployment: its API with the app's token; undefined where Slack is not set up. */
export function slackApi(timeout?: number): SlackApi | undefined {
  const token = process.env.SLACK_BOT_TOKEN ?? '';
  const apiUrl = process.env.SLACK_API_URL ?? '';
  return token === '' ? undefined : { apiUrl, token, fetch, ...(timeout === undefined ? {} : { timeout }) };
}

/** Why a Slack user is not one who may speak for a person, for people; the key stands in the history. */
const REASONS = {
  SLACK_UNKNOWN: 'Slack does not know this user.',
  SLACK_DELETED: 'This Slack account is deactivated.',
  SLACK_BOT: 'This is a bot.',
  SLACK_GUEST: 'Guests of the workspace cannot decide.',
  SLACK_STRANGER: 'This Slack user belongs to another workspace.',
  SLACK_UNCONFIRMED: 'The email address of this Slack account is not confirmed.',
} as const;

export type SlackUserCode = keyof typeof REASONS;

/** What users.info says, judged: undefined for a full member of the workspace. https://docs.slack.dev/reference/objects/user-object */
export function faultOf(user: unknown, team: string): SlackUserCode | undefined {
  const u = (user ?? {}) as Record<string, unknown>;
  if (typeof u.id !== 'string') return 'SLACK_UNKNOWN';
  if (u.deleted === true) return 'SLACK_DELETED';
  if (u.is_bot === true) return 'SLACK_BOT';
  if (u.is_restricted === true || u.is_ultra_restricted === true) return 'SLACK_GUEST';
  if (u.is_stranger === true || (team !== '' && u.team_id !== team)) return 'SLACK_STRANGER';
  return u.is_email_confirmed === false ? 'SLACK_UNCONFIRMED' : undefined;
}

/** Words of users.info that are about the user and not about Slack's day. */
const NO_SUCH_USER = new Set(['user_not_found', 'user_not_visible', 'users_not_found']);

/**
 * Asks Slack about a user. `ok` for a full member; `fault` for anybody else; `unknown` when Slack does not answer.
 */
export async function askAboutUser(api: SlackApi, user: string): Promise<'ok' | 'unknown' | SlackUserCode> {
  const info = await callSlack(api, 'users.info', { user });
  if (info.ok) return faultOf(info.body.user, process.env.SLACK_TEAM_ID ?? '') ?? 'ok';
  return NO_SUCH_USER.has(info.error) ? 'SLACK_UNKNOWN' : 'unknown';
}

export type SlackRefusal = Pick<Refusal, 'detail'> & { code: string };

/**
 * The person behind a Slack user: the one that the rules file names for it and nobody by email, and only while Slack says that the account
 * is a full member's. While Slack does not answer, what it said in the last ten minutes stands; without that the answer is no.
 */
export async function personOf(
  { team, user }: { team: string; user: string },
  rules: Rules,
  now: number,
  timeout: number,
): Promise<Outcome<string> | { ok: false; refusal: SlackRefusal }> {
  const people = rules.slack?.people ?? {};
  const person = Object.hasOwn(people, user) ? people[user] : undefined;
  const refuse = (code: string, detail: string) => ({ ok: false as const, refusal: { code, detail } });
  if (person === undefined) {
    return refuse(
      'UNKNOWN_PERSON',
      `The rules file maps nobody to the Slack user ${user}; it goes under slack.people.`,
    );
  }
  const api = slackApi(timeout);
  const said = api === undefined ? 'unknown' : await askAboutUser(api, user);
  if (said === 'unknown') {
    if (await wasMember(team, user, now)) return done(person);
    return refuse('UNAVAILABLE', 'Slack does not tell just now who you are. Use the link in your mail, or try again.');
  }
  await keepVerdict(team, user, said === 'ok', now);
  return said === 'ok' ? done(person) : refuse(said, REASONS[said]);
}
