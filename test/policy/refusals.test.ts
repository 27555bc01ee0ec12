import { describe, expect, it, test } from 'vitest';
import { canonicalForm } from '../../lib/policy/document/canonical.ts';
import { escapePointer } from '../../lib/policy/document/json.ts';
import { parseKeyPolicy } from '../../lib/policy/document/parse.ts';
import { policyOf } from './arbitrary.ts';

const S = '{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}';
const statement = (change: object) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ ...JSON.parse(S), ...change }] });
const TEXTS: (string | Uint8Array)[] = [
  ...[
    '',
    ' ',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{a:1}',
    "{'a':1}",
    '{"a" 1}',
    '{"a":1 "b":2}',
    '[1 2]',
    '[1,]',
    '[',
    '[1',
  ],
  ...[
    '{} x',
    '{}{}',
    '{} "',
    'x',
    'nul',
    'True',
    'undefined',
    '-',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '--1',
    'NaN',
    '1x',
    '-x',
    '0x10',
  ],
  ...[
    '"',
    '"a',
    '"\\',
    '"\\x"',
    '"\\u12"',
    '"\\u12345',
    '"\\u00g0"',
    '"\\u0000"',
    '"a\tb"',
    '"a\nb"',
    '"\u0000"',
    '"\\ud800"',
    '"\ud800"',
    '"\\udc00\\ud800"',
  ],
  ...[
    '// x',
    '{/* x */}',
    '{"a":1} // x',
    '[\n1,\r\n  2,\r   x]',
    '{"\\u0061":1,"a":2}',
    `{${Array.from({ length: 30 }, () => '"a":1').join()}}`,
  ],
  ...[
    '['.repeat(200),
    `[${'1,'.repeat(40_000)}1]`,
    new Uint8Array([0x7b, 0xff]),
    new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d]),
    '\ufeff{}',
  ],
  ...[
    '[]',
    '1',
    'null',
    '"x"',
    '{}',
    '{"Statement":1}',
    '{"Statement":[1,null]}',
    '{"Statement":[[]]}',
    '{"Version":1,"Statement":[]}',
    '{"Version":"2013-10-17","Statement":[]}',
  ],
  ...['{"version":"2012-10-17","Statement":[]}', '{"Id":5,"Statement":[]}', '{"Other":1,"Statement":[]}'],
  ...[
    { Effect: 'allow' },
    { Effect: 'xAllow' },
    { Effect: 'Denyx' },
    { Effect: 1 },
    { Effect: undefined },
    { Sid: 5 },
    { sid: 'x' },
    { Other: 1 },
  ].map(statement),
  ...[
    { NotPrincipal: '*' },
    { NotAction: 'x' },
    { NotResource: 'x' },
    { Principal: 'x' },
    { Principal: 1 },
    { Principal: [] },
    { Principal: {} },
  ].map(statement),
  ...[
    { Principal: { aws: '*' } },
    { Principal: { AWS: 1 } },
    { Principal: { AWS: [1] } },
    { Principal: { AWS: [] } },
    { Principal: { Service: {} } },
  ].map(statement),
  ...[
    { Action: 1 },
    { Action: [1] },
    { Action: {} },
    { Action: [] },
    { Resource: 1 },
    { Resource: [null] },
    { Condition: 1 },
    { Condition: [] },
  ].map(statement),
  ...[
    { Condition: { StringEquals: 1 } },
    { Condition: { StringEquals: { a: null } } },
    { Condition: { StringEquals: { a: [{}, []] } } },
  ].map(statement),
];
const show = (text: string | Uint8Array): string => {
  const shown = typeof text === 'string' ? JSON.stringify(text) : `bytes ${[...text].join(' ')}`;
  return shown.length > 160 ? `${shown.slice(0, 80)}… (${shown.length})` : shown;
};

// Each refusal and where it points, read and found true; `-u` writes the page anew.
test('what cannot be read as a key policy, and why', async () => {
  const parts = TEXTS.map((text) => {
    const read = parseKeyPolicy(text);
    const lines = read.ok
      ? [`  is ${canonicalForm(read.policy)}`]
      : read.findings.map(
          ({ severity, code, path, line, column, message, fix, aws }) =>
            `  ${severity} ${code}${aws ? ` (${aws})` : ''} at "${path}" ${line}:${column}: ${message} | ${fix}`,
        );
    return [show(text), ...lines].join('\n');
  });
  const path = new URL('../vectors/told/refusals.txt', import.meta.url).pathname;
  await expect(`${parts.join('\n')}\n`).toMatchFileSnapshot(path);
});
describe('the canonical form', () => {
  const form = (change: object) => canonicalForm(policyOf(JSON.parse(statement(change))));
  it('keeps each kind of principal apart', () => {
    expect(
      form({ Principal: { Service: ['b.amazonaws.com', 'a.amazonaws.com'], AWS: ['*'], Federated: 'x' } }),
    ).toContain('"Principal":{"AWS":["*"],"Federated":["x"],"Service":["a.amazonaws.com","b.amazonaws.com"]}');
  });
  it.each([
    ['arn:aws:iam::111122223333:root', '111122223333'],
    ['arn:aws-cn:iam::111122223333:root', '111122223333'],
    ['arn:aws:iam::111122223333:rooted', 'arn:aws:iam::111122223333:rooted'],
    ['xarn:aws:iam::111122223333:root', 'xarn:aws:iam::111122223333:root'],
  ])('has %s as %s', (id, canonical) => expect(form({ Principal: { AWS: id } })).toContain(`{"AWS":["${canonical}"]}`));
  it('has a root ARN of another kind of principal as it is', () => {
    expect(form({ Principal: { Federated: 'arn:aws:iam::111122223333:root' } })).toContain(
      '["arn:aws:iam::111122223333:root"]',
    );
  });
  it('has operators and condition keys in small letters', () => {
    const Condition = { StringEquals: { 'kms:ViaService': 'a', 'kms:CallerAccount': 'b' }, Bool: { 'aws:Via': true } };
    expect(form({ Condition })).toContain(
      '"Condition":{"bool":{"aws:via":["true"]},"stringequals":{"kms:calleraccount":["b"],"kms:viaservice":["a"]}}',
    );
  });
  it('keeps all lines of one operator and key, each in letters of its own', () => {
    const line = (value: string) => ({ 'kms:ViaService': value });
    const Condition = {
      StringEquals: line('a'),
      stringEquals: line('b'),
      Stringequals: line('c'),
      stringequals: line('d'),
      STRINGEQUALS: line('a'),
    };
    const spelled = Object.entries(
      (JSON.parse(form({ Condition })) as { Statement: { Condition: object }[] }).Statement[0]?.Condition ?? {},
    );
    expect(spelled).toEqual([
      ['stringequals', { 'kms:viaservice': ['a'] }],
      ['Stringequals', { 'kms:viaservice': ['b'] }],
      ['sTringequals', { 'kms:viaservice': ['c'] }],
      ['STringequals', { 'kms:viaservice': ['d'] }],
    ]);
  });
});

test.each([
  ['a/b', 'a~1b'],
  ['~', '~0'],
  ['~1/', '~01~1'],
  ['plain', 'plain'],
])('the name %s in a pointer is %s', (name, step) => expect(escapePointer(name)).toBe(step));
