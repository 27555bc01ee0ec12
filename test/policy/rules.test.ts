import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listing } from '../../lib/policy/rules/context.ts';
import { awsManaged } from '../../lib/policy/rules/key.ts';
import { rulesReference } from '../../lib/policy/rules/reference.ts';
import { RULES } from '../../lib/policy/rules/table.ts';
import { CASES } from './cases.ts';
import { APPLIER, allow, findingsOf, judge, KEY, ROLE, ROOT_STATEMENT, withRoot } from './judge.ts';
import { applyPatch } from './patch.ts';

const judged = RULES.filter((rule) => rule.on !== 'reading');

it('every rule has a code of its own, and cases from both sides', () => {
  expect(new Set(RULES.map(({ code }) => code)).size).toBe(RULES.length);
  expect(judged.map(({ code }) => code).sort()).toEqual(Object.keys(CASES).sort());
});

it('the reference page is that of the table', () => {
  expect(readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8')).toBe(rulesReference());
});

describe.each(judged.map((rule) => [rule.code, rule] as const))('%s', (code, rule) => {
  const { bad, good } = CASES[code] ?? { bad: [], good: [] };
  it.each(bad.map((breach, index) => [index, breach] as const))(
    'is found in case %i, at its place',
    (_index, breach) => {
      const found = findingsOf(code, breach.document, breach.more);
      expect(found.map(({ path }) => path)).toContain(breach.at);
      const finding = found.find(({ path }) => path === breach.at);
      expect(finding).toMatchObject({ severity: rule.severity, fix: expect.any(String) });
      expect(finding?.aws).toBe(rule.aws);
      if (breach.names !== undefined) expect(finding?.message).toContain(breach.names);
      if (breach.at !== '') expect(finding?.line).toBeGreaterThan(0);
    },
  );
  it.each(good.map((document, index) => [index, document] as const))(
    'is not found in case %i',
    (_index, { document, more }) => {
      expect(findingsOf(code, document, more)).toEqual([]);
    },
  );
  it('is gone once its patch is applied', () => {
    for (const { document, more } of bad) {
      const finding = findingsOf(code, document, more).find(({ patch }) => patch !== undefined);
      if (finding === undefined) continue;
      const value: unknown = typeof document === 'string' ? JSON.parse(document) : document;
      const left = findingsOf(code, applyPatch(value, finding.patch ?? []), more).map(({ path }) => path);
      expect(left).not.toContain(finding.path);
    }
  });
});

describe('a finding', () => {
  it('has the line and column of its place', () => {
    const text = JSON.stringify(withRoot(allow({ Action: ['kms:Decrypt', 'kms:Decrpyt'] })), null, 2);
    const lines = text.split('\n');
    const line = lines.findIndex((one) => one.includes('Decrpyt')) + 1;
    expect(findingsOf('ACTION_UNKNOWN', text)[0]).toMatchObject({
      path: '/Statement/1/Action/1',
      line,
      column: (lines[line - 1]?.indexOf('"') ?? 0) + 1,
      fix: 'Probably kms:Decrypt is meant.',
      patch: [{ op: 'replace', path: '/Statement/1/Action/1', value: 'kms:Decrypt' }],
    });
  });
  it('names the nearest condition key', () => {
    const document = withRoot(allow({ Condition: { StringEquals: { 'kms:ViaServce': 'x' } } }));
    expect(findingsOf('CONDITION_KEY_UNKNOWN', document)[0]).toMatchObject({
      fix: expect.stringContaining('kms:ViaService'),
      patch: [
        { op: 'remove', path: '/Statement/1/Condition/StringEquals/kms:ViaServce' },
        { op: 'add', path: '/Statement/1/Condition/StringEquals/kms:ViaService', value: 'x' },
      ],
    });
  });
  it('for a missing root statement has the statement of the default policy, for a list of statements', () => {
    const administrator = allow({ Action: 'kms:PutKeyPolicy', Principal: { AWS: [ROLE, APPLIER] } });
    const patch = (statements: unknown): unknown =>
      findingsOf('NO_ACCOUNT_ROOT', { Version: '2012-10-17', Statement: statements })[0]?.patch;
    expect(patch([administrator])).toEqual([{ op: 'add', path: '/Statement/0', value: ROOT_STATEMENT }]);
    expect(patch(administrator)).toBeUndefined();
  });
  it('for ForAllValues has the condition to add, unless there is one of that operator', () => {
    const set = { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': 'Dept' } };
    const patch = (condition: object): unknown =>
      findingsOf('CONDITION_FOR_ALL_VALUES_EMPTY', withRoot(allow({ Condition: condition })))[0]?.patch;
    expect(patch(set)).toEqual([
      { op: 'add', path: '/Statement/1/Condition/Null', value: { 'kms:EncryptionContextKeys': 'false' } },
    ]);
    expect(patch({ ...set, Null: { 'kms:ViaService': 'true' } })).toBeUndefined();
  });
  it('for a principal that must go leaves no empty statement behind', () => {
    const gone = 'AROADBQP57FF2AEXAMPLE';
    const patch = (principal: unknown, change: object = {}): unknown =>
      findingsOf('PRINCIPAL_DELETED', withRoot(allow({ Principal: principal, ...change })))[0]?.patch;
    expect(patch({ AWS: [ROLE, gone] })).toEqual([{ op: 'remove', path: '/Statement/1/Principal/AWS/1' }]);
    const many = Array.from({ length: 12 }, (_, index) => `${ROLE}${index}`);
    expect(patch({ AWS: [...many, gone] })).toEqual([{ op: 'remove', path: '/Statement/1/Principal/AWS/12' }]);
    expect(patch({ AWS: gone })).toEqual([{ op: 'remove', path: '/Statement/1' }]);
    expect(patch({ AWS: gone, Service: 'sns.amazonaws.com' })).toBeUndefined();
    expect(
      patch(undefined, { Principal: undefined, NotPrincipal: { AWS: [ROLE, gone] }, Effect: 'Deny' }),
    ).toBeUndefined();
    const single = { Version: '2012-10-17', Statement: allow({ Principal: { AWS: gone } }) };
    expect(findingsOf('PRINCIPAL_DELETED', single)[0]).not.toHaveProperty('patch');
  });
  it('of the size begins at 28,000 bytes and ends at 32,768', () => {
    const sized = (bytes: number): string[] => {
      const text = JSON.stringify(withRoot());
      return judge(text + ' '.repeat(bytes - text.length)).findings.map(({ code }) => code);
    };
    expect(sized(27_999)).toEqual([]);
    expect(sized(28_000)).toEqual(['POLICY_NEAR_LIMIT']);
    expect(sized(32_768)).toEqual(['POLICY_NEAR_LIMIT']);
    expect(sized(32_769)).toEqual(['POLICY_MINIFIED']);
  });
  it('says whether an action is allowed or denied', () => {
    const said = (effect: string): unknown =>
      findingsOf('ACTION_NOT_KMS', withRoot(allow({ Effect: effect, Action: 's3:*' })))[0]?.message;
    expect(said('Allow')).toContain('allows "s3:*"');
    expect(said('Deny')).toContain('denies "s3:*"');
  });
  it('names both accounts when a key says two things of its account', () => {
    const [finding] = findingsOf('KEY_OTHER_ACCOUNT', withRoot(), { key: { ...KEY, accountId: '444455556666' } });
    expect(finding?.message).toContain('111122223333 and 444455556666');
  });
  it('of no text at all is one, as KMS says it; white space is no JSON', () => {
    const said = (text: string) => judge(text).findings.map(({ code, aws }) => [code, aws]);
    expect(said('')).toEqual([['POLICY_EMPTY', 'ValidationException']]);
    expect(said(' ')).toEqual([['JSON_EMPTY', 'MalformedPolicyDocumentException']]);
  });
  it('names the operation that lacks its service', () => {
    expect(findingsOf('ACTION_INVALID', withRoot(allow({ Action: 'putkeypolicy' })))[0]).toMatchObject({
      fix: 'Write kms:PutKeyPolicy.',
      patch: [{ op: 'replace', path: '/Statement/1/Action', value: 'kms:PutKeyPolicy' }],
    });
    expect(findingsOf('ACTION_INVALID', withRoot(allow({ Action: 'Nothing' })))[0]).not.toHaveProperty('patch');
  });
  it('is not repeated thousands of times', () => {
    const actions = Array.from({ length: 2000 }, (_, index) => `kms:No${index}`);
    const found = findingsOf('ACTION_UNKNOWN', withRoot(allow({ Action: actions })));
    expect(found).toHaveLength(25);
    expect(found.at(-1)?.message).toContain('more places');
  });
  it('for a key that AWS manages is the same one, whatever is asked', () => {
    const managed = { ...KEY, aliases: ['alias/aws/s3'] };
    expect(awsManaged(managed)).toEqual([
      {
        code: 'KEY_AWS_MANAGED',
        severity: 'error',
        aws: 'AccessDeniedException',
        path: '',
        message: `${KEY.arn} (alias/aws/s3) is an AWS managed key: AWS manages its policy, and it cannot be changed; only that of a customer managed key can.`,
        fix: 'Use a customer managed key.',
      },
    ]);
    expect(findingsOf('KEY_AWS_MANAGED', withRoot(), { key: managed })).toEqual(awsManaged(managed));
    expect(awsManaged(KEY)).toEqual([]);
  });
  it('for a group of another account has the statement of that account, with the same actions', () => {
    const document = withRoot(allow({ Principal: { AWS: 'arn:aws:iam::444455556666:group/Admins' } }));
    expect(findingsOf('PRINCIPAL_GROUP', document)[0]?.documents?.[1]?.document).toMatchObject({
      Principal: { AWS: 'arn:aws:iam::444455556666:root' },
      Action: ['kms:Decrypt'],
    });
  });
  it('for a group has both ways out, with the documents ready', () => {
    const group = 'arn:aws:iam::111122223333:group/Admins';
    const [finding] = findingsOf(
      'PRINCIPAL_GROUP',
      withRoot(allow({ Principal: { AWS: [ROLE, group] }, Action: ['kms:Decrypt', 'kms:ListKeys'] })),
    );
    expect(finding?.fix).toMatch(/role .*; or attach the IAM policy/s);
    expect(finding?.documents).toEqual([
      {
        title: expect.stringContaining(group),
        document: {
          Version: '2012-10-17',
          Statement: [
            { Sid: 'AllowUseOfKeyInAccount111122223333', Effect: 'Allow', Action: ['kms:Decrypt'], Resource: KEY.arn },
          ],
        },
      },
      {
        title: expect.any(String),
        document: expect.objectContaining({ Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*' }),
      },
    ]);
  });
});

it('lists read like sentences', () => {
  const names = [...'abcdefghij'];
  expect([0, 1, 2, 3, 8, 9].map((count) => listing(names.slice(0, count)))).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
    'a, b, c, d, e, f, g and h',
    'a, b, c, d, e, f, g and 2 more',
  ]);
});

describe('what is sent', () => {
  it('is the text as it came when that fits', () => {
    const text = JSON.stringify(withRoot(), null, 4);
    expect(judge(text).text).toBe(text);
  });
  it('is the text as it came when nothing makes it fit', () => {
    const text = ` ${JSON.stringify(withRoot(allow({ Sid: 'a'.repeat(40_000) })))}`;
    expect(judge(text).text).toBe(text);
  });
  it('is the same document without white space when only that fits, escapes and order kept', () => {
    const compact =
      '{"Statement":[{"Sid":"Cl\\u00e9","Resource":"*","Principal":{"AWS":"111122223333"},"Action":"kms:*","Effect":"Allow"}],"Version":"2012-10-17"}';
    const { text, findings } = judge(compact.replace(',', `,${'\n'.repeat(33_000)}`));
    expect(text).toBe(compact);
    expect(findings.map(({ code }) => code)).toEqual(['POLICY_MINIFIED']);
  });
});
