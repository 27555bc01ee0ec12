import { startApproval } from '../aws/states.ts';
import { done, type Outcome, type Refusal, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { setOf } from '../change/set.ts';
import type { Finding } from '../policy/types.ts';
import { createSet, findByIdempotencyKey } from '../store/changes.ts';
import { type Proposed, propose } from './propose.ts';
import { type SetView, viewSetOf } from './set.ts';
import {
  type Idempotency,
  noteForbidden,
  proposal,
  remember,
  type Submission,
  submittedFact,
  withinRate,
} from './submit.ts';

/** The same proposal for several keys. */
export type SetSubmission = Omit<Submission, 'key' | 'base'> & { keys: string[] };

/**
 * Submits the same proposal for several keys: each becomes a change of its own, with its own documents, rule, execution and
 * end. Every key is assessed before any change is stored, and all are stored or none; applied they are one by one.
 */
export async function submitSet(
  submission: SetSubmission,
  submitter: string,
  rules: Rules,
  at: string,
  idempotency?: Idempotency,
): Promise<Outcome<SetView>> {
  const { keys, ...shared } = submission;
  const remembered = remember(idempotency, at);
  const earlier = await findByIdempotencyKey(submitter, remembered);
  if (earlier !== undefined) return earlier.ok ? viewSetOf(earlier.value, at) : earlier;
  for (const _ of keys) {
    if (await withinRate(submitter, Date.parse(at))) continue;
    return refuse('TOO_MANY_REQUESTS', 'You have submitted too many changes in this minute; wait for the next one.');
  }
  const proposed = await proposeEach(keys, shared, submitter, rules, at);
  if (!proposed.ok) return proposed;
  const members = proposed.value.map((one) => ({ one, submitted: submittedFact(one, shared, submitter, at) }));
  const set = setOf(
    members.map(({ submitted }) => submitted.change),
    members.map(({ submitted }) => submitted.rule),
  );
  const created = await createSet(
    members.map(({ one, submitted }) => ({
      submitted: { ...submitted, set },
      before: one.assessment.before,
      after: one.assessment.after,
      proposal: proposal(one),
      ...(remembered === undefined ? {} : { idempotency: remembered }),
    })),
  );
  if (!created.ok) return created;
  await Promise.all(created.value.map(({ id }) => startApproval(id).catch(() => undefined)));
  return viewSetOf(created.value[0], at);
}

async function proposeEach(
  keys: readonly string[],
  shared: Omit<Submission, 'key'>,
  submitter: string,
  rules: Rules,
  at: string,
): Promise<Outcome<Proposed[]>> {
  const outcomes = await Promise.all(keys.map((key) => propose({ ...shared, key }, submitter, rules, at)));
  const refusals = outcomes.flatMap((one, i) => (one.ok ? [] : [{ key: keys[i] ?? '', refusal: one.refusal }]));
  for (const { key, refusal } of refusals) await noteForbidden(key, submitter, refusal, at);
  if (refusals.length > 0) return { ok: false, refusal: together(refusals) };
  const proposed = outcomes.flatMap((one) => (one.ok ? [one.value] : []));
  const arns = proposed.map(({ key }) => key.arn);
  const twice = arns.find((arn, i) => arns.indexOf(arn) !== i);
  return twice === undefined
    ? done(proposed.map((one) => withRelated(one, arns)))
    : refuse('BAD_REQUEST', `keys: ${twice} is named twice.`);
}

/** Of a multi-Region key whose other keys are all in the set, nothing is left behind to warn of. */
function withRelated(one: Proposed, arns: readonly string[]): Proposed {
  const { key, assessment } = one;
  if (!(key.related ?? []).every((arn) => arns.includes(arn))) return one;
  const findings = assessment.findings.filter(({ code }) => code !== 'KEY_RELATED_KEPT');
  return { ...one, assessment: { ...assessment, findings } };
}

/** Why nothing of a set was stored: every key that is refused, with its findings, by the code of the first. */
function together(refusals: readonly { key: string; refusal: Refusal }[]): Refusal {
  const [first] = refusals;
  const findings = refusals.flatMap(({ key, refusal }): Finding[] =>
    (refusal.findings ?? []).map((finding) => ({ ...finding, message: `${key}: ${finding.message}` })),
  );
  return {
    code: first?.refusal.code ?? 'BAD_REQUEST',
    detail: `Nothing was submitted. ${refusals.map(({ key, refusal }) => `${key}: ${refusal.detail}`).join(' ')}`,
    ...(first?.refusal.findings === undefined ? {} : { findings }),
  };
}
