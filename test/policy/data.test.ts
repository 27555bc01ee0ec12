import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ACTIONS, CONDITION_KEYS, KEY_CONDITION_KEYS } from '../../lib/policy/data/actions.generated.ts';
import { GENERATED, generate } from '../../lib/policy/data/generate.ts';
import { CROSS_ACCOUNT, CRYPTOGRAPHIC, nearest, operationsOf, possibleFor } from '../../lib/policy/operations.ts';
import { KEY } from './judge.ts';

const names = ACTIONS.map(({ name }) => name);

it('the table that is checked in is what the generator writes', async () => {
  expect(readFileSync(GENERATED, 'utf8')).toBe(await generate());
});

it('has the operations and condition keys of AWS KMS', () => {
  expect(ACTIONS.filter(({ inKeyPolicy }) => inKeyPolicy)).toHaveLength(45);
  expect(ACTIONS.filter(({ inKeyPolicy }) => !inKeyPolicy)).toHaveLength(11);
  expect(names).toEqual([...names].sort());
  const keys = CONDITION_KEYS.map(({ key }) => key);
  for (const key of [...ACTIONS.flatMap(({ conditionKeys }) => conditionKeys), ...KEY_CONDITION_KEYS]) {
    expect(key.startsWith('kms:RecipientAttestation:') || keys.includes(key)).toBe(true);
  }
});

it('and the sets beside it name nothing else', () => {
  expect([...CROSS_ACCOUNT, ...CRYPTOGRAPHIC].filter((name) => !names.includes(name))).toEqual([]);
  expect(CRYPTOGRAPHIC.size).toBe(13);
  expect(CROSS_ACCOUNT.size).toBe(20);
});

it('patterns name operations as in IAM, in any ASCII case', () => {
  const named = (pattern: string): string[] => operationsOf(pattern).map(({ name }) => name);
  expect(named('*')).toEqual(names);
  expect(named('KMS:*')).toEqual(names);
  expect(named('kms:P?tKeyPolicy')).toEqual(['kms:PutKeyPolicy']);
  expect(named('kms:putkeypolicy')).toEqual(['kms:PutKeyPolicy']);
  expect(named('kms:*Policy')).toEqual(['kms:GetKeyPolicy', 'kms:PutKeyPolicy']);
  expect(named('\u212ams:PutKeyPolicy')).toEqual([]);
  expect(named('kms:ReEncrypt*')).toEqual(['kms:ReEncryptFrom', 'kms:ReEncryptTo']);
  expect(named('kms:Decrypt?')).toEqual([]);
  expect(named('')).toEqual([]);
});

it('every key can do the operations of its own kind alone', () => {
  const can = (change: object): string[] =>
    [...CRYPTOGRAPHIC].filter((name) => possibleFor(name, { ...KEY, ...change })).map((name) => name.slice(4));
  expect(can({})).toHaveLength(8);
  expect(can({ spec: 'RSA_4096' })).toEqual(['Decrypt', 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo']);
  expect(can({ spec: 'ML_DSA_65', usage: 'SIGN_VERIFY' })).toEqual(['Sign', 'Verify']);
  expect(can({ spec: 'HMAC_512', usage: 'GENERATE_VERIFY_MAC' })).toEqual(['GenerateMac', 'VerifyMac']);
  expect(can({ spec: 'ECC_NIST_P384', usage: 'KEY_AGREEMENT' })).toEqual(['DeriveSharedSecret']);
});

it('the nearest name is the one meant', () => {
  expect(nearest('kms:Decrpyt', names)).toBe('kms:Decrypt');
  expect(nearest('kms:PutKeyPolicys', names)).toBe('kms:PutKeyPolicy');
  expect(nearest('KMS:ENCRYPTT', names)).toBe('kms:Encrypt');
  expect(nearest('kms:ShedulKeyDeletion', names)).toBe('kms:ScheduleKeyDeletion');
  expect(nearest('kms:SomethingElseAltogether', names)).toBeUndefined();
  expect(nearest('x'.repeat(10_000), names)).toBeUndefined();
});
