import { standing } from './quorum.ts';
import { done, type Outcome, refuse } from './refusal.ts';
import type { Change } from './state.ts';

/** Milliseconds that a revert may be late before it is overdue: retries of the state machine, and ten sweeps. */
const REVERT_OVERDUE = 600_000;

/** Is it applied for a time, and not at its end yet? */
export const revertIsOpen = ({ status, revertAt }: Change): boolean =>
  status === 'REVERTING' || (status === 'APPLIED' && revertAt !== undefined);

/** Is it time to put the policy from before back, or to go on with it? `at`: ISO 8601. */
export const revertIsDue = (change: Change, at: string): boolean =>
  revertIsOpen(change) && at >= (change.revertAt ?? '');

/** Should it have been put back long since? */
export const revertIsOverdue = (change: Change, at: string): boolean =>
  revertIsOpen(change) && Date.parse(at) >= Date.parse(change.revertAt ?? '') + REVERT_OVERDUE;

/** Did a temporary change end otherwise than by being put back? Then what it gave is still there, and a person must look. */
export const notReverted = ({ status, revertAt }: Pick<Change, 'status' | 'revertAt'>): boolean =>
  revertAt !== undefined && (status === 'STALE' || status === 'FAILED' || status === 'UNCERTAIN');

/**
 * The change turned round: what a revert puts, and what must be live for it. Applying this is putting back that.
 */
export function turned(change: Change): Change {
  // Who was new in the proposal is who loses it again, whoever they are by now.
  const { principalIds: _, ...kept } = change;
  return {
    ...kept,
    before: change.binding.after,
    binding: { after: change.before, base: change.afterCanonical },
    afterCanonical: change.binding.base,
  };
}

/** What a revert holds in its hands when it proves a change again, all of it computed from the texts just now. */
export interface RevertEvidence {
  now: string;
  /** SHA-256 and canonical hash of the before document, whose bytes are about to be sent. */
  beforeSha256: string;
  beforeCanonical: string;
  /** Of the document that was applied. */
  afterSha256: string;
  afterCanonical: string;
}

/**
 * Proves from the change alone that its before document may be put back: it was approved for a time by a whole quorum, the time
 * is over, and both documents are those that were approved. Whoever has left the rules file since still counts: they
 * approved that it ends, and nobody may keep access alive by leaving.
 */
export function proveRevert(
  change: Change,
  evidence: RevertEvidence,
): { ok: true; approvers: string[] } | { ok: false; error: string; detail: string } {
  const no = (error: string, detail: string) => ({ ok: false, error, detail }) as const;
  const { revertAt, binding } = change;
  if (!revertIsOpen(change) || revertAt === undefined) return no('NotTemporary', `The change is ${change.status}.`);
  if (evidence.now < revertAt) return no('TooEarly', `It is put back at ${revertAt}, not before.`);
  if (evidence.beforeSha256 !== change.before || evidence.beforeCanonical !== binding.base) {
    return no('DocumentAltered', 'The stored before document is not the one that the approvers saw.');
  }
  if (evidence.afterSha256 !== binding.after || evidence.afterCanonical !== change.afterCanonical) {
    return no('BaseAltered', 'The stored document is not the one that was approved and applied.');
  }
  const { counted, complete } = standing(change);
  if (!complete) return no('QuorumNotProven', 'The approvals do not complete its stages.');
  return { ok: true, approvers: counted.map(({ person }) => person).sort() };
}

/** May a change that undoes this one be proposed: was it applied, and not put back since? */
export function undoable(change: Change): Outcome<Change> {
  if (change.status === 'REVERTED') return refuse('NOTHING_TO_REVERT', 'It was put back already.');
  if (change.status === 'REVERTING') return refuse('NOTHING_TO_REVERT', 'It is being put back just now.');
  return change.appliedAt === undefined
    ? refuse('NOTHING_TO_REVERT', `It was never applied: it is ${change.status}.`)
    : done(change);
}
