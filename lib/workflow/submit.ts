import { ulid } from 'ulid';
import { describeKey } from '../aws/kms.ts';
import { startApproval } from '../aws/states.ts';
import type { Change } from '../change/change.ts';
import type { NewVersion } from '../change/command.ts';
import type { Fact } from '../change/facts.ts';
import { type Outcome, type Refusal, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { deadlines } from '../change/times.ts';
import { type Along, createChange, findByIdempotencyKey, type NewChange } from '../store/changes.ts';
import { retention } from '../store/rulesFile.ts';
import { count } from '../store/table.ts';
import { noteDenial } from './noteRefusal.ts';
import { type ProposalInput, type Proposed, propose } from './propose.ts';

export interface Submission extends ProposalInput {
  reason: string;
  ticket?: string | undefined;
  /** Set by a rebase, and by the undoing of a foreign write; no body has them. */
  rebases?: string | undefined;
  undoes?: string | undefined;
}

/** What a caller sent an Idempotency-Key with. */
export type Idempotency = Pick<NonNullable<NewChange['idempotency']>, 'key' | 'bodySha256'>;

/** An Idempotency-Key with what was sent with it, and until when it is remembered. */
export const remember = (idempotency: Idempotency | undefined, at: string) =>
  idempotency && { ...idempotency, ttl: Math.floor(Date.parse(at) / 1000) + retention().idempotency };

/** At most so many submits a minute for one person, so that nobody can flood the approvers. */
export async function withinRate(person: string, now: number): Promise<boolean> {
  const minute = Math.floor(now / 60_000);
  const limit = Number(process.env.SUBMITS_PER_MINUTE ?? 300);
  return count({ pk: `RATE#${person}`, sk: String(minute) }, limit, minute * 60 + 600);
}

/**
 * Submits a change: assess, store with its first fact, start its approval. The execution is named after the change and
 * started after the change is stored; when the start fails, the change stands and the sweep starts it.
 */
export async function submitChange(
  submission: Submission,
  submitter: string,
  rules: Rules,
  at: string,
  idempotency?: Idempotency,
  along?: (changeId: string) => Along,
): Promise<Outcome<Change>> {
  const now = Date.parse(at);
  const remembered = remember(idempotency, at);
  const earlier = await findByIdempotencyKey(submitter, remembered);
  if (earlier !== undefined) return earlier;
  if (!(await withinRate(submitter, now))) {
    return refuse('TOO_MANY_REQUESTS', 'You have submitted too many changes in this minute; wait for the next one.');
  }
  const proposed = await propose(submission, submitter, rules, at);
  if (!proposed.ok) {
    await noteForbidden(submission.key, submitter, proposed.refusal, at);
    return proposed;
  }
  const submitted = submittedFact(proposed.value, submission, submitter, at);
  const created = await createChange({
    submitted,
    before: proposed.value.assessment.before,
    after: proposed.value.assessment.after,
    proposal: proposal(proposed.value),
    ...(remembered === undefined ? {} : { idempotency: remembered }),
    ...(along === undefined ? {} : { along: along(submitted.change) }),
  });
  if (created.ok) await startApproval(created.value.id).catch(() => undefined);
  return created;
}

/** A submit for a key that the rules file keeps for others is a fact of that key. */
export async function noteForbidden(asked: string, person: string, { code }: Refusal, at: string): Promise<void> {
  if (code !== 'NOT_IN_GROUP') return;
  const key = await describeKey(asked);
  await noteDenial({ person, attempt: 'submit a change', code }, at, key?.arn);
}

/** The first fact of a change. */
export function submittedFact(
  { key, ...proposed }: Proposed,
  submission: Omit<Submission, 'key'>,
  submitter: string,
  at: string,
): Fact & { type: 'SUBMITTED' } {
  const { reason, ticket, coAuthors = [], reverts, rebases, undoes } = submission;
  return {
    type: 'SUBMITTED',
    change: `chg_${ulid(Date.parse(at))}`,
    keyArn: key.arn,
    person: submitter,
    at,
    key: { arn: key.arn, keyId: key.keyId, accountId: key.accountId, region: key.region, aliases: key.aliases },
    ...(coAuthors.length === 0 ? {} : { coAuthors: [...coAuthors] }),
    ...(reverts === undefined ? {} : { reverts }),
    ...(rebases === undefined ? {} : { rebases }),
    ...(undoes === undefined ? {} : { undoes }),
    ...terms(proposed, { reason, ticket }, at),
  };
}

/** What a submit and a new version freeze: the documents by hash, the risk, the rule with its people, the deadlines, and the times that were asked for. */
export function terms(
  { assessment, rule, preflight, timing }: Omit<Proposed, 'key'>,
  { reason, ticket }: Pick<Submission, 'reason' | 'ticket'>,
  at: string,
): NewVersion {
  const { expireAfter: _, ...frozen } = rule;
  const principalIds = preflight.principals.ids;
  return {
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    binding: { after: assessment.after.sha256, base: assessment.before.canonical },
    before: assessment.before.sha256,
    afterCanonical: assessment.after.canonical,
    risk: assessment.risk,
    rule: frozen,
    ...(Object.keys(principalIds).length === 0 ? {} : { principalIds }),
    ...deadlines(rule, at, timing.applyAfter),
    ...timing,
  };
}

export const proposal = ({
  assessment,
  preflight,
}: Pick<Proposed, 'assessment' | 'preflight'>): NewChange['proposal'] => ({
  findings: assessment.findings,
  access: assessment.access,
  matrix: assessment.matrix,
  riskReasons: assessment.riskReasons,
  externalPolicies: assessment.externalPolicies,
  preflight,
});
