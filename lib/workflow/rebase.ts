import { getKeyPolicy } from '../aws/kms.ts';
import type { Change } from '../change/change.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { carriedTimes } from '../change/times.ts';
import { canonicalOf } from '../policy/document/canonicalOf.ts';
import { rebasePolicy } from '../policy/rebase.ts';
import { readWholeChange } from '../store/changes.ts';
import { act } from './decide.ts';
import { preview, propose } from './propose.ts';
import { type Submission, submitChange } from './submit.ts';

/** What a rebase may say anew; what it leaves out stays as it was. */
export interface RebaseBody {
  reason?: string | undefined;
  ticket?: string | undefined;
  applyAfter?: string | undefined;
  revertAfter?: string | undefined;
}

/** The submit that brings a stale change onto the policy that is live now, or why there is none. Stores nothing. */
async function rebased(id: string, input: RebaseBody, person: string, at: string): Promise<Outcome<Submission>> {
  const whole = await readWholeChange(id);
  if (whole === undefined) return refuse('NOT_FOUND', `There is no change ${id}.`);
  const { change } = whole;
  if (change.submitter !== person) {
    const refused = await act(id, 'rebase', { person, at }, undefined, () =>
      refuse('NOT_IN_GROUP', 'Only the submitter may rebase a change.'),
    );
    if (!refused.ok) return refused;
  }
  if (change.status !== 'STALE') {
    return refuse('NOTHING_TO_REBASE', `This change is ${change.status}; only one that is STALE can be rebased.`);
  }
  if (change.appliedAt !== undefined) {
    return refuse(
      'NOTHING_TO_REBASE',
      'This change was applied and its time is over: a rebase would give again what was to end. Submit a new change if it is wanted.',
    );
  }
  const { arn, accountId } = change.key;
  const live = await getKeyPolicy(arn);
  if (live === undefined) return refuse('NOT_FOUND', `The policy of ${arn} cannot be read.`);
  const merged = rebasePolicy({ base: whole.before, proposed: whole.after, live }, { arn, accountId });
  if (!merged.ok) {
    const { findings } = merged;
    return refuse('REBASE_CONFLICT', findings.map(({ message }) => message).join(' '), { findings });
  }
  const base = canonicalOf(live);
  if (canonicalOf(merged.text) === base) {
    return refuse('NOTHING_TO_REBASE', 'What this change asked for is live already.');
  }
  const { coAuthors, rule, reason, ticket } = change;
  return done({
    key: arn,
    policy: merged.text,
    base,
    reason: input.reason ?? reason,
    ticket: input.ticket ?? ticket,
    coAuthors,
    breakGlass: rule.breakGlass !== undefined,
    ...carriedTimes(change, input, at),
    rebases: id,
  });
}

/** Submits a stale change again on the policy that is live now, merged statement by statement: a new change, with approvals of its own. */
export async function rebaseChange(
  id: string,
  input: RebaseBody,
  person: string,
  rules: Rules,
  at: string,
  idempotency?: { key: string; bodySha256: string },
): Promise<Outcome<Change>> {
  const submission = await rebased(id, input, person, at);
  return submission.ok ? submitChange(submission.value, person, rules, at, idempotency) : submission;
}

/** Everything that the rebase would answer. */
export async function previewRebase(
  id: string,
  person: string,
  rules: Rules,
  at: string,
): Promise<Outcome<ReturnType<typeof preview>>> {
  const submission = await rebased(id, {}, person, at);
  if (!submission.ok) return submission;
  const proposed = await propose(submission.value, person, rules, at);
  return proposed.ok ? done(preview(proposed.value, [person, ...(submission.value.coAuthors ?? [])])) : proposed;
}
