import { type Change, isOpen } from './change.ts';
import type { Binding, Channel, Event } from './facts.ts';
import { done, type Outcome, refuse } from './refusal.ts';

/** What somebody answers to a change, and what they had before their eyes when they did. */
export interface Answer {
  person: string;
  decision: 'approve' | 'reject';
  comment: string;
  channel: Channel;
  /** The hashes of the page or message that was answered. */
  binding: Binding;
}

/**
 * The guard of every approval and rejection. An approval counts only from an approver of the frozen rule who is not the
 * submitter, once, before the change expires, and only for the documents it was given for. One rejection ends a change
 * as long as no apply has begun: no wins.
 */
export function decide(change: Change, answer: Answer, now: string): Outcome<Event> {
  if (answer.person === change.submitter) {
    return refuse('OWN_CHANGE', 'You submitted this change; somebody else must decide. To take it back, cancel it.');
  }
  if (!change.rule.approvers.includes(answer.person)) {
    return refuse('NOT_AN_APPROVER', `Rule ${change.rule.name} does not name you as an approver of this change.`);
  }
  if (!isOpen(change.status)) return refuse('ALREADY_ENDED', `This change is ${change.status}.`);
  if (now >= change.expiresAt) return refuse('EXPIRED', `This change expired at ${change.expiresAt}.`);
  if (answer.binding.after !== change.binding.after || answer.binding.base !== change.binding.base) {
    return refuse('BASE_MOVED', 'What you saw is not what stands now; open the change again.');
  }
  const { binding, comment, channel } = answer;
  if (answer.decision === 'reject') {
    if (change.status === 'APPLYING') return refuse('ALREADY_DECIDED', 'This change is being applied just now.');
    return done({ type: 'REJECTED', binding, comment, channel });
  }
  if (change.decisions.some((d) => d.person === answer.person)) {
    return refuse('ALREADY_DECIDED', 'You have decided already.');
  }
  if (change.status !== 'PENDING') return refuse('ALREADY_DECIDED', `This change is ${change.status} already.`);
  return done({ type: 'APPROVAL_GIVEN', binding, comment, channel });
}

/** Takes a change back: its submitter or an admin may, until an apply has begun. */
export function cancel(change: Change, who: { person: string; admin: boolean; comment: string }): Outcome<Event> {
  if (who.person !== change.submitter && !who.admin) {
    return refuse('NOT_IN_GROUP', 'Only the submitter or an admin may cancel a change.');
  }
  if (!isOpen(change.status)) return refuse('ALREADY_ENDED', `This change is ${change.status}.`);
  if (change.status === 'APPLYING') return refuse('ALREADY_DECIDED', 'This change is being applied just now.');
  return done({ type: 'CANCELLED', comment: who.comment });
}

/** The end of a change whose time is over: undecided at `expiresAt`, or approved and not begun at `applyBy`. */
export function expire(change: Change, now: string): Event | undefined {
  const deadline = { PENDING: change.expiresAt, APPROVED: change.applyBy }[change.status as string];
  return deadline !== undefined && now >= deadline ? { type: 'EXPIRED' } : undefined;
}
