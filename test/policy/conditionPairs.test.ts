import { describe, expect, it, test } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { policyOf } from './arbitrary.ts';

type Block = Record<string, Record<string, unknown>>;

const compare = (before: Block[], after: Block[]) => {
  const document = (blocks: Block[]) =>
    policyOf({
      Version: '2012-10-17',
      Statement: blocks.map((Condition) => ({
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:role/app' },
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition,
      })),
    });
  return compareAccess(document(before), document(after), { accountId: '111122223333' }).access;
};
const on =
  (key: string) =>
  (operator: string, value: unknown): Block => ({ [operator]: { [key]: value } });
const text = on('kms:ViaService');
const many = on('kms:EncryptionContextKeys');
const number = on('kms:RotationPeriodInDays');
const date = on('aws:CurrentTime');
const ip = on('aws:SourceIp');
const arn = on('aws:SourceArn');
const bool = on('kms:GrantIsForAWSResource');

// IAM User Guide, "Condition operators" and "Multivalued context keys": which requests an operator takes.
describe('a narrower condition, and a wider one', () => {
  test.each<[Block, Block]>([
    [text('StringEquals', 'a'), text('StringEquals', ['b', 'a'])],
    [text('StringEquals', 'ab'), text('StringLike', 'a*')],
    [text('StringLike', 'a*c'), text('StringLike', 'a*')],
    [text('StringLike', 'a?'), text('StringLike', 'a*')],
    [text('StringLike', 'x?z'), text('StringLike', '???')],
    [text('StringEquals', 'Ab'), text('StringEqualsIgnoreCase', 'aB')],
    [text('StringNotEquals', ['a', 'b']), text('StringNotEquals', 'a')],
    [text('StringNotLike', 'a*'), text('StringNotEquals', 'ab')],
    [text('StringEquals', 'b'), text('StringNotEquals', 'a')],
    [text('StringEquals', 'b'), text('StringNotLike', 'a*')],
    [text('StringLike', 'b*'), text('StringNotLike', 'a*')],
    [text('StringEquals', 'a'), text('StringEqualsIfExists', 'a')],
    [text('Null', 'true'), text('StringEqualsIfExists', 'a')],
    [text('Null', 'true'), text('StringNotEquals', 'a')],
    [text('StringEquals', 'a'), text('Null', 'false')],
    [text('StringEquals', 'a'), text('StringLike', '*')],
    [bool('Bool', 'true'), bool('Null', 'false')],
    [bool('Bool', 'true'), bool('BoolIfExists', 'true')],
    [number('NumericLessThan', '5'), number('NumericLessThanEquals', '5')],
    [number('NumericLessThan', '5'), number('NumericLessThan', '6')],
    [number('NumericGreaterThan', '5'), number('NumericGreaterThanEquals', '5')],
    [number('NumericGreaterThan', '6'), number('NumericGreaterThan', '5')],
    [number('NumericEquals', '5'), number('NumericLessThanEquals', '5.0')],
    [number('NumericEquals', '-5'), number('NumericLessThan', '0')],
    [number('NumericEquals', '6'), number('NumericNotEquals', '5')],
    [number('NumericLessThan', '5'), number('NumericNotEquals', '5')],
    [date('DateLessThan', '2026-01-01T00:00:00Z'), date('DateLessThanEquals', '2026-01-01T00:00:00Z')],
    [date('DateGreaterThan', '2026-01-01'), date('DateGreaterThan', '2025')],
    [date('DateEquals', '2026-01-01T00:00:00Z'), date('DateLessThanEquals', '1767225600')],
    [ip('IpAddress', '203.0.113.0/25'), ip('IpAddress', '203.0.113.0/24')],
    [ip('IpAddress', '203.0.113.7'), ip('IpAddress', '203.0.113.0/29')],
    [ip('IpAddress', '2001:db8:1::/48'), ip('IpAddress', '2001:db8::/32')],
    [ip('IpAddress', '203.0.113.7'), ip('IpAddress', '0.0.0.0/0')],
    [ip('NotIpAddress', '203.0.113.0/24'), ip('NotIpAddress', '203.0.113.0/25')],
    [ip('IpAddress', '198.51.100.0/24'), ip('NotIpAddress', '203.0.113.0/24')],
    [arn('ArnLike', 'arn:aws:s3:::b*'), arn('ArnLike', 'arn:aws:s3:::*')],
    [arn('ArnEquals', 'arn:aws:s3:::b'), arn('ArnLike', 'arn:*:s3:::b')],
    [arn('ArnLike', 'arn:aws:s*:::*'), arn('StringLike', 'a*')],
    [many('ForAnyValue:StringEquals', 'a'), many('ForAnyValue:StringEquals', ['a', 'b'])],
    [many('ForAllValues:StringEquals', 'a'), many('ForAllValues:StringEquals', ['a', 'b'])],
    [many('ForAllValues:StringLike', 'ab*'), many('ForAllValues:StringLike', 'a*')],
  ])('%o, %o', (narrow, wide) => {
    const widened = compare([narrow], [wide]);
    expect(widened.gains).toHaveLength(1);
    expect(widened.gains[0]).not.toHaveProperty('certainty');
    expect([widened.loses, widened.changed]).toEqual([[], []]);
    const narrowed = compare([wide], [narrow]);
    expect(narrowed.loses).toHaveLength(1);
    expect(narrowed.loses[0]).not.toHaveProperty('certainty');
    expect([narrowed.gains, narrowed.changed]).toEqual([[], []]);
  });
});

describe('two conditions that say the same', () => {
  test.each<[Block, Block]>([
    [text('StringNotEquals', 'a'), text('StringNotEqualsIfExists', 'a')],
    [text('StringLike', 'a**b'), text('StringLike', 'a*b')],
    [text('StringEqualsIgnoreCase', 'Ab'), text('StringEqualsIgnoreCase', 'aB')],
    [number('NumericEquals', '5'), number('NumericEquals', '+5.00')],
    [ip('IpAddress', '2001:db8:0:0:0:0:0:1'), ip('IpAddress', '2001:DB8::1/128')],
    [ip('IpAddress', '203.0.113.77/24'), ip('IpAddress', '203.0.113.0/24')],
    [date('DateEquals', '2026-01-01T01:00:00+01:00'), date('DateEquals', '2026-01-01T00:00:00.000Z')],
    [bool('Bool', ['true', 'false']), bool('Null', 'false')],
  ])('%o, %o', (a, b) => {
    const { gains, loses, changed } = compare([a], [b]);
    expect([gains, loses, changed]).toEqual([[], [], []]);
  });
});

describe('two conditions of which neither holds the other', () => {
  test.each<[Block, Block]>([
    [text('StringLike', 'ab*'), text('StringLike', 'a*b')],
    [text('StringEquals', 'a'), text('StringNotEquals', 'a')],
    [text('StringEquals', 'a'), text('StringEquals', '*')],
    [text('Null', 'true'), text('Null', 'false')],
    [bool('Bool', 'true'), bool('Bool', 'false')],
    [number('NumericLessThan', '5'), number('NumericGreaterThan', '3')],
    [number('NumericLessThan', '5'), number('NumericGreaterThanEquals', '5')],
    [number('NumericEquals', '5'), number('NumericLessThan', '5')],
    [number('NumericEquals', '5'), number('NumericGreaterThan', '5')],
    [ip('IpAddress', '203.0.113.0/24'), ip('IpAddress', '198.51.100.0/24')],
    [ip('IpAddress', '203.0.113.7'), ip('IpAddress', '2001:db8::1')],
    [ip('IpAddress', '203.0.113.7'), ip('IpAddress', '::/0')],
    [arn('ArnLike', 'arn:aws:s3:::b*'), arn('ArnLike', 'arn:aws:s3:::c*')],
    [many('ForAnyValue:StringEquals', 'a'), many('ForAnyValue:StringEquals', 'b')],
  ])('%o, %o', (a, b) => {
    const { gains, loses, changed } = compare([a], [b]);
    expect([gains.length, loses.length, changed.length]).toEqual([0, 0, 1]);
  });
});

describe('what two statements give together is told as one', () => {
  const both = (one: Block, two: Block): Block => ({ ...one, ...two });
  const dept = (value: string): Block => ({ StringEqualsIgnoreCase: { 'kms:EncryptionContext:Dept': value } });
  const whens = (blocks: Block[]) => compare([], blocks).gains.map(({ when }) => when);
  test.each<[string, Block[], unknown[]]>([
    [
      'two values of one key',
      [text('StringEquals', 's3'), text('StringEquals', 'rds')],
      [text('StringEquals', ['rds', 's3'])],
    ],
    [
      'three values, of which two stood together',
      [text('StringEquals', ['s3', 'x']), text('StringEquals', 'rds'), text('StringEquals', 'x')],
      [text('StringEquals', ['rds', 's3', 'x'])],
    ],
    [
      'values between those of another',
      [text('StringEquals', ['a', 'z']), text('StringEquals', 'm')],
      [text('StringEquals', ['a', 'm', 'z'])],
    ],
    [
      'two values beside an equal test',
      [both(text('StringEquals', 's3'), dept('hr')), both(text('StringEquals', 'rds'), dept('hr'))],
      [both(text('StringEquals', ['rds', 's3']), { StringEqualsIgnoreCase: { 'kms:EncryptionContext:Dept': ['hr'] } })],
    ],
    [
      'any of several values',
      [many('ForAnyValue:StringEquals', 'a'), many('ForAnyValue:StringEquals', 'b')],
      [many('ForAnyValue:StringEquals', ['a', 'b'])],
    ],
    [
      'values that need not be there',
      [text('StringEqualsIfExists', 's3'), text('StringEqualsIfExists', 'rds')],
      [text('StringEqualsIfExists', ['rds', 's3'])],
    ],
  ])('%s', (_, blocks, expected) => expect(whens(blocks)).toEqual(expected));
  test.each<[string, Block[]]>([
    [
      'beside another test',
      [both(text('StringEquals', 's3'), dept('hr')), both(text('StringEquals', 'rds'), dept('it'))],
    ],
    ['with a test more', [both(text('StringEquals', 's3'), dept('hr')), text('StringEquals', 'rds')]],
    ['of two operators', [text('StringEquals', 's3'), text('StringLike', 'r*')]],
    ['of all values', [many('ForAllValues:StringEquals', 'a'), many('ForAllValues:StringEquals', 'b')]],
    ['of which one need not be there', [text('StringEqualsIfExists', 's3'), text('StringEquals', 'rds')]],
    ['that are ruled out', [text('StringNotEquals', 's3'), dept('hr')]],
  ])('but not two values %s', (_, blocks) => expect(whens(blocks)).toHaveLength(2));
});

describe('a Deny in what is told', () => {
  const told = (Condition: Block) => {
    const statement = {
      Principal: { AWS: 'arn:aws:iam::111122223333:role/app' },
      Action: 'kms:Decrypt',
      Resource: '*',
    };
    const Statement = [
      { ...statement, Effect: 'Allow' },
      { ...statement, Effect: 'Deny', Condition },
    ];
    const before = policyOf({ Version: '2012-10-17', Statement: [] });
    const { gains } = compareAccess(before, policyOf({ Version: '2012-10-17', Statement }), {
      accountId: '111122223333',
    }).access;
    return gains.map(({ when }) => when);
  };
  it('is the other side of its condition', () =>
    expect(told(bool('Bool', 'false'))).toEqual([bool('BoolIfExists', ['true'])]));
  it('is no condition when it takes nothing', () => expect(told(text('StringEquals', []))).toEqual([undefined]));
  // No operator holds for exactly the other values: the block must not say the opposite.
  test.each([
    on('aws:RequestTag/a')('BinaryEquals', 'YQ=='),
    bool('Bool', 'x'),
    bool('Bool', ['false', 'x']),
    text('StringEquel', 'a'),
  ])('%o is not said in a block', (condition) => expect(told(condition)).toEqual([undefined]));
});
