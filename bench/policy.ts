import { readdirSync, readFileSync } from 'node:fs';
import { compareAccess } from '../lib/policy/access/access.ts';
import { assessChange } from '../lib/policy/assess.ts';
import { parseKeyPolicy } from '../lib/policy/document/parse.ts';
import { gradeRisk } from '../lib/policy/risk.ts';
import type { Guardians, Key, KeyPolicy } from '../lib/policy/types.ts';
import { validateKeyPolicy } from '../lib/policy/validate.ts';

/** `npm run bench:policy [-- --json]`: what a pair of key policies costs: parse both, validate, access, difference, risk. */

const RUNS = 25;
const ACCOUNT = '111122223333';
const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const key: Key = {
  arn: `arn:aws:kms:us-east-1:${ACCOUNT}:key/${KEY_ID}`,
  keyId: KEY_ID,
  accountId: ACCOUNT,
  region: 'us-east-1',
  aliases: ['alias/bench'],
  manager: 'CUSTOMER',
  state: 'Enabled',
  spec: 'SYMMETRIC_DEFAULT',
  usage: 'ENCRYPT_DECRYPT',
  origin: 'AWS_KMS',
  multiRegion: false,
  tags: {},
};
const guardians: Guardians = { applier: `arn:aws:iam::${ACCOUNT}:role/countersign-apply`, breakGlass: [] };

interface Pair {
  name: string;
  before: string;
  after: string;
}

function policyOf(text: string): KeyPolicy {
  const read = parseKeyPolicy(text);
  if (!read.ok) throw new Error(`a document of the bench cannot be read: ${read.findings[0]?.message}`);
  return read.policy;
}

function whole({ before, after }: Pair): void {
  const { policy } = validateKeyPolicy({ text: after, key, guardians });
  if (policy === undefined) throw new Error('a document of the bench cannot be read');
  gradeRisk(compareAccess(policyOf(before), policy, key));
}

const sorted = (times: readonly number[]): number[] => [...times].sort((a, b) => a - b);
const median = (times: readonly number[]): number => sorted(times)[times.length >> 1] ?? 0;

/** Median milliseconds of many runs, after some to warm up. */
function time(run: () => void, runs = RUNS): number {
  for (let i = 0; i < 3; i++) run();
  return median(
    Array.from({ length: runs }, () => {
      const start = performance.now();
      run();
      return performance.now() - start;
    }),
  );
}

const corpus = new URL('../test/vectors/corpus/', import.meta.url);
const pairs = readdirSync(corpus)
  .sort()
  .map((name): Pair => {
    const { before, after } = JSON.parse(readFileSync(new URL(name, corpus), 'utf8')) as Record<string, unknown>;
    return { name: name.replace(/\.json$/, ''), before: JSON.stringify(before), after: JSON.stringify(after) };
  });

/** Pairs made to be slow, of the size that KMS takes or more. */
function adversarial(): Pair[] {
  const role = (i: number): string => `arn:aws:iam::${ACCOUNT}:role/r${i}`;
  const list = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));
  const document = (...statements: object[]): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
        ...statements,
      ],
    });
  const everyone = (i: number, Effect: string, Condition: object): object => ({
    Effect,
    Principal: '*',
    Action: ['kms:Decrypt', 'kms:Encrypt'],
    Resource: '*',
    Condition: { ...Condition, StringNotEquals: { 'kms:EncryptionContext:n': `${i}` } },
  });
  const users = { Effect: 'Allow', Principal: { AWS: list(200, role) }, Action: 'kms:DescribeKey', Resource: '*' };
  const both = (name: string, make: (shift: number) => string): Pair => ({ name, before: make(0), after: make(1) });
  return [
    both('130 conditions on * and 200 principals', (shift) =>
      document(
        users,
        ...list(130, (i) => everyone(i, 'Allow', { StringLike: { 'kms:ViaService': `s${i + shift}.*` } })),
      ),
    ),
    both('100 Allows, 100 Denies with conditions', (shift) =>
      document(
        ...list(100, (i) => everyone(i, 'Allow', { StringEquals: { 'kms:ViaService': `s${i + shift}` } })),
        ...list(100, (i) => everyone(i, 'Deny', { StringEquals: { 'kms:EncryptionContext:b': `${i + shift}` } })),
      ),
    ),
    both('250 Denies with one test on one key', (shift) =>
      document(
        ...list(50, (i) => everyone(i, 'Allow', { StringEquals: { 'kms:EncryptionContext:a': `${i}` } })),
        ...list(250, (i) => ({
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:Decrypt',
          Resource: '*',
          Condition: { StringNotLike: { 'kms:ViaService': `s${i + shift}*` } },
        })),
      ),
    ),
    both('140 Denies with NotPrincipal', (shift) =>
      document(
        { ...users, Principal: { AWS: list(140, role) }, Action: 'kms:*' },
        ...list(140, (i) => ({
          Effect: 'Deny',
          NotPrincipal: { AWS: role(i) },
          Action: shift === 0 ? 'kms:Decrypt' : 'kms:Encrypt',
          Resource: '*',
        })),
      ),
    ),
    both('1,500 wildcard actions', (shift) =>
      document({ ...users, Principal: { AWS: role(0) }, Action: list(1500, (i) => `kms:*?*?*?e*t*${i + shift}*`) }),
    ),
    both('1,000 wildcard values', (shift) =>
      document(
        everyone(0, 'Allow', { StringLike: { 'kms:ViaService': list(1000, (i) => `*a*${i + shift}*b*${shift}`) } }),
      ),
    ),
  ];
}

const show = (milliseconds: number): string => milliseconds.toFixed(2).padStart(8);
const print = (name: string, cells: readonly string[]): void => console.log(`${name.padEnd(42)}${cells.join('  ')}`);

print('milliseconds, median', ['  before', ' validate', '  access', '   whole', ' assess*']);
const rows = pairs.map((pair) => {
  const before = policyOf(pair.before);
  const after = policyOf(pair.after);
  const row = { name: pair.name, whole: time(() => whole(pair)) };
  print(row.name, [
    show(time(() => policyOf(pair.before))),
    show(time(() => validateKeyPolicy({ text: pair.after, key, guardians }))),
    show(time(() => gradeRisk(compareAccess(before, after, key)))),
    show(row.whole),
    show(time(() => assessChange({ before: pair.before, after: pair.after, key, guardians }))),
  ]);
  return row;
});
const slow = adversarial().map((pair) => {
  const took = time(() => whole(pair), 5);
  print(pair.name, [show(took), `${pair.after.length} bytes`]);
  return took;
});
console.log('* assess: the whole, both canonical hashes and the policies for other accounts; what a submit pays.');

const result = {
  median32k: median(rows.filter(({ name }) => name.endsWith('-32500')).map((row) => row.whole)),
  worst: Math.max(...rows.map((row) => row.whole)),
  adversarial: Math.max(...slow),
};
if (process.argv.includes('--json')) console.log(JSON.stringify(result));
else print('median of 32 KB, worst, adversarial', Object.values(result).map(show));
