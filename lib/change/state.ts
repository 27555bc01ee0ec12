import type { Risk } from '../policy/types.ts';
import type { Binding, ChangeKey, ChangeSet, Channel, FrozenRule, Timing } from './facts.ts';

/** The states of a change and where each may lead; a state without a successor is an end. */
export const TRANSITIONS = {
  PENDING: ['APPROVED', 'REJECTED', 'CANCELLED', 'EXPIRED', 'STALE'],
  APPROVED: ['APPLYING', 'PENDING', 'REJECTED', 'CANCELLED', 'EXPIRED', 'STALE', 'FAILED'],
  APPLYING: ['APPLIED', 'APPROVED', 'STALE', 'FAILED', 'UNCERTAIN'],
  APPLIED: ['REVERTING', 'FAILED'],
  REVERTING: ['REVERTED', 'STALE', 'FAILED', 'UNCERTAIN'],
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
  /** The approver whose place a delegate takes. */
  onBehalfOf?: string;
}

/** An approver's place given to another person until a moment. */
export interface Delegation {
  person: string;
  to: string;
  at: string;
  until: string;
}

/** A change: the fold of its facts. */
export interface Change extends Timing {
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
  /** What the names of new roles and users meant when the version that stands was posted: unique ids by ARN. */
  principalIds?: Record<string, string>;
  /** What stands: no withdrawn approval, none of an older version. */
  decisions: Decision[];
  /** Who wrote it beside the submitter. */
  coAuthors?: string[];
  /** The set that it was submitted in. */
  set?: ChangeSet;
  /** The change that this one brings onto another base, and the foreign write that it undoes. */
  rebases?: string;
  undoes?: string;
  /** Left out: 1. */
  version?: number;
  /** What an approver wants changed before anything goes on, and whether the authors were told. */
  changesRequested?: { person: string; comment: string; at: string; told?: true };
  delegations?: Delegation[];
  /** Since when the people of `rule.escalate` may decide too. */
  escalated?: string;
  /** When the version that stands was posted. */
  versionedAt?: string;
  /** Whose approvals lapsed since they left the rules file, until it is approved again, and whether the authors were told. */
  lapsed?: { people: string[]; at: string; told?: true };
  /** The authors know that it is approved and held. */
  heldTold?: true;
  /** Who has been asked about this version. */
  askedPeople?: string[];
  /** Who of them must be asked anew: what they answered does not count any more. */
  askAgain?: string[];
  /** When somebody was last asked or reminded: the next reminder is counted from it. */
  toldAt?: string;
  /** When a person last decided, delegated or posted a version. */
  actedAt?: string;
  /** How many acts of people there were, all versions; it has an end. */
  acts?: number;
  /** Since when the links of a person, or of everybody (`*`), that are older are dead. */
  revoked?: Record<string, string>;
  /** How a break-glass was judged afterwards. */
  reviewed?: { person: string; verdict: 'accept' | 'object'; comment: string; at: string };
  reviewAskedAt?: string;
  /** The change that it proposes to undo. */
  reverts?: string;
  /** When its policy was found live. */
  appliedAt?: string;
  /** When it is to be put back: there once a temporary change was applied. */
  revertAt?: string;
  /** When an apply began: from then on a put may have happened. */
  applyingSince?: string;
  /** How it ended, for people. */
  outcome?: string;
  /** The approvers have been asked. */
  asked: boolean;
  /** Everybody has been told how it ended: nothing is left to do. */
  closed: boolean;
}
