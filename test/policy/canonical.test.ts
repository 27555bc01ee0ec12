import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalForm, canonicalHash, sha256 } from '../../lib/policy/document/canonical.ts';
import { parseKeyPolicy } from '../../lib/policy/document/parse.ts';
import { runs } from '../runs.ts';
import { policyOf, policyValue } from './arbitrary.ts';

const base = {
  Version: '2012-10-17',
  Id: 'key-default-1',
  Statement: [
    {
      Sid: 'a',
      Effect: 'Allow',
      Principal: { AWS: ['arn:aws:iam::111122223333:root', 'arn:aws:iam::111122223333:role/App'] },
      Action: ['kms:Decrypt', 'kms:Encrypt'],
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': ['a', 'b'] }, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
    { Effect: 'Deny', Principal: { AWS: '*' }, NotAction: 'kms:DescribeKey', Resource: '*' },
  ],
};
type Document = typeof base & { Statement: Record<string, unknown>[] };
const altered = (change: (document: Document) => unknown): string => {
  const document = structuredClone(base) as Document;
  change(document);
  return canonicalHash(policyOf(document));
};
const first = (document: Document): Record<string, unknown> => document.Statement[0] ?? {};
const second = (document: Document): Record<string, unknown> => document.Statement[1] ?? {};

describe('the canonical hash is the same', () => {
  it.each<[string, (document: Document) => unknown]>([
    [
      'for another order of principals and actions',
      (d) =>
        Object.assign(first(d), {
          Principal: { AWS: ['arn:aws:iam::111122223333:role/App', 'arn:aws:iam::111122223333:root'] },
          Action: ['kms:Encrypt', 'kms:Decrypt'],
        }),
    ],
    ['for repeated actions', (d) => Object.assign(first(d), { Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:Encrypt'] })],
    ['for a list of one', (d) => Object.assign(first(d), { Resource: ['*'] })],
    [
      'for an account id',
      (d) => Object.assign(first(d), { Principal: { AWS: ['111122223333', 'arn:aws:iam::111122223333:role/App'] } }),
    ],
    ['for a bare star', (d) => Object.assign(second(d), { Principal: '*' })],
    ['for another case of actions', (d) => Object.assign(first(d), { Action: ['KMS:decrypt', 'kms:ENCRYPT'] })],
    [
      'for another case of condition operators and keys',
      (d) =>
        Object.assign(first(d), {
          Condition: { stringequals: { 'KMS:viaservice': ['b', 'a'] }, BOOL: { 'kms:grantisforawsresource': 'true' } },
        }),
    ],
    [
      'for a boolean',
      (d) =>
        Object.assign(first(d), {
          Condition: { Bool: { 'kms:GrantIsForAWSResource': true }, StringEquals: { 'kms:ViaService': ['a', 'b'] } },
        }),
    ],
    ['for another order of statements', (d) => d.Statement.reverse()],
  ])('%s', (_name, change) => {
    expect(altered(change)).toBe(canonicalHash(policyOf(base)));
  });
  it('for an account id, in whatever partition it is read', () => {
    const text = JSON.stringify({ Statement: { Effect: 'Allow', Principal: { AWS: '111122223333' } } });
    const [here, there] = [parseKeyPolicy(text, 'aws'), parseKeyPolicy(text, 'aws-us-gov')];
    expect(here.ok && there.ok && canonicalHash(here.policy) === canonicalHash(there.policy)).toBe(true);
  });
  it('for an empty list and no element at all', () => {
    const empty = { Effect: 'Allow', Principal: { AWS: [] }, Action: [], Resource: [], Condition: {} };
    expect(canonicalForm(policyOf({ Statement: empty }))).toBe('{"Statement":[{"Effect":"Allow"}]}');
  });
  it('for one statement without its list', () => {
    const one = base.Statement[0];
    expect(canonicalHash(policyOf({ Statement: one }))).toBe(canonicalHash(policyOf({ Statement: [one] })));
  });
});

describe('the canonical hash is another', () => {
  it.each<[string, (document: Document) => unknown]>([
    ['for another Version', (d) => Object.assign(d, { Version: '2008-10-17' })],
    ['for another Id', (d) => Object.assign(d, { Id: 'x' })],
    ['for another Sid', (d) => Object.assign(first(d), { Sid: 'A' })],
    ['without the Sid', (d) => delete first(d).Sid],
    ['for the other Effect', (d) => Object.assign(first(d), { Effect: 'Deny' })],
    ['for an action less', (d) => Object.assign(first(d), { Action: 'kms:Decrypt' })],
    [
      'for an action spelled with the Kelvin sign',
      (d) => Object.assign(first(d), { Action: ['\u212ams:Decrypt', 'kms:Encrypt'] }),
    ],
    [
      'for Action in place of NotAction',
      (d) => {
        delete second(d).NotAction;
        Object.assign(second(d), { Action: 'kms:DescribeKey' });
      },
    ],
    [
      'for another case of a principal',
      (d) =>
        Object.assign(first(d), {
          Principal: { AWS: ['arn:aws:iam::111122223333:root', 'arn:aws:iam::111122223333:role/app'] },
        }),
    ],
    ['for a principal of another type', (d) => Object.assign(second(d), { Principal: { Service: '*' } })],
    [
      'for another case of a condition value',
      (d) =>
        Object.assign(first(d), {
          Condition: { StringEquals: { 'kms:ViaService': ['A', 'b'] }, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
        }),
    ],
    [
      'for another operator',
      (d) =>
        Object.assign(first(d), {
          Condition: { StringLike: { 'kms:ViaService': ['a', 'b'] }, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
        }),
    ],
    [
      'for a condition less',
      (d) => Object.assign(first(d), { Condition: { StringEquals: { 'kms:ViaService': ['a', 'b'] } } }),
    ],
    ['for another resource', (d) => Object.assign(first(d), { Resource: 'x' })],
    ['for a statement twice', (d) => d.Statement.push(structuredClone(second(d)) as never)],
  ])('%s', (_name, change) => {
    expect(altered(change)).not.toBe(canonicalHash(policyOf(base)));
  });
  it('for two values in one line and the same two in lines that differ in case', () => {
    const or = { Effect: 'Allow', Condition: { StringEquals: { 'kms:ViaService': ['a', 'b'] } } };
    const and = { Effect: 'Allow', Condition: { StringEquals: { 'kms:ViaService': 'a', 'KMS:ViaService': 'b' } } };
    expect(canonicalForm(policyOf({ Statement: and }))).not.toBe(canonicalForm(policyOf({ Statement: or })));
    expect(policyOf(canonicalForm(policyOf({ Statement: and }))).statements[0]?.conditions).toEqual([
      { operator: 'stringequals', key: 'kms:viaservice', values: ['a'] },
      { operator: 'Stringequals', key: 'kms:viaservice', values: ['b'] },
    ]);
  });
  it('for no principal and for an exception list without anyone', () => {
    const none = { Effect: 'Deny', Action: '*' };
    expect(canonicalForm(policyOf({ Statement: none }))).not.toBe(
      canonicalForm(policyOf({ Statement: { ...none, NotPrincipal: { AWS: [] } } })),
    );
  });
});

const shuffled = <T>(list: T[], seed: number): T[] =>
  list
    .map((item, index) => [((index + 1) * (seed + 7919)) % 101, item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
/** The same policy with every list and the order of names turned about, and with odd case where case says nothing. */
function respell(value: unknown, seed: number, path: string[] = []): unknown {
  if (Array.isArray(value)) {
    const list = shuffled(
      value.map((item) => respell(item, seed, path)),
      seed,
    );
    return list.length === 1 && seed % 2 === 0 && path.at(-1) !== 'Statement' ? list[0] : list;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      shuffled(Object.entries(value), seed).map(([name, item]) => [name, respell(item, seed, [...path, name])]),
    );
  }
  const last = path.at(-1) ?? '';
  if (typeof value === 'string' && (last === 'Action' || last === 'NotAction') && seed % 3 === 0)
    return value.toUpperCase();
  if (typeof value === 'boolean' && seed % 2 === 0) return String(value);
  if (typeof value === 'string' && last === 'AWS' && /^\d{12}$/.test(value)) return `arn:aws:iam::${value}:root`;
  return value;
}

describe('for every policy', () => {
  it('the canonical form is a policy with the same canonical form', () => {
    fc.assert(
      fc.property(policyValue, (value) => {
        const form = canonicalForm(policyOf(value));
        expect(canonicalForm(policyOf(form))).toBe(form);
      }),
      { numRuns: runs(500) },
    );
  });
  it('order and spelling never matter', () => {
    fc.assert(
      fc.property(policyValue, fc.nat(1000), (value, seed) => {
        expect(canonicalHash(policyOf(respell(value, seed)))).toBe(canonicalHash(policyOf(value)));
        expect(canonicalHash(policyOf(JSON.stringify(value, null, 2)))).toBe(canonicalHash(policyOf(value)));
      }),
      { numRuns: runs(500) },
    );
  });
});

it('sha256 is that of the UTF-8 bytes', () => {
  expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(sha256('é')).toBe(sha256(new TextEncoder().encode('é')));
});
