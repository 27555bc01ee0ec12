import type { Change } from '../change/change.ts';
import { type Outcome, refuse } from '../change/refusal.ts';
import { undoable } from '../change/revert.ts';
import type { Rules } from '../change/rules.ts';
import { findByIdempotencyKey, readWholeChange } from '../store/changes.ts';
import { liveCanonical } from './keys.ts';
import { appliedSince, sinceWords } from './since.ts';
import { type Idempotency, submitChange } from './submit.ts';

/**
 * Proposes the policy from before an applied change, as a change of its own with its own approval: the same submit, with the
 * same checks of the document as it would be put today. Refused when the live policy is not what that change applied.
 */
export async function revertChange(
  id: string,
  why: { reason: string; ticket?: string | undefined },
  submitter: string,
  rules: Rules,
  at: string,
  idempotency?: Idempotency,
): Promise<Outcome<Change>> {
  const earlier = await findByIdempotencyKey(submitter, idempotency);
  if (earlier !== undefined) return earlier;
  const whole = await readWholeChange(id);
  if (whole === undefined) return refuse('NOT_FOUND', 'There is no such change.');
  const { change, before } = whole;
  const may = undoable(change);
  if (!may.ok) return may;
  const live = await liveCanonical(change.key.arn);
  if (live === undefined) {
    return refuse(
      'NOT_FOUND',
      `The policy of ${change.key.arn} cannot be read; its key policy must let Countersign see it.`,
    );
  }
  if (live !== change.afterCanonical) {
    const since = sinceWords(await appliedSince(change));
    return refuse(
      'BASE_MOVED',
      `The live policy is not what ${id} applied, so there is nothing to put back as it was. ${since}`,
    );
  }
  const proposal = { key: change.key.arn, policy: before, base: change.afterCanonical, reverts: id };
  return submitChange({ ...proposal, ...why }, submitter, rules, at, idempotency);
}
