import { describe, expect, it, test } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { policyOf } from './arbitrary.ts';

/** At whom a difference is told: at the widest caller that it holds for, and at each narrower one for whom it is another. */
const OWN = '111122223333';
const KEY = `arn:aws:kms:us-east-1:${OWN}:key/x`;
const arn = (rest: string, account = OWN) => `arn:aws:iam::${account}:${rest}`;
const ROOT = arn('root');
const APP = arn('role/app');
const OTHER = arn('role/other');
const SESSION = `arn:aws:sts::${OWN}:assumed-role/app/run`;
const ABROAD = '444455556666';
const X = arn('role/x', ABROAD);

type Statement = Record<string, unknown>;
const allow = (principal: string | string[], condition?: object, Action: unknown = 'kms:Decrypt'): Statement => ({
  Effect: 'Allow',
  Principal: principal === '*' ? '*' : { AWS: principal },
  Action,
  Resource: '*',
  ...(condition && { Condition: condition }),
});
const deny = (...of: Parameters<typeof allow>): Statement => ({ ...allow(...of), Effect: 'Deny' });
const butFor = ({ Principal, ...rest }: Statement): Statement => ({ ...rest, NotPrincipal: Principal });
const via = (...services: string[]) => ({ StringEquals: { 'kms:ViaService': services } });
const notVia = (service: string) => ({ StringNotEquals: { 'kms:ViaService': [service] } });
const isArn = (id: string) => ({ ArnEquals: { 'aws:PrincipalArn': [id] } });

function told(before: Statement[], after: Statement[]): Record<'gains' | 'loses' | 'changed', unknown[]> {
  const document = (Statement: Statement[]) => policyOf({ Version: '2012-10-17', Statement });
  const { gains, loses, changed } = compareAccess(document(before), document(after), {
    accountId: OWN,
    arn: KEY,
  }).access;
  const brief = (entries: typeof gains) =>
    entries.map(({ principal, when, certainty, kind }) => [
      principal,
      ...(when ? [when] : []),
      ...(kind ? [kind] : []),
      ...(certainty ? [certainty] : []),
    ]);
  return { gains: brief(gains), loses: brief(loses), changed: brief(changed) };
}
const gained = (...after: Statement[]) => told([], after).gains;

describe('a narrower caller has an entry of its own', () => {
  it('when it is the session of another role than the one beside it', () => {
    expect(gained(allow([OTHER, SESSION]))).toEqual([[OTHER], [SESSION]]);
    expect(gained(allow([APP, SESSION]))).toEqual([[APP]]);
  });
  it('when it is a role, beside a service of that name', () => {
    const both = { ...allow(APP), Principal: { Service: APP, AWS: APP } };
    expect(gained(both)).toEqual([[APP], [`Service:${APP}`]]);
    const text = 'sns.amazonaws.com';
    expect(gained({ ...both, Principal: { Service: text, Federated: text } })).toEqual([
      [`Federated:${text}`],
      [`Service:${text}`],
    ]);
  });
  it('when it gains by the same statement by which all others lose', () => {
    expect(told([butFor(allow(APP))], [allow(APP)])).toEqual({ gains: [[APP]], loses: [['*']], changed: [] });
  });
  it('when it gains in more requests than all others by the same statement', () => {
    const two = { StringEquals: { 'kms:ViaService': 's3', 'kms:EncryptionContext:a': 'b' } };
    const unlessB = { StringNotEquals: { 'kms:EncryptionContext:a': ['b'] } };
    expect(told([butFor(allow(X, notVia('s3')))], [allow('*'), deny('*', two)]).gains).toEqual([
      ['*', unlessB],
      [X, unlessB],
      [X, notVia('s3')],
    ]);
  });
  it('when something else is replaced for it', () => {
    const before = [allow('*', via('s3')), allow(APP, via('ebs'))];
    expect(told(before, [allow('*', via('rds'))]).changed).toEqual([['*'], [APP]]);
    expect(told(before.slice(0, 1), [allow('*', via('rds'))]).changed).toEqual([['*']]);
  });
  it('when one of its statements is replaced and one stays', () => {
    const others = [deny('*', via('s3'), 'kms:Sign'), butFor(deny([ROOT, APP], undefined, 'kms:Verify'))];
    const stays = [...others, allow(ROOT, undefined, 'kms:Sign'), allow(APP, undefined, 'kms:Encrypt')];
    expect(told([...stays, allow(APP, via('s3'))], [...stays, allow(APP, via('rds'))]).changed).toEqual([[APP]]);
  });
  it('when it loses what everyone seems to gain, but only by its name', () => {
    const after = [allow('*', isArn(X)), deny(X)];
    expect(told([allow(X)], after).loses).toEqual([[X]]);
  });
  it('when its account gains what cannot be for it', () => {
    const before = [allow(ROOT, via('s3')), deny(APP)];
    const after = [allow(ROOT, via('s3')), allow(ROOT, isArn(OTHER))];
    expect(told(before, after).gains).toEqual([
      [ROOT, isArn(OTHER)],
      [APP, via('s3'), 'delegated'],
    ]);
  });
  it('but not when the statements of its account and for everyone give it the same', () => {
    const statements = [
      allow(arn('root', ABROAD), via('s3')),
      allow('*', via('rds')),
      deny(X, undefined, 'kms:Encrypt'),
    ];
    for (const some of [statements, statements.toReversed()]) {
      expect(gained(...some)).toEqual([
        ['*', via('rds')],
        [arn('root', ABROAD), via('rds', 's3')],
      ]);
    }
  });
});

describe('NotPrincipal in an Allow', () => {
  it('gives nothing to those whom it names, and that is certain', () => {
    expect(told([butFor(allow(APP)), allow(APP)], [butFor(allow(APP))]).loses).toEqual([[APP]]);
  });
});

describe('what everyone gains is certain only if somebody whom it can be gains it', () => {
  test.each<[boolean, object | undefined]>([
    [true, undefined],
    [true, { StringEquals: { 'kms:CallerAccount': [ABROAD] } }],
    [true, { Null: { 'kms:CallerAccount': ['false'] } }],
    [true, isArn(X)],
    [false, { StringLike: { 'kms:CallerAccount': ['prod-*'] } }],
    [false, { StringEquals: { 'kms:CallerAccount': [`x${ABROAD}`] } }],
    [false, { StringEquals: { 'kms:CallerAccount': [`${ABROAD}7`] } }],
    [false, { StringLike: { 'aws:PrincipalArn': ['team-*'] } }],
  ])('%s under %j', (certain, condition) => {
    expect(gained(allow('*', condition))).toEqual([
      ['*', ...(condition ? [condition] : []), ...(certain ? [] : ['may'])],
    ]);
  });
  it('and not if that one may have been allowed before', () => {
    const forApp = allow('*', isArn(APP));
    expect(told([forApp, butFor(deny(APP))], [forApp]).gains).toEqual([['*', isArn(APP), 'may']]);
  });
});

it('a statement may be about the key when one of its resources names it', () => {
  const on = (...Resource: string[]) => gained({ ...allow(APP), Resource });
  expect(on(`${KEY}2`, KEY)).toEqual([[APP, 'may']]);
  expect(on(KEY, `${KEY}2`)).toEqual([[APP, 'may']]);
  expect(on(`${KEY}2`)).toEqual([]);
});
