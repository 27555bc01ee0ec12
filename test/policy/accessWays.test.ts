import { describe, expect, it } from 'vitest';
import { allow, compare, context, deny, gained, NOTHING, statement, told, via } from './oneRole.ts';

/** What several statements on one caller say together, each under its condition. */
describe('nothing changes', () => {
  it('where a Deny of two tests gives way to two Allows that say the same', () => {
    const closed = [allow(), deny({ StringEquals: { ...via('s3'), ...context('b') } })];
    const open = [allow({ StringNotEquals: via('s3') }), allow({ StringNotEquals: context('b') })];
    expect(told(closed, open)).toEqual(NOTHING);
    expect(told(open, closed)).toEqual(NOTHING);
  });
  it('by an Allow whose condition lists no value', () => {
    expect(told([], [allow({ StringEquals: via() })])).toEqual(NOTHING);
    expect(told([], [allow({ StringEquals: { ...via(), ...context('b') } })])).toEqual(NOTHING);
  });
  it('by an Allow for requests of which each value is one and any value another', () => {
    const each = { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a'] } };
    const any = { 'ForAnyValue:StringNotEquals': { 'kms:EncryptionContextKeys': ['a'] } };
    expect(told([], [allow({ ...each, ...any })])).toEqual(NOTHING);
  });
  it('by an Allow of two values that two Denies take one by one', () => {
    const denies = [deny({ StringEquals: via('s3') }), deny({ StringEquals: via('rds') })];
    expect(told(denies, [...denies, allow({ StringEquals: via('s3', 'rds') })])).toEqual(NOTHING);
  });
  it('where one Allow of whoever has the key stands for two of both its values', () => {
    const bool = (value: string) => allow({ Bool: { 'kms:GrantIsForAWSResource': value } });
    const there = allow({ Null: { 'kms:GrantIsForAWSResource': 'false' } });
    expect(told([bool('true'), bool('false')], [there])).toEqual(NOTHING);
  });
  it('by an Allow that a Deny with the same two tests takes back', () => {
    const both = { StringEquals: { ...via('s3'), ...context('b') } };
    expect(told([deny(both)], [deny(both), allow(both)])).toEqual(NOTHING);
  });
});

describe('a way is told', () => {
  const wide = allow({ StringEquals: via('s3') });
  const narrow = allow({ StringEquals: { ...via('s3'), ...context('b') } });

  it.each([
    ['before it', [narrow, wide]],
    ['after it', [wide, narrow]],
  ])('without a narrower one that stands %s', (_, statements) => {
    expect(gained(...statements)).toEqual([{ when: { StringEquals: via('s3') } }]);
  });
  it('once where two patterns say the same', () => {
    const patterns = ['b*', 'b**'].map((name) => ({ ArnLike: { 'aws:SourceArn': [`arn:aws:s3:::${name}`] } }));
    expect(gained(...patterns.map(allow))).toEqual([{ when: patterns[0] }]);
  });
  it('without the values that a Deny takes', () => {
    expect(gained(allow({ StringEquals: via('s3', 'rds') }), deny({ StringEquals: via('s3') }))).toEqual([
      { when: { StringEquals: via('rds'), StringNotEquals: via('s3') } },
    ]);
  });
  it('as that of requests without the key, where Denies take all its values', () => {
    const denies = [deny({ StringEquals: via('s3') }), deny({ StringEquals: via('rds') })];
    expect(gained(allow({ StringEqualsIfExists: via('rds', 's3') }), ...denies)).toEqual([
      { when: { Null: { 'kms:ViaService': ['true'] }, StringNotEquals: via('rds', 's3') } },
    ]);
  });
});

describe('what came to a list of values is told alone', () => {
  it('beside another test', () => {
    const under = (...services: string[]) => allow({ StringEquals: { ...via(...services), ...context('b') } });
    expect(told([under('s3')], [under('s3', 'rds')]).gains).toEqual([
      { when: { StringEquals: { ...via('rds'), ...context('b') } } },
    ]);
  });
  it('also where an earlier test lists values that all stood there', () => {
    const under = (...services: string[]) => allow({ StringEquals: { ...via(...services), ...context('b', 'c') } });
    expect(told([under('s3')], [under('s3', 'rds')]).gains).toEqual([
      { when: { StringEquals: { ...via('rds'), ...context('b', 'c') } } },
    ]);
  });
  it('up to a list of 64', () => {
    const services = Array.from({ length: 65 }, (_, i) => `s${i}`).sort();
    const came = (list: string[]) =>
      told([allow({ StringEquals: via(...list.slice(1)) })], [allow({ StringEquals: via(...list) })]).gains;
    expect(came(services.slice(1))).toEqual([{ when: { StringEquals: via('s1') } }]);
    expect(came(services)).toEqual([{ when: { StringEquals: via(...services) } }]);
  });
  it('but not where each value of the request must be in the list', () => {
    const all = (...keys: string[]) => ({ 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': keys } });
    expect(told([allow(all('a'))], [allow(all('a', 'b'))]).gains).toEqual([{ when: all('a', 'b') }]);
  });
  it('and nothing where each value stood in a statement of its own', () => {
    const services = Array.from({ length: 12 }, (_, i) => `s${i}`);
    const apart = services.map((service) => allow({ StringEquals: via(service) }));
    expect(told(apart, [allow({ StringEquals: via(...services) })])).toEqual(NOTHING);
  });
});

describe('of several ways', () => {
  const tagged = allow({ StringEquals: { 'aws:PrincipalTag/team': ['a'] } });
  const other = allow({ StringEquals: via('rds') });

  it('only those are told that were not there', () => {
    const before = allow({ StringEquals: via('s3') });
    expect(told([before], [before, other]).gains).toEqual([{ when: { StringEquals: via('rds') } }]);
  });
  it('those are told as one that differ in the values of one test', () => {
    const [s3, rds] = ['s3', 'rds'].map((service) => allow({ StringEquals: via(service) })) as [object, object];
    const third = allow({ StringEquals: context('b') });
    expect(gained(s3, third, rds)).toEqual([
      { when: { StringEquals: context('b') } },
      { when: { StringEquals: via('rds', 's3') } },
    ]);
    expect(compare([], [s3, rds]).summary.join()).toContain(
      'can decrypt data only when kms:ViaService is rds or s3 (statement 1; statement 2).',
    );
  });
  it('and these again with others that differ in another test', () => {
    const under = (services: string[], ...values: string[]) =>
      allow({ StringEquals: { ...via(...services), ...context(...values) } });
    expect(gained(under(['s3'], 'b'), under(['rds'], 'b'), under(['rds', 's3'], 'c'))).toEqual([
      { when: { StringEquals: { ...via('rds', 's3'), ...context('b', 'c') } } },
    ]);
  });
  it('but only up to 16 ways of 16 tests', () => {
    const under = (tests: number, service: string) => {
      const keys = Array.from({ length: tests - 1 }, (_, i) => [`kms:EncryptionContext:k${i}`, ['x']]);
      return allow({ StringEquals: { ...Object.fromEntries(keys), ...via(service) } });
    };
    const ways = (count: number, tests: number) => Array.from({ length: count }, (_, i) => under(tests, `s${i}`));
    expect(gained(...ways(16, 16))).toEqual([{ when: expect.anything() }]);
    expect(gained(...ways(17, 16))).toEqual([{ certainty: 'may' }]);
    expect(gained(...ways(2, 17))).toHaveLength(2);
    expect(gained(...ways(2, 17), allow({ StringEquals: via('rds') }))).toHaveLength(3);
  });
  it.each([
    ['each value must be allowed', 'ForAllValues:StringEquals', 'ForAllValues:StringEquals'],
    ['any value or the only one must be', 'ForAnyValue:StringEquals', 'StringEquals'],
    ['none may be', 'StringNotEquals', 'StringNotEquals'],
  ])('those stay apart in which %s', (_, first, second) => {
    const blocks = [
      { [first]: { 'kms:EncryptionContextKeys': ['a'] } },
      { [second]: { 'kms:EncryptionContextKeys': ['b'] } },
    ];
    expect(gained(...blocks.map(allow)).map(({ when }) => when)).toEqual(blocks);
  });
  it('each must be certain for the gain to be so', () => {
    expect(gained(tagged, other)).toEqual([
      { when: { StringEquals: { 'aws:PrincipalTag/team': ['a'] } }, certainty: 'may' },
      { when: { StringEquals: via('rds') }, certainty: 'may' },
    ]);
  });
  it('each must be certain for the loss to be so', () => {
    expect(told([tagged, other], []).loses.map(({ certainty }) => certainty)).toEqual(['may', 'may']);
  });
  it('more than eight are not told one by one, and are no longer certain', () => {
    const under = (letters: string) =>
      [...letters].map((letter) => allow({ StringEquals: { [`kms:EncryptionContext:${letter}`]: ['x'] } }));
    expect(gained(...under('abcdefgh'))).toEqual(
      [...'abcdefgh'].map((letter) => ({ when: { StringEquals: { [`kms:EncryptionContext:${letter}`]: ['x'] } } })),
    );
    expect(gained(...under('abcdefghi'))).toEqual([{ certainty: 'may' }]);
  });
  it('one is enough for a change to be certain', () => {
    const both = allow({ StringEquals: { 'aws:PrincipalTag/team': ['a'], ...via('ebs') } });
    expect(told([allow({ StringEquals: via('s3') })], [both, other]).changed).toEqual([{}]);
  });
});

describe('a Deny of many tests', () => {
  const keys = Object.fromEntries([...'abcdef'].map((name) => [`kms:EncryptionContext:${name}`, ['x']]));
  const many = deny({ StringEquals: { ...keys, ...via('s3') } });
  const onS3 = allow({ StringEquals: via('s3') });
  const onRds = allow({ StringEquals: via('rds') });

  it('lets others gain by its going and lose by its coming', () => {
    expect(gained(allow(), many)).toEqual([{}]);
    expect(told([allow(), many], [allow()])).toEqual({ ...NOTHING, gains: [{}] });
    expect(told([onS3], [onS3, many])).toEqual({ ...NOTHING, loses: [{ when: { StringEquals: via('s3') } }] });
  });
  it.each([
    ['an Allow is written as two', [allow(), many], [onS3, allow({ StringNotEquals: via('s3') }), many]],
    ['what it takes is allowed', [many], [many, allow({ StringEquals: { ...keys, ...via('s3') } })]],
    ['it comes where it takes nothing', [onRds], [onRds, many]],
    ['it says one thing more', [onRds, many], [onRds, many, deny({ StringEquals: { ...keys, ...via('ebs') } })]],
  ])('changes nothing where %s', (_, before, after) => {
    expect(told(before, after)).toEqual(NOTHING);
    expect(told(after, before)).toEqual(NOTHING);
  });
  it('keeps from being public what it takes back whole', () => {
    const all = { StringEquals: { ...keys, ...via('s3') } };
    expect(compare([], [statement('Allow', all, '*'), statement('Deny', all, '*')]).public).toBe(false);
  });
});

it('takes the ARN of one account as no proof for another', () => {
  const [first, second] = ['444455556666', '777788889999'].map((account) => `arn:aws:iam::${account}:root`);
  const arns = { ArnLike: { 'aws:PrincipalArn': ['arn:aws:iam::444455556666:role/x', 'arn:aws:iam::*:role/y'] } };
  for (const accounts of [
    [first, second],
    [second, first],
  ]) {
    const { gains } = compare([], [statement('Allow', arns, { AWS: accounts })]);
    expect(gains.map(({ principal, certainty }) => [principal, certainty])).toEqual([
      [first, undefined],
      [second, 'may'],
    ]);
  }
});

it('is not public where a Deny with the same two tests takes back what everyone is allowed', () => {
  const both = { StringEquals: { ...via('s3'), ...context('b') } };
  const everyone = [statement('Allow', both, '*'), statement('Deny', both, '*')];
  expect(compare([], everyone).public).toBe(false);
  expect(compare([], everyone.slice(0, 1)).public).toBe(true);
});
