import { describe, expect, it } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { gradeRisk } from '../../lib/policy/risk.ts';
import type { Access, AccessEntry } from '../../lib/policy/types.ts';
import { policyOf } from './arbitrary.ts';

const OWN = '111122223333';
const ROOT = `arn:aws:iam::${OWN}:root`;
const APP = `arn:aws:iam::${OWN}:role/app`;
const DELEGATION = { Sid: 'EnableIAM', Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' };

const document = (...statements: object[]) => ({ Version: '2012-10-17', Statement: statements });
const allow = (principal: unknown, action: unknown, condition?: object, more: object = {}) => ({
  Effect: 'Allow',
  Principal: principal,
  Action: action,
  Resource: '*',
  ...(condition && { Condition: condition }),
  ...more,
});
const deny = (principal: unknown, action: unknown, condition?: object) => ({
  ...allow(principal, action, condition),
  Effect: 'Deny',
});
const compare = (before: object[], after: object[], key: { accountId: string; arn?: string } = { accountId: OWN }) =>
  compareAccess(policyOf(document(...before)), policyOf(document(...after)), key);
const brief = (entries: readonly AccessEntry[]) =>
  entries.map(({ principal, actions, certainty, kind, when }) => ({
    principal,
    actions: actions.join(' '),
    ...(certainty && { certainty }),
    ...(kind && { kind }),
    ...(when && { when }),
  }));
const none = ({ gains, loses, changed }: Access) => expect([gains, loses, changed]).toEqual([[], [], []]);
const app = (condition: object) => allow({ AWS: APP }, 'kms:Decrypt', condition);
const via = (...services: string[]) => ({ StringEquals: { 'kms:ViaService': services } });

describe('what stays the same', () => {
  it.each([
    ['case of an operator and a key', app(via('s3')), app({ stringequals: { 'KMS:viaservice': 's3' } })],
    ['a Like without wildcards', app(via('s3')), app({ StringLike: { 'kms:ViaService': 's3' } })],
    [
      'an ARN with either operator',
      app({ ArnEquals: { 'aws:SourceArn': 'arn:aws:s3:::b*' } }),
      app({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::b*' } }),
    ],
    [
      'a number in other digits',
      app({ NumericEquals: { 'kms:RotationPeriodInDays': '90' } }),
      app({ NumericEquals: { 'kms:RotationPeriodInDays': '90.0' } }),
    ],
    [
      'an instant in another zone',
      app({ DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }),
      app({ DateLessThan: { 'aws:CurrentTime': '2026-01-01T02:00:00+02:00' } }),
    ],
    [
      'an address as a block',
      app({ IpAddress: { 'aws:SourceIp': '10.1.2.3' } }),
      app({ IpAddress: { 'aws:SourceIp': '10.1.2.3/32' } }),
    ],
    [
      'a block named by another of its addresses',
      app({ IpAddress: { 'aws:SourceIp': '2001:db8::1/32' } }),
      app({ IpAddress: { 'aws:SourceIp': '2001:DB8::/32' } }),
    ],
    [
      'a value that another one contains',
      app({ StringLike: { 'kms:ViaService': ['s3.*', 's3.x'] } }),
      app({ StringLike: { 'kms:ViaService': 's3.*' } }),
    ],
    [
      'a prefix without meaning on a key with one value',
      app(via('s3')),
      app({ 'ForAnyValue:StringEquals': { 'kms:ViaService': 's3' } }),
    ],
    [
      'Bool of both values',
      app({ Bool: { 'kms:GrantIsForAWSResource': ['true', 'false'] } }),
      app({ Null: { 'kms:GrantIsForAWSResource': 'false' } }),
    ],
    [
      'a condition that the principal always meets',
      allow({ AWS: APP }, 'kms:Decrypt'),
      app({ StringEquals: { 'kms:CallerAccount': OWN } }),
    ],
  ])('%s', (_, before, after) => none(compare([DELEGATION, before], [DELEGATION, after]).access));

  it('one statement for two values and two statements', () => {
    none(compare([DELEGATION, app(via('s3', 'rds'))], [DELEGATION, app(via('rds')), app(via('s3'))]).access);
  });
  it('a Deny of everything else and a narrower Allow', () => {
    const closed = [
      allow({ AWS: APP }, 'kms:Decrypt'),
      deny({ AWS: APP }, 'kms:Decrypt', { StringNotEquals: { 'kms:ViaService': 's3' } }),
    ];
    none(compare([...closed], [app(via('s3'))]).access);
  });
  it('an Allow that a Deny always covers', () => {
    const dead = [app(via('s3')), deny({ AWS: APP }, 'kms:Decrypt', via('s3'))];
    none(compare([DELEGATION, deny({ AWS: APP }, 'kms:Decrypt', via('s3'))], [DELEGATION, ...dead]).access);
  });
  it('an Allow whose tests exclude each other', () => {
    none(compare([DELEGATION], [DELEGATION, app({ ...via('s3'), StringLike: { 'kms:ViaService': 'rds.*' } })]).access);
  });
  it('an Allow that asks any value to be what none may be', () => {
    const keys = (operator: string, ...values: string[]) => ({ [operator]: { 'kms:EncryptionContextKeys': values } });
    const never = { ...keys('ForAnyValue:StringEquals', 'a'), ...keys('ForAllValues:StringEquals', 'b', 'c') };
    none(compare([DELEGATION], [DELEGATION, app(never)]).access);
    const some = { ...keys('ForAnyValue:StringEquals', 'b'), ...keys('ForAllValues:StringEquals', 'b', 'c') };
    expect(brief(compare([DELEGATION], [DELEGATION, app(some)]).access.gains)).toMatchObject([{ when: some }]);
  });
  it('an Allow for a caller who is another, or nobody', () => {
    none(compare([DELEGATION], [DELEGATION, app({ ArnEquals: { 'aws:PrincipalArn': `${APP}2` } })]).access);
    const nobody = { StringEquals: { 'aws:PrincipalArn': 'app' } };
    none(compare([], [allow({ AWS: ROOT }, 'kms:Decrypt', nobody)]).access);
  });
  it.each([
    ['without Resource', { Resource: undefined }],
    ['without Action', { Action: undefined }],
    ['for another thing', { Resource: 'arn:aws:s3:::bucket' }],
    ['for all but everything', { Resource: undefined, NotResource: '*' }],
  ])('a statement %s', (_, more) => {
    const key = { accountId: OWN, arn: `arn:aws:kms:us-east-1:${OWN}:key/x` };
    none(compare([DELEGATION], [DELEGATION, allow({ AWS: APP }, 'kms:Decrypt', undefined, more)], key).access);
  });
});

describe('what is certain, and what may be', () => {
  const gains = (before: object[], after: object[]) => brief(compare(before, after).access.gains);

  it('names the values that came to a condition', () => {
    const widened = gains([DELEGATION, app(via('s3'))], [DELEGATION, app(via('s3', 'rds'))]);
    expect(widened).toEqual([
      { principal: APP, actions: 'kms:Decrypt', when: { StringEquals: { 'kms:ViaService': ['rds'] } } },
    ]);
  });
  it.each([
    ['a tag', { StringEquals: { 'aws:PrincipalTag/team': 'red' } }],
    ['a policy variable', { StringLike: { 'kms:EncryptionContext:user': '$' + '{aws:username}*' } }],
    ['an operator that nobody knows', { StringNearly: { 'kms:ViaService': 's3' } }],
    ['a value that its operator cannot read', { IpAddress: { 'aws:SourceIp': 'home' } }],
  ])('%s only may be met', (_, condition) => {
    expect(gains([DELEGATION], [DELEGATION, app(condition)])).toMatchObject([{ principal: APP, certainty: 'may' }]);
    expect(gains([DELEGATION, app(condition)], [DELEGATION, allow({ AWS: APP }, 'kms:Decrypt')])).toMatchObject([
      { certainty: 'may' },
    ]);
  });
  it('reads a variable as text before Version 2012-10-17', () => {
    const statement = app({ StringEquals: { 'kms:ViaService': '$' + '{aws:username}' } });
    const old = (...statements: object[]) => policyOf({ Version: '2008-10-17', Statement: statements });
    const { access } = compareAccess(old(DELEGATION), old(DELEGATION, statement), { accountId: OWN });
    expect(access.gains[0]).not.toHaveProperty('certainty');
    const moved = compareAccess(old(statement), policyOf(document(statement)), { accountId: OWN });
    expect(moved.access.changed).toMatchObject([{ certainty: 'may' }]);
  });
  it('doubts a Deny that excepts a role without its account', () => {
    const { access } = compare(
      [DELEGATION, allow({ AWS: APP }, 'kms:Decrypt')],
      [
        DELEGATION,
        allow({ AWS: APP }, 'kms:Decrypt'),
        { Effect: 'Deny', NotPrincipal: { AWS: APP }, Action: 'kms:Decrypt', Resource: '*' },
      ],
    );
    expect(brief(access.loses)).toEqual([
      { principal: ROOT, actions: 'kms:Decrypt' },
      { principal: APP, actions: 'kms:Decrypt', certainty: 'may' },
    ]);
  });
  it('says the going of a Deny that excepts the account as a gain, and its coming in a sentence', () => {
    const closed = [
      DELEGATION,
      allow({ AWS: APP }, 'kms:Decrypt'),
      { Effect: 'Deny', NotPrincipal: { AWS: [APP, ROOT] }, Action: 'kms:Decrypt', Resource: '*' },
    ];
    const open = closed.slice(0, 2);
    expect(gains(closed, open)).toEqual([{ principal: ROOT, actions: 'kms:Decrypt', certainty: 'may' }]);
    const { access } = compare(open, closed);
    none(access);
    expect(access.summary[0]).toMatch(/^May lose: principals of this account whom NotPrincipal does not except/);
  });
  it('doubts a Resource that names a key', () => {
    const named = allow({ AWS: APP }, 'kms:Decrypt', undefined, {
      Resource: 'arn:aws:kms:us-east-1:111122223333:key/x',
    });
    expect(gains([DELEGATION], [DELEGATION, named])).toMatchObject([{ principal: APP, certainty: 'may' }]);
  });
  it('doubts that a Deny for the account hits a deleted role', () => {
    const ghost = allow({ AWS: 'AROAEXAMPLEEXAMPLE123' }, 'kms:Decrypt');
    expect(brief(compare([ghost], [ghost, deny({ AWS: ROOT }, 'kms:Decrypt')]).access.loses)).toEqual([
      { principal: 'AROAEXAMPLEEXAMPLE123', actions: 'kms:Decrypt', certainty: 'may' },
    ]);
  });
  it('degrades to may where there are too many conditions to compare', () => {
    const many = (shift: number) => [
      ...Array.from({ length: 60 }, (_, i) =>
        allow('*', 'kms:Decrypt', { StringEquals: { 'kms:EncryptionContext:a': `${i}` } }),
      ),
      ...Array.from({ length: 250 }, (_, i) =>
        deny('*', 'kms:Decrypt', { StringNotLike: { 'kms:ViaService': `s${i + shift}*` } }),
      ),
    ];
    const { access, pair } = compare(many(0), many(1));
    expect(pair.reasoner.exhausted).toBe(true);
    expect(access.changed).toMatchObject([{ principal: '*', certainty: 'may' }]);
    expect(access.summary.join()).toContain('there are too many conditions to compare them all');
  });
});

describe('callers', () => {
  const gains = (...after: object[]) => brief(compare([], after).access.gains);

  it('covers the sessions of a role', () => {
    const session = `arn:aws:sts::${OWN}:assumed-role/app/run`;
    const role = `arn:aws:iam::${OWN}:role/deep/app`;
    expect(gains(allow({ AWS: [role] }, 'kms:Decrypt'), deny({ AWS: session }, 'kms:Encrypt'))).toEqual([
      { principal: role, actions: 'kms:Decrypt' },
    ]);
    expect(gains(allow({ AWS: [role] }, 'kms:Decrypt'), deny({ AWS: session }, 'kms:Decrypt'))).toEqual([
      { principal: role, actions: 'kms:Decrypt' },
    ]);
    const lost = compare(
      [allow({ AWS: role }, 'kms:Decrypt')],
      [allow({ AWS: role }, 'kms:Decrypt'), deny({ AWS: session }, 'kms:Decrypt')],
    );
    expect(brief(lost.access.loses)).toEqual([{ principal: session, actions: 'kms:Decrypt' }]);
  });
  it('loses to a Deny with two tests, and gains when it goes or is narrowed', () => {
    const app = allow({ AWS: APP }, 'kms:Decrypt');
    const two = { ...via('s3'), Bool: { 'kms:GrantIsForAWSResource': 'true' } };
    const three = { ...two, StringEquals: { 'kms:ViaService': 's3', 'kms:EncryptionContext:a': 'b' } };
    const [wide, narrow] = [two, three].map((condition) => [app, deny({ AWS: APP }, 'kms:Decrypt', condition)]);
    const entry = [{ principal: APP, actions: 'kms:Decrypt' }];
    const of = (before: object[] = [], after: object[] = []) => {
      const { gains: gained, loses, changed } = compare(before, after).access;
      return [gained, loses, changed].map(brief);
    };
    expect(of([app], wide)).toEqual([[], entry, []]);
    expect(of(wide, [app])).toEqual([entry, [], []]);
    const unlessThird = [{ ...entry[0], when: { StringNotEquals: { 'kms:EncryptionContext:a': ['b'] } } }];
    expect(of(wide, narrow)).toEqual([unlessThird, [], []]);
    expect(of(narrow, wide)).toEqual([[], unlessThird, []]);
  });
  it('has under a Deny with two tests what is left of it, one way for each test that may fail', () => {
    const two = { StringEquals: { 'kms:ViaService': 's3' }, Bool: { 'aws:MultiFactorAuthPresent': 'false' } };
    const guarded = [allow({ AWS: APP }, 'kms:Decrypt'), deny({ AWS: APP }, 'kms:Decrypt', two)];
    const { access } = compare([DELEGATION, deny({ AWS: APP }, 'kms:Decrypt', two)], [DELEGATION, ...guarded]);
    expect(brief(access.gains).map(({ when }) => when)).toEqual([
      { BoolIfExists: { 'aws:MultiFactorAuthPresent': ['true'] } },
      { StringNotEquals: { 'kms:ViaService': ['s3'] } },
    ]);
    expect(access.summary[0]).toBe(
      'Gains: role app can decrypt data only when aws:MultiFactorAuthPresent is true, or missing, or when kms:ViaService is not s3 (statement 2).',
    );
    const denied = compare([DELEGATION, allow({ AWS: APP }, 'kms:Decrypt')], [DELEGATION, ...guarded]).access;
    expect(denied.summary[0]).toBe(
      'Now conditional: role app can decrypt data only when aws:MultiFactorAuthPresent is true, or missing, or when kms:ViaService is not s3 (denied by statement 3).',
    );
  });
  it('names the account as the key does, whatever the document calls it', () => {
    expect(gains(allow({ AWS: ROOT.replace('aws', 'aws-cn') }, 'kms:Decrypt'))).toEqual([
      { principal: ROOT, actions: 'kms:Decrypt' },
    ]);
  });
  it('counts a service under everyone', () => {
    const service = allow({ Service: 'logs.us-east-1.amazonaws.com' }, 'kms:Encrypt');
    expect(gains(service, allow('*', ['kms:Encrypt', 'kms:Decrypt'])).map(({ principal }) => principal)).toEqual([
      '*',
      'Service:logs.us-east-1.amazonaws.com',
    ]);
  });
  it('says what a delegated principal gains when its Deny goes', () => {
    const { access } = compare([DELEGATION, deny({ AWS: APP }, 'kms:Decrypt')], [DELEGATION]);
    expect(brief(access.gains)).toEqual([{ principal: APP, actions: 'kms:Decrypt', kind: 'delegated' }]);
    expect(access.gains[0]?.statements).toEqual(['/Statement/0']);
  });
});

describe('facts of the after document', () => {
  const facts = (...after: object[]) => {
    const { public: isPublic, crossAccount, lockout } = compare([DELEGATION], after).access;
    return { public: isPublic, crossAccount, lockout };
  };
  const everyone = (condition?: object) => facts(DELEGATION, allow('*', 'kms:Decrypt', condition)).public;

  it.each([
    [true, undefined],
    [true, { StringLike: { 'kms:CallerAccount': '*' } }],
    [true, { StringLike: { 'kms:CallerAccount': '1111*' } }],
    [true, { StringNotEquals: { 'kms:CallerAccount': OWN } }],
    [true, { StringEqualsIfExists: { 'kms:CallerAccount': OWN } }],
    [true, { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': 'o-a' } }],
    [true, { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } }],
    [true, { StringEquals: { 'aws:PrincipalOrgID': '$' + '{aws:PrincipalOrgID}' } }],
    [true, { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/app' } }],
    [false, { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${OWN}:role/*` } }],
    [false, { StringEquals: { 'aws:SourceVpce': 'vpce-1' } }],
    [false, { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-a1b2c3d4e5/*' } }],
    [false, { StringEquals: { 'aws:PrincipalOrgID': 'o-a' }, StringLike: { 'kms:ViaService': '*' } }],
  ])('public is %s under %j', (expected, condition) => expect(everyone(condition)).toBe(expected));

  it('is not public when a Deny confines it, but is for all but some', () => {
    const confined = deny('*', 'kms:*', { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a' } });
    expect(facts(DELEGATION, allow('*', 'kms:Decrypt'), confined).public).toBe(false);
    const { Principal: NotPrincipal, ...rest } = allow({ AWS: APP }, 'kms:Decrypt');
    expect(facts(DELEGATION, { ...rest, NotPrincipal }).public).toBe(true);
  });
  it('is public though a Deny that may not count would close it', () => {
    const doubtful = { ...deny('*', 'kms:*'), Resource: 'arn:aws:kms:us-east-1:111122223333:key/x' };
    expect(facts(DELEGATION, allow('*', 'kms:Decrypt', via('s3')), doubtful)).toMatchObject({
      public: true,
      lockout: true,
    });
  });
  it('lists other accounts that are let in, by name or by condition, and not those that are denied', () => {
    const other = (id: string) => ({ AWS: `arn:aws:iam::${id}:role/x` });
    const pinned = allow('*', 'kms:Decrypt', { StringEquals: { 'kms:CallerAccount': ['666666666666', OWN] } });
    const blocked = [allow(other('555555555555'), 'kms:Decrypt'), deny({ AWS: '555555555555' }, 'kms:*')];
    expect(facts(DELEGATION, allow(other('444455556666'), 'kms:Decrypt'), pinned, ...blocked).crossAccount).toEqual([
      '444455556666',
      '666666666666',
    ]);
  });
  it('is locked out when no own principal can surely put a policy', () => {
    const admin = allow({ AWS: APP }, 'kms:Put*');
    expect(facts(admin).lockout).toBe(false);
    expect(facts(DELEGATION, deny('*', 'kms:PutKeyPolicy')).lockout).toBe(true);
    expect(
      facts(DELEGATION, deny('*', 'kms:PutKeyPolicy', { ArnNotEquals: { 'aws:PrincipalArn': APP } })).lockout,
    ).toBe(false);
    expect(
      facts(allow('*', 'kms:*', { StringEquals: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/x' } })).lockout,
    ).toBe(true);
    expect(facts(allow({ AWS: 'AROAEXAMPLEEXAMPLE123' }, 'kms:*')).lockout).toBe(true);
    expect(facts(admin, { Effect: 'Deny', NotPrincipal: { AWS: APP }, Action: 'kms:*', Resource: '*' }).lockout).toBe(
      true,
    );
  });
});

describe('risk', () => {
  const risk = (before: object[], after: object[]) => gradeRisk(compare(before, after)).risk;
  const other = { AWS: 'arn:aws:iam::444455556666:role/x' };

  it.each([
    ['critical', [DELEGATION], [DELEGATION, allow('*', 'kms:DescribeKey')]],
    ['critical', [DELEGATION], [allow({ AWS: APP }, 'kms:Decrypt')]],
    ['critical', [DELEGATION], [DELEGATION, allow(other, 'kms:CreateGrant')]],
    ['high', [DELEGATION], [DELEGATION, allow({ AWS: APP }, 'kms:PutKeyPolicy')]],
    ['high', [DELEGATION], [DELEGATION, allow({ AWS: APP }, 'kms:ScheduleKeyDeletion')]],
    ['high', [DELEGATION], [allow({ AWS: [APP, `${APP}2`] }, 'kms:*')]],
    ['high', [DELEGATION, deny({ AWS: APP }, 'kms:DescribeKey')], [DELEGATION]],
    ['high', [DELEGATION], [DELEGATION, allow(other, 'kms:DescribeKey')]],
    [
      'high',
      [DELEGATION],
      [DELEGATION, allow('*', 'kms:DescribeKey', { StringEquals: { 'aws:PrincipalOrgID': 'o-a' } })],
    ],
    [
      'high',
      [DELEGATION, allow({ AWS: APP }, 'kms:*')],
      [
        DELEGATION,
        allow({ AWS: APP }, 'kms:*'),
        deny('*', 'kms:PutKeyPolicy', { Bool: { 'aws:SecureTransport': 'false' } }),
      ],
    ],
    ['medium', [DELEGATION], [DELEGATION, allow({ AWS: APP }, 'kms:Decrypt')]],
    ['medium', [DELEGATION], [DELEGATION, allow({ AWS: APP }, 'kms:EnableKey')]],
    ['medium', [DELEGATION, app(via('s3'))], [DELEGATION, app(via('s3', 'rds'))]],
    [
      'medium',
      [DELEGATION],
      [DELEGATION, allow({ AWS: APP }, 'kms:DescribeKey', { StringEquals: { 'aws:PrincipalTag/a': 'b' } })],
    ],
    ['medium', [DELEGATION, allow({ AWS: APP }, 'kms:Decrypt')], [DELEGATION]],
    ['low', [DELEGATION], [DELEGATION, allow({ AWS: APP }, 'kms:DescribeKey')]],
    ['low', [DELEGATION, allow({ AWS: APP }, 'kms:Encrypt')], [DELEGATION]],
    ['low', [DELEGATION], [DELEGATION]],
  ])('%s', (expected, before, after) => expect(risk(before, after)).toBe(expected));

  const forService = { Bool: { 'kms:GrantIsForAWSResource': 'true' } };
  const granting = (condition?: object) => allow({ AWS: APP }, 'kms:CreateGrant', condition);
  it.each<[string, object | undefined, object | undefined]>([
    ['high', {}, undefined],
    ['high', {}, { Bool: { 'kms:GrantIsForAWSResource': 'false' } }],
    ['high', {}, { BoolIfExists: { 'kms:GrantIsForAWSResource': 'true' } }],
    ['high', {}, { StringEquals: { 'kms:EncryptionContext:a': 'b' } }],
    ['high', {}, { StringLike: { 'kms:ViaService': '*' } }],
    ['high', forService, undefined],
    ['high', forService, { Bool: { 'kms:GrantIsForAWSResource': 'false' } }],
    ['high', {}, { Bool: { 'kms:GrantIsForAWSResource': ['true', 'false'] } }],
    ['high', {}, { ArnLike: { 'kms:GranteePrincipal': [APP, `${APP.slice(0, -3)}*`] } }],
    [
      'high',
      {},
      { ArnLike: { 'kms:GranteePrincipal': [`arn:aws:iam::${OWN}:user/ana`, `arn:aws:iam::${OWN}:role/*`] } },
    ],
    ['high', {}, { StringNotEquals: { 'kms:GranteePrincipal': APP } }],
    ['medium', {}, { ArnLike: { 'kms:GranteePrincipal': 'arn:aws:iam::*:role/app' } }],
    ['medium', {}, forService],
    ['medium', {}, via('ec2.us-east-1.amazonaws.com')],
    ['medium', {}, { StringEquals: { 'kms:GranteePrincipal': APP } }],
    ['medium', { ...forService, ...via('ec2') }, forService],
    ['medium', { ...forService, ...via('ec2') }, { ...forService, ...via('rds') }],
  ])('%s: kms:CreateGrant under %j, then under %j', (expected, was, is) => {
    const before = was !== undefined && Object.keys(was).length === 0 ? [DELEGATION] : [DELEGATION, granting(was)];
    const graded = gradeRisk(compare(before, [DELEGATION, granting(is)]));
    expect(graded.risk).toBe(expected);
    expect(graded.riskReasons.includes(`${APP} can let anybody use the key, by grants.`)).toBe(expected === 'high');
  });

  it('a grant is for anybody if one of two statements says so', () => {
    const both = [
      granting(forService),
      allow({ AWS: APP }, 'kms:CreateGrant', { StringEquals: { 'aws:SourceVpc': 'vpc-1' } }),
    ];
    expect(gradeRisk(compare([DELEGATION], [DELEGATION, ...both])).riskReasons).toContain(
      `${APP} can let anybody use the key, by grants.`,
    );
  });

  it('names who is outside the account: other accounts, federated identities, every account of an organization', () => {
    const reasons = (...statements: object[]) =>
      gradeRisk(compare([DELEGATION], [DELEGATION, ...statements])).riskReasons;
    const provider = `arn:aws:iam::${OWN}:saml-provider/corp`;
    expect(reasons(allow({ Federated: provider }, 'kms:PutKeyPolicy'))[0]).toBe(
      `Federated:${provider} outside the account would have the right to change the policy or make grants.`,
    );
    const organizations = { StringEquals: { 'aws:PrincipalOrgID': ['o-aaaaaaaaaa', 'o-bbbbbbbbbb'] } };
    expect(reasons(allow('*', 'kms:Decrypt', organizations))).toContain(
      'Every account of organization o-aaaaaaaaaa and organization o-bbbbbbbbbb is let in.',
    );
  });

  it('gives a reason for everything above low', () => {
    const graded = gradeRisk(compare([DELEGATION], [DELEGATION, allow({ AWS: APP }, 'kms:*')]));
    expect(graded.riskReasons[0]).toBe(`${APP} can change the policy, and so take every right.`);
    expect(gradeRisk(compare([DELEGATION], [DELEGATION])).riskReasons).toEqual([]);
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => allow({ AWS: `${APP}-${name}` }, 'kms:Decrypt'));
    const reasons = (count: number) =>
      gradeRisk(compare([DELEGATION], [DELEGATION, ...many.slice(0, count)])).riskReasons;
    expect(reasons(3)).toEqual([`${APP}-a, ${APP}-b and ${APP}-c can use the key where that was not allowed.`]);
    expect(reasons(5)).toEqual([`${APP}-a, ${APP}-b, ${APP}-c and 2 more can use the key where that was not allowed.`]);
  });
});

describe('sentences and the picture', () => {
  it('go from the most dangerous to the least, each with its statement', () => {
    const { access } = compare(
      [DELEGATION, allow({ AWS: `${APP}-old` }, 'kms:Encrypt', undefined, { Sid: 'Old users' })],
      [
        DELEGATION,
        allow({ AWS: APP }, 'kms:DescribeKey', undefined, { Sid: 'Readers' }),
        allow({ AWS: 'arn:aws:iam::444455556666:role/etl' }, 'kms:Decrypt'),
        allow('*', 'kms:GetPublicKey'),
      ],
    );
    expect(access.summary).toEqual([
      'Public: anyone in any AWS account can use this key (statement 4).',
      'Gains: role etl of account 4444-5555-6666 (another account, new to this key) can decrypt data (statement 3).',
      'Gains: everyone in every AWS account can read about the key (statement 4).',
      'Gains: role app can read about the key (statement 2, "Readers").',
      'Loses: role app-old can no longer encrypt data directly; an IAM policy of this account may still allow it (statement 2, "Old users" of the policy before).',
      'Not seen here: grants that exist on the key; they keep working whatever this policy says.',
      expect.stringMatching(/^Not seen here: IAM policies/),
    ]);
  });
  it('count principals that read alike', () => {
    const roles = Array.from({ length: 9 }, (_, i) => `${APP}${i}`);
    const { access } = compare([DELEGATION], [DELEGATION, allow({ AWS: roles }, 'kms:Sign')]);
    expect(access.summary[0]).toBe(
      'Gains: role app0, role app1, role app2, role app3, role app4, role app5 and 3 more can sign or verify (statement 2).',
    );
  });
  it('shows at most 40 principals, those first whose access changes', () => {
    const roles = Array.from({ length: 45 }, (_, i) => `${APP}${i}`);
    const before = allow({ AWS: roles }, 'kms:Decrypt');
    const { matrix } = compare([before], [before, allow({ AWS: roles[44] }, 'kms:Encrypt')]);
    expect([...new Set(matrix.map(({ principal }) => principal))]).toEqual([roles[44], ...roles.slice(0, 39)]);
    expect([...new Set(matrix.map(({ verb }) => verb))]).toEqual(['decrypt', 'encrypt']);
  });
  it('shows a gain within a verb, and what only an IAM policy can give', () => {
    const { matrix } = compare(
      [DELEGATION, allow({ AWS: APP }, 'kms:DescribeKey')],
      [DELEGATION, allow({ AWS: APP }, ['kms:DescribeKey', 'kms:GetKeyPolicy'])],
    );
    const cell = (verb: string) => matrix.find((one) => one.principal === APP && one.verb === verb);
    expect(cell('read')).toMatchObject({ before: 'conditional', after: 'conditional', within: 'gains' });
    expect(cell('decrypt')).not.toHaveProperty('within');
    expect(cell('decrypt')).toMatchObject({ before: 'conditional', after: 'conditional' });
    const direct = compare(
      [allow({ AWS: APP }, 'kms:DescribeKey')],
      [allow({ AWS: APP }, ['kms:DescribeKey', 'kms:GetKeyPolicy'])],
    ).matrix;
    expect(direct.filter(({ principal }) => principal === APP)).toEqual([
      { principal: APP, verb: 'read', before: 'conditional', after: 'yes' },
    ]);
  });
});
