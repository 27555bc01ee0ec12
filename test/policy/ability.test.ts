// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written like this.
import { describe, expect, it } from 'vitest';
import { type Ability, abilities, able, type Certain } from '../../lib/policy/access/ability.ts';
import type { Circumstances } from '../../lib/policy/access/request.ts';
import { policyOf } from './arbitrary.ts';
import { allow, KEY, ROLE, ROOT, type StatementValue } from './judge.ts';

const PUT = 'kms:PutKeyPolicy';
const SESSION = 'arn:aws:sts::111122223333:assumed-role/ExampleRole/s';

function ability(statements: StatementValue[], arn = ROLE, action = PUT, more: Circumstances = {}): Ability {
  return abilities(policyOf({ Version: '2012-10-17', Statement: statements }), KEY, action, more).of(arn);
}
const allowed = (change: StatementValue = {}): StatementValue => allow({ Action: PUT, ...change });
const denied = (change: StatementValue = {}): StatementValue => allowed({ Effect: 'Deny', Principal: '*', ...change });
const NO: Ability = { named: false, delegated: false };
const NAMED: Ability = { named: true, delegated: false };
const DELEGATED: Ability = { named: false, delegated: true };

/** Whether an Allow for the role under one condition is satisfied. */
function under(
  operator: string,
  key: string,
  value: unknown,
  arn = ROLE,
  action = PUT,
  more: Circumstances = {},
): Certain {
  const statement = allow({ Action: '*', Principal: '*', Condition: { [operator]: { [key]: value } } });
  return ability([statement], arn, action, more).named;
}

describe('whom a statement reaches', () => {
  it.each<[string, StatementValue[], Ability]>([
    ['nobody', [], NO],
    ['the role by name', [allowed()], NAMED],
    ['everyone', [allowed({ Principal: '*' })], NAMED],
    ['the account', [allowed({ Principal: { AWS: ROOT } })], DELEGATED],
    ['the account by id, and the role', [allowed({ Principal: { AWS: ['111122223333', ROLE] } })], NAMED],
    ['another account', [allowed({ Principal: { AWS: '444455556666' } })], NO],
    ['another role', [allowed({ Principal: { AWS: `${ROLE}2` } })], NO],
    ['a service of that name', [allowed({ Principal: { Service: ROLE } })], NO],
    ['a session of the role', [allowed({ Principal: { AWS: SESSION } })], { named: undefined, delegated: false }],
    ['a session of another role', [allowed({ Principal: { AWS: SESSION.replace('ExampleRole', 'Other') } })], NO],
    ['a statement without an action', [allowed({ Action: [] })], NO],
    ['another action', [allowed({ Action: 'kms:GetKeyPolicy' })], NO],
    ['all but no action', [allowed({ Action: undefined, NotAction: [] })], NO],
    ['all but another action', [allowed({ Action: undefined, NotAction: 'kms:Get*' })], NAMED],
    ['all but this action', [allowed({ Action: undefined, NotAction: 'kms:Put*' })], NO],
    ['everyone but another role', [allowed({ Principal: undefined, NotPrincipal: { AWS: `${ROLE}2` } })], NAMED],
    ['everyone but the role', [allowed({ Principal: undefined, NotPrincipal: { AWS: ROLE } })], NO],
  ])('%s', (_name, statements, expected) => {
    expect(ability(statements)).toEqual(expected);
  });
});

describe('a Deny', () => {
  it.each<[string, StatementValue, Ability]>([
    ['for everyone', denied(), NO],
    ['for the role', denied({ Principal: { AWS: ROLE } }), NO],
    ['for the account', denied({ Principal: { AWS: ROOT } }), NO],
    ['for another role', denied({ Principal: { AWS: `${ROLE}2` } }), NAMED],
    ['for another account', denied({ Principal: { AWS: '444455556666' } }), NAMED],
    ['for a session of the role', denied({ Principal: { AWS: SESSION } }), { named: undefined, delegated: false }],
    [
      'for everyone but the role and its account',
      denied({ Principal: undefined, NotPrincipal: { AWS: [ROLE, ROOT] } }),
      NAMED,
    ],
    [
      'for everyone but the role',
      denied({ Principal: undefined, NotPrincipal: { AWS: ROLE } }),
      { named: undefined, delegated: false },
    ],
    ['for everyone but the account', denied({ Principal: undefined, NotPrincipal: { AWS: ROOT } }), NO],
    [
      'for everyone but a session of the role',
      denied({ Principal: undefined, NotPrincipal: { AWS: [SESSION, ROOT] } }),
      { named: undefined, delegated: false },
    ],
    ['for everyone but everyone', denied({ Principal: undefined, NotPrincipal: '*' }), NAMED],
    [
      'under a condition that does not hold',
      denied({ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      NAMED,
    ],
    ['under a condition that holds', denied({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }), NO],
    [
      'under one that nobody knows',
      denied({ Condition: { StringEquals: { 'aws:userid': 'x' } } }),
      { named: undefined, delegated: false },
    ],
    [
      'under one of each',
      denied({ Condition: { StringEquals: { 'aws:userid': 'x' }, Bool: { 'aws:SecureTransport': 'false' } } }),
      NAMED,
    ],
    ['of another action', denied({ Action: 'kms:Get*' }), NAMED],
  ])('%s', (_name, deny, expected) => {
    expect(ability([allowed(), deny])).toEqual(expected);
    expect(ability([deny, allowed()])).toEqual(expected);
  });
});

describe('what a direct request has', () => {
  it.each<[string, unknown, Certain]>([
    ['aws:PrincipalArn', ROLE, true],
    ['aws:PrincipalArn', `${ROLE}2`, false],
    ['AWS:principalARN', ROLE, true],
    ['aws:PrincipalAccount', '111122223333', true],
    ['aws:PrincipalAccount', ['444455556666', '111122223333'], true],
    ['aws:PrincipalAccount', '444455556666', false],
    ['kms:CallerAccount', '111122223333', true],
    ['aws:PrincipalType', 'AssumedRole', true],
    ['aws:PrincipalIsAWSService', 'false', true],
    ['aws:PrincipalIsAWSService', 'true', false],
    ['aws:ViaAWSService', 'true', false],
    ['aws:ViaAWSService', 'false', true],
    ['aws:SecureTransport', 'true', true],
    ['aws:ResourceAccount', '111122223333', true],
    ['aws:RequestedRegion', 'us-west-2', true],
    ['aws:RequestedRegion', 'eu-west-1', false],
    ['kms:KeySpec', 'SYMMETRIC_DEFAULT', true],
    ['kms:KeyUsage', 'SIGN_VERIFY', false],
    ['kms:KeyOrigin', 'AWS_KMS', true],
    ['kms:MultiRegion', 'false', true],
    ['kms:BypassPolicyLockoutSafetyCheck', 'true', false],
    ['kms:BypassPolicyLockoutSafetyCheck', 'false', true],
    ['kms:ViaService', 's3.us-west-2.amazonaws.com', false],
    ['aws:SourceArn', 'arn:aws:s3:::x', false],
    ['aws:SourceAccount', '111122223333', false],
    ['aws:CalledVia', 'athena.amazonaws.com', false],
    ['aws:CalledViaFirst', 'athena.amazonaws.com', false],
    ['aws:CalledViaLast', 'athena.amazonaws.com', false],
    ['aws:SourceOrgID', 'o-a1b2c3d4e5', false],
    ['aws:SourceOrgPaths', 'o-a1b2c3d4e5/r-b/', false],
    ['aws:SourceOwner', '111122223333', false],
    ['aws:PrincipalServiceName', 's3.amazonaws.com', false],
    ['aws:PrincipalServiceNamesList', 's3.amazonaws.com', false],
    ['aws:RequestTag/kms:EncryptionContext:Dept', 'IT', undefined],
    ['aws:TagKeys', 'Dept', undefined],
    ['kms:EncryptionContext:Dept', 'IT', false],
    ['kms:RecipientAttestation:PCR0', 'x', false],
    ['kms:GrantIsForAWSResource', 'true', false],
    ['aws:SourceIp', '203.0.113.1', undefined],
    ['aws:PrincipalOrgID', 'o-a1b2c3d4e5', undefined],
    ['aws:PrincipalTag/team', 'a', undefined],
    ['made:up', 'a', undefined],
    ['aws:PrincipalArn', [], false],
    ['aws:PrincipalArn', `\${aws:username}`, undefined],
  ])('%s equal to %j: %s', (key, value, expected) => {
    expect(under('StringEquals', key, value)).toBe(expected);
  });
  it.each<[string, string, unknown, Certain]>([
    ['StringNotEquals', 'kms:ViaService', 'x', true],
    ['StringEqualsIfExists', 'kms:ViaService', 'x', true],
    ['ForAllValues:StringEquals', 'kms:ViaService', 'x', true],
    ['ForAnyValue:StringEquals', 'kms:ViaService', 'x', false],
    ['StringNotEquals', 'aws:PrincipalAccount', '111122223333', false],
    ['StringNotEquals', 'aws:PrincipalAccount', '444455556666', true],
    ['StringNotEquals', 'aws:PrincipalArn', ['x', `\${aws:username}`], undefined],
    ['StringNotEquals', 'aws:PrincipalArn', [ROLE, `\${aws:username}`], false],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/Ex*', true],
    ['Null', 'kms:ViaService', 'true', true],
    ['Null', 'kms:ViaService', 'false', false],
    ['Null', 'aws:PrincipalArn', 'true', false],
    ['Null', 'aws:PrincipalArn', ['TRUE', 'FALSE'], true],
    ['Null', 'aws:userid', 'false', undefined],
    ['Bool', 'aws:SecureTransport', true, true],
    ['NoSuchOperator', 'aws:SecureTransport', 'true', undefined],
  ])('%s on %s with %j: %s', (operator, key, value, expected) => {
    expect(under(operator, key, value)).toBe(expected);
  });
  it('is by a role, which has no user name and always a token, or by a user', () => {
    const user = 'arn:aws:iam::111122223333:user/team/Ana';
    expect(under('StringLike', 'aws:username', '*')).toBe(false);
    expect(under('StringEquals', 'aws:username', 'Ana', user)).toBe(true);
    expect(under('StringEquals', 'aws:username', 'team/Ana', user)).toBe(false);
    expect(under('Null', 'aws:TokenIssueTime', 'true')).toBe(false);
    expect(under('Null', 'aws:TokenIssueTime', 'false')).toBe(true);
    expect(under('DateLessThan', 'aws:TokenIssueTime', '2026-01-01T00:00:00Z')).toBeUndefined();
    expect(under('Null', 'aws:TokenIssueTime', 'true', user)).toBeUndefined();
  });
  it('puts what it knows in the place of policy variables', () => {
    const key = '${aws:ResourceAccount}';
    expect(under('StringEquals', 'aws:PrincipalAccount', key)).toBe(true);
    expect(under('StringNotEquals', 'aws:ResourceAccount', '${AWS:principalAccount}')).toBe(false);
    expect(under('StringEquals', 'aws:PrincipalAccount', ['444455556666', key])).toBe(true);
    expect(under('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::${aws:PrincipalAccount}:role/Ex*')).toBe(true);
    expect(
      under('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::${aws:PrincipalAccount}:role/${aws:PrincipalTag/a}'),
    ).toBeUndefined();
    expect(under('StringEquals', 'aws:PrincipalAccount', '${aws:SourceVpc}')).toBeUndefined();
  });
  it('and puts nothing there of which it knows several values, or one that would be a pattern', () => {
    const of = (...values: string[]): Certain =>
      under('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/${aws:PrincipalTag/role}', ROLE, PUT, {
        known: { 'aws:PrincipalTag/role': values },
      });
    expect(of('ExampleRole')).toBe(true);
    expect(of('Other')).toBe(false);
    expect(of('Other', 'ExampleRole')).toBeUndefined();
    expect(['*Role', 'Example*', 'Ex?mpleRole'].map((value) => of(value))).toEqual([undefined, undefined, undefined]);
  });
  it('reads a variable as text before Version 2012-10-17', () => {
    const condition = { StringEquals: { 'aws:PrincipalAccount': '${aws:ResourceAccount}' } };
    const old = (Version?: string) =>
      abilities(policyOf({ Version, Statement: [allowed({ Condition: condition })] }), KEY, PUT).of(ROLE).named;
    expect(['2012-10-17', '2008-10-17', undefined].map(old)).toEqual([true, false, false]);
  });
  it('hangs on the operation, the caller and what is known', () => {
    expect(under('StringEquals', 'kms:EncryptionContext:Dept', 'IT', ROLE, 'kms:Decrypt')).toBeUndefined();
    expect(under('StringEquals', 'kms:EncryptionContext:Dept', 'IT', ROLE, 'kms:Sign')).toBe(false);
    expect(under('StringEquals', 'kms:RecipientAttestation:PCR0', 'x', ROLE, 'kms:Decrypt')).toBeUndefined();
    expect(under('StringEquals', 'kms:RecipientAttestation:PCR0', 'x', ROLE, 'kms:Encrypt')).toBe(false);
    expect(under('StringEquals', 'kms:GranteePrincipal', ROLE, ROLE, 'kms:CreateGrant')).toBeUndefined();
    expect(under('StringEquals', 'kms:GranteePrincipal', ROLE, ROLE, 'kms:Decrypt')).toBe(false);
    expect(under('Bool', 'kms:GrantIsForAWSResource', 'true', ROLE, 'kms:CreateGrant')).toBe(false);
    expect(under('StringEquals', 'aws:PrincipalType', 'User', 'arn:aws:iam::111122223333:user/Ana')).toBe(true);
    expect(under('Bool', 'kms:BypassPolicyLockoutSafetyCheck', 'true', ROLE, PUT, { bypass: true })).toBe(true);
    expect(
      under('StringEquals', 'aws:PrincipalOrgID', 'o-1', ROLE, PUT, { known: { 'AWS:PrincipalOrgId': ['o-1'] } }),
    ).toBe(true);
    expect(
      under('StringEquals', 'aws:PrincipalOrgID', 'o-1', ROLE, PUT, { known: { 'aws:PrincipalOrgID': ['o-2'] } }),
    ).toBe(false);
    expect(under('StringEquals', 'kms:KeySpec', 'x', ROLE, PUT, { known: { 'kms:KeySpec': ['x'] } })).toBe(false);
  });
});

describe('what is known of a request', () => {
  const office = { 'aws:SourceIp': ['203.0.113.0/24', '198.51.100.7'] };
  it.each<[string, string, string | string[], Certain]>([
    ['IpAddress', 'every range within', ['203.0.113.0/24', '198.51.0.0/16'], true],
    ['IpAddress', 'one range within, the other outside', '203.0.113.0/24', undefined],
    ['IpAddress', 'a part of a range', ['203.0.113.0/25', '198.51.100.7'], undefined],
    ['IpAddress', 'both outside', '10.0.0.0/8', false],
    ['NotIpAddress', 'every range within', ['203.0.112.0/20', '198.51.100.0/24'], false],
    ['NotIpAddress', 'both outside', '10.0.0.0/8', true],
    ['NotIpAddressIfExists', 'both outside', '10.0.0.0/8', true],
  ])('%s on ranges: %s', (operator, _, values, expected) => {
    expect(under(operator, 'aws:SourceIp', values, ROLE, PUT, { known: office })).toBe(expected);
    expect(under(operator, 'aws:SourceIp', values, ROLE, PUT)).toBeUndefined();
  });
  it('is not seen through two halves of a range that nobody adds up', () => {
    const known = { 'aws:SourceIp': ['203.0.113.0/24'] };
    const halves = ['203.0.113.0/25', '203.0.113.128/25'];
    expect(under('NotIpAddress', 'aws:SourceIp', halves, ROLE, PUT, { known })).toBeUndefined();
    expect(under('NotIpAddress', 'aws:SourceIp', '203.0.0.0/16', ROLE, PUT, { known })).toBe(false);
  });
  it('is of one caller alone where it is said of that one', () => {
    const other = ROLE.replace('ExampleRole', 'Other');
    const more = { known: { 'aws:SourceVpc': ['vpc-1'] }, knownOf: { [other]: { 'aws:SourceVpc': ['vpc-2'] } } };
    expect(under('StringEquals', 'aws:SourceVpc', 'vpc-1', ROLE, PUT, more)).toBe(true);
    expect(under('StringEquals', 'aws:SourceVpc', 'vpc-1', other, PUT, more)).toBe(false);
    const nothing = { known: office, knownOf: { [other]: {} } };
    expect(under('IpAddress', 'aws:SourceIp', '10.0.0.0/8', other, PUT, nothing)).toBeUndefined();
  });
});

it('the ceiling is what nobody can exceed', () => {
  const ceiling = (...statements: StatementValue[]): Certain =>
    abilities(policyOf({ Version: '2012-10-17', Statement: [allowed(), ...statements] }), KEY, PUT).ceiling;
  expect(ceiling()).toBe(true);
  expect(ceiling(denied())).toBe(false);
  expect(ceiling(denied({ Action: 'kms:Get*' }))).toBe(true);
  expect(ceiling(denied({ Principal: { AWS: ROOT } }))).toBe(true);
  expect(ceiling(denied({ Principal: undefined, NotPrincipal: '*' }))).toBe(true);
  expect(ceiling(denied({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } } }))).toBeUndefined();
  expect(ceiling(denied({ Condition: { StringNotEquals: { 'aws:PrincipalArn': ROLE } } }))).toBe(true);
  expect(ceiling(denied({ Condition: { StringNotEquals: { 'kms:ViaService': 'x' } } }))).toBe(false);
  for (const [key, value] of Object.entries({
    'aws:PrincipalType': 'User',
    'aws:PrincipalAccount': '111122223333',
    'kms:CallerAccount': '111122223333',
    'aws:UserName': 'Ana',
  })) {
    expect(ceiling(denied({ Condition: { StringEquals: { [key]: value } } }))).toBe(true);
  }
  expect(ceiling(denied({ Condition: { Null: { 'aws:TokenIssueTime': 'true' } } }))).toBe(true);
  const otherAccounts = { StringNotEquals: { 'aws:ResourceAccount': '${aws:PrincipalAccount}' } };
  expect(ceiling(denied({ Condition: otherAccounts }))).toBe(true);
});

it('able is certain when either way is', () => {
  const answers: Certain[] = [true, false, undefined];
  for (const named of answers) {
    for (const delegated of answers) {
      const expected =
        named === true || delegated === true
          ? true
          : named === undefined || delegated === undefined
            ? undefined
            : false;
      expect(able({ named, delegated })).toBe(expected);
    }
  }
});
