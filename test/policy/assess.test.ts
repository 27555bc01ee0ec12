import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessChange } from '../../lib/policy/assess.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { runs } from '../runs.ts';
import { mutatedPolicy, policyValue } from './arbitrary.ts';
import { keyOf } from './keyOf.ts';

const OWN = '111122223333';
const APPLIER = `arn:aws:iam::${OWN}:role/applier`;
const key = keyOf();
const guardians = { applier: APPLIER, breakGlass: [] };
const assess = (before: string, after: string) => assessChange({ before, after, key, guardians });

const delegation = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${OWN}:root` }, Action: 'kms:*', Resource: '*' };
const applier = {
  Effect: 'Allow',
  Principal: { AWS: APPLIER },
  Action: ['kms:PutKeyPolicy', 'kms:GetKeyPolicy', 'kms:DescribeKey'],
  Resource: '*',
};
const other = {
  Effect: 'Allow',
  Principal: { AWS: '444455556666' },
  Action: 'kms:Decrypt',
  Resource: '*',
};
const text = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const BEFORE = text(delegation, applier);

describe('an assessment', () => {
  it('has everything of a change that may go to its approvers', () => {
    const after = text(delegation, applier, other);
    const assessment = assess(BEFORE, after);
    expect(assessment).toMatchObject({ ok: true, risk: 'high', access: { crossAccount: ['444455556666'] } });
    expect(assessment.before).toMatchObject({ document: BEFORE, canonical: canonicalOf(BEFORE) });
    expect(assessment.after).toMatchObject({ document: after, canonical: canonicalOf(after) });
    expect(assessment.externalPolicies.map(({ accountId }) => accountId)).toEqual(['444455556666']);
    expect(assessment.access.gains.flatMap(({ statements }) => statements)).toEqual(['/Statement/2']);
    expect(assessment.matrix).toContainEqual({
      principal: 'arn:aws:iam::444455556666:root',
      verb: 'decrypt',
      before: 'no',
      after: 'yes',
    });
  });

  it('shows in the picture all of a verb that the key can do at all as given', () => {
    const role = `arn:aws:iam::${OWN}:role/app`;
    const use = { ...other, Principal: { AWS: role }, Action: ['kms:Decrypt', 'kms:ReEncryptFrom'] };
    const cells = (of: typeof key) =>
      assessChange({ before: BEFORE, after: text(delegation, applier, use), key: of, guardians })
        .matrix.filter(({ principal, verb }) => principal === role && ['decrypt', 'sign'].includes(verb))
        .map(({ principal: _, ...cell }) => cell);
    expect(cells(key)).toEqual([
      { verb: 'decrypt', before: 'conditional', after: 'yes' },
      { verb: 'sign', before: 'conditional', after: 'conditional' },
    ]);
  });

  it('is not ok with an error, and still says what would change', () => {
    const assessment = assess(BEFORE, text(applier, { ...other, Effect: 'Allow', Principal: undefined }));
    expect(assessment.ok).toBe(false);
    expect(assessment.access.loses).not.toEqual([]);
  });

  it('says nothing of a proposal that cannot be read but that it cannot', () => {
    const said = 'The proposed document cannot be read, so it is not known who would gain or lose access.';
    const { findings, before, after, ...rest } = assess(BEFORE, '{"Version":');
    expect(findings.map(({ code }) => code)).toEqual(['JSON_SYNTAX']);
    expect(rest).toEqual({
      ok: false,
      access: { gains: [], loses: [], changed: [], public: false, crossAccount: [], lockout: false, summary: [said] },
      matrix: [],
      risk: 'critical',
      riskReasons: [said],
      externalPolicies: [],
    });
  });

  it('takes nothing for certain when the policy that stands cannot be read', () => {
    const { access, risk, matrix, before } = assess('{"Version":"2012-10-17","Version":1}', BEFORE);
    expect(access.gains.length).toBeGreaterThan(0);
    expect(access.gains.every(({ certainty }) => certainty === 'may')).toBe(true);
    expect(access.summary[0]).toMatch(/^Cannot decide: the policy that stands now cannot be read/);
    expect(['high', 'critical']).toContain(risk);
    expect(matrix).toEqual([]);
    expect(before.canonical).toBe(before.sha256);
  });

  it('is of high risk when the policy that stands cannot be read, whatever the new one gives', () => {
    const { risk, riskReasons } = assess('{', text({ ...delegation, Action: 'kms:PutKeyPolicy' }));
    const unread = 'The policy that stands now cannot be read, so it is not known what changes.';
    expect(risk).toBe('high');
    expect(riskReasons).toContain(unread);
    expect(assess(text(delegation), BEFORE).riskReasons).not.toContain(unread);
  });

  it('does not say that somebody can let anybody use the key who could before', () => {
    const granter = (Sid: string, condition: object) => ({
      ...other,
      Sid,
      Principal: { AWS: `arn:aws:iam::${OWN}:role/a` },
      Action: 'kms:CreateGrant',
      Condition: { StringEquals: condition },
    });
    const anybody = granter('a', { 'kms:EncryptionContext:a': 'b' });
    const service = granter('b', { 'kms:ViaService': 's3.us-east-1.amazonaws.com' });
    const reasons = (...before: object[]) => assess(text(...before), text(delegation, anybody, service)).riskReasons;
    const said = expect.stringMatching(/can let anybody use the key, by grants/);
    expect(reasons(delegation)).toContainEqual(said);
    expect(reasons(delegation, anybody)).not.toContainEqual(said);
  });

  it('compares an old policy that breaks rules as far as it can be read', () => {
    const old = text(delegation, { ...applier, Resource: undefined });
    const { access } = assess(old, BEFORE);
    expect(access.gains).toMatchObject([
      { principal: APPLIER, actions: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:PutKeyPolicy'] },
    ]);
    expect(access.gains[0]).not.toHaveProperty('certainty');
  });

  it('says that the applier can use the key where a statement for everyone lets it', () => {
    const everyone = (Action: unknown, account = OWN, more: object = {}) => ({
      Effect: 'Allow',
      Principal: '*',
      Action,
      Resource: '*',
      Condition: { StringEquals: { 'kms:CallerAccount': account }, ...more },
    });
    const said = (before: object[], after: object[]) => {
      const { ok, access, riskReasons } = assess(text(delegation, ...before), text(delegation, ...after));
      expect(ok).toBe(true);
      return {
        sentence: access.summary.find((one) => one.startsWith('Applier: ')),
        risky: riskReasons.includes('The role that applies changes is let use the key itself.'),
      };
    };
    const decrypt = everyone('kms:Decrypt');
    expect(said([], [decrypt])).toEqual({
      sentence: 'Applier: the role that applies changes, role applier, can itself decrypt data (statement 2).',
      risky: true,
    });
    expect(said([decrypt], [everyone(['kms:Decrypt', 'kms:CreateGrant'])])).toEqual({
      sentence:
        'Applier: the role that applies changes, role applier, can itself pass its use on to others by grants and decrypt data (statement 2).',
      risky: true,
    });
    expect(said([decrypt], [decrypt])).toEqual({
      sentence: 'Applier: as now, the role that applies changes, role applier, can itself decrypt data (statement 2).',
      risky: false,
    });
    const tagged = everyone('kms:Decrypt', OWN, { StringLike: { 'aws:PrincipalTag/team': 'red' } });
    expect(said([], [tagged])).toEqual({
      sentence:
        'Applier: the role that applies changes, role applier, may itself, in some requests, decrypt data (statement 2).',
      risky: true,
    });
    for (const after of [everyone('kms:Decrypt', '444455556666'), everyone('kms:DescribeKey'), other])
      expect(said([decrypt], [after])).toEqual({ sentence: undefined, risky: false });
    // Without a Resource it never had an effect.
    expect(said([{ ...decrypt, Resource: undefined }], [decrypt]).risky).toBe(true);
  });

  it('never throws', () => {
    const any = fc.oneof(
      policyValue.map((value) => JSON.stringify(value)),
      mutatedPolicy,
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(any, any, (before, after) => {
        const { ok, findings, access } = assess(before, after);
        expect(ok).toBe(!findings.some(({ severity }) => severity === 'error'));
        expect(access.summary.length).toBeGreaterThan(0);
      }),
      { numRuns: runs(200) },
    );
  });
});
