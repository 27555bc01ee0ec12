import { KEY } from './judge.ts';

/**
 * Policies and changes of policies drawn from small pools by a fixed row of numbers: the same ones on every machine and with
 * every version of every tool, so that what is said of them can be kept in a file.
 */
export interface DrawnPair {
  before: object;
  after: object;
  /** Each statement on a line, for the page. */
  lines: string[];
}

export type Draw = <T>(from: readonly T[]) => T;

/** Numbers between 0 and 1 that look like chance (mulberry32, public domain). */
export function drawFrom(seed: number): Draw {
  let state = seed;
  return <T>(from: readonly T[]): T => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    const at = (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * from.length;
    return from[Math.floor(at)] as T;
  };
}

const iam = (rest: string, account = KEY.accountId): string => `arn:aws:iam::${account}:${rest}`;
const APP = iam('role/app');
const PRINCIPALS: readonly unknown[] = [
  ...[{ AWS: APP }, { AWS: iam('role/team/deploy') }, { AWS: [APP, iam('user/ana')] }, { AWS: iam('user/ana') }],
  ...[{ AWS: iam('root') }, { AWS: KEY.accountId }, { AWS: iam('root', '444455556666') }, { AWS: '444455556666' }],
  ...[{ AWS: iam('role/partner', '444455556666') }, { AWS: [iam('role/x', '777788889999'), APP] }, '*', { AWS: '*' }],
  ...[{ AWS: `arn:aws:sts::${KEY.accountId}:assumed-role/app/run` }, { AWS: 'AROADBQP57FF2AEXAMPLE' }],
  ...[{ Service: 'sns.amazonaws.com' }, { Service: ['s3.amazonaws.com', 'logs.us-west-2.amazonaws.com'] }],
  ...[{ Federated: 'cognito-identity.amazonaws.com' }, { AWS: iam('federated-user/bob').replace('iam', 'sts') }],
];
const ACTIONS: readonly (string | string[])[] = [
  ...['kms:*', 'kms:Decrypt', 'kms:Encrypt', 'kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:ScheduleKeyDeletion', '*'],
  ...['kms:Describe*', 'kms:Get*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*', 'kms:DescribeKey', 'kms:RevokeGrant'],
  ...[
    ['kms:Encrypt', 'kms:Decrypt'],
    ['kms:Create*', 'kms:Put*', 'kms:List*'],
    ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
    ['kms:Decrypt', 'kms:PutKeyPolicy', 'kms:DescribeKey'],
    ['kms:Sign', 'kms:GetPublicKey'],
  ],
];
const CONDITIONS: readonly object[] = [
  { StringEquals: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' } },
  { StringEquals: { 'kms:ViaService': ['s3.us-west-2.amazonaws.com', 'rds.us-west-2.amazonaws.com'] } },
  { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } },
  { StringNotEquals: { 'kms:ViaService': 's3.us-west-2.amazonaws.com' } },
  { StringEquals: { 'kms:CallerAccount': KEY.accountId } },
  { StringEquals: { 'kms:CallerAccount': ['444455556666', KEY.accountId] } },
  { StringNotEquals: { 'aws:PrincipalAccount': KEY.accountId } },
  { ArnLike: { 'aws:PrincipalArn': iam('role/a*') } },
  { ArnNotLike: { 'aws:PrincipalArn': [APP, iam('role/team/*')] } },
  { ArnEquals: { 'aws:PrincipalArn': iam('role/partner', '444455556666') } },
  { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
  { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': ['o-a1b2c3d4e5', 'o-zzzzzzzzzz'] } },
  { Bool: { 'aws:SecureTransport': 'false' } },
  { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } },
  { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '198.51.100.7'] } },
  { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/25' } },
  { StringEquals: { 'aws:SourceAccount': KEY.accountId } },
  { ArnLike: { 'aws:SourceArn': `arn:aws:sns:us-west-2:${KEY.accountId}:*` } },
  { StringEquals: { 'kms:EncryptionContext:Dept': 'hr' } },
  { StringEqualsIgnoreCase: { 'kms:EncryptionContext:Dept': ['HR', 'it'] } },
  { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['Dept', 'Team'] } },
  { 'ForAnyValue:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'Encrypt'] } },
  { Bool: { 'kms:GrantIsForAWSResource': true } },
  { NumericLessThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '14' } },
  { DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } },
  { StringEquals: { 'aws:PrincipalTag/team': 'pay' } },
  { Null: { 'kms:EncryptionContext:Dept': 'true' } },
  { StringEquals: { 'kms:GranteePrincipal': APP }, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
];

interface Pools {
  principals: readonly unknown[];
  actions: readonly (string | string[])[];
  conditions: readonly object[];
}
const WIDE: Pools = { principals: PRINCIPALS, actions: ACTIONS, conditions: CONDITIONS };

/** Few callers, few actions and conditions on the caller, so that statements meet, contradict and contain one another. */
const CLOSE: Pools = {
  principals: [
    ...['*', { AWS: iam('root') }, { AWS: APP }, { AWS: iam('role/team/app') }, { AWS: iam('user/app') }],
    ...[{ AWS: `arn:aws:sts::${KEY.accountId}:assumed-role/app/run` }, { AWS: [APP, iam('role/app', '444455556666')] }],
    ...[{ AWS: iam('root', '444455556666') }, { AWS: 'AIDADBQP57FF2AEXAMPLE' }, { AWS: [iam('root'), APP] }],
    ...[
      { Service: 'sns.amazonaws.com' },
      { CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' },
    ],
  ],
  actions: [
    'kms:Decrypt',
    'kms:PutKeyPolicy',
    ['kms:Decrypt', 'kms:CreateGrant'],
    'kms:*',
    ['kms:PutKeyPolicy', 'kms:Decrypt'],
  ],
  conditions: [
    { ArnEquals: { 'aws:PrincipalArn': APP } },
    { ArnNotEquals: { 'aws:PrincipalArn': APP } },
    { StringLike: { 'aws:PrincipalArn': ['arn:aws:iam::*:role/app', iam('user/*')] } },
    { StringLike: { 'aws:PrincipalArn': iam('role/*', '444455556666') } },
    { StringEquals: { 'aws:PrincipalArn': [iam('role/app', '444455556666'), iam('role/other', '777788889999')] } },
    { StringEqualsIfExists: { 'aws:PrincipalArn': iam('role/app', '444455556666') } },
    { StringEqualsIgnoreCase: { 'aws:PrincipalArn': iam('ROLE/APP', '444455556666') } },
    { StringEquals: { 'aws:PrincipalArn': `arn:aws:iam::444455556666:user/\${aws:username}` } },
    { ArnLike: { 'aws:PrincipalArn': `arn:aws:sts::${KEY.accountId}:assumed-role/app/*` } },
    { StringEquals: { 'aws:PrincipalAccount': KEY.accountId } },
    { StringEquals: { 'aws:PrincipalAccount': ['444455556666', 'x444455556666', '4444555566667'] } },
    { StringNotEquals: { 'kms:CallerAccount': '444455556666' } },
    { StringEquals: { 'kms:CallerAccount': '777788889999' } },
    { Bool: { 'aws:PrincipalIsAWSService': 'true' } },
    { Bool: { 'aws:PrincipalIsAWSService': 'false' } },
    { Null: { 'aws:PrincipalArn': 'true' } },
    { StringEquals: { 'aws:PrincipalOrgID': ['o-a1b2c3d4e5', 'o-b1b2c3d4e5'] } },
    { StringEquals: { 'kms:ViaService': ['s3', 'rds', 'ebs'] } },
    { StringEquals: { 'kms:ViaService': 's3' } },
    { StringNotLike: { 'kms:ViaService': 'r*' } },
    { StringEquals: { 'kms:ViaService': ['rds', 'ebs'], 'kms:EncryptionContext:Dept': 'hr' } },
    { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/*' } },
  ],
};

const service = (operator: string, ...values: string[]) => ({ [operator]: { 'kms:ViaService': values } });
const dept = (operator: string, ...values: string[]) => ({ [operator]: { 'kms:EncryptionContext:Dept': values } });
const keys = (operator: string, ...values: string[]) => ({ [operator]: { 'kms:EncryptionContextKeys': values } });
/** One caller and one operation under conditions on few keys: what one condition says of another. */
const ONE: Pools = {
  principals: [{ AWS: APP }],
  actions: ['kms:Decrypt'],
  conditions: [
    ...[service('StringEquals', 'a'), service('StringEquals', 'b', 'c'), service('StringEquals', 'a', 'b', 'c')],
    ...[service('StringLike', 'a*'), service('StringNotEquals', 'a'), service('StringNotLike', 'a*', 'b*')],
    ...[service('StringEqualsIfExists', 'a'), service('Null', 'true'), service('Null', 'false')],
    ...[dept('StringEquals', 'x'), dept('StringEquals', 'y'), dept('StringNotEquals', 'x'), dept('Null', 'true')],
    ...[
      keys('ForAllValues:StringEquals', 'k'),
      keys('ForAnyValue:StringEquals', 'k', 'l'),
      keys('ForAnyValue:StringLike', '*'),
    ],
    ...[keys('ForAllValues:StringNotEquals', 'k'), { Bool: { 'aws:SecureTransport': 'true' } }],
    ...[{ Bool: { 'aws:SecureTransport': 'false' } }, { BoolIfExists: { 'aws:SecureTransport': 'false' } }],
    ...[
      { NumericLessThan: { 'aws:MultiFactorAuthAge': '60' } },
      { NumericGreaterThanEquals: { 'aws:MultiFactorAuthAge': '30' } },
    ],
    ...[
      { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '203.0.113.7'] } },
      { NotIpAddress: { 'aws:SourceIp': '10.1.0.0/16' } },
    ],
    ...[
      { DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } },
      { DateGreaterThan: { 'aws:CurrentTime': '2026-06-01T00:00:00Z' } },
    ],
    ...[{ StringEquals: { 'aws:PrincipalTag/team': 'pay' } }, { StringNotEquals: { 'aws:PrincipalTag/team': 'pay' } }],
  ],
};

/** One of three has a condition (of one caller: each), one of five is a Deny, one of twenty says what it does not mean. */
function statement(draw: Draw, sid: string, pools: Pools): Record<string, unknown> {
  const effect = draw(['Allow', 'Allow', 'Allow', 'Allow', 'Deny']);
  const principal = draw(pools.principals);
  const turned = draw([...Array(19).fill(false), true]);
  const named = effect === 'Deny' && principal !== '*' && draw([true, false, false]) ? 'NotPrincipal' : 'Principal';
  return {
    Sid: sid,
    Effect: effect,
    [named]: principal,
    [turned ? 'NotAction' : 'Action']: draw(pools.actions),
    Resource: draw([...Array(14).fill('*'), KEY.arn, 'arn:aws:kms:us-west-2:111122223333:key/other']),
    ...(draw([pools !== ONE, pools !== ONE, false]) ? {} : { Condition: condition(draw, pools) }),
  };
}

function condition(draw: Draw, pools: Pools): object {
  return draw([true, true, false]) ? draw(pools.conditions) : { ...draw(pools.conditions), ...draw(pools.conditions) };
}

/** The same statement with another principal, other actions, another condition, none, or the other effect. */
function changed(draw: Draw, old: Record<string, unknown>, pools: Pools): Record<string, unknown> {
  const { Condition, ...rest } = old;
  const kind = draw(['principal', 'action', 'condition', 'condition', 'none', 'effect']);
  if (kind === 'principal' && 'Principal' in old) return { ...old, Principal: draw(pools.principals) };
  if (kind === 'action' && 'Action' in old) return { ...old, Action: draw(pools.actions) };
  if (kind === 'effect' && 'Principal' in old) return { ...old, Effect: old.Effect === 'Allow' ? 'Deny' : 'Allow' };
  return kind === 'none' && Condition !== undefined ? rest : { ...old, Condition: condition(draw, pools) };
}

const POOLS = { wide: WIDE, close: CLOSE, one: ONE };
const ROOT_STATEMENT = {
  Sid: 'root',
  Effect: 'Allow',
  Principal: { AWS: iam('root') },
  Action: 'kms:*',
  Resource: '*',
};

/** A policy of up to seven statements, three of four with that of the account, and one with one to three changes. */
export function drawnPair(seed: number, from: keyof typeof POOLS): DrawnPair {
  const pools = POOLS[from];
  const draw = drawFrom(seed);
  const before: Record<string, unknown>[] = draw([true, true, true, false]) ? [ROOT_STATEMENT] : [];
  const more = draw([1, 2, 3, 4]) + (pools === ONE ? 2 : 0);
  for (let i = 1; i <= more; i++) before.push(statement(draw, `s${i}`, pools));
  const after = [...before];
  for (let changes = draw([1, 1, 2, 3]); changes > 0; changes--) {
    const at = draw([...after.keys()]);
    const old = after[at];
    const kind = draw(['add', 'remove', 'change', 'change']);
    if (kind === 'add' || old === undefined || after.length === 1) after.push(statement(draw, `new${changes}`, pools));
    else if (kind === 'remove') after.splice(at, 1);
    else after[at] = changed(draw, old, pools);
  }
  const wrap = (Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const lines = [
    ...before.filter((one) => after.includes(one)).map((one) => `  ${JSON.stringify(one)}`),
    ...before.filter((one) => !after.includes(one)).map((one) => `< ${JSON.stringify(one)}`),
    ...after.filter((one) => !before.includes(one)).map((one) => `> ${JSON.stringify(one)}`),
  ];
  return { before: wrap(before), after: wrap(after), lines };
}
