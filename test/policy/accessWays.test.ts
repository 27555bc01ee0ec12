import { describe, expect, it } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { policyOf } from './arbitrary.ts';

/** What several statements on one caller say together, each under its condition. */
const OWN = '111122223333';
const APP = `arn:aws:iam::${OWN}:role/app`;

const statement = (Effect: string, Condition?: object, Principal: unknown = { AWS: APP }) => ({
  Effect,
  Principal,
  Action: 'kms:Decrypt',
  Resource: '*',
  ...(Condition && { Condition }),
});
const allow = (condition?: object) => statement('Allow', condition);
const deny = (condition: object) => statement('Deny', condition);
const via = (...services: string[]) => ({ 'kms:ViaService': services });
const context = (...values: string[]) => ({ 'kms:EncryptionContext:a': values });

function compare(before: object[], after: object[]) {
  const document = (Statement: object[]) => policyOf({ Version: '2012-10-17', Statement });
  return compareAccess(document(before), document(after), { accountId: OWN }).access;
}
const told = (before: object[], after: object[]) => {
  const { gains, loses, changed } = compare(before, after);
  const brief = (entries: typeof gains) =>
    entries.map(({ when, certainty }) => ({ ...(when && { when }), ...(certainty && { certainty }) }));
  return { gains: brief(gains), loses: brief(loses), changed: brief(changed) };
};
const NOTHING = { gains: [], loses: [], changed: [] };
const gained = (...after: object[]) => told([], after).gains;

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
  it.each<[number, number, object[]]>([
    [16, 16, [{ when: expect.anything() }]],
    [17, 16, [{ certainty: 'may' }]],
    [2, 17, [{ when: expect.anything() }, { when: expect.anything() }]],
  ])('but %s ways of %s tests only up to 16 of each', (ways, tests, entries) => {
    const keys = Array.from({ length: tests - 1 }, (_, i) => [`kms:EncryptionContext:k${i}`, ['x']]);
    const under = (service: string) => allow({ StringEquals: { ...Object.fromEntries(keys), ...via(service) } });
    expect(gained(...Array.from({ length: ways }, (_, i) => under(`s${i}`)))).toEqual(entries);
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

describe('a gain is certain', () => {
  const everything = [allow()];
  it.each([
    ['a Bool', { BoolIfExists: { 'aws:SecureTransport': 'true' } }],
    ['a number', { NumericLessThanIfExists: { 'aws:MultiFactorAuthAge': '60' } }],
    ['a date', { DateLessThanIfExists: { 'aws:TokenIssueTime': '2026-01-01T00:00:00Z' } }],
    ['an address', { IpAddressIfExists: { 'aws:SourceIp': '203.0.113.0/24' } }],
    ['a text', { StringEqualsIfExists: via('s3') }],
    ['a binary', { BinaryEqualsIfExists: context('QmluYXJ5') }],
  ])('of requests that %s kept out', (_, condition) => {
    expect(told([allow(condition)], everything).gains).toEqual([{}]);
  });
  it('under tests on three keys', () => {
    const three = { StringEquals: { ...context('b'), 'kms:EncryptionContext:b': ['c'], ...via('s3') } };
    expect(gained(allow(three))).toEqual([{ when: three }]);
  });
  it('by a Deny of three tests that goes', () => {
    const three = { StringEquals: { ...context('b'), 'kms:EncryptionContext:b': ['c'], ...via('s3') } };
    expect(told([allow(), deny(three)], [allow()]).gains).toEqual([{}]);
  });
  it('by two Denies of two tests each that go', () => {
    const [first, second] = [
      { StringEquals: { ...via('s3'), ...context('b') } },
      { StringEquals: { ...via('rds'), ...context('c') } },
    ];
    expect(told([allow(), deny(first), deny(second)], everything).gains).toEqual([{}]);
  });
  it('by a Deny that goes of which two tests on one key hold together', () => {
    const four = {
      StringEquals: { ...via('s3', 'rds'), ...context('b'), 'kms:EncryptionContext:b': ['c'] },
      StringNotEquals: via('rds', 'ebs'),
    };
    expect(told([allow(), deny(four)], everything).gains).toEqual([{}]);
  });
  describe('under lists of values of which each stands in other statements too', () => {
    const keys = ['a', 'b', 'c'].map((name) => `kms:EncryptionContext:${name}`);
    const lists = allow({ StringEquals: Object.fromEntries(keys.map((key) => [key, ['x', 'y']])) });
    const single = (key: string, value: string) => allow({ StringEquals: { [key]: [value], ...via('s3') } });

    it('that come', () => {
      const others = keys.flatMap((key) => [single(key, 'x'), single(key, 'y')]);
      expect(told(others, [...others, lists]).gains).toHaveLength(1);
      expect(told(others, [...others, lists]).gains).not.toMatchObject([{ certainty: 'may' }]);
    });
    it('by a Deny of three tests that goes', () => {
      const three = { StringEquals: { 'aws:SourceVpc': ['v'], 'aws:SourceVpce': ['w'], 'aws:SourceAccount': ['z'] } };
      const allows = [lists, single(keys[0] ?? '', 'x'), single(keys[0] ?? '', 'y')];
      expect(told([...allows, deny(three)], allows).gains).not.toMatchObject([{ certainty: 'may' }]);
    });
  });
  it.each([
    ['numbers', 'kms:RotationPeriodInDays', { NumericLessThan: '5' }, { NumericGreaterThanEquals: '5' }],
    ['times', 'aws:CurrentTime', { DateLessThan: '2026-01-01' }, { DateGreaterThanEquals: '2026-01-01' }],
    ['addresses', 'aws:SourceIp', { IpAddress: '0.0.0.0/0' }, { IpAddress: '::/0' }],
  ])('not of %s where two statements left no other value of the key', (_, key, ...operators) => {
    const both = operators.map((operator) =>
      allow(Object.fromEntries(Object.entries(operator).map(([name, value]) => [name, { [key]: value }]))),
    );
    const there = { Null: { [key]: ['false'] } };
    expect(told(both, [allow(there)]).gains).toEqual([{ when: there, certainty: 'may' }]);
  });
  it('not beside a Deny that cannot be read, nor by its going', () => {
    const unread = deny({ StringEquel: context('b'), StringEquals: via('s3') });
    expect(gained(allow({ StringEquals: via('s3') }), unread)).toMatchObject([{ certainty: 'may' }]);
    expect(told([allow(), unread], everything).gains).toMatchObject([{ certainty: 'may' }]);
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

describe('Denies of two tests', () => {
  const denies = (count: number) =>
    Array.from({ length: count }, (_, i) => deny({ StringEquals: { ...via(`s${i}`), ...context(`${i}`) } }));

  it('stand in the conditions of what is told, but not where there are more than six', () => {
    expect(gained(allow(), ...denies(6))).toHaveLength(4);
    expect(gained(allow(), ...denies(7))).toEqual([{}]);
  });
});

it('is one sentence for two actions under the same tests, of which one Deny gives one', () => {
  const of = (Action: string, one: object) => ({ ...one, Action });
  const { summary } = compare(
    [],
    [
      of('kms:Encrypt', allow({ StringEquals: { ...via('s3'), ...context('b') } })),
      of('kms:Decrypt', allow({ StringEquals: context('b') })),
      of('kms:Decrypt', deny({ StringNotEquals: via('s3') })),
    ],
  );
  expect(summary.join()).toContain(
    'can decrypt data and encrypt data only when kms:EncryptionContext:a is b and kms:ViaService is s3',
  );
});

describe('what is too much to compare', () => {
  const list = (length: number, from = 0) => Array.from({ length }, (_, i) => `s${i + from}.*`);
  const like = (...patterns: string[]) => allow({ StringLike: { 'kms:ViaService': patterns } });
  const said = (before: object[], after: object[]) => ({
    ...told(before, after),
    too: /too many/.test(compare(before, after).summary.join()),
  });

  it('is told as what may be', () => {
    expect(said([like(...list(100))], [like(...list(101))])).toMatchObject({
      gains: [{}],
      loses: [],
      changed: [],
      too: false,
    });
    expect(said([like(...list(400))], [like(...list(401))])).toEqual({
      gains: [],
      loses: [],
      changed: [{ certainty: 'may' }],
      too: true,
    });
  });
  it('for one action leaves what is gained of the next as what may be', () => {
    const encrypt = { ...allow({ StringEquals: via('s3') }), Action: 'kms:Encrypt' };
    const { gains } = compare([like(...list(400))], [like(...list(401)), encrypt]);
    expect(gains).toMatchObject([{ actions: ['kms:Encrypt'], when: { StringEquals: via('s3') }, certainty: 'may' }]);
  });
  it('is not a long list of which another pattern on the key takes a part', () => {
    const without = { StringNotLike: { 'kms:ViaService': list(400) } };
    expect(said([], [allow({ ...without, StringLike: { 'kms:ViaService': ['rds.*'] } })])).toMatchObject({
      too: false,
    });
    expect(said([], [allow({ ...without, StringLike: { 'kms:ViaService': list(400, 400) } })])).toMatchObject({
      too: true,
    });
  });
});
