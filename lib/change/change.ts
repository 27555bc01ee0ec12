import { durationSeconds } from './duration.ts';
import type { Fact, Timing, Unasked } from './facts.ts';
import { withoutLapsed } from './lapse.ts';
import { standing } from './quorum.ts';
import { type Change, type Decision, type Status, TRANSITIONS } from './state.ts';

export { countingApprovals } from './quorum.ts';
export { type Change, type Decision, type Delegation, isOpen, OPEN, type Status, TRANSITIONS } from './state.ts';

/** The state of a change from all of its facts in the order of the log. A fact that the states do not allow is an error of ours and throws. */
export function fold(facts: readonly Fact[]): Change {
  const [first, ...rest] = facts;
  if (first?.type !== 'SUBMITTED') throw new Error('a change begins with SUBMITTED');
  return rest.reduce(evolve, begin(first));
}

function begin(fact: Fact & { type: 'SUBMITTED' }): Change {
  return {
    id: fact.change,
    status: 'PENDING',
    key: fact.key,
    submitter: fact.person,
    reason: fact.reason,
    ...(fact.ticket === undefined ? {} : { ticket: fact.ticket }),
    ...(fact.coAuthors === undefined ? {} : { coAuthors: fact.coAuthors }),
    ...(fact.set === undefined ? {} : { set: fact.set }),
    ...(fact.reverts === undefined ? {} : { reverts: fact.reverts }),
    ...(fact.rebases === undefined ? {} : { rebases: fact.rebases }),
    ...(fact.undoes === undefined ? {} : { undoes: fact.undoes }),
    ...timing(fact),
    submittedAt: fact.at,
    expiresAt: fact.expiresAt,
    applyBy: fact.applyBy,
    binding: fact.binding,
    before: fact.before,
    afterCanonical: fact.afterCanonical,
    risk: fact.risk,
    rule: fact.rule,
    ...(fact.principalIds === undefined ? {} : { principalIds: fact.principalIds }),
    decisions: [],
    asked: false,
    closed: false,
  };
}

/** The state after one more fact. */
export function evolve(change: Change, fact: Fact): Change {
  switch (fact.type) {
    case 'SUBMITTED':
      throw new Error(`${change.id} was submitted twice`);
    case 'VERSIONED':
      return versioned(change, fact);
    case 'APPROVAL_GIVEN':
      return approved(acted(change, fact), fact);
    case 'APPROVAL_WITHDRAWN':
      return recounted(without(unasked(acted(change, fact), fact), fact.person));
    case 'CHANGES_REQUESTED': {
      const { person, comment, at } = fact;
      const left = without(unasked(acted(change, fact), fact), person);
      return { ...waiting(left), changesRequested: { person, comment, at } };
    }
    case 'DELEGATED': {
      const { person, to, at, until } = fact;
      return { ...acted(change, fact), delegations: [...(change.delegations ?? []), { person, to, at, until }] };
    }
    case 'COMMENTED':
      return { ...change, acts: (change.acts ?? 0) + 1 };
    case 'LINKS_REVOKED':
      return { ...change, acts: (change.acts ?? 0) + 1, revoked: { ...change.revoked, [fact.of ?? '*']: fact.at } };
    case 'ESCALATED':
      return { ...change, escalated: fact.at };
    case 'REVIEWED': {
      const { person, verdict, comment, at } = fact;
      return { ...change, reviewed: { person, verdict, comment, at } };
    }
    case 'REVIEW_ASKED':
      return { ...change, reviewAskedAt: fact.at };
    case 'CHANGES_TOLD':
      return change.changesRequested === undefined
        ? change
        : { ...change, changesRequested: { ...change.changesRequested, told: true } };
    case 'APPROVALS_LAPSED': {
      const { people, at } = fact;
      // Everybody was told that it is approved: who is left is asked anew.
      const askAgain = change.askedPeople ?? [];
      return { ...waiting(withoutLapsed(change, fact)), lapsed: { people, at }, askAgain };
    }
    case 'LAPSE_TOLD':
      return change.lapsed === undefined ? change : { ...change, lapsed: { ...change.lapsed, told: true } };
    case 'HELD_TOLD':
      return { ...change, heldTold: true };
    case 'REJECTED':
      return {
        ...move(change, 'REJECTED', fact.comment),
        decisions: [...change.decisions, decision(fact, 'reject')],
      };
    case 'CANCELLED':
      return move(change, 'CANCELLED', fact.comment);
    case 'EXPIRED':
      return move(
        change,
        'EXPIRED',
        change.status === 'APPROVED' ? 'It was approved, and could not be applied in time.' : 'Nobody decided in time.',
      );
    case 'APPLY_INTENT':
      return { ...move(change, 'APPLYING'), applyingSince: fact.at };
    case 'APPLY_HELD': {
      if (change.status !== 'APPLYING') throw new Error(`${change.id} is ${change.status}: no apply can be taken back`);
      const { applyingSince: _, heldTold: __, ...rest } = change;
      return move(rest, 'APPROVED');
    }
    case 'APPLIED':
      return {
        ...move(change, 'APPLIED', fact.put ? 'The approved policy is live.' : 'The approved policy was live already.'),
        appliedAt: fact.at,
        ...(change.revertAfter === undefined ? {} : { revertAt: later(fact.at, change.revertAfter) }),
      };
    case 'REVERT_INTENT':
      // Whatever was told is not how it ends.
      return { ...move(change, 'REVERTING'), closed: false };
    case 'REVERTED':
      return move(
        change,
        'REVERTED',
        fact.put ? 'The policy from before it was put back on time.' : 'The policy from before it was live already.',
      );
    case 'STALE':
      return move(change, 'STALE', fact.detail);
    case 'FAILED':
      return { ...move(change, 'FAILED', fact.detail), closed: false };
    case 'UNCERTAIN':
      return move(change, 'UNCERTAIN', fact.detail);
    case 'ASKED': {
      const people = fact.people ?? fact.mailed;
      const { askAgain, ...rest } = change;
      const left = askAgain?.filter((person) => !people.includes(person)) ?? [];
      return {
        ...rest,
        ...(left.length === 0 ? {} : { askAgain: left }),
        asked: true,
        // Not sorted: the seals of people sort otherwise than the people, and both must add up to the same state.
        askedPeople: [...new Set([...(change.askedPeople ?? []), ...people])],
        toldAt: fact.at,
      };
    }
    case 'REMINDED':
      return { ...change, toldAt: fact.at };
    case 'CLOSED':
      return { ...change, closed: true };
    case 'BOUNCED':
    case 'COMPLAINED':
    case 'PERSON_ERASED':
    case 'REFUSED':
      return change;
    case 'BASELINED':
    case 'FOREIGN_WRITE':
    case 'FOREIGN_TRACED':
    case 'FOREIGN_TOLD':
    case 'FOREIGN_ADOPTED':
      throw new Error(`${fact.type} is about a key, not about ${change.id}`);
  }
}

const timing = ({ applyAfter, revertAfter }: Timing): Timing => ({
  ...(applyAfter === undefined ? {} : { applyAfter }),
  ...(revertAfter === undefined ? {} : { revertAfter }),
});

const later = (at: string, duration: string): string =>
  new Date(Date.parse(at) + (durationSeconds(duration) ?? 0) * 1000).toISOString();

const acted = (change: Change, fact: Fact): Change => ({
  ...change,
  acts: (change.acts ?? 0) + 1,
  actedAt: fact.at,
});

/** An approval; that of whoever wanted changes says that they want them no more. The one that completes the quorum decides. */
function approved(change: Change, fact: Fact & { type: 'APPROVAL_GIVEN' }): Change {
  const { changesRequested, ...rest } = change;
  const kept = changesRequested !== undefined && changesRequested.person !== fact.person ? { changesRequested } : {};
  const decided: Change = { ...rest, ...kept, decisions: [...change.decisions, decision(fact, 'approve')] };
  if (!standing(decided).complete || decided.changesRequested !== undefined) return decided;
  const { lapsed: _, ...enough } = decided;
  return move(enough, 'APPROVED');
}

const without = (change: Change, person: string): Change => ({
  ...change,
  decisions: change.decisions.filter((one) => one.person !== person),
});

const unasked = (change: Change, { askAgain }: Unasked): Change =>
  askAgain === undefined ? change : { ...change, askAgain: [...new Set([...(change.askAgain ?? []), ...askAgain])] };

/** An approval that counted for nothing may be withdrawn from an approved change: it stays approved, for nobody could approve it again. */
const recounted = (change: Change): Change =>
  change.status === 'APPROVED' && standing(change).complete ? change : waiting(change);

/** Back to waiting, from wherever that is allowed. */
function waiting(change: Change): Change {
  const { heldTold: _, ...rest } = change;
  return change.status === 'PENDING' ? change : move(rest, 'PENDING');
}

/** What another version leaves as it was. */
const KEPT = [
  'id',
  'status',
  'key',
  'submitter',
  'coAuthors',
  'set',
  'rebases',
  'submittedAt',
  'delegations',
  'revoked',
  'acts',
  'actedAt',
  'asked',
  'toldAt',
  'closed',
] as const satisfies readonly (keyof Change)[];

const kept = (change: Change) =>
  Object.fromEntries(Object.entries(change).filter(([name]) => (KEPT as readonly string[]).includes(name))) as Pick<
    Change,
    (typeof KEPT)[number]
  >;

/** Another document: every decision, every question and every link of the one before is void, and so is what that one undid. */
function versioned(change: Change, fact: Fact & { type: 'VERSIONED' }): Change {
  return {
    ...kept(waiting(acted(change, fact))),
    ...timing(fact),
    version: fact.version,
    versionedAt: fact.at,
    reason: fact.reason,
    ...(fact.ticket === undefined ? {} : { ticket: fact.ticket }),
    binding: fact.binding,
    before: fact.before,
    afterCanonical: fact.afterCanonical,
    risk: fact.risk,
    rule: fact.rule,
    ...(fact.principalIds === undefined ? {} : { principalIds: fact.principalIds }),
    expiresAt: fact.expiresAt,
    applyBy: fact.applyBy,
    decisions: [],
  };
}

function move(change: Change, status: Status, outcome?: string): Change {
  if (!(TRANSITIONS[change.status] as readonly Status[]).includes(status)) {
    throw new Error(`${change.id} cannot go from ${change.status} to ${status}`);
  }
  return { ...change, status, ...(outcome === undefined ? {} : { outcome }) };
}

const decision = (fact: Fact & { type: 'APPROVAL_GIVEN' | 'REJECTED' }, verdict: Decision['decision']): Decision => ({
  person: fact.person,
  decision: verdict,
  comment: fact.comment,
  channel: fact.channel,
  at: fact.at,
  binding: fact.binding,
  ...('onBehalfOf' in fact && fact.onBehalfOf !== undefined ? { onBehalfOf: fact.onBehalfOf } : {}),
});
