import { expect, test } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { gradeRisk } from '../../lib/policy/risk.ts';
import { policyOf } from './arbitrary.ts';

const ROOT = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' };
const gain = (...names: string[]) => {
  const app = { AWS: 'arn:aws:iam::111122223333:role/app' };
  const statement = { Effect: 'Allow', Principal: app, Action: names.map((name) => `kms:${name}`), Resource: '*' };
  const policy = (...statements: object[]) => policyOf({ Version: '2012-10-17', Statement: statements });
  const comparison = compareAccess(policy(ROOT), policy(ROOT, statement), { accountId: '111122223333' });
  const { matrix, access } = comparison;
  return {
    sentence: access.summary[0],
    verbs: [...new Set(matrix.filter(({ before, after }) => before !== after).map(({ verb }) => verb))],
    ...gradeRisk(comparison),
  };
};

// "Controlling access to grants" and the Service Authorization Reference put the three in one group, apart from administration.
test('the three permissions for grants are grants, not administration', () => {
  expect(gain('CreateGrant', 'RevokeGrant', 'RetireGrant')).toMatchObject({
    sentence: expect.stringContaining('role app can pass its use on to others by grants (statement 2)'),
    verbs: ['grant'],
    risk: 'high',
  });
});

test('who can only end grants passes nothing on', () => {
  expect(gain('RevokeGrant')).toMatchObject({
    sentence: expect.stringContaining('role app can withdraw grants (statement 2)'),
    riskReasons: ['arn:aws:iam::111122223333:role/app can manage the key or its grants where that was not allowed.'],
  });
});
