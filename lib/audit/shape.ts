import { durationSeconds } from '../change/duration.ts';
import type { EventType, Fact } from '../change/facts.ts';
import { isTimeZone, minuteOfDay, WEEKDAYS } from '../change/rules/clock.ts';
import type { Holds } from '../change/rules/freeze.ts';

/** Is this value of the kind that a member of a fact must be? */
type Kind = (value: unknown) => boolean;

const HASH = /^[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** As the rules file has it: with an offset, seconds left out or not. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/;
const TIME_OF_DAY = /^\d\d:\d\d$/;

const text: Kind = (value) => typeof value === 'string';
const flag: Kind = (value) => typeof value === 'boolean';
const whole: Kind = (value) => Number.isSafeInteger(value);
const number: Kind = (value) => typeof value === 'number';
const hash: Kind = (value) => typeof value === 'string' && HASH.test(value);
const instant: Kind = (value) => typeof value === 'string' && INSTANT.test(value);
const listOf =
  (kind: Kind): Kind =>
  (value) =>
    Array.isArray(value) && value.every(kind);
const optional =
  (kind: Kind): Kind =>
  (value) =>
    value === undefined || kind(value);

const both =
  (one: Kind, other: Kind): Kind =>
  (value) =>
    one(value) && other(value);

function members(kinds: Record<string, Kind>): Kind {
  const entries = Object.entries(kinds);
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    entries.every(([name, kind]) => kind((value as Record<string, unknown>)[name]));
}

const texts = listOf(text);
const binding = members({ after: hash, base: hash });
const decided = members({ binding, comment: text, channel: text });
const told = members({
  mailed: texts,
  slacked: texts,
  failed: listOf(members({ person: text, channel: text, error: text })),
});

const trace = members({ caller: text, writtenAt: instant, eventId: text });

const named = (kind: Kind): Kind => {
  const object = members({});
  return (value) => object(value) && Object.values(value as object).every(kind);
};
const LONGEST = 366 * 86_400;
/** A duration of at most a year. */
const duration: Kind = (value) => {
  const seconds = typeof value === 'string' ? durationSeconds(value) : undefined;
  return seconds !== undefined && seconds <= LONGEST;
};
const timing = members({ applyAfter: optional(instant), revertAfter: optional(duration) });
const stage = members({ name: text, quorum: whole, from: texts, approvers: texts });

const moment: Kind = (value) => typeof value === 'string' && MOMENT.test(value) && !Number.isNaN(Date.parse(value));
const timeOfDay: Kind = (value) =>
  typeof value === 'string' && TIME_OF_DAY.test(value) && minuteOfDay(value) !== undefined;
const once = members({ name: text, from: moment, to: moment });
const weekly = members({
  name: text,
  days: listOf((value) => (WEEKDAYS as readonly unknown[]).includes(value)),
  from: optional(timeOfDay),
  to: optional(timeOfDay),
  timeZone: text,
});
/** A freeze or a change window, of one time or of every week. */
const window: Kind = (value) =>
  typeof value === 'object' && value !== null && (Object.hasOwn(value, 'timeZone') ? weekly : once)(value);

const today = members({ freeze: listOf(window), windows: listOf(window) });

/** The part of a frozen rule that replay judges by; quiet hours and the like are none of its business. */
const rule = members({
  name: text,
  quorum: whole,
  approvers: texts,
  remindEvery: number,
  rulesSha256: hash,
  stages: optional(listOf(stage)),
  escalate: optional(members({ after: number, approvers: texts })),
  delegates: optional(named(texts)),
  freeze: optional(listOf(window)),
  windows: optional(listOf(window)),
  breakGlass: optional(members({ reviewers: texts, remindEvery: number })),
});

/** What every fact says, beside what its type says. */
const common = members({
  type: text,
  change: text,
  keyArn: text,
  person: text,
  at: instant,
  log: text,
  prev: hash,
  seq: whole,
});

/** What each type of fact must say. More may stand there: a later version may say more. */
const SHAPES: Readonly<Record<EventType, Kind>> = {
  SUBMITTED: both(
    timing,
    members({
      key: members({ arn: text, keyId: text, accountId: text, region: text, aliases: texts }),
      reason: text,
      ticket: optional(text),
      binding,
      before: hash,
      afterCanonical: hash,
      risk: text,
      rule,
      principalIds: optional(named(text)),
      coAuthors: optional(texts),
      set: optional(members({ id: text, changes: texts, asOne: flag })),
      reverts: optional(text),
      rebases: optional(text),
      undoes: optional(text),
      expiresAt: instant,
      applyBy: instant,
    }),
  ),
  VERSIONED: both(
    timing,
    members({
      version: whole,
      reason: text,
      ticket: optional(text),
      binding,
      before: hash,
      afterCanonical: hash,
      risk: text,
      rule,
      principalIds: optional(named(text)),
      expiresAt: instant,
      applyBy: instant,
    }),
  ),
  ESCALATED: members({ to: texts }),
  CHANGES_TOLD: told,
  HELD_TOLD: both(told, members({ by: text, until: optional(instant) })),
  APPROVAL_WITHDRAWN: members({ comment: text, channel: text, askAgain: optional(texts) }),
  CHANGES_REQUESTED: both(decided, members({ askAgain: optional(texts) })),
  APPROVALS_LAPSED: members({
    people: texts,
    left: members({ stages: listOf(texts), escalation: texts, delegates: named(texts) }),
    rulesSha256: hash,
  }),
  LAPSE_TOLD: told,
  COMMENTED: members({ comment: text, channel: text }),
  DELEGATED: members({ to: text, until: instant }),
  LINKS_REVOKED: members({ of: optional(text) }),
  REVIEWED: members({ verdict: text, comment: text }),
  REVIEW_ASKED: told,
  ASKED: both(told, members({ people: optional(texts) })),
  REMINDED: told,
  APPROVAL_GIVEN: both(decided, members({ onBehalfOf: optional(text) })),
  REJECTED: decided,
  CANCELLED: members({ comment: text }),
  EXPIRED: members({}),
  APPLY_INTENT: members({ binding, approvers: texts, fence: whole, attempt: text, today: optional(today) }),
  APPLY_HELD: members({ by: text, fence: whole, attempt: text, today }),
  APPLIED: members({ before: hash, after: hash, live: hash, put: flag, putAt: optional(instant) }),
  REVERT_INTENT: members({ binding, fence: whole, attempt: text }),
  REVERTED: members({ before: hash, after: hash, live: hash, put: flag }),
  STALE: members({ live: hash, detail: text, by: optional(text) }),
  FAILED: members({ error: text, detail: text, live: optional(hash) }),
  UNCERTAIN: members({ detail: text, live: optional(hash) }),
  CLOSED: told,
  BOUNCED: members({ to: text, bounceType: text, detail: text }),
  PERSON_ERASED: members({ who: text }),
  COMPLAINED: members({ to: text, detail: text }),
  REFUSED: members({ attempt: text, code: text }),
  BASELINED: members({ after: hash, canonical: hash }),
  FOREIGN_WRITE: members({
    key: members({ arn: text, keyId: text, accountId: text, region: text, aliases: texts }),
    before: hash,
    after: hash,
    canonical: hash,
    foundBy: text,
    trace: optional(trace),
    byApplier: optional(flag),
    stands: flag,
    risk: text,
    rule: text,
    approvers: texts,
  }),
  FOREIGN_TRACED: members({ trace }),
  FOREIGN_TOLD: told,
  FOREIGN_ADOPTED: members({ comment: text, channel: text }),
};

/** Every type of a fact, in the order of the alphabet. */
export const EVENT_TYPES = Object.keys(SHAPES).sort() as [EventType, EventType, ...EventType[]];

/** What a body says about its place in the log and the change it is about, whatever its type. */
export interface Placed {
  log: string;
  prev: string;
  seq: number;
  change: string;
  at: string;
}

/** What a parsed body is: a fact in its place, one with a type or a time zone that is not known here, or none at all. */
export type Shaped =
  | { kind: 'fact'; fact: Fact & Placed }
  | { kind: 'unknown'; fact: Placed & { type: string } }
  | { kind: 'none' };

/** Tells what a parsed body is, by its members alone; nothing is filled in. */
export function shapeOf(body: unknown): Shaped {
  if (!common(body)) return { kind: 'none' };
  const placed = body as Placed & { type: string };
  if (!Object.hasOwn(SHAPES, placed.type)) return { kind: 'unknown', fact: placed };
  if (!SHAPES[placed.type as EventType](body)) return { kind: 'none' };
  const fact = body as Fact & Placed;
  return zonesIn(fact).every(isTimeZone) ? { kind: 'fact', fact } : { kind: 'unknown', fact: placed };
}

/** The time zones on whose clocks a fact says when something may be put. */
function zonesIn(fact: Fact): string[] {
  const { freeze = [], windows = [] } = holdsOf(fact);
  return [...freeze, ...windows].flatMap((one) => ('timeZone' in one ? [one.timeZone] : []));
}

function holdsOf(fact: Fact): Holds {
  if (fact.type === 'SUBMITTED' || fact.type === 'VERSIONED') return fact.rule;
  return fact.type === 'APPLY_INTENT' || fact.type === 'APPLY_HELD' ? (fact.today ?? {}) : {};
}
