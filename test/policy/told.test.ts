import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { copyPolicy } from '../../lib/policy/console/copy.ts';
import { readDefaultView } from '../../lib/policy/console/defaultView.ts';
import { applyEdits } from '../../lib/policy/console/edit.ts';
import { parseKeyPolicy } from '../../lib/policy/document/parse.ts';
import { externalPolicies } from '../../lib/policy/externalPolicies.ts';
import { gradeRisk } from '../../lib/policy/risk.ts';
import type { AccessEntry, EditOp, Finding, Key } from '../../lib/policy/types.ts';
import { policyOf } from './arbitrary.ts';
import { CASES } from './cases.ts';
import { DIFF_CASES } from './diffCases.ts';
import { judge, KEY } from './judge.ts';
import { VALIDATION_CASES } from './validationCases.ts';

// Everything that a person is told, word for word, in files that are read when they change: `npx vitest run test/policy/told.test.ts -u` writes them anew.

const vectors = (name: string): { id: string; policy?: unknown; before?: unknown; after?: unknown }[] =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'));
const file = (name: string): string => new URL(`../vectors/told/${name}.txt`, import.meta.url).pathname;
const short = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length})` : text;
};
const lineOf = ({ code, severity, message, path, line, column, fix, aws, patch, documents }: Finding): string =>
  [
    `${severity} ${code}${aws === undefined ? '' : ` (${aws})`} at ${path === '' ? 'the document' : path}${line === undefined ? '' : `, ${line}:${column}`}`,
    `  ${short(message)}`,
    ...(fix === undefined ? [] : [`  fix: ${fix}`]),
    ...(patch === undefined ? [] : [`  patch: ${short(patch)}`]),
    ...(documents ?? []).map((one) => `  ${one.title}: ${short(one.document)}`),
  ].join('\n');
const page = (parts: [string, string[]][]): string =>
  `${parts.map(([title, lines]) => `# ${title}\n${lines.join('\n')}`).join('\n\n')}\n`;

test('findings', async () => {
  const parts: [string, string[]][] = [];
  for (const [code, { bad, good }] of Object.entries(CASES)) {
    for (const [index, { document, more }] of [...bad, ...good].entries()) {
      parts.push([`${code} ${index}`, judge(document, more).findings.map(lineOf)]);
    }
  }
  for (const { id, document, more } of VALIDATION_CASES) parts.push([id, judge(document, more).findings.map(lineOf)]);
  for (const { id, policy } of vectors('kms')) parts.push([id, judge(policy).findings.map(lineOf)]);
  await expect(page(parts)).toMatchFileSnapshot(file('findings'));
});

test('differences', async () => {
  const entry = (sign: string) => (one: AccessEntry) =>
    `${sign} ${one.principal} ${one.actions.length > 20 ? `${one.actions.length} actions` : one.actions.join(' ')}${one.kind ? ` (${one.kind})` : ''}${one.certainty ? ' (may)' : ''} ${JSON.stringify(one.when ?? {})} by ${one.statements?.join(' ')}`;
  const wrap = (Statement: object[]) => ({ Version: '2012-10-17', Statement });
  const pairs = [
    ...vectors('diff'),
    ...DIFF_CASES.map(({ id, before, after }) => ({ id, before: wrap(before), after: wrap(after) })),
  ];
  const parts = pairs.flatMap(({ id, before, after }) =>
    [[id, before, after] as const, [`${id}, turned round`, after, before] as const].map(
      ([title, was, is]): [string, string[]] => {
        const comparison = compareAccess(policyOf(was), policyOf(is), KEY);
        const { access, matrix } = comparison;
        const { risk, riskReasons } = gradeRisk(comparison);
        return [
          title,
          [
            ...access.gains.map(entry('+')),
            ...access.loses.map(entry('-')),
            ...access.changed.map(entry('~')),
            `public ${access.public}, lockout ${access.lockout}, other accounts ${access.crossAccount.join(' ')}`,
            ...access.summary,
            `${risk}: ${riskReasons.join(' ')}`,
            ...matrix
              .filter(({ before: a, after: b, within }) => a !== b || within)
              .map(
                ({ principal, verb, ...is }) => `${principal} ${verb}: ${is.within ?? `${is.before} to`} ${is.after}`,
              ),
            ...externalPolicies(policyOf(is), KEY, policyOf(was)).map((one) => short(one)),
          ],
        ];
      },
    ),
  );
  await expect(page(parts)).toMatchFileSnapshot(file('differences'));
});

const OPS: EditOp[] = [
  'addAdministrator',
  'removeAdministrator',
  'allowDeletion',
  'preventDeletion',
  'addUser',
  'removeUser',
  'addExternalAccount',
  'removeExternalAccount',
];

test('default views, edits and copies', async () => {
  const parts: [string, string[]][] = [];
  const keys: Key[] = [
    { ...KEY, spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' },
    { ...KEY, spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', multiRegion: true, origin: 'EXTERNAL' },
    {
      ...KEY,
      accountId: '444455556666',
      region: 'eu-west-1',
      arn: KEY.arn.replace('us-west-2:111122223333', 'eu-west-1:444455556666'),
    },
  ];
  for (const { id, policy } of vectors('kms').filter((one) =>
    /^(console|custom|notaction|principal-group)/.test(one.id),
  )) {
    const text = typeof policy === 'string' ? policy : JSON.stringify(policy, null, 2);
    const read = parseKeyPolicy(text);
    if (!read.ok) continue;
    const lines = [short(readDefaultView(read.policy, KEY))];
    for (const op of OPS) {
      for (const principal of ['arn:aws:iam::111122223333:role/ExampleAdminRole', '444455556666']) {
        const edited = applyEdits(text, [/Deletion$/.test(op) ? { op } : { op, principal }], KEY);
        lines.push(`${op} ${principal}`, ...(edited.ok ? [changeIn(text, edited.text)] : edited.findings.map(lineOf)));
      }
    }
    for (const key of keys) {
      const copied = copyPolicy(text, KEY, key);
      lines.push(`copied to ${key.spec} in ${key.region}`);
      if (copied.ok) lines.push(changeIn(text, copied.text));
      lines.push(...copied.findings.map(lineOf));
    }
    parts.push([id, lines]);
  }
  await expect(page(parts)).toMatchFileSnapshot(file('views'));
});

/** What of a text became what, between the first and the last difference. */
function changeIn(before: string, after: string): string {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return `${JSON.stringify(before.slice(start, before.length - end))} became ${JSON.stringify(after.slice(start, after.length - end))}`;
}
