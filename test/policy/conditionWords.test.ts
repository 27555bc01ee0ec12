import { describe, expect, it, test } from 'vitest';
import { conditionWords, shown } from '../../lib/policy/condition/conditionWords.ts';
import { tiesDown } from '../../lib/policy/condition/confining.ts';

describe('a condition in words', () => {
  test.each([
    ['StringEquals', 'is'],
    ['StringNotEquals', 'is not'],
    ['StringEqualsIgnoreCase', 'is, in any case,'],
    ['StringNotEqualsIgnoreCase', 'is not, in any case,'],
    ['StringLike', 'is like'],
    ['StringNotLike', 'is not like'],
    ['ArnEquals', 'is like'],
    ['ArnNotEquals', 'is not like'],
    ['ArnLike', 'is like'],
    ['ArnNotLike', 'is not like'],
    ['NumericEquals', 'is'],
    ['NumericNotEquals', 'is not'],
    ['NumericLessThan', 'is under'],
    ['NumericLessThanEquals', 'is at most'],
    ['NumericGreaterThan', 'is over'],
    ['NumericGreaterThanEquals', 'is at least'],
    ['DateEquals', 'is'],
    ['DateNotEquals', 'is not'],
    ['DateLessThan', 'is before'],
    ['DateLessThanEquals', 'is at the latest'],
    ['DateGreaterThan', 'is after'],
    ['DateGreaterThanEquals', 'is at the earliest'],
    ['Bool', 'is'],
    ['BinaryEquals', 'is'],
    ['IpAddress', 'is in'],
    ['NotIpAddress', 'is not in'],
    ['StringEquel', 'StringEquel'],
  ])('%s: %s', (operator, words) => expect(conditionWords({ [operator]: { 'a:b': ['x'] } })).toBe(`a:b ${words} x`));

  test.each<[string, string, string[]]>([
    ['a:b is x or y', 'StringEquals', ['x', 'y']],
    ['a:b is 1, 2, 3, 4, 5 or 6', 'StringEquals', ['1', '2', '3', '4', '5', '6']],
    ['a:b is 1, 2, 3, 4, 5, 6 or one of 1 more', 'StringEquals', ['1', '2', '3', '4', '5', '6', '7']],
    ['a:b is not in 1, 2, 3, 4, 5, 6 or any of 2 more', 'NotIpAddress', ['1', '2', '3', '4', '5', '6', '7', '8']],
    ['a:b is x, or missing', 'StringEqualsIfExists', ['x']],
    ['any of a:b is like x', 'ForAnyValue:StringLike', ['x']],
    ['each of a:b is x, or missing', 'ForAllValues:StringEqualsIfExists', ['x']],
    ['the request has no a:b', 'Null', ['true']],
    ['the request has a:b', 'Null', ['false']],
    ['a:b Null yes', 'Null', ['yes']],
    ['a:b Null true or yes', 'Null', ['true', 'yes']],
    ['each of a:b is x', 'ForAllValues:StringEquals', ['x']],
  ])('%s', (words, operator, values) => expect(conditionWords({ [operator]: { 'a:b': values } })).toBe(words));

  it('has all its lines', () => {
    const when = { StringEquals: { 'a:b': ['x'], 'a:c': ['y'] }, Bool: { 'a:d': ['true'] } };
    expect(conditionWords(when)).toBe('a:b is x, a:c is y and a:d is true');
  });
  it('shows as it is what can be seen for what it is, and quotes the rest', () => {
    expect(['!a~', 'a b', '', 'a\u200bb', 'kms:\u0430'].map(shown)).toEqual([
      '!a~',
      '"a b"',
      '""',
      '"a<U+200B>b"',
      '"kms:\u0430<U+0430>"',
    ]);
    expect(conditionWords({ StringEquals: { 'a b': ['c d'] } })).toBe('"a b" is "c d"');
  });
});

// Amazon S3 User Guide, "The meaning of public": a fixed value of one of these keys; with wildcards, what makes it one's own is fixed.
describe('what ties a statement for everyone down', () => {
  const keys = [
    'kms:calleraccount',
    'aws:principalaccount',
    'aws:principalarn',
    'aws:principalorgid',
    'aws:principalorgpaths',
  ];
  const more = [
    'aws:userid',
    'aws:sourceaccount',
    'aws:sourcearn',
    'aws:sourceorgid',
    'aws:sourceorgpaths',
    'aws:sourceowner',
  ];
  test.each([...keys, ...more, 'aws:sourcevpc', 'aws:sourcevpce'])('%s with a fixed value', (key) => {
    expect([tiesDown(key, 'x'), tiesDown(key, '*'), tiesDown(key, 'x?')]).toEqual([true, false, false]);
  });
  test.each(['kms:viaservice', 'aws:sourceip', 'aws:principaltag/a', ''])('%s never does', (key) =>
    expect(tiesDown(key, 'x')).toBe(false),
  );
  test.each<[string, string, boolean]>([
    ['aws:principalarn', 'arn:aws:iam::111122223333:role/*', true],
    ['aws:principalarn', 'arn:aws:iam::11112222333:role/*', false],
    ['aws:principalarn', 'arn:aws:iam::1111222233334:role/*', false],
    ['aws:principalarn', 'arn:aws:iam::11112222333?:role/*', false],
    ['aws:principalarn', 'arn:aws:iam::*:role/a', false],
    ['aws:principalarn', 'arn:aws:*::111122223333:role/a', false],
    ['aws:principalarn', 'arn:*:iam::111122223333:role/a', false],
    ['aws:principalarn', 'x arn:aws:iam::111122223333:role/*', false],
    ['aws:principalarn', 'arn:aws:iam::111122223333*', false],
    ['aws:sourcearn', 'arn:aws:sns:*:111122223333:*', true],
    ['aws:sourcearn', 'arn:aws:s3:::bucket*', false],
    ['aws:sourcearn', 'arn:aws:sns:us-east-1:*:topic', false],
    ['aws:sourcearn', 'x:arn:aws:sns:*:111122223333:*', false],
    ['aws:sourcearn', 'arn:*:sns:*:111122223333:*', false],
    ['aws:sourcearn', 'arn:aws:*:*:111122223333:*', false],
    ['aws:principalorgpaths', 'o-a1/*', true],
    ['aws:principalorgpaths', 'o-a1*', false],
    ['aws:principalorgpaths', 'xo-a1/*', false],
    ['aws:principalorgpaths', 'o-*/r-a', false],
    ['aws:sourceorgpaths', 'o-a1/*', true],
    ['aws:sourceorgpaths', 'o-a1*', false],
    ['aws:sourceorgpaths', 'xo-a1/*', false],
    ['aws:userid', 'AROADBQP57FF2AEXAMPLE:*', true],
    ['aws:userid', 'AROADBQP57FF2AEX:*', true],
    ['aws:userid', 'AROADBQP57FF2AE:*', false],
    ['aws:userid', '*:AROADBQP57FF2AEXAMPLE:x', false],
    ['aws:userid', 'AROADBQP57FF2AEXAMPLE*', false],
    ['aws:sourceaccount', '11112222333?', false],
  ])('%s like %s: %s', (key, value, ties) => expect(tiesDown(key, value)).toBe(ties));
});
