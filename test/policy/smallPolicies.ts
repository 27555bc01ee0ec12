import fc from 'fast-check';
import type { Caller, Request, SlowPolicy, SlowStatement } from './slowAccess.ts';

export const OWN = '111122223333';
const OTHER = '444455556666';
const arn = (account: string, rest: string): string => `arn:aws:iam::${account}:${rest}`;
const APP = arn(OWN, 'role/service/app');
const ADMIN = arn(OWN, 'role/admin');
const ETL = arn(OTHER, 'role/etl');
const SESSION = `arn:aws:sts::${OWN}:assumed-role/app/run`;
const LOGS = 'logs.us-east-1.amazonaws.com';

/** One of each kind, and for each account someone whom no policy names. */
export const CALLERS: readonly Caller[] = [
  { type: 'AWS', id: APP, account: OWN },
  { type: 'AWS', id: ADMIN, account: OWN },
  { type: 'AWS', id: arn(OWN, 'user/ana'), account: OWN },
  { type: 'AWS', id: SESSION, account: OWN, role: APP },
  { type: 'AWS', id: arn(OWN, 'role/unnamed'), account: OWN },
  { type: 'AWS', id: arn(OWN, 'role/other'), account: OWN },
  { type: 'AWS', id: arn(OWN, 'user/nobody'), account: OWN },
  { type: 'AWS', id: ETL, account: OTHER },
  { type: 'AWS', id: arn(OTHER, 'user/nobody'), account: OTHER },
  { type: 'AWS', id: arn(OTHER, 'role/unnamed'), account: OTHER },
  { type: 'AWS', id: arn('999988887777', 'role/unnamed'), account: '999988887777' },
  { type: 'AWS', id: arn('999988887777', 'user/nobody'), account: '999988887777' },
  { type: 'Service', id: LOGS },
];

export const ACTIONS = ['kms:Decrypt', 'kms:Encrypt', 'kms:PutKeyPolicy', 'kms:DescribeKey'];

/** For each key, values on both sides of every test that the generator makes, so that no difference can hide between them. */
const VALUES: Record<string, string[][]> = {
  'kms:ViaService': [
    ['s3.us-east-1.amazonaws.com'],
    ['s3.us-east-1.x.amazonaws.com'],
    ['s3.us-east-1.x'],
    ['s3.eu-west-1.amazonaws.com'],
    ['s3.x'],
    ['ec.us-east-1.amazonaws.com'],
    ['ec.us-east-1.x'],
    ['rds.us-east-1.amazonaws.com'],
    ['elsewhere'],
    ['ELSEWHERE'],
    ['NOWHERE'],
    ['other'],
  ],
  'kms:RotationPeriodInDays': [['5'], ['6'], ['7'], ['8'], ['30'], ['31']],
  'aws:SourceIp': [['10.0.0.1'], ['10.1.0.1'], ['10.1.2.3'], ['192.0.2.1']],
  'kms:GrantIsForAWSResource': [['true'], ['false']],
  'kms:EncryptionContextKeys': [
    ['d'],
    ['a'],
    ['b'],
    ['c'],
    ['a', 'b'],
    ['a', 'c'],
    ['b', 'c'],
    ['a', 'b', 'c'],
    ['a', 'd'],
    ['b', 'd'],
    ['c', 'd'],
    ['a', 'b', 'd'],
    ['a', 'c', 'd'],
    ['b', 'c', 'd'],
    ['a', 'b', 'c', 'd'],
  ],
  'aws:CurrentTime': [['2026-01-01T00:00:00Z'], ['2026-06-01T00:00:00Z'], ['2027-01-01T00:00:00Z']],
};

type Line = [operator: string, key: string, values: string[]];

const some = <T>(...items: T[]): fc.Arbitrary<T[]> =>
  fc.subarray(items, { minLength: 1, maxLength: Math.min(3, items.length) });
const lineOf = (key: string, operators: string[], values: string[]): fc.Arbitrary<Line> =>
  fc.tuple(fc.constantFrom(...operators), fc.constant(key), some(...values));

const S3 = 's3.us-east-1.amazonaws.com';
const line: fc.Arbitrary<Line> = fc.oneof(
  {
    weight: 5,
    arbitrary: lineOf(
      'kms:ViaService',
      ['StringEquals', 'StringNotEquals', 'StringEqualsIfExists', 'StringNotEqualsIfExists'],
      [S3, 'rds.us-east-1.amazonaws.com', 'elsewhere'],
    ),
  },
  {
    weight: 1,
    arbitrary: lineOf(
      'kms:ViaService',
      ['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
      ['Elsewhere', 'nowhere'],
    ),
  },
  {
    weight: 3,
    arbitrary: lineOf(
      'kms:ViaService',
      ['StringLike', 'StringNotLike', 'ForAnyValue:StringLike', 'ForAllValues:StringLike', 'StringLikeIfExists'],
      ['s3.*', '*.amazonaws.com', '*', S3, '??.us-east-1.*'],
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(
      fc.constant('Null'),
      fc.constantFrom('kms:ViaService', 'kms:RotationPeriodInDays', 'kms:EncryptionContextKeys'),
      some('true', 'false'),
    ),
  },
  {
    weight: 2,
    arbitrary: lineOf(
      'kms:RotationPeriodInDays',
      ['NumericLessThan', 'NumericGreaterThanEquals', 'NumericEquals', 'NumericNotEquals', 'NumericLessThanIfExists'],
      ['7', '30'],
    ),
  },
  {
    weight: 2,
    arbitrary: lineOf(
      'aws:SourceIp',
      ['IpAddress', 'NotIpAddress'],
      ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '0.0.0.0/0'],
    ),
  },
  { weight: 2, arbitrary: lineOf('kms:GrantIsForAWSResource', ['Bool', 'BoolIfExists'], ['true', 'false']) },
  {
    weight: 2,
    arbitrary: lineOf(
      'kms:EncryptionContextKeys',
      [
        'ForAnyValue:StringEquals',
        'ForAllValues:StringEquals',
        'ForAnyValue:StringNotEquals',
        'ForAllValues:StringNotEquals',
      ],
      ['a', 'b', 'c'],
    ),
  },
  {
    weight: 1,
    arbitrary: lineOf(
      'aws:CurrentTime',
      ['DateLessThan', 'DateGreaterThan'],
      ['2026-03-01T00:00:00Z', '2026-09-01T00:00:00Z'],
    ),
  },
  {
    weight: 3,
    arbitrary: lineOf('kms:CallerAccount', ['StringEquals', 'StringNotEquals', 'StringLike'], [OWN, OTHER]),
  },
  { weight: 2, arbitrary: lineOf('aws:PrincipalAccount', ['StringEquals', 'StringNotEquals'], [OWN, OTHER]) },
  {
    weight: 3,
    arbitrary: lineOf(
      'aws:PrincipalArn',
      ['ArnEquals', 'ArnNotEquals', 'ArnLike', 'ArnNotLike', 'StringLike'],
      [APP, ADMIN, ETL, arn(OWN, 'role/*'), arn('*', 'role/unnamed')],
    ),
  },
);

const condition = fc.array(line, { maxLength: 2 }).map((lines) => {
  const block: Record<string, Record<string, string[]>> = {};
  for (const [operator, key, values] of lines) block[operator] = { ...block[operator], [key]: values };
  return block;
});

const principal = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ AWS: ['*'] }) },
  { weight: 6, arbitrary: some(APP, ADMIN, arn(OWN, 'user/ana'), SESSION, ETL).map((ids) => ({ AWS: ids })) },
  { weight: 4, arbitrary: some(arn(OWN, 'root'), arn(OTHER, 'root'), APP, OTHER).map((ids) => ({ AWS: ids })) },
  { weight: 1, arbitrary: fc.constant({ Service: [LOGS] }) },
) as fc.Arbitrary<Record<string, string[]>>;

const actions = fc.oneof(
  { weight: 4, arbitrary: some(...ACTIONS) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<string[]>(['kms:*'], ['*'], ['kms:?ecrypt', 'kms:D*'], ['s3:GetObject'], ['KMS:*crypt']),
  },
);

export const smallStatement: fc.Arbitrary<SlowStatement> = fc
  .record({
    effect: fc.constantFrom('Allow', 'Allow', 'Deny') as fc.Arbitrary<'Allow' | 'Deny'>,
    who: principal,
    notPrincipal: fc.nat(9),
    what: actions,
    notAction: fc.nat(7),
    when: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 3, arbitrary: condition }),
  })
  .map(({ effect, who, notPrincipal, what, notAction, when }) => ({
    Effect: effect,
    ...(notPrincipal === 0 && !(who.AWS ?? []).includes('*') ? { NotPrincipal: who } : { Principal: who }),
    ...(notAction === 0 ? { NotAction: what } : { Action: what }),
    Resource: '*',
    ...(Object.keys(when).length > 0 && { Condition: when }),
  }));

export const smallPolicy: fc.Arbitrary<SlowPolicy> = fc
  .array(smallStatement, { minLength: 1, maxLength: 4 })
  .map((Statement) => ({ Version: '2012-10-17', Statement }));

/** Two policies, mostly with much in common, as a change has. */
export const smallPair: fc.Arbitrary<[SlowPolicy, SlowPolicy]> = fc
  .tuple(smallPolicy, smallPolicy, fc.nat(5), fc.nat(3))
  .map(([a, b, keep, drop]) => {
    if (keep === 0) return [a, b];
    const kept = a.Statement.filter((_, index) => index !== drop);
    return [a, { ...a, Statement: [...kept, ...b.Statement.slice(0, keep % 3)] }];
  });

/** What a request may say of the caller when a service calls: AWS documents it for some services only. */
export const accountless: Record<string, string[][]> = {
  'kms:CallerAccount': [[OWN], [OTHER], ['999988887777']],
  'aws:PrincipalAccount': [[OWN], [OTHER], ['999988887777']],
  'aws:PrincipalArn': [[APP], [ADMIN], [ETL], [arn(OWN, 'role/unnamed')], [arn(OTHER, 'role/unnamed')], ['none']],
};

/** Every request that the policies can tell apart: all combinations of values of the keys that they look at. */
export function requestsOn(policies: SlowPolicy[], more: Record<string, string[][]> = {}): Request[] {
  const keys = new Set(
    policies.flatMap(({ Statement }) =>
      Statement.flatMap(({ Condition }) => Object.values(Condition ?? {}).flatMap(Object.keys)),
    ),
  );
  let requests: Request[] = [{}];
  for (const key of keys) {
    const values = VALUES[key] ?? more[key];
    if (values === undefined) continue;
    requests = requests.flatMap((request) => [request, ...values.map((value) => ({ ...request, [key]: value }))]);
  }
  return requests;
}
