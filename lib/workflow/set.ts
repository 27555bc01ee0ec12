import { startApproval } from '../aws/states.ts';
import type { Change } from '../change/change.ts';
import { done, type Outcome, type Refusal, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { firstOf, isAskedAsOne, setOf, setSentence, whyAskedApart } from '../change/set.ts';
import type { ChangeSummary } from '../change/view.ts';
import type { Finding } from '../policy/types.ts';
import { createSet, findByIdempotencyKey, readChange, readChanges } from '../store/changes.ts';
import { decideChange, type Verdict } from './decide.ts';
import { type Proposed, propose } from './propose.ts';
import {
  type Idempotency,
  noteForbidden,
  proposal,
  remember,
  type Submission,
  submittedFact,
  withinRate,
} from './submit.ts';
import { toSummary } from './view.ts';

/** The same proposal for several keys. */
export type SetSubmission = Omit<Submission, 'key' | 'base'> & { keys: string[] };

/** A set as people and programs see it. */
export interface SetView {
  id: string;
  submitter: string;
  reason: string;
  ticket?: string;
  submittedAt: string;
  /** Are the approvers asked once for all of its changes? */
  askedAsOne: boolean;
  whyNot?: string;
  /** How far it is, and what became of those that are not applied. */
  summary: string;
  changes: ChangeSummary[];
}

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

const NO_SET = refuse('NOT_FOUND', 'There is no such set.');

/** The changes of a set in its order; undefined when there is no such set. */
async function readSet(id: string): Promise<Change[] | undefined> {
  const first = await readChange(firstOf(id));
  return first?.change.set?.id === id ? membersOf(first.change) : undefined;
}

/** The changes of the set that a change belongs to, in its order; the change alone when it belongs to none. */
export async function membersOf(change: Change): Promise<Change[]> {
  if (change.set === undefined) return [change];
  const members = await readChanges(change.set.changes);
  return change.set.changes.flatMap((id) => members.get(id) ?? []);
}

/** One set, with each of its changes. */
export async function viewSet(id: string, at: string): Promise<Outcome<SetView>> {
  const members = await readSet(id);
  return members === undefined ? NO_SET : done(toSetView(members, at));
}

async function viewSetOf(change: Change | undefined, at: string): Promise<Outcome<SetView>> {
  return change?.set === undefined ? NO_SET : viewSet(change.set.id, at);
}

export function toSetView(members: readonly Change[], at: string): SetView {
  const [first] = members;
  if (first?.set === undefined) throw new Error('a set has a first change');
  const whyNot = whyAskedApart(members);
  return {
    id: first.set.id,
    submitter: first.submitter,
    reason: first.reason,
    ...(first.ticket === undefined ? {} : { ticket: first.ticket }),
    submittedAt: first.submittedAt,
    askedAsOne: whyNot === undefined,
    ...(whyNot === undefined ? {} : { whyNot }),
    summary: setSentence(members),
    changes: members.map((one) => toSummary(one, at)),
  };
}

/** What became of a decision for one change of a set. */
export interface SetOutcome {
  change: string;
  recorded: boolean;
  /** Why not. */
  detail?: string;
}

/** What a decision about a set came to, change by change. */
export interface SetDecision {
  set: SetView;
  outcomes: SetOutcome[];
}

/** One who decides about a set has not been shown what is asked about by itself. */
const ASKED_APART = refuse(
  'ALREADY_DECIDED',
  'This change is asked about by itself, or has a new version: decide it by itself.',
);

/**
 * Decides about each change of a set that is asked about as one, as it stands, one after the other, each in a transaction of its own and bound to its
 * own documents. A crash in between leaves some undecided; the same decision again finishes them, since nobody counts twice.
 * Refused when not one is decided; otherwise each tells for itself.
 */
export async function decideSet(id: string, verdict: Verdict, at: string): Promise<Outcome<SetDecision>> {
  const members = await readSet(id);
  if (members === undefined) return NO_SET;
  const decided: Outcome<Change>[] = [];
  for (const member of members) {
    const one = isAskedAsOne(member)
      ? await decideChange(member.id, { ...verdict, binding: member.binding }, at)
      : ASKED_APART;
    decided.push(one);
  }
  const refused = decided.find((one) => !one.ok);
  if (refused?.ok === false && decided.every((one) => !one.ok)) return refused;
  const outcomes = decided.map(
    (one, i): SetOutcome => ({
      change: members[i]?.id ?? '',
      recorded: one.ok,
      ...(one.ok ? {} : { detail: one.refusal.detail }),
    }),
  );
  const view = await viewSet(id, at);
  return view.ok ? done({ set: view.value, outcomes }) : view;
}
