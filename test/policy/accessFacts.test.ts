import { describe, expect, it, test } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { policyOf } from './arbitrary.ts';

const OWN = '111122223333';
const arn = (rest: string, account = OWN) => `arn:aws:iam::${account}:${rest}`;
const APP = { AWS: arn('role/app') };
const ROOT = { AWS: arn('root') };
type Statement = Record<string, unknown>;
const allow = (principal: unknown, action: unknown, condition?: object, more: object = {}): Statement => ({
  Effect: 'Allow',
  Principal: principal,
  Action: action,
  Resource: '*',
  ...(condition && { Condition: condition }),
  ...more,
});
const deny = (principal: unknown, action: unknown, condition?: object) =>
  allow(principal, action, condition, { Effect: 'Deny' });
const notDeny = (principal: unknown, action: unknown, condition?: object): Statement => {
  const { Principal, ...rest } = deny(principal, action, condition);
  return { ...rest, NotPrincipal: Principal };
};
const PUT = 'kms:PutKeyPolicy';
const factsOf = (...Statement: Statement[]) =>
  compareAccess(
    policyOf({ Version: '2012-10-17', Statement: [allow(APP, 'kms:ListGrants')] }),
    policyOf({ Version: '2012-10-17', Statement }),
    { accountId: OWN },
  ).facts.after;

// Amazon S3 User Guide, "The meaning of public": everyone, unless fixed values say who calls or from where.
describe('a policy is public', () => {
  const org = { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } };
  test.each<[string, boolean, Statement[]]>([
    ['with an Allow for everyone', true, [allow('*', 'kms:Decrypt')]],
    ['not with one for an account', false, [allow({ AWS: arn('root', '444455556666') }, 'kms:Decrypt')]],
    ['not if it is denied', false, [allow('*', 'kms:Decrypt'), deny('*', 'kms:*')]],
    ['if only some of it is denied', true, [allow('*', ['kms:Decrypt', 'kms:Encrypt']), deny('*', 'kms:Decrypt')]],
    ['if it is denied to somebody', true, [allow('*', 'kms:Decrypt'), deny(APP, 'kms:*')]],
    ['not to one organization', false, [allow('*', 'kms:Decrypt', org)]],
    ['to any organization', true, [allow('*', 'kms:Decrypt', { StringLike: { 'aws:PrincipalOrgID': 'o-*' } })]],
    [
      'if the organization need not be there',
      true,
      [allow('*', 'kms:Decrypt', { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
    ],
    [
      'to all but one organization',
      true,
      [allow('*', 'kms:Decrypt', { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
    ],
    [
      'if one of its values is open',
      true,
      [allow('*', 'kms:Decrypt', { StringLike: { 'aws:PrincipalArn': [arn('role/a'), arn('role/b', '*')] } })],
    ],
    ['not to chosen roles', false, [allow('*', 'kms:Decrypt', { ArnLike: { 'aws:PrincipalArn': arn('role/a*') } })]],
    [
      'through a service',
      true,
      [allow('*', 'kms:Decrypt', { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } })],
    ],
    [
      'by a policy variable',
      true,
      [allow('*', 'kms:Decrypt', { StringEquals: { 'aws:PrincipalOrgID': '$' + '{aws:PrincipalTag/o}' } })],
    ],
    [
      'by each of several values, of which there may be none',
      true,
      [allow('*', 'kms:Decrypt', { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgPaths': 'o-a/r-b/' } })],
    ],
    [
      'not by any of several values',
      false,
      [allow('*', 'kms:Decrypt', { 'ForAnyValue:StringEquals': { 'aws:PrincipalOrgPaths': 'o-a/r-b/' } })],
    ],
    ['where one of two statements is', true, [allow('*', 'kms:Decrypt', org), allow('*', 'kms:Encrypt')]],
    ['not by NotPrincipal in a Deny', false, [notDeny(APP, 'kms:*')]],
    [
      'if a Deny does not surely count',
      true,
      [allow('*', 'kms:Decrypt'), { ...deny('*', 'kms:*'), Resource: 'arn:aws:kms:us-east-1:111122223333:key/x' }],
    ],
  ])('%s: %s', (_, is, statements) => expect(factsOf(...statements).public).toBe(is));
  it('not where a Deny of many tests leaves chosen callers alone', () => {
    const allows = ['s3', 'rds'].map((name) => allow('*', 'kms:Decrypt', { StringEquals: { 'kms:ViaService': name } }));
    const chosen = {
      'aws:PrincipalOrgID': 'o-a1b2c3d4e5',
      'aws:PrincipalAccount': '444455556666',
      'aws:SourceVpce': 'vpce-1',
    };
    const outside = (more: object) => deny('*', 'kms:*', { StringNotEquals: { ...chosen, ...more } });
    expect(factsOf(...allows, outside({ 'aws:SourceAccount': '777788889999' }))).toMatchObject({
      public: false,
      organizations: ['o-a1b2c3d4e5'],
      crossAccount: ['444455556666'],
    });
    expect(factsOf(...allows, outside({ 'kms:EncryptionContext:a': 'b' })).public).toBe(true);
    const unread = deny('*', 'kms:*', { StringNotEquals: chosen, StringNearlyEquals: { 'aws:SourceOwner': 'x' } });
    expect(factsOf(...allows, unread).public).toBe(true);
  });
  it('by the statements that make it so', () => {
    const facts = factsOf(
      allow(APP, 'kms:Encrypt'),
      allow('*', 'kms:Decrypt', org),
      allow('*', 'kms:Encrypt'),
      deny('*', 'kms:Sign'),
      allow('*', 'kms:Verify', { Bool: { 'aws:SecureTransport': 'true' } }),
    );
    expect(facts.publicRules.map(({ index }) => index)).toEqual([2, 4]);
    const closed = deny('*', 'kms:*', { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } });
    expect(factsOf(allow('*', 'kms:Encrypt'), closed)).toMatchObject({ public: false, publicRules: [] });
  });
});

describe('the accounts and organizations that a policy lets in', () => {
  test.each<[string, string[], Statement[]]>([
    ['none', [], [allow(APP, 'kms:Decrypt'), allow(ROOT, 'kms:*')]],
    [
      'by their root, sorted',
      ['444455556666', '777788889999'],
      [allow({ AWS: [arn('root', '777788889999'), arn('root', '444455556666')] }, 'kms:Decrypt')],
    ],
    [
      'by a role and by a session of it',
      ['444455556666'],
      [allow({ AWS: [arn('role/x', '444455556666'), 'arn:aws:sts::444455556666:assumed-role/x/run'] }, 'kms:Decrypt')],
    ],
    [
      'not where it is denied',
      [],
      [
        allow({ AWS: arn('role/x', '444455556666') }, 'kms:Decrypt'),
        deny({ AWS: arn('root', '444455556666') }, 'kms:*'),
      ],
    ],
    [
      'where only some of it is denied',
      ['444455556666'],
      [
        allow({ AWS: arn('role/x', '444455556666') }, ['kms:Decrypt', 'kms:Encrypt']),
        deny({ AWS: arn('role/x', '444455556666') }, 'kms:Encrypt'),
      ],
    ],
    [
      'by a role that a Deny for all others spares, though not its account',
      ['444455556666'],
      [
        allow({ AWS: arn('root', '444455556666') }, 'kms:Decrypt'),
        notDeny({ AWS: arn('role/x', '444455556666') }, 'kms:*'),
      ],
    ],
    [
      'by a session that a Deny for all others spares, though not its role',
      ['444455556666'],
      [
        allow({ AWS: arn('role/x', '444455556666') }, 'kms:Decrypt'),
        notDeny({ AWS: 'arn:aws:sts::444455556666:assumed-role/x/run' }, 'kms:*'),
      ],
    ],
    ['not by a Deny', [], [deny({ AWS: arn('role/x', '444455556666') }, 'kms:Decrypt')]],
    [
      'under a condition',
      ['444455556666'],
      [allow({ AWS: arn('role/x', '444455556666') }, 'kms:Decrypt', { Bool: { 'aws:SecureTransport': 'true' } })],
    ],
    [
      'not as one of everyone',
      [],
      [allow('*', 'kms:Decrypt'), deny({ AWS: arn('role/x', '444455556666') }, 'kms:Decrypt')],
    ],
    [
      'by a condition on everyone',
      ['444455556666'],
      [allow('*', 'kms:Decrypt', { StringEquals: { 'kms:CallerAccount': ['444455556666', OWN] } })],
    ],
    [
      'by the account of the principal',
      ['444455556666'],
      [allow('*', 'kms:Decrypt', { StringEquals: { 'aws:PrincipalAccount': '444455556666' } })],
    ],
    [
      'by an ARN',
      ['444455556666'],
      [allow('*', 'kms:Decrypt', { ArnLike: { 'aws:PrincipalArn': arn('role/*', '444455556666') } })],
    ],
    [
      'not by what is no account',
      [],
      [allow('*', 'kms:Decrypt', { StringEquals: { 'kms:CallerAccount': ['4444555566667', 'x444455556666'] } })],
    ],
    [
      'not by what is ruled out',
      [],
      [allow('*', 'kms:Decrypt', { StringNotEquals: { 'kms:CallerAccount': '444455556666' } })],
    ],
    [
      'not by the account of a source',
      [],
      [allow('*', 'kms:Decrypt', { StringEquals: { 'aws:SourceAccount': '444455556666' } })],
    ],
  ])('accounts: %s', (_, accounts, statements) => expect(factsOf(...statements).crossAccount).toEqual(accounts));
  it('organizations whole, sorted, and only by fixed names', () => {
    const of = (condition: object) => factsOf(allow('*', 'kms:Decrypt', condition)).organizations;
    expect(of({ StringEquals: { 'aws:PrincipalOrgID': ['o-b1b2c3d4e5', 'o-a1b2c3d4e5'] } })).toEqual([
      'o-a1b2c3d4e5',
      'o-b1b2c3d4e5',
    ]);
    expect(of({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-b1b2c3d4e5' } })).toEqual([]);
    expect(of({ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/r-b/*' } })).toEqual([
      'o-a1b2c3d4e5',
    ]);
    expect(of({ StringLike: { 'aws:PrincipalOrgID': 'o-*' } })).toEqual([]);
    expect(of({ StringEquals: { 'kms:CallerAccount': OWN } })).toEqual([]);
    expect(
      factsOf(allow(APP, 'kms:Decrypt', { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })).organizations,
    ).toEqual([]);
  });
});

describe('who keeps the policy', () => {
  const secure = { Bool: { 'aws:SecureTransport': 'true' } };
  const keepers = (...statements: Statement[]) =>
    factsOf(...statements).keepers.map(
      ({ principal, power, account }) =>
        `${principal.replace(`arn:aws:iam::${OWN}:`, '').replace(`arn:aws:sts::${OWN}:`, '')} ${power}${account ? ' account' : ''}`,
    );
  const ANA = { AWS: arn('user/ana') };
  const RUN = { AWS: `arn:aws:sts::${OWN}:assumed-role/app/run` };
  test.each<[string, string[], Statement[]]>([
    ['the account', ['root yes account'], [allow(ROOT, 'kms:*')]],
    ['a role by name', ['role/app yes'], [allow(APP, PUT)]],
    ['both', ['root yes account', 'role/app yes'], [allow(ROOT, PUT), allow(APP, PUT)]],
    [
      'two are enough to know',
      ['role/app yes', 'user/ana yes'],
      [allow(APP, PUT), allow(ANA, PUT), allow({ AWS: arn('role/third') }, PUT)],
    ],
    [
      'beyond those under conditions',
      ['role/app conditional', 'user/ana yes', 'role/third yes'],
      [allow(APP, PUT, secure), allow(ANA, PUT), allow({ AWS: arn('role/third') }, PUT)],
    ],
    ['nobody with another right', [], [allow(APP, 'kms:Decrypt'), allow(ANA, 'kms:GetKeyPolicy')]],
    ['nobody of another account', [], [allow({ AWS: arn('role/x', '444455556666') }, PUT)]],
    ['not who is denied', ['user/ana yes'], [allow(APP, PUT), allow(ANA, PUT), deny(APP, PUT)]],
    ['under a condition', ['role/app conditional'], [allow(APP, PUT, secure)]],
    ['under a condition and without', ['role/app yes'], [allow(APP, PUT), allow(APP, 'kms:Put*', secure)]],
    [
      'under a Deny with two tests',
      ['role/app conditional'],
      [allow(APP, PUT), deny(APP, PUT, { ...secure, StringEquals: { 'aws:SourceVpce': 'vpce-1' } })],
    ],
    [
      'under a Deny with many tests',
      ['role/app conditional'],
      [
        allow(APP, PUT),
        deny(APP, PUT, {
          StringEquals: Object.fromEntries([...'abcdefg'].map((name) => [`aws:RequestTag/${name}`, 'x'])),
        }),
      ],
    ],
    [
      'whom an Allow does not except',
      ['root yes account', 'user/ana yes'],
      [{ ...notDeny(APP, PUT), Effect: 'Allow' }, allow(APP, 'kms:Decrypt'), allow(ANA, 'kms:Decrypt')],
    ],
    ['under a Deny with a condition', ['role/app conditional'], [allow(APP, PUT), deny(APP, PUT, secure)]],
    ['not under contrary conditions', [], [allow(APP, PUT, secure), deny(APP, PUT, secure)]],
    [
      'a session of the role that is named',
      ['role/app yes', 'assumed-role/app/run yes'],
      [allow(APP, PUT), allow(RUN, 'kms:Decrypt')],
    ],
    [
      'a session of the role that is named for other things too',
      ['role/app yes', 'assumed-role/app/run yes'],
      [allow(APP, 'kms:Encrypt'), allow(APP, PUT), allow(RUN, 'kms:Decrypt')],
    ],
    ['a session by itself', ['assumed-role/app/run yes'], [allow(RUN, PUT)]],
    [
      'the account and whoever is named, where everyone may',
      ['root yes account', 'role/app yes'],
      [allow('*', PUT), allow(APP, 'kms:Decrypt')],
    ],
    ['not where a Deny does not surely spare them', [], [allow(ROOT, PUT), allow(APP, PUT), notDeny(APP, PUT)]],
    [
      'not by an Allow that does not surely count',
      [],
      [{ ...allow(APP, PUT), Resource: 'arn:aws:kms:us-east-1:111122223333:key/x' }],
    ],
    [
      'not where a Deny may count',
      [],
      [allow(APP, PUT), { ...deny(APP, PUT), Resource: 'arn:aws:kms:us-east-1:111122223333:key/x' }],
    ],
  ])('%s', (_, expected, statements) => {
    expect(keepers(...statements)).toEqual(expected);
    expect(factsOf(...statements).lockout).toBe(expected.length === 0);
  });
});
