import { escalationAt, reviewIsOpen } from './command.ts';
import { awaited, standing } from './quorum.ts';
import { notReverted, revertIsDue, revertIsOpen } from './revert.ts';
import { afterHours } from './rules/clock.ts';
import { type Holds, heldUntil } from './rules/freeze.ts';
import type { Change, Status } from './state.ts';

/** Milliseconds in which a submit normally reaches its state machine, and an end its close. */
export const GRACE = 5_000;
/** Milliseconds that a reminder may be late before its execution counts as dead. */
const OVERDUE = 600_000;

/**
 * What an unsettled change needs so that it goes on: its execution started, when nobody was asked yet; its execution
 * woken, when it was decided, its time is over, or somebody waits to be asked; its review asked for; or nothing, when it
 * rightly waits. `today`: what of today's rules file holds it.
 */
export function pushNeeded(change: Change, now: number, today: Holds = {}): 'start' | 'wake' | 'review' | undefined {
  if (now < Date.parse(change.submittedAt) + GRACE) return undefined;
  if (revertIsDue(change, new Date(now - GRACE).toISOString())) return 'wake';
  if (change.closed) return reviewDue(change, now) ? 'review' : undefined;
  if (change.status !== 'PENDING') {
    const waits = hold(change, now, today) !== undefined && (change.heldTold || justActed(change, now));
    return waits ? undefined : 'wake';
  }
  if (now >= Date.parse(change.expiresAt) + GRACE) return 'wake';
  if (!change.asked) return 'start';
  return unasked(change, now) || now >= nextDue(change) + OVERDUE ? 'wake' : undefined;
}

const justActed = ({ actedAt, submittedAt }: Change, now: number): boolean =>
  now < Date.parse(actedAt ?? submittedAt) + GRACE;

/** An act of somebody, or a lapse, was to wake the execution, and nobody was asked or told since. */
function unasked(change: Change, now: number): boolean {
  if (justActed(change, now) || now < Date.parse(change.lapsed?.at ?? '') + GRACE) return false;
  return toAsk(change, new Date(now).toISOString()).length > 0 || toTellOfChanges(change) || toTellOfLapse(change);
}

/**
 * Whom to ask who has not been asked about this version, must be asked anew, or may decide only by an escalation or a delegation
 * since the last mails. While the authors are to change it, only whoever
 * asked them to: the link that they did it by is spent, and they alone can take it back.
 */
export function toAsk(change: Change, now: string): string[] {
  const { status, changesRequested, askedPeople = [] } = change;
  if (status !== 'PENDING') return [];
  if (changesRequested !== undefined) {
    const { person } = changesRequested;
    const mayApprove = standing(change).complete || awaited(change, now).includes(person);
    return isAskedAnew(change, person) && mayApprove ? [person] : [];
  }
  const before = awaited(asLastTold(change), now);
  return awaited(change, now).filter(
    (person) => !askedPeople.includes(person) || isAskedAnew(change, person) || !before.includes(person),
  );
}

/** The change without what nobody was told yet: an escalation or a delegation may let somebody decide who was asked in an earlier stage. */
function asLastTold({ escalated = '', delegations = [], ...rest }: Change): Change {
  const { toldAt = '' } = rest;
  return {
    ...rest,
    delegations: delegations.filter(({ at }) => at <= toldAt),
    ...(escalated === '' || escalated > toldAt ? {} : { escalated }),
  };
}

/** Was this person asked before, and must be again, since what was approved then does not count any more? */
export const isAskedAnew = ({ askAgain = [] }: Change, person: string): boolean => askAgain.includes(person);

/** Have the authors still to be told that changes are asked of them? */
export const toTellOfChanges = ({ status, changesRequested }: Change): boolean =>
  status === 'PENDING' && changesRequested !== undefined && changesRequested.told === undefined;

/** Have the authors still to be told that approvals of it count no more? */
export const toTellOfLapse = ({ status, lapsed }: Change): boolean =>
  status === 'PENDING' && lapsed !== undefined && lapsed.told === undefined;

/** What holds an approved change now, and until when. */
export function hold(change: Change, now: number, today: Holds): ReturnType<typeof heldUntil> {
  return change.status === 'APPROVED' ? holdOfPut(change, new Date(now).toISOString(), today) : undefined;
}

/**
 * What forbids to put a change at this moment, and until when: its own applyAfter, a freeze, or a window that is not open, by the
 * rules file of its submit or by today's. An emergency is held by none, and neither is a revert, which takes access away.
 */
export function holdOfPut(change: Change, at: string, today: Holds): ReturnType<typeof heldUntil> {
  const { rule, applyAfter = '' } = change;
  if (rule.breakGlass !== undefined) return undefined;
  if (at >= applyAfter) return heldUntil([rule, today], at);
  return { name: 'applyAfter', until: applyAfter, ...heldUntil([rule, today], applyAfter) };
}

/** Where a change stands, for the state machine: a status, or what it means for the time that it waits. */
export type Stand = Status | 'HELD' | 'UNTOLD' | 'TEMPORARY' | 'REVERT_DUE' | 'NOT_REVERTED';

/**
 * HELD: approved, and not to be applied yet. A temporary change that is applied is UNTOLD while somebody is to be told of
 * it or asked for its review, TEMPORARY while it lasts, and then REVERT_DUE; NOT_REVERTED when it ended otherwise than by being put back.
 */
export function standOf(change: Change, now: number, today: Holds): Stand {
  if (hold(change, now, today) !== undefined) return 'HELD';
  if (notReverted(change)) return 'NOT_REVERTED';
  if (change.status !== 'APPLIED' || !revertIsOpen(change)) return change.status;
  if (revertIsDue(change, new Date(now).toISOString())) return 'REVERT_DUE';
  return change.closed && !reviewDue(change, now) ? 'TEMPORARY' : 'UNTOLD';
}

/** When the next reminder is due, in milliseconds: never in quiet hours, which put it off to their end. */
export function reminderAt({ toldAt, submittedAt, rule }: Change): number {
  const at = Date.parse(toldAt ?? submittedAt) + rule.remindEvery * 1000;
  return rule.quietHours === undefined ? at : afterHours(rule.quietHours, at);
}

/** When the people of `escalateTo` are asked, in milliseconds, or undefined when they are already or never are. */
function escalationDue(change: Change): number | undefined {
  const { rule, escalated } = change;
  if (rule.escalate === undefined || escalated !== undefined) return undefined;
  const at = Date.parse(escalationAt(change));
  return rule.quietHours === undefined ? at : afterHours(rule.quietHours, at);
}

/** Is it time for the escalation? */
export const escalationIsDue = (change: Change, now: number): boolean => {
  const at = escalationDue(change);
  return change.status === 'PENDING' && !(at === undefined || now < at);
};

const nextDue = (change: Change): number =>
  Math.min(reminderAt(change), escalationDue(change) ?? Number.POSITIVE_INFINITY, Date.parse(change.expiresAt));

/** Seconds that the state machine may wait before it looks again: to the next reminder, escalation or expiry, to the end of what holds the change, or until it is put back. */
export function waitSeconds(change: Change, now: number, today: Holds = {}): number {
  const held = hold(change, now, today);
  const due = revertIsOpen(change)
    ? Date.parse(change.revertAt ?? '')
    : held === undefined
      ? nextDue(change)
      : Math.min(Date.parse(held.until ?? change.applyBy), Date.parse(change.applyBy));
  return Math.max(1, Math.ceil((due - now) / 1000));
}

/** Must the reviewers of an emergency be asked, or asked again? */
export function reviewDue(change: Change, now: number): boolean {
  if (!reviewIsOpen(change)) return false;
  const last = change.reviewAskedAt;
  return last === undefined || now >= Date.parse(last) + (change.rule.breakGlass?.remindEvery ?? 0) * 1000;
}
