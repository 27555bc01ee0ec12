import { MOST_ACTS } from './decide.ts';
import type { Event } from './facts.ts';
import { authorsOf, countingApprovals, havingASay } from './quorum.ts';
import { done, type Outcome, refuse } from './refusal.ts';
import { type Change, isOpen } from './state.ts';

/** Another document in the place of the one before. */
export type NewVersion = Omit<Event & { type: 'VERSIONED' }, 'type' | 'version'>;

/** Is there anything that forbids an act of people on this change, whoever they are? */
function standsStill(change: Change): ReturnType<typeof refuse> | undefined {
  if (!isOpen(change.status)) return refuse('ALREADY_ENDED', `This change is ${change.status}.`);
  if (change.status === 'APPLYING') return refuse('ALREADY_DECIDED', 'This change is being applied just now.');
  return (change.acts ?? 0) >= MOST_ACTS
    ? refuse('TOO_MANY_REQUESTS', `There were ${MOST_ACTS} acts on this change; cancel it and start anew.`)
    : undefined;
}

/** A new version: of its submitter alone, before an apply has begun and before the change expired. Voids every decision. */
export function post(change: Change, person: string, version: NewVersion, now: string): Outcome<Event> {
  if (person !== change.submitter) return refuse('NOT_IN_GROUP', 'Only the submitter may post a new version.');
  const still = standsStill(change);
  if (still !== undefined) return still;
  if (now >= change.expiresAt && change.status === 'PENDING') {
    return refuse('EXPIRED', `This change expired at ${change.expiresAt}.`);
  }
  return done({ type: 'VERSIONED', version: (change.version ?? 1) + 1, ...version });
}

/** Gives an approver's place to another for a time: to one whom the rules file names as their delegate, until the change expires at most. */
export function delegate(
  change: Change,
  who: { person: string; to: string; until: string },
  now: string,
): Outcome<Event> {
  const { person, to, until } = who;
  if (authorsOf(change).includes(person)) {
    return refuse('OWN_CHANGE', 'You wrote this change, so you have no place to give.');
  }
  if (!change.rule.approvers.includes(person)) {
    return refuse('NOT_AN_APPROVER', `Rule ${change.rule.name} does not name you as an approver of this change.`);
  }
  if (authorsOf(change).includes(to)) {
    return refuse('NOT_A_DELEGATE', `${to} wrote this change, and decides for nobody.`);
  }
  if (!(change.rule.delegates?.[person]?.includes(to) ?? false)) {
    return refuse('NOT_A_DELEGATE', `The rules file does not let ${to} stand in for you here (delegates).`);
  }
  const still = standsStill(change);
  if (still !== undefined) return still;
  if (until <= now || until > change.expiresAt) {
    return refuse('BAD_REQUEST', `until: must be later than now and not later than ${change.expiresAt}.`);
  }
  return done({ type: 'DELEGATED', to, until });
}

/** Makes the links of a person, or of everybody, dead: an admin or an author may, and everybody may for their own. New ones come with the next reminder. */
export function revokeLinks(
  change: Change,
  who: { person: string; admin: boolean; of?: string | undefined },
): Outcome<Event> {
  if (!who.admin && !authorsOf(change).includes(who.person) && who.of !== who.person) {
    return refuse('NOT_IN_GROUP', 'Only an author or an admin may revoke the links of others.');
  }
  if (!isOpen(change.status)) return refuse('ALREADY_ENDED', `This change is ${change.status}.`);
  return done({ type: 'LINKS_REVOKED', ...(who.of === undefined ? {} : { of: who.of }) });
}

/** Does somebody still have to look at an emergency that was applied? */
export const reviewIsOpen = (change: Change): boolean =>
  change.rule.breakGlass !== undefined && change.appliedAt !== undefined && change.reviewed === undefined;

/** Who may: a reviewer of the frozen rule who neither wrote nor approved it. */
export const reviewersOf = (change: Change): string[] =>
  (change.rule.breakGlass?.reviewers ?? []).filter(
    (person) => !authorsOf(change).includes(person) && !countingApprovals(change).includes(person),
  );

/** Looks at an emergency afterwards, once. */
export function review(
  change: Change,
  who: { person: string; verdict: 'accept' | 'object'; comment: string },
): Outcome<Event> {
  const { person, verdict, comment } = who;
  if (change.rule.breakGlass === undefined) return refuse('NOTHING_TO_REVIEW', 'This change was no emergency.');
  if (authorsOf(change).includes(person))
    return refuse('OWN_CHANGE', 'You wrote this change; somebody else must review it.');
  if (!reviewersOf(change).includes(person)) {
    return refuse(
      'NOT_AN_APPROVER',
      countingApprovals(change).includes(person)
        ? 'You approved this change; somebody else must review it.'
        : `Rule ${change.rule.name} does not name you as a reviewer of this change.`,
    );
  }
  if (!reviewIsOpen(change)) {
    return refuse('NOTHING_TO_REVIEW', change.reviewed ? 'It was reviewed already.' : `It is ${change.status}.`);
  }
  if (comment.trim() === '')
    return refuse('BAD_REQUEST', 'A review needs words: what you looked at, and what you found.');
  return done({ type: 'REVIEWED', verdict, comment });
}

/** Time to let more people decide: nobody has completed the stages in time. */
export function escalate(change: Change, now: string): Event | undefined {
  const { rule, escalated, status } = change;
  if (status !== 'PENDING' || rule.escalate === undefined || escalated !== undefined) return undefined;
  return now >= escalationAt(change) ? { type: 'ESCALATED', to: rule.escalate.approvers } : undefined;
}

/** When the change is escalated if it is still open then. A new version starts the time anew. */
export function escalationAt({ rule, submittedAt, versionedAt }: Change): string {
  const from = Date.parse(versionedAt ?? submittedAt);
  return new Date(from + (rule.escalate?.after ?? 0) * 1000).toISOString();
}

/** May this person see and open the links of this change that were made at `issuedAt`? */
export function linkStands(change: Change, person: string, issuedAt: string | undefined): boolean {
  const { revoked = {} } = change;
  const since = [revoked['*'], revoked[person]].filter((at) => at !== undefined);
  return since.every((at) => (issuedAt ?? '') > at);
}

/** Everybody who takes part in a change now: whom a result is told. */
export const participants = (change: Change, now: string): string[] => [
  ...new Set([...authorsOf(change), ...havingASay(change, now)]),
];
