import type { Risk } from '../policy/types.ts';
import type { Binding, ChangeKey, Channel, Fact, FrozenRule } from './facts.ts';

/** The states of a change and where each may lead; a state without a successor is an end. */
export const TRANSITIONS = {
  PENDING: ['APPROVED', 'REJECTED', 'CANCELLED', 'EXPIRED'],
  APPROVED: ['APPLYING', 'REJECTED', 'CANCELLED', 'EXPIRED', 'FAILED'],
  APPLYING: ['APPLIED', 'STALE', 'FAILED', 'UNCERTAIN'],
  APPLIED: ['REVERTING'],
  REVERTING: ['REVERTED'],
  REVERTED: [],
  REJECTED: [],
  CANCELLED: [],
  EXPIRED: [],
  STALE: [],
  FAILED: [],
  UNCERTAIN: [],
} as const satisfies Record<string, readonly string[]>;

export type Status = keyof typeof TRANSITIONS;

/** The states that wait for something still to happen. */
export const OPEN = ['PENDING', 'APPROVED', 'APPLYING'] as const satisfies readonly Status[];

export const isOpen = (status: Status): boolean => (OPEN as readonly Status[]).includes(status);

export interface Decision {
  person: string;
  decision: 'approve' | 'reject';
  comment: string;
  channel: Channel;
  at: string;
  binding: Binding;
}

/** A change: the fold of its facts. */
export interface Change {
  id: string;
  status: Status;
  key: ChangeKey;
  submitter: string;
  reason: string;
  ticket?: string;
  submittedAt: string;
  expiresAt: string;
  applyBy: string;
  binding: Binding;
  /** SHA-256 of the live text at submit, and the canonical hash of what is proposed. */
  before: string;
  afterCanonical: string;
  risk: Risk;
  rule: FrozenRule;
  decisions: Decision[];
  /** When an apply began: from then on a put may have happened. */
  applyingSince?: string;
  /** How it ended, for people. */
  outcome?: string;
  /** The approvers have been asked. */
  asked: boolean;
  /** Everybody has been told how it ended: nothing is left to do. */
  closed: boolean;
}

/** The approvals that count: bound to what stands, by people of the frozen rule, never the submitter, each person once. */
export function countingApprovals(change: Change): string[] {
  const people = change.decisions
    .filter((d) => d.decision === 'approve')
    .filter((d) => d.binding.after === change.binding.after && d.binding.base === change.binding.base)
    .filter((d) => d.at < change.expiresAt)
    .map((d) => d.person)
    .filter((person) => person !== change.submitter && change.rule.approvers.includes(person));
  return [...new Set(people)].sort();
}

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
    submittedAt: fact.at,
    expiresAt: fact.expiresAt,
    applyBy: fact.applyBy,
    binding: fact.binding,
    before: fact.before,
    afterCanonical: fact.afterCanonical,
    risk: fact.risk,
    rule: fact.rule,
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
    case 'APPROVAL_GIVEN': {
      const decided = { ...change, decisions: [...change.decisions, decision(fact, 'approve')] };
      const approved = countingApprovals(decided).length >= change.rule.quorum;
      return approved ? move(decided, 'APPROVED') : decided;
    }
    case 'REJECTED':
      return {
        ...move(change, 'REJECTED', fact.comment),
        decisions: [...change.decisions, decision(fact, 'reject')],
      };
    case 'CANCELLED':
      return move(change, 'CANCELLED', fact.comment);
    case 'EXPIRED':
      return move(change, 'EXPIRED', 'Nobody decided in time.');
    case 'APPLY_INTENT':
      return { ...move(change, 'APPLYING'), applyingSince: fact.at };
    case 'APPLIED':
      return move(
        change,
        'APPLIED',
        fact.put ? 'The approved policy is live.' : 'The approved policy was live already.',
      );
    case 'STALE':
      return move(change, 'STALE', fact.detail);
    case 'FAILED':
      return move(change, 'FAILED', fact.detail);
    case 'UNCERTAIN':
      return move(change, 'UNCERTAIN', fact.detail);
    case 'ASKED':
      return { ...change, asked: true };
    case 'CLOSED':
      return { ...change, closed: true };
    case 'REMINDED':
    case 'BOUNCED':
    case 'COMPLAINED':
    case 'REFUSED':
      return change;
  }
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
});
