import { escalationAt, reviewIsOpen } from './command.ts';
import { awaited } from './quorum.ts';
import { afterHours } from './rules/clock.ts';
import { heldUntil } from './rules/freeze.ts';
import type { Freeze } from './rules/schema.ts';
import type { Change } from './state.ts';

/** Milliseconds in which a submit normally reaches its state machine, and an end its close. */
const GRACE = 5_000;
/** Milliseconds that a reminder may be late before its execution counts as dead. */
const OVERDUE = 600_000;

/**
 * What an unsettled change needs so that it goes on: its execution started, when nobody was asked yet; its execution
 * woken, when it was decided, its time is over, or somebody waits to be asked; its review asked for; or nothing, when it
 * rightly waits. `freezes`: the windows of today's rules file for its key.
 */
export function pushNeeded(
  change: Change,
  now: number,
  freezes: readonly Freeze[] = [],
): 'start' | 'wake' | 'review' | undefined {
  if (now < Date.parse(change.submittedAt) + GRACE) return undefined;
  if (change.closed) return reviewDue(change, now) ? 'review' : undefined;
  if (change.status !== 'PENDING') return hold(change, now, freezes) === undefined ? 'wake' : undefined;
  if (now >= Date.parse(change.expiresAt) + GRACE) return 'wake';
  if (!change.asked) return 'start';
  return unasked(change, now) || now >= nextDue(change) + OVERDUE ? 'wake' : undefined;
}

/** An act of somebody was to wake the execution, and nobody was asked or told since. */
function unasked(change: Change, now: number): boolean {
  if (now < Date.parse(change.actedAt ?? change.submittedAt) + GRACE) return false;
  return toAsk(change, new Date(now).toISOString()).length > 0 || toTellOfChanges(change);
}

/** Whom to ask who has not been asked about this version. Nobody while the authors are to change it. */
export const toAsk = (change: Change, now: string): string[] =>
  change.status !== 'PENDING' || change.changesRequested !== undefined
    ? []
    : awaited(change, now).filter((person) => !(change.askedPeople ?? []).includes(person));

/** Have the authors still to be told that changes are asked of them? */
export const toTellOfChanges = ({ status, changesRequested }: Change): boolean =>
  status === 'PENDING' && changesRequested !== undefined && changesRequested.told === undefined;

/** Which window holds an approved change now, and until when. An emergency is held by none. */
export function hold(change: Change, now: number, freezes: readonly Freeze[]): ReturnType<typeof heldUntil> {
  if (change.status !== 'APPROVED' || change.rule.breakGlass !== undefined) return undefined;
  return heldUntil([...(change.rule.freeze ?? []), ...freezes], new Date(now).toISOString());
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
  return change.status === 'PENDING' && at !== undefined && now >= at;
};

const nextDue = (change: Change): number =>
  Math.min(reminderAt(change), escalationDue(change) ?? Number.POSITIVE_INFINITY, Date.parse(change.expiresAt));

/** Seconds that the state machine may wait for a decision before it looks again: to the next reminder, escalation, expiry, or the end of a freeze. */
export function waitSeconds(change: Change, now: number, freezes: readonly Freeze[] = []): number {
  const held = hold(change, now, freezes);
  const due = held === undefined ? nextDue(change) : Math.min(Date.parse(held.until), Date.parse(change.applyBy));
  return Math.max(1, Math.ceil((due - now) / 1000));
}

/** Must the reviewers of an emergency be asked, or asked again? */
export function reviewDue(change: Change, now: number): boolean {
  if (!reviewIsOpen(change)) return false;
  const last = change.reviewAskedAt;
  return last === undefined || now >= Date.parse(last) + (change.rule.breakGlass?.remindEvery ?? 0) * 1000;
}
