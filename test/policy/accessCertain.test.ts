import { describe, expect, it } from 'vitest';
import { allow, compare, context, deny, gained, OWN, statement, told, via } from './oneRole.ts';

/** What is certain of a difference, and where it is told as what may be. */
describe('what an account is given under the ARN of a principal', () => {
  const [own, other] = [`arn:aws:iam::${OWN}:role/x`, 'arn:aws:iam::444455556666:role/x'];
  it.each<[number, string, object]>([
    [1, 'of its own', { ArnEquals: { 'aws:PrincipalArn': own } }],
    [0, 'of another account', { ArnEquals: { 'aws:PrincipalArn': other } }],
    [0, 'of another account, in capitals', { StringEqualsIgnoreCase: { 'aws:PrincipalArn': other.toUpperCase() } }],
    [1, 'of either', { ArnEquals: { 'aws:PrincipalArn': [own, other] } }],
    [1, 'of any account', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' } }],
    [1, 'of any but another account', { ArnNotEquals: { 'aws:PrincipalArn': other } }],
    [1, 'of another account, if there is one', { ArnEqualsIfExists: { 'aws:PrincipalArn': other } }],
    [1, 'that a variable makes', { ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::$' + '{aws:userid}:role/x' } }],
    [1, 'of a source in another account', { ArnEquals: { 'aws:SourceArn': other } }],
  ])('is a gain %s times where it is that %s', (count, _, condition) => {
    const root = { AWS: `arn:aws:iam::${OWN}:root` };
    expect(compare([], [statement('Allow', condition, root)]).gains).toHaveLength(count);
  });
});

it('loses an action that a Deny takes whole, beside another that stays under the condition', () => {
  const both = { ...allow({ StringEquals: via('s3') }), Action: ['kms:Decrypt', 'kms:Encrypt'] };
  const { gains, loses } = compare([both], [both, statement('Deny')]);
  expect(gains).toEqual([]);
  expect(loses).toMatchObject([{ actions: ['kms:Decrypt'], when: { StringEquals: via('s3') } }]);
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
      expect(told(others, [...others, lists]).gains.map(({ certainty }) => certainty)).toEqual([undefined]);
    });
    it('by a Deny of three tests that goes', () => {
      const three = { StringEquals: { 'aws:SourceVpc': ['v'], 'aws:SourceVpce': ['w'], 'aws:SourceAccount': ['z'] } };
      const allows = [lists, single(keys[0] ?? '', 'x'), single(keys[0] ?? '', 'y')];
      const { gains } = told([...allows, deny(three)], allows);
      expect(gains.map(({ certainty }) => certainty)).toEqual([undefined, undefined]);
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
    const sign = { ...allow({ StringEquals: via('s3') }), Action: 'kms:Sign' };
    const { gains, changed } = compare([like(...list(400)), sign], [like(...list(401)), encrypt, sign]);
    expect(changed).toMatchObject([{ actions: ['kms:Decrypt'] }]);
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
