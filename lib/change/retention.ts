import { durationSeconds } from './duration.ts';
import type { Rules } from './rules.ts';

/** How long what goes by itself is kept, in seconds. What never goes, and what is kept outside: docs/audit.md. */
export interface Retention {
  /** An Idempotency-Key, with the change that it gave. */
  idempotency: number;
  /** A sign-in at a browser. */
  session: number;
  /** What is known by address of a change that is over, and of whoever no mail reaches. */
  ended: number;
}

const DAY = 86_400;
/** The params of serverless.yml that set it, by the name that they have as environment, with what they are when left out. */
const SETTINGS = {
  idempotency: { name: 'IDEMPOTENCY_DAYS', param: 'idempotencyDays', unit: DAY, usual: 30 },
  session: { name: 'SESSION_MINUTES', param: 'sessionMinutes', unit: 60, usual: 60 },
  ended: { name: 'ENDED_DAYS', param: 'endedDays', unit: DAY, usual: 400 },
} as const;
/** Seconds; who decides after a longer sign-in has not shown that it is still them. */
const LONGEST_SESSION = DAY;

/**
 * The retention that an environment sets.
 *
 * @throws an error that says which setting is wrong and what it must be: a number above nothing, a sign-in of a day at most
 */
export function readRetention(environment: Readonly<Record<string, string | undefined>>): Retention {
  const seconds = ({ name, param, unit, usual }: (typeof SETTINGS)[keyof typeof SETTINGS]): number => {
    const given = String(environment[name] ?? usual);
    if (!/^[1-9]\d{0,4}$/.test(given))
      throw new Error(
        `${param} (params of serverless.yml) is ${JSON.stringify(given)}: it must be a whole number above 0`,
      );
    return Number(given) * unit;
  };
  const session = seconds(SETTINGS.session);
  if (session > LONGEST_SESSION)
    throw new Error(
      `${SETTINGS.session.param} (params of serverless.yml) is ${session / 60}: it must be 1,440, a day, at most`,
    );
  return { idempotency: seconds(SETTINGS.idempotency), session, ended: seconds(SETTINGS.ended) };
}

/**
 * Holds a retention against the rules by which changes are open. Nothing else that goes is needed by one: a sign-in that is over is asked for
 * anew, and the rest is of changes that have ended.
 *
 * @throws an error that names the setting, the rule that needs more, and how much: an Idempotency-Key that goes while its change waits
 *   would let a submit that is sent again become a second change
 */
export function checkRetention({ idempotency }: Retention, { rules }: Pick<Rules, 'rules'>): void {
  for (const { name, expireAfter } of rules) {
    const needed = Math.ceil((durationSeconds(expireAfter) ?? 0) / DAY);
    if (idempotency >= needed * DAY) continue;
    throw new Error(
      `${SETTINGS.idempotency.param} (params of serverless.yml) is ${idempotency / DAY}, and a change by the rule ${JSON.stringify(name)} waits for up to ${needed} days: set ${needed} at least, or shorten its expireAfter`,
    );
  }
}
