import { expect, it } from 'vitest';
import { RULES, useSystem } from './system.ts';

const ACCOUNT = '111122223333';
const APPLIER = `arn:aws:iam::${ACCOUNT}:role/countersign-local-apply`;
const world = useSystem({
  rules: `breakGlass: [arn:aws:iam::${ACCOUNT}:role/break-glass]
known:
  everybody: { aws:PrincipalOrgID: o-ours }
  administrators: { aws:SourceIp: [203.0.113.0/24] }
${RULES}`,
});

const ROOT = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' };
const denied = (Condition: object) => ({
  key: 'alias/payments',
  policy: {
    Version: '2012-10-17',
    Statement: [ROOT, { Effect: 'Deny', Principal: '*', Action: 'kms:PutKeyPolicy', Resource: '*', Condition }],
  },
  reason: 'Ours alone.',
});
/** Codes of the errors for which a policy that denies under this condition is refused; none when it is not. */
const errorsOf = async (condition: object) => {
  const answer = await world.ana.send<{ findings: { code: string; severity: string }[] }>(
    'POST',
    '/changes/preview',
    denied(condition),
  );
  return answer.body.findings.flatMap(({ code, severity }) => (severity === 'error' ? [code] : []));
};

it('a policy that denies by an organization is accepted where the rules file says which one is ours', async () => {
  expect(await errorsOf({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-other' } })).toContain('APPLIER_LOCKED_OUT');
  expect(await errorsOf({ StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } })).toContain('APPLIER_MAY_BE_LOCKED_OUT');
  const submitted = await world.ana.submit(
    denied({ StringNotEquals: { 'aws:PrincipalOrgID': ['o-ours', 'o-other'] } }),
  );
  expect(submitted.status).toBe(201);
  await world.sam.send('POST', `/changes/${submitted.body.id}/decisions`, { decision: 'approve', comment: '' });
  await world.ana.reaches(submitted.body.id, ['APPLIED']);
});

it('the address of the administrators is not that of the applier, which runs in Lambda', async () => {
  const outside = (range: string) => ({ NotIpAddress: { 'aws:SourceIp': range } });
  const exceptApplier = { ArnNotEquals: { 'aws:PrincipalArn': APPLIER } };
  expect(await errorsOf(outside('203.0.113.0/24'))).toEqual(['APPLIER_MAY_BE_LOCKED_OUT']);
  expect(await errorsOf({ ...outside('203.0.113.0/24'), ...exceptApplier })).toEqual([]);
  // Half of the range would lock half of the administrators out.
  expect(await errorsOf({ ...outside('203.0.113.0/25'), ...exceptApplier })).toEqual(['BREAK_GLASS_LOCKED_OUT']);
  expect(await errorsOf({ ...outside('198.51.100.0/24'), ...exceptApplier })).toContain('BREAK_GLASS_LOCKED_OUT');
});
