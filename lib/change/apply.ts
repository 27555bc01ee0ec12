import { countingApprovals, standing } from './quorum.ts';
import type { Entitled } from './rules/select.ts';
import type { Change } from './state.ts';
import { listed } from './wording.ts';

/** What the apply step holds in its hands when it proves a change again, all of it read just now. */
export interface Evidence {
  now: string;
  /** SHA-256 of the bytes about to be sent, computed from them, not read from a field. */
  afterSha256: string;
  /** Canonical hash of the stored before document, computed from its text. */
  baseCanonical: string;
  /** Whom today's rules file still entitles. */
  today: Entitled;
}

/**
 * Proves from the change alone that it may be put, trusting nobody who says so: the quorum of people who counted then
 * and still count, none of them the submitter, in time, for exactly these bytes on exactly this base.
 */
export function proveApproval(
  change: Change,
  evidence: Evidence,
): { ok: true; approvers: string[] } | { ok: false; error: string; detail: string } {
  const no = (error: string, detail: string) => ({ ok: false, error, detail }) as const;
  if (change.status !== 'APPROVED' && change.status !== 'APPLYING') {
    return no('NotApproved', `The change is ${change.status}.`);
  }
  if (evidence.now >= change.applyBy) return no('TooLate', `It had to be applied before ${change.applyBy}.`);
  if (evidence.now < (change.applyAfter ?? '')) {
    return no('TooEarly', `It must not be applied before ${change.applyAfter}.`);
  }
  if (evidence.afterSha256 !== change.binding.after) {
    return no('DocumentAltered', 'The stored document is not the one that was approved.');
  }
  if (evidence.baseCanonical !== change.binding.base) {
    return no('BaseAltered', 'The stored before document is not the one that the approvers saw.');
  }
  const { counted, complete } = standing(change, evidence.today);
  if (!complete || change.changesRequested !== undefined) {
    const lapsed = countingApprovals(change).filter((one) => !counted.some(({ person }) => person === one));
    const why = lapsed.length === 0 ? '' : ` By the rules file of today that of ${listed(lapsed)} does not.`;
    return no('QuorumNotProven', `${counted.length} of ${change.rule.quorum} approvals count today.${why}`);
  }
  return { ok: true, approvers: counted.map(({ person }) => person).sort() };
}

/** What the live policy, compared with the change, tells the apply step to do next. */
export type ApplyStep = 'put' | 'record-applied' | 'record-stale' | 'record-uncertain';

/**
 * One step of the apply protocol. `maybePut`: a put of this change may have reached KMS before. All are canonical hashes.
 * A policy that is neither the base nor the approved one means that somebody else wrote: stale when nothing of ours can
 * have landed, else uncertain, for a person to look at.
 */
export function nextApplyStep(
  live: string,
  change: Pick<Change, 'binding' | 'afterCanonical'>,
  maybePut: boolean,
): ApplyStep {
  if (live === change.afterCanonical) return 'record-applied';
  if (live === change.binding.base) return 'put';
  return maybePut ? 'record-uncertain' : 'record-stale';
}
