import { describe, expect, it } from 'vitest';
import { externalPolicies, groupPolicy } from '../../lib/policy/externalPolicies.ts';
import type { Key } from '../../lib/policy/types.ts';
import { policyOf } from './arbitrary.ts';
import { allow, KEY, ROLE, type StatementValue, withRoot } from './judge.ts';

const OTHER = '444455556666';
const CONSOLE_USE = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
const use = (change: StatementValue = {}): StatementValue =>
  allow({ Principal: { AWS: [ROLE, `arn:aws:iam::${OTHER}:root`] }, Action: CONSOLE_USE, ...change });
const grants = (change: StatementValue = {}): StatementValue =>
  use({
    Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
    Condition: { Bool: { 'kms:GrantIsForAWSResource': true } },
    ...change,
  });
const needs = (statements: StatementValue[], before?: StatementValue[], key: Key = KEY) =>
  externalPolicies(policyOf(withRoot(...statements)), key, before && policyOf(withRoot(...before)));
const actions = (statement: StatementValue, key: Key = KEY): unknown => {
  const document = needs([statement], undefined, key)[0]?.document as { Statement: { Action: string[] }[] } | undefined;
  return document?.Statement[0]?.Action;
};

describe('externalPolicies', () => {
  it('writes the policy of the documentation for the two statements of the console', () => {
    expect(needs([use(), grants()])).toEqual([
      {
        accountId: OTHER,
        document: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'AllowUseOfKeyInAccount111122223333',
              Effect: 'Allow',
              Action: [...CONSOLE_USE].sort(),
              Resource: KEY.arn,
            },
            {
              Sid: 'AllowGrantsOnKeyInAccount111122223333',
              Effect: 'Allow',
              Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
              Resource: KEY.arn,
              Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
            },
          ],
        },
        note: expect.stringContaining(`account ${OTHER}`),
      },
    ]);
  });
  it('limits grants only when the key policy does, and leaves out an empty statement', () => {
    const sids = (statement: StatementValue): unknown =>
      needs([statement]).flatMap(({ document }) =>
        (document as { Statement: { Sid: string }[] }).Statement.map(({ Sid }) => Sid),
      );
    const limited = 'AllowGrantsOnKeyInAccount111122223333';
    const free = 'AllowUseOfKeyInAccount111122223333';
    expect(sids(grants())).toEqual([limited]);
    expect(sids(grants({ Condition: { BOOL: { 'KMS:grantIsForAWSResource': ['True'] } } }))).toEqual([limited]);
    expect(sids(grants({ Condition: { Bool: { 'kms:GrantIsForAWSResource': ['true', 'false'] } } }))).toEqual([free]);
    expect(sids(grants({ Condition: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'true' } } }))).toEqual([free]);
    expect(sids(grants({ Action: ['kms:CreateGrant', 'kms:DescribeKey'] }))).toEqual([free, limited]);
    for (const [name, value] of [
      ['kms:GrantIsForAWSResourcex', 'true'],
      ['xkms:GrantIsForAWSResource', 'true'],
      ['kms:GrantIsForAWSResource', 'truex'],
      ['kms:GrantIsForAWSResource', 'xtrue'],
    ] as const)
      expect(sids(grants({ Condition: { Bool: { [name]: value } } }))).toEqual([free]);
    expect(sids(use())).toEqual([free]);
  });
  it('leaves out what has no effect across accounts or for this key', () => {
    expect(actions(use({ Action: ['kms:Decrypt', 'kms:PutKeyPolicy', 'kms:Sign', 's3:*', 'kms:ListKeys'] }))).toEqual([
      'kms:Decrypt',
    ]);
    expect(
      actions(use({ Action: ['kms:Sign', 'kms:Decrypt'] }), { ...KEY, usage: 'SIGN_VERIFY', spec: 'ECC_NIST_P256' }),
    ).toEqual(['kms:Sign']);
    expect(needs([use({ Action: 'kms:PutKeyPolicy' })])).toEqual([]);
  });
  it('keeps a wildcard only when all of it has an effect', () => {
    expect(actions(use({ Action: 'kms:ReEncrypt*' }))).toEqual(['kms:ReEncrypt*']);
    expect(actions(use({ Action: ['kms:Reencrypt*', 'KMS:DECRYPT'] }))).toEqual(['kms:Decrypt', 'kms:Reencrypt*']);
    expect(actions(use({ Action: 'kms:De*' }))).toEqual(['kms:Decrypt', 'kms:DescribeKey']);
    expect(
      actions(use({ Action: undefined, NotAction: ['kms:Decrypt', 'kms:*Grant*', 'kms:G*', 'kms:ReEncrypt*'] })),
    ).toEqual(['kms:DescribeKey', 'kms:Encrypt']);
  });
  it('names the identities that the key policy names, and the accounts that a condition on everyone names', () => {
    const role = `arn:aws:iam::${OTHER}:role/Reader`;
    expect(needs([use({ Principal: { AWS: role } })])[0]?.note).toContain(role);
    expect(needs([use({ Principal: { AWS: [role, OTHER] } })])[0]?.note).not.toContain(role);
    const condition = { StringEquals: { 'kms:CallerAccount': [OTHER, '111122223333'] } };
    expect(needs([use({ Principal: '*', Condition: condition })]).map(({ accountId }) => accountId)).toEqual([OTHER]);
    expect(needs([use({ Principal: '*' })])).toEqual([]);
    const user = `arn:aws:iam::${OTHER}:user/Ana`;
    const session = `arn:aws:sts::${OTHER}:assumed-role/Reader/one`;
    expect(needs([use({ Principal: { AWS: [user, session, role] } })])[0]?.note).toBe(
      `An administrator of account ${OTHER} attaches this IAM policy to ${[role, user, session].join(', ')}; ` +
        'on any other identity it has no effect. Callers name the key by its ARN.',
    );
    for (const Principal of [{ Service: 'sns.amazonaws.com' }, { Federated: 'cognito-identity.amazonaws.com' }])
      expect(needs([use({ Principal, Condition: condition })])).toEqual([]);
    for (const account of [`${OTHER}*`, `x${OTHER}`, `${OTHER}0`])
      expect(needs([use({ Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': account } } })])).toEqual(
        [],
      );
    for (const name of ['xkms:CallerAccount', 'kms:CallerAccountx', 'aws:SourceAccount'])
      expect(needs([use({ Principal: '*', Condition: { StringEquals: { [name]: OTHER } } })])).toEqual([]);
    for (const operator of ['StringNotEquals', 'StringLike', 'Null', 'Nonsense']) {
      const other = { [operator]: { 'kms:CallerAccount': OTHER } };
      expect(needs([use({ Principal: '*', Condition: other })])).toEqual([]);
    }
  });
  it('is sorted, and leaves out the own account, services and what is denied', () => {
    const accounts = ['999999999999', '444455556666', '111122223333'];
    expect(
      needs([use({ Principal: { AWS: accounts, Service: 'sns.amazonaws.com' } })]).map(({ accountId }) => accountId),
    ).toEqual([OTHER, '999999999999']);
    expect(needs([use({ Effect: 'Deny' })])).toEqual([]);
    expect(needs([use({ Principal: undefined, NotPrincipal: { AWS: OTHER } })])).toEqual([]);
  });
  it('with a policy before, names only accounts that need more than they did', () => {
    const role = (name: string): StatementValue => use({ Principal: { AWS: `arn:aws:iam::${OTHER}:role/${name}` } });
    expect(needs([use()], [use()])).toEqual([]);
    expect(needs([use({ Action: 'kms:Decrypt' })], [use()])).toEqual([]);
    expect(needs([role('a')], [use()])).toEqual([]);
    expect(needs([use()], [])).toHaveLength(1);
    expect(needs([use()], [use({ Action: 'kms:Decrypt' })])).toHaveLength(1);
    expect(needs([use(), grants()], [use()])).toHaveLength(1);
    expect(needs([use()], [role('a')])).toHaveLength(1);
    expect(needs([role('a'), role('b')], [role('a')])).toHaveLength(1);
  });
});

describe('groupPolicy', () => {
  it('gives the members what a key policy cannot give the group', () => {
    const group = 'arn:aws:iam::111122223333:group/Admins';
    expect(groupPolicy(group, ['kms:Encrypt', 'kms:Decrypt', 'kms:ListKeys', 's3:GetObject'], KEY)).toEqual({
      accountId: '111122223333',
      document: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'AllowUseOfKeyInAccount111122223333',
            Effect: 'Allow',
            Action: ['kms:Decrypt', 'kms:Encrypt'],
            Resource: KEY.arn,
          },
        ],
      },
      note: expect.stringContaining(group),
    });
  });
});
