import { describe, expect, it, test } from 'vitest';
import {
  ALL_ACTIONS,
  actionsOf,
  bit,
  has,
  indexesOf,
  intersection,
  isEmpty,
  KEY_ACTIONS,
  minus,
  NO_ACTIONS,
  namesOf,
  setOf,
  union,
} from '../../lib/policy/actions.ts';
import { lowerAscii } from '../../lib/policy/ascii.ts';
import { CROSS_ACCOUNT, CRYPTOGRAPHIC, nearest, operationsOf, possibleFor } from '../../lib/policy/operations.ts';
import type { Key } from '../../lib/policy/types.ts';
import { policyOf } from './arbitrary.ts';

const key = (change: Partial<Pick<Key, 'usage' | 'spec' | 'origin' | 'multiRegion'>> = {}) => ({
  usage: 'ENCRYPT_DECRYPT' as const,
  spec: 'SYMMETRIC_DEFAULT',
  origin: 'AWS_KMS' as const,
  multiRegion: false,
  ...change,
});

// AWS KMS Developer Guide, "Key type reference": what each key can do with its material.
describe('what a key can be used for', () => {
  const data = [
    'GenerateDataKey',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'GenerateDataKeyWithoutPlaintext',
  ];
  const both = ['Decrypt', 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo'];
  test.each<[string, ReturnType<typeof key>, string[]]>([
    ['symmetric', key(), [...both, ...data]],
    ['RSA for encryption', key({ spec: 'RSA_4096' }), [...both, 'GetPublicKey']],
    ['signing', key({ usage: 'SIGN_VERIFY', spec: 'ECC_NIST_P256' }), ['GetPublicKey', 'Sign', 'Verify']],
    ['MAC', key({ usage: 'GENERATE_VERIFY_MAC', spec: 'HMAC_256' }), ['GenerateMac', 'VerifyMac']],
    ['agreement', key({ usage: 'KEY_AGREEMENT', spec: 'ECC_NIST_P256' }), ['DeriveSharedSecret', 'GetPublicKey']],
    ['encapsulation', key({ usage: 'ENCAPSULATE_DECAPSULATE' as Key['usage'], spec: 'ML_KEM_768' }), ['GetPublicKey']],
    ['an unknown usage', key({ usage: 'NEW' as Key['usage'], spec: 'NEW' }), []],
  ])('%s', (_, of, can) => {
    const used = [...CRYPTOGRAPHIC, 'kms:GetPublicKey'].filter((action) => possibleFor(action, of));
    expect(used.sort()).toEqual(can.map((name) => `kms:${name}`).sort());
  });
  it('imported material, rotation and replication by what the key is', () => {
    const can = (of: ReturnType<typeof key>) =>
      [
        'DeleteImportedKeyMaterial',
        'GetParametersForImport',
        'ImportKeyMaterial',
        'EnableKeyRotation',
        'DisableKeyRotation',
        'RotateKeyOnDemand',
        'ReplicateKey',
        'SynchronizeMultiRegionKey',
        'UpdatePrimaryRegion',
        'DescribeKey',
      ].filter((name) => possibleFor(`kms:${name}`, of));
    const imports = ['DeleteImportedKeyMaterial', 'GetParametersForImport', 'ImportKeyMaterial'];
    const rotates = ['EnableKeyRotation', 'DisableKeyRotation'];
    const replicates = ['ReplicateKey', 'SynchronizeMultiRegionKey', 'UpdatePrimaryRegion'];
    expect(can(key())).toEqual([...rotates, 'RotateKeyOnDemand', 'DescribeKey']);
    expect(can(key({ origin: 'EXTERNAL' }))).toEqual([...imports, 'RotateKeyOnDemand', 'DescribeKey']);
    expect(can(key({ spec: 'RSA_2048' }))).toEqual(['RotateKeyOnDemand', 'DescribeKey']);
    expect(can(key({ usage: 'SIGN_VERIFY' }))).toEqual(['RotateKeyOnDemand', 'DescribeKey']);
    expect(can(key({ multiRegion: true }))).toEqual([...rotates, 'RotateKeyOnDemand', ...replicates, 'DescribeKey']);
  });
  it('from another account: all use of it, and eight operations about it', () => {
    const more = [
      'CreateGrant',
      'DescribeKey',
      'GetKeyRotationStatus',
      'GetPublicKey',
      'ListGrants',
      'RetireGrant',
      'RevokeGrant',
    ];
    expect([...CROSS_ACCOUNT].filter((name) => !CRYPTOGRAPHIC.has(name)).sort()).toEqual(
      more.map((name) => `kms:${name}`),
    );
    const use = [
      'Decrypt',
      'DeriveSharedSecret',
      'Encrypt',
      ...data,
      'GenerateMac',
      'ReEncryptFrom',
      'ReEncryptTo',
      'Sign',
      'Verify',
      'VerifyMac',
    ];
    expect([...CRYPTOGRAPHIC]).toEqual(use.map((name) => `kms:${name}`));
  });
});

describe('the operations that a pattern names', () => {
  const named = (pattern: string) => operationsOf(pattern).map(({ name }) => name);
  test.each<[string, string[]]>([
    ['kms:Decrypt', ['kms:Decrypt']],
    ['KMS:dEcRyPt', ['kms:Decrypt']],
    ['kms:ReEncrypt*', ['kms:ReEncryptFrom', 'kms:ReEncryptTo']],
    ['KMS:reencrypt????', ['kms:ReEncryptFrom']],
    ['*GrantS', ['kms:ListGrants', 'kms:ListRetirableGrants']],
    ['kms:?ign', ['kms:Sign']],
    ['kms:Decryp', []],
    ['kms:Decrypt ', []],
    ['\u212Ams:Decrypt', []],
    ['s3:*', []],
    ['', []],
  ])('%o', (pattern, names) => expect(named(pattern)).toEqual(names));
  it('of * are all', () => expect(named('*').length).toBeGreaterThanOrEqual(KEY_ACTIONS.length));
});

describe('the nearest name', () => {
  const known = ['kms:Encrypt', 'kms:Decrypt', 'kms:DescribeKey', 'kms:Sign'];
  test.each<[string, string | undefined]>([
    ['kms:Decrypt', 'kms:Decrypt'],
    ['KMS:DECRYPT', 'kms:Decrypt'],
    ['kms:Decrpyt', 'kms:Decrypt'],
    ['kms:Dcrypt', 'kms:Decrypt'],
    ['kms:Deecrypt', 'kms:Decrypt'],
    ['kms:Decripd', 'kms:Decrypt'],
    ['kms:Decxxxpt', 'kms:Decrypt'],
    ['kms:Dexxxxpt', 'kms:Decrypt'],
    ['kms:Dexxxxxt', undefined],
    ['kms:ncrypt', 'kms:Encrypt'],
    ['kms:xcrypt', 'kms:Decrypt'],
    ['ms:Sign', 'kms:Sign'],
    ['Sign', undefined],
    ['kms:Signing', 'kms:Sign'],
    ['kms:Signin', 'kms:Sign'],
    ['', undefined],
    [`kms:Decrypt${'x'.repeat(89)}`, undefined],
  ])('of %s is %s', (name, expected) => expect(nearest(name, known)).toBe(expected));
  it.each<[string, string, boolean]>([
    ['ab', 'ba', true],
    ['x', 'yz', false],
    ['xz', 'yyz', false],
    ['abcd', 'axbd', false],
    ['abcd', 'acxd', false],
    ['abc', 'acb', true],
    ['abcdef', 'badcef', true],
    ['abcdef', 'badcfe', false],
    ['abc', 'cab', false],
    ['a', 'b', true],
    ['ab', 'a', true],
    ['a', 'abc', false],
    ['a', 'bb', false],
    ['aaab', 'aaca', false],
    ['aaab', 'aabc', false],
  ])('%s is near %s: %s', (name, other, near) => expect(nearest(name, [other])).toBe(near ? other : undefined));
  it('is the nearer one, of several the first in order, of names up to 100 letters', () => {
    expect(nearest('abcdef', ['abcxxf', 'abcdxf'])).toBe('abcdxf');
    expect(nearest('abcdef', ['abcdxf', 'abcxxf'])).toBe('abcdxf');
    expect(nearest('abcdef', ['abcdzf', 'abcdxf'])).toBe('abcdxf');
    expect([100, 101].map((length) => nearest('a'.repeat(length), ['a'.repeat(100)]) !== undefined)).toEqual([
      true,
      false,
    ]);
  });
});

describe('a set of actions', () => {
  it('has each action of the table once, on both sides of 31', () => {
    expect(KEY_ACTIONS.length).toBeGreaterThan(40);
    for (const [index, name] of KEY_ACTIONS.entries()) {
      expect(namesOf(setOf([name.toUpperCase()]))).toEqual([name]);
      expect([...KEY_ACTIONS.keys()].filter((other) => has(bit(index), other))).toEqual([index]);
      expect(indexesOf(bit(index))).toEqual([index]);
    }
    expect(namesOf(ALL_ACTIONS)).toEqual(KEY_ACTIONS);
  });
  it('has union, difference and intersection on both sides of 31', () => {
    const set = (...indexes: number[]) => indexes.map(bit).reduce(union, NO_ACTIONS);
    expect(indexesOf(union(set(0, 40), set(5, 31)))).toEqual([0, 5, 31, 40]);
    expect(indexesOf(minus(set(0, 5, 31, 40), set(5, 40, 41)))).toEqual([0, 31]);
    expect(indexesOf(intersection(set(0, 30, 31, 40), set(30, 40, 41)))).toEqual([30, 40]);
    expect([set(), set(30), set(31)].map(isEmpty)).toEqual([true, false, false]);
    expect(setOf(['s3:GetObject', 'kms:CreateKey'])).toEqual(NO_ACTIONS);
  });
});

// KMS gives a statement without any action no effect, whichever of the two elements is empty.
it('an empty Action is none, and so is an empty NotAction', () => {
  const [statement] = policyOf({
    Statement: [{ Effect: 'Allow', Principal: '*', Action: [], Resource: '*' }],
  }).statements;
  const none = (notAction: boolean) => statement && actionsOf({ ...statement, notAction }, new Map());
  expect([none(false), none(true)]).toEqual([NO_ACTIONS, NO_ACTIONS]);
});
it('letters beyond ASCII keep their case: the Kelvin sign is no k', () =>
  expect(['KMS:\u212a', '\u212a', '\u00c4'].map(lowerAscii)).toEqual(['kms:\u212a', '\u212a', '\u00c4']));
