import type { Change } from './change.ts';

/** Milliseconds in which a submit normally reaches its state machine, and an end its close. */
const GRACE = 5_000;

/**
 * What an unsettled change needs so that it goes on: its execution started, when nobody was asked yet; its execution
 * woken, when it was decided or its time is over; or nothing, when it rightly waits.
 */
export function pushNeeded(change: Change, now: number): 'start' | 'wake' | undefined {
  if (now < Date.parse(change.submittedAt) + GRACE) return undefined;
  if (change.status !== 'PENDING' || now >= Date.parse(change.expiresAt) + GRACE) return 'wake';
  return change.asked ? undefined : 'start';
}

/** Seconds that the state machine may wait for a decision before it looks again: to the next reminder or the expiry. */
export function waitSeconds(change: Change, now: number): number {
  const untilExpiry = Math.ceil((Date.parse(change.expiresAt) - now) / 1000);
  return Math.max(1, Math.min(change.rule.remindEvery, untilExpiry));
}
