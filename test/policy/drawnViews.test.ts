import { expect, test } from 'vitest';
import { copyPolicy } from '../../lib/policy/console/copy.ts';
import { readDefaultView } from '../../lib/policy/console/defaultView.ts';
import { applyEdits } from '../../lib/policy/console/edit.ts';
import { parseKeyPolicy } from '../../lib/policy/document/parse.ts';
import { rebasePolicy } from '../../lib/policy/rebase.ts';
import type { Edit, Finding, Key } from '../../lib/policy/types.ts';
import { type Draw, drawFrom } from './drawnPolicies.ts';
import { KEY, ROOT_STATEMENT } from './judge.ts';

// What the console's view, edits, copies and rebases make of policies drawn from the console's own and slightly bent, in every
// layout; as drawn.test.ts does it for access.

const PAGES = 12;
const ON_A_PAGE = 8;
const OWN = `arn:aws:iam::${KEY.accountId}`;
const WHO = [
  `${OWN}:role/admin`,
  `${OWN}:user/ana`,
  `${OWN}:role/team/app`,
  '444455556666',
  'arn:aws:iam::777788889999:root',
];
const BAD = [
  ...WHO,
  'AROADBQP57FF2AEXAMPLE',
  `${OWN}:root`,
  '*',
  `arn:aws:sts::${KEY.accountId}:assumed-role/app/run`,
  'arn:aws:iam::444455556666:role/x',
];
const OPS: Edit['op'][] = [
  'addAdministrator',
  'addUser',
  'addExternalAccount',
  'allowDeletion',
  'preventDeletion',
  'removeAdministrator',
  'removeUser',
  'removeExternalAccount',
];
const KEYS: Key[] = [
  KEY,
  { ...KEY, spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' },
  { ...KEY, spec: 'RSA_2048' },
  { ...KEY, spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', multiRegion: true },
  {
    ...KEY,
    accountId: '444455556666',
    region: 'eu-west-1',
    arn: KEY.arn.replace('us-west-2:111122223333', 'eu-west-1:444455556666'),
  },
];
const LAYOUTS: ((value: unknown) => string)[] = [
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, null, 2),
  (value) => JSON.stringify(value, null, '\t').replaceAll('\n', '\r\n'),
  (value) => JSON.stringify(value, null, 1).replace(/\n */g, ' '),
  (value) =>
    JSON.stringify(value, null, 2)
      .replaceAll('": ', '" : ')
      .replace(/\[\s*"([^"]*)"\s*\]/g, '[ "$1" ]'),
];

function editFrom(draw: Draw, who: readonly string[]): Edit {
  const op = draw(OPS);
  return /Deletion$/.test(op) ? { op } : { op, principal: draw(who) };
}

/** A policy as the console makes it, after some edits that it took. */
function start(draw: Draw, key: Key): { Version: string; Id?: string; Statement: Record<string, unknown>[] } {
  let text = JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-consolepolicy-3',
    Statement: [{ ...ROOT_STATEMENT, Principal: { AWS: `arn:aws:iam::${key.accountId}:root` } }],
  });
  for (let i = 0; i < 5; i++) {
    const edited = applyEdits(text, [editFrom(draw, WHO)], key);
    if (edited.ok) text = edited.text;
  }
  return JSON.parse(text);
}

/** Bends one thing, or nothing. */
function bend(draw: Draw, policy: ReturnType<typeof start>): void {
  const { Statement } = policy;
  const one = Statement[draw([...Statement.keys()])] ?? {};
  const list = Array.isArray(one.Action) ? one.Action : [one.Action];
  const way = draw([
    'nothing',
    'less',
    'more',
    'sid',
    'gone',
    'twice',
    'condition',
    'effect',
    'not',
    'id',
    'order',
    'principal',
    'resource',
    'case',
  ]);
  if (way === 'less') one.Action = list.slice(1);
  if (way === 'more') one.Action = [...list, draw(['kms:ReplicateKey', 'kms:Sign', 'kms:Encrypt', 's3:*'])];
  if (way === 'sid') one.Sid = draw(['Mine', 'Allow use of the key', '']);
  if (way === 'gone') Statement.splice(Statement.indexOf(one), 1, ...(Statement.length === 1 ? [one] : []));
  if (way === 'twice') Statement.push({ ...one });
  if (way === 'condition')
    one.Condition = { StringEquals: { 'kms:ViaService': draw(['s3.us-west-2.amazonaws.com', 'x']) } };
  if (way === 'effect') one.Effect = 'Deny';
  if (way === 'not') [one.NotAction, one.Action] = [one.Action, undefined];
  if (way === 'id') delete policy.Id;
  if (way === 'order') Statement.reverse();
  if (way === 'principal')
    one.Principal = draw<unknown>(['*', { AWS: '*' }, { Service: 'sns.amazonaws.com' }, { AWS: BAD }]);
  if (way === 'resource') one.Resource = draw([KEY.arn, ['*'], '*']);
  if (way === 'case') one.Action = list.map((name) => String(name).toUpperCase());
}

/** What of a text became what, between the first and the last difference. */
function changeIn(before: string, after: string): string {
  let head = 0;
  while (head < before.length && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const middle = (text: string) => JSON.stringify(text.slice(Math.max(0, head - 2), text.length - tail));
  return `${middle(before)} became ${middle(after)}`;
}
const lineOf = ({ severity, code, path, message }: Finding): string => `${severity} ${code} at ${path}: ${message}`;

function told(seed: number): string {
  const draw = drawFrom(seed);
  const key = draw(KEYS);
  const value = start(draw, key);
  const [mine, theirs] = [structuredClone(value), structuredClone(value)];
  bend(draw, value);
  const layout = draw(LAYOUTS);
  const text = layout(value);
  const lines = [`# ${seed}: ${key.spec} in ${key.accountId}`, JSON.stringify(value)];
  const read = parseKeyPolicy(text);
  if (!read.ok) lines.push(...read.findings.map(lineOf));
  else lines.push(`view ${JSON.stringify(readDefaultView(read.policy, key))}`);
  for (let i = 0; i < 4; i++) {
    const edits = [editFrom(draw, BAD), ...(draw([true, false]) ? [editFrom(draw, WHO)] : [])];
    const edited = applyEdits(text, edits, key);
    lines.push(
      `edit ${JSON.stringify(edits)}`,
      ...(edited.ok ? [changeIn(text, edited.text)] : edited.findings.map(lineOf)),
    );
  }
  const to = draw(KEYS);
  const copied = copyPolicy(text, key, to);
  lines.push(
    `copy to ${to.spec} in ${to.accountId}`,
    ...(copied.ok ? [changeIn(text, copied.text)] : []),
    ...copied.findings.map(lineOf),
  );
  bend(draw, mine);
  bend(draw, theirs);
  const rebased = rebasePolicy({ base: text, proposed: layout(mine), live: layout(theirs) }, key);
  lines.push('rebase', ...(rebased.ok ? [changeIn(layout(theirs), rebased.text)] : rebased.findings.map(lineOf)));
  return lines.join('\n');
}

test.each(Array.from({ length: PAGES }, (_, page) => page))('page %i', async (page) => {
  const name = `../vectors/told/drawnViews/${String(page).padStart(2, '0')}.txt`;
  const seeds = Array.from({ length: ON_A_PAGE }, (_, index) => page * ON_A_PAGE + index);
  await expect(`${seeds.map(told).join('\n\n')}\n`).toMatchFileSnapshot(new URL(name, import.meta.url).pathname);
});
