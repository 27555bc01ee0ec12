import { describeKey, getKeyPolicy, whyOutOfReach } from '../aws/kms.ts';
import type { FrozenRule, Timing } from '../change/facts.ts';
import type { Preflight } from '../change/preflight.ts';
import { stagesOf } from '../change/quorum.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { breakGlassFor, maySubmit, type Rules, raised, ruleFor } from '../change/rules.ts';
import { timeFindings } from '../change/times.ts';
import { assessChange } from '../policy/assess.ts';
import { copyPolicy } from '../policy/console/copy.ts';
import { applyEdits } from '../policy/console/edit.ts';
import { canonicalOf } from '../policy/document/canonicalOf.ts';
import { awsManaged } from '../policy/rules/key.ts';
import type { Assessment, Edit, Finding, Key } from '../policy/types.ts';
import { guardians } from './guardians.ts';
import { isNotaryKey, NOTARY_KEY } from './keys.ts';
import { preflight } from './preflight.ts';
import { revertFindings, temporaryFindings } from './temporary.ts';

/** What is proposed for a key: a whole document, edits of the default view, or another key's policy. */
export interface ProposalInput {
  key: string;
  policy?: string | undefined;
  edits?: Edit[] | undefined;
  copyFrom?: string | undefined;
  /** Canonical hash of the policy that the submitter edited. */
  base?: string | undefined;
  /** An emergency: the smaller quorum of the rule, and a review afterwards. */
  breakGlass?: boolean | undefined;
  /** Who wrote it too. */
  coAuthors?: readonly string[] | undefined;
  /** ISO 8601, UTC, and an ISO 8601 duration. */
  applyAfter?: string | undefined;
  revertAfter?: string | undefined;
  /** The change that it undoes. */
  reverts?: string | undefined;
}

export interface Proposed {
  key: Key;
  assessment: Assessment;
  preflight: Preflight;
  rule: FrozenRule & { expireAfter: number };
  timing: Timing;
}

/**
 * Everything that a submit finds out before it stores anything: the key, its live policy, the proposed text, what AWS says
 * of it, what is wrong with it, who gains and loses what, the risk, the rule with the people who would be asked, and what is
 * wrong with the times that are asked for.
 */
export async function propose(
  input: ProposalInput,
  submitter: string,
  rules: Rules,
  at: string,
): Promise<Outcome<Proposed>> {
  const key = await describeKey(input.key);
  if (key === undefined) return noKey(input.key);
  if (isNotaryKey(key)) {
    return refuseFindings([{ code: 'NOTARY_KEY', severity: 'error', message: NOTARY_KEY, path: '' }]);
  }
  const managed = awsManaged(key);
  if (managed.length > 0) return refuseFindings(managed);
  const allowed = maySubmit(rules, key, submitter);
  if (!allowed.ok) {
    return refuse('NOT_IN_GROUP', `The rules file lets only ${allowed.teams.join(', ')} submit for ${input.key}.`);
  }
  const before = await getKeyPolicy(key.arn);
  if (before === undefined) {
    return refuse('NOT_FOUND', `The policy of ${key.arn} cannot be read; its key policy must let Countersign see it.`);
  }
  if (input.base !== undefined && input.base !== canonicalOf(before)) {
    return refuse(
      'BASE_MOVED',
      'The live policy is not the one you edited (base). Read it again and repeat your edit on it.',
    );
  }
  const text = await proposedText(input, before, key);
  if (!text.ok) return text;

  const after = text.value.text;
  const { applyAfter, revertAfter, reverts } = input;
  const [asked, temporary] = await Promise.all([preflight({ key, before, after }), temporaryFindings(key, reverts)]);
  const world = { missing: asked.principals.missing };
  const assessment = raised(rules, key, assessChange({ before, after, key, guardians: guardians(rules, key), world }));
  assessment.findings.push(...text.value.findings);
  const rule = input.breakGlass ? breakGlassFor(rules, key, assessment.risk) : ruleFor(rules, key, assessment.risk);
  if (rule === undefined) {
    return refuse(
      'BAD_REQUEST',
      `breakGlass: rule ${ruleFor(rules, key, assessment.risk).name} has no way for emergencies.`,
    );
  }
  const timing: Timing = {
    ...(applyAfter === undefined ? {} : { applyAfter }),
    ...(revertAfter === undefined ? {} : { revertAfter }),
  };
  const wrong = [
    ...timeFindings(timing, rule, at, Number(process.env.LEAST_REVERT_SECONDS)),
    ...(revertAfter === undefined ? [] : revertFindings(before, key, guardians(rules, key))),
  ];
  assessment.ok &&= wrong.length === 0;
  assessment.findings.push(...wrong, ...temporary);
  const shortage = tooFew(rule, [submitter, ...(input.coAuthors ?? [])]);
  if (shortage !== undefined) {
    assessment.ok = false;
    assessment.findings.push(shortage);
  }
  if (!assessment.ok) return refuseAssessed(assessment, asked);
  return done({ key, assessment, preflight: asked, rule, timing });
}

/** The codes of what keeps a key out of reach, as findings. */
const OUT_OF_REACH = {
  AccountNotRegistered: [
    'ACCOUNT_NOT_REGISTERED',
    'Make the two roles there with docs/spoke.template.yml, and list the account under accounts in the rules file.',
  ],
  RegionNotRegistered: ['REGION_NOT_REGISTERED', 'Add the Region to the account in the rules file.'],
  RoleNotAssumed: ['ROLE_NOT_ASSUMED', 'Compare the roles and the external id there with those in the rules file.'],
} as const;

async function noKey(asked: string): Promise<ReturnType<typeof refuse>> {
  const why = await whyOutOfReach(asked);
  if (why === undefined) return refuse('NOT_FOUND', `There is no key ${asked} that Countersign may see.`);
  const [code, fix] = OUT_OF_REACH[why.error];
  return refuseFindings([{ code, severity: 'error', message: why.detail, path: '', fix }]);
}

/** What is wrong when a stage of the rule, or all of them together, cannot be completed without the authors. */
function tooFew(rule: FrozenRule, authors: readonly string[]): Finding | undefined {
  const others = (people: readonly string[]) => people.filter((person) => !authors.includes(person)).length;
  const whole = { name: rule.name, quorum: rule.quorum, approvers: rule.approvers };
  const short = [...stagesOf(rule), whole].find(({ quorum, approvers }) => others(approvers) < quorum);
  if (short === undefined) return undefined;
  return {
    code: 'NOT_ENOUGH_APPROVERS',
    severity: 'error',
    message: `Rule ${rule.name} asks for ${short.quorum} approvals, and only ${others(short.approvers)} of its approvers are not you${authors.length > 1 ? ' or a co-author' : ''}.`,
    path: '',
    fix: 'Let somebody else submit it, or add approvers to the rules file.',
  };
}

async function proposedText(
  input: ProposalInput,
  before: string,
  key: Key,
): Promise<Outcome<{ text: string; findings: Finding[] }>> {
  if (input.policy !== undefined) return done({ text: input.policy, findings: [] });
  if (input.edits !== undefined) {
    const edited = applyEdits(before, input.edits, key);
    return edited.ok ? done({ text: edited.text, findings: [] }) : refuseFindings(edited.findings);
  }
  const from = await describeKey(input.copyFrom ?? '');
  const source = from === undefined ? undefined : await getKeyPolicy(from.arn);
  if (from === undefined || source === undefined) {
    return refuse('NOT_FOUND', `There is no key ${input.copyFrom} whose policy could be copied (copyFrom).`);
  }
  const copied = copyPolicy(source, from, key);
  return copied.ok ? done(copied) : refuseFindings(copied.findings);
}

const refuseFindings = (findings: Finding[]) =>
  refuse('POLICY_REFUSED', findings.find((f) => f.severity === 'error')?.message ?? 'The policy is refused.', {
    findings,
  });

const refuseAssessed = ({ findings, ok: _, ...rest }: Assessment, asked: Preflight) =>
  refuse('POLICY_REFUSED', findings.find((f) => f.severity === 'error')?.message ?? 'The policy is refused.', {
    findings,
    more: { ...rest, preflight: asked },
  });

/** What a preview answers, and what a 422 holds beside its findings. */
export const preview = ({ key, assessment, rule, preflight, timing }: Proposed, authors: readonly string[]) => {
  const { ok: _, ...rest } = assessment;
  return {
    key: { arn: key.arn, keyId: key.keyId, aliases: key.aliases, accountId: key.accountId, region: key.region },
    ...(key.related === undefined ? {} : { related: key.related }),
    ...rest,
    preflight,
    ...timing,
    ...(rule.windows === undefined ? {} : { windows: rule.windows.map(({ name }) => name) }),
    approval: {
      rule: rule.name,
      quorum: rule.quorum,
      approvers: rule.approvers.filter((person) => !authors.includes(person)),
    },
  };
};
