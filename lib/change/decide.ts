import type { Binding, Channel, Event } from './facts.ts';
import { authorsOf, havingASay, seatFor, standing, uncountedWithout } from './quorum.ts';
import { noSay, noSeat, nothingToWithdraw, ownChange } from './reasons.ts';
import { done, type Outcome, refuse } from './refusal.ts';
import { type Change, isOpen } from './state.ts';

/** What somebody says to a change. The first three are decisions about what stands before their eyes. */
export const VERDICTS = ['approve', 'reject', 'requestChanges', 'withdraw', 'comment'] as const;
export type VerdictName = (typeof VERDICTS)[number];

/** What somebody answers to a change, and what they had before their eyes when they did. */
export interface Answer {
  person: string;
  decision: VerdictName;
  comment: string;
  channel: Channel;
  /** The hashes of the page or message that was answered. */
  binding: Binding;
}

/** Most acts of people on one change, all versions together; more is a quarrel, not an approval. */
export const MOST_ACTS = 500;

/**
 * The guard of everything that people say to a change. An approval counts only from an approver of the stage that waits, or
 * from who stands in for one, never from an author, once, before the change expires, and only for the documents it was
 * given for. One rejection ends a change as long as no apply has begun: no wins.
 */
export function decide(change: Change, answer: Answer, now: string): Outcome<Event> {
  const { person, comment, channel, binding } = answer;
  if (answer.decision === 'comment') return remark(change, answer, now);
  if (authorsOf(change).includes(person)) {
    return ownChange(change, person);
  }
  if (!havingASay(change, now).includes(person)) return noSay(change, person, now);
  if (!isOpen(change.status)) return refuse('ALREADY_ENDED', `This change is ${change.status}.`);
  const late = tooLate(change, now);
  if (late !== undefined) return late;
  if (binding.after !== change.binding.after || binding.base !== change.binding.base) {
    return refuse('BASE_MOVED', 'What you saw is not what stands now; open the change again.');
  }
  const askAgain = uncountedWithout(change, person);
  switch (answer.decision) {
    case 'reject':
      return ifNotApplying(change, { type: 'REJECTED', binding, comment, channel });
    case 'requestChanges':
      if (comment.trim() === '') return refuse('BAD_REQUEST', 'Say in the comment what is to be changed.');
      return ifNotApplying(change, { type: 'CHANGES_REQUESTED', binding, comment, channel, askAgain });
    case 'withdraw':
      return change.decisions.some((one) => one.person === person && one.decision === 'approve')
        ? ifNotApplying(change, { type: 'APPROVAL_WITHDRAWN', comment, channel, askAgain })
        : nothingToWithdraw(change, person);
    case 'approve':
      return approve(change, answer, now);
  }
}

/** Nothing expires once an apply has begun. */
function tooLate(change: Change, now: string): ReturnType<typeof refuse> | undefined {
  const deadline = change.status === 'PENDING' ? change.expiresAt : change.applyBy;
  if (change.status !== 'APPLYING' && now >= deadline) return refuse('EXPIRED', `This change expired at ${deadline}.`);
  return (change.acts ?? 0) >= MOST_ACTS
    ? refuse('TOO_MANY_REQUESTS', `There were ${MOST_ACTS} acts on this change; cancel it and start anew.`)
    : undefined;
}

const ifNotApplying = (change: Change, event: Event): Outcome<Event> =>
  change.status === 'APPLYING' ? refuse('ALREADY_DECIDED', 'This change is being applied just now.') : done(event);

function approve(change: Change, { person, comment, channel, binding }: Answer, now: string): Outcome<Event> {
  const { counted, complete } = standing(change);
  const mine = counted.find((one) => one.person === person);
  if (mine !== undefined) {
    const place = mine.seat === person ? '' : ` You approved on behalf of ${mine.seat}, and nobody counts twice.`;
    return refuse('ALREADY_DECIDED', `You have decided already.${place}`);
  }
  if (change.status !== 'PENDING') return refuse('ALREADY_DECIDED', `This change is ${change.status} already.`);
  const asked = change.changesRequested;
  if (asked !== undefined && asked.person !== person) {
    return refuse('CHANGES_REQUESTED', `${asked.person} asked for changes; a new version must come first.`);
  }
  const seat = seatFor(change, person, now);
  // Where the others are enough, the wish of this person is all that holds it up: they need no seat to take it back.
  if (seat === undefined && !complete) return noSeat(change, person, now);
  const place = seat === undefined || seat === person ? {} : { onBehalfOf: seat };
  return done({ type: 'APPROVAL_GIVEN', binding, comment, channel, ...place });
}

/** A comment decides nothing; authors and everybody with a say may leave one while the change is open. */
function remark(change: Change, { person, comment, channel }: Answer, now: string): Outcome<Event> {
  if (!authorsOf(change).includes(person) && !havingASay(change, now).includes(person)) {
    return noSay(change, person, now);
  }
  if (!isOpen(change.status)) return refuse('ALREADY_ENDED', `This change is ${change.status}.`);
  const late = tooLate(change, now);
  if (late !== undefined) return late;
  if (comment.trim() === '') return refuse('BAD_REQUEST', 'A comment needs words.');
  return done({ type: 'COMMENTED', comment, channel });
}

/** Takes a change back: its submitter or an admin may, until an apply has begun. */
export function cancel(change: Change, who: { person: string; admin: boolean; comment: string }): Outcome<Event> {
  if (who.person !== change.submitter && !who.admin) {
    return refuse('NOT_IN_GROUP', 'Only the submitter or an admin may cancel a change.');
  }
  if (!isOpen(change.status)) return refuse('ALREADY_ENDED', `This change is ${change.status}.`);
  return ifNotApplying(change, { type: 'CANCELLED', comment: who.comment });
}

/** The end of a change whose time is over: undecided at `expiresAt`, or approved and not begun at `applyBy`. */
export function expire(change: Change, now: string): Event | undefined {
  const deadline = { PENDING: change.expiresAt, APPROVED: change.applyBy }[change.status as string];
  return deadline === undefined || now < deadline ? undefined : { type: 'EXPIRED' };
}
