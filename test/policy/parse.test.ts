import { describe, expect, it } from 'vitest';
import { MAX_CHARACTERS, parseKeyPolicy } from '../../lib/policy/document/parse.ts';
import { policyOf } from './arbitrary.ts';
import { applyPatch } from './patch.ts';

const refused = (document: unknown): unknown => {
  const result = parseKeyPolicy(typeof document === 'string' ? document : JSON.stringify(document));
  return result.ok ? [] : result.findings.map(({ code, path }) => `${code} ${path}`);
};
const statement = (change: object): unknown => ({ Statement: { Effect: 'Allow', ...change } });

describe('parseKeyPolicy reads', () => {
  it('a policy into its meaning, every scalar a list', () => {
    const document = {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'a b',
          Effect: 'Allow',
          Principal: { AWS: ['111122223333', 'arn:aws:iam::111122223333:role/x'], Service: 'sns.amazonaws.com' },
          Action: 'kms:*',
          Resource: '*',
          Condition: {
            Bool: { 'kms:GrantIsForAWSResource': true },
            NumericLessThan: { 'aws:MultiFactorAuthAge': [1.0, '2'] },
          },
        },
        { Effect: 'Deny', NotPrincipal: '*', NotAction: ['a:b'], NotResource: [] },
      ],
    };
    expect(policyOf(document)).toEqual({
      version: '2012-10-17',
      id: 'key-default-1',
      statements: [
        {
          path: '/Statement/0',
          sid: 'a b',
          effect: 'Allow',
          principals: [
            { kind: 'AWS', id: 'arn:aws:iam::111122223333:root' },
            { kind: 'AWS', id: 'arn:aws:iam::111122223333:role/x' },
            { kind: 'Service', id: 'sns.amazonaws.com' },
          ],
          notPrincipal: false,
          actions: ['kms:*'],
          notAction: false,
          resources: ['*'],
          notResource: false,
          conditions: [
            { operator: 'Bool', key: 'kms:GrantIsForAWSResource', values: ['true'] },
            { operator: 'NumericLessThan', key: 'aws:MultiFactorAuthAge', values: ['1', '2'] },
          ],
        },
        {
          path: '/Statement/1',
          effect: 'Deny',
          principals: [{ kind: 'AWS', id: '*' }],
          notPrincipal: true,
          actions: ['a:b'],
          notAction: true,
          resources: [],
          notResource: true,
          conditions: [],
        },
      ],
    });
  });
  it('one statement without its list, and what is missing as nothing', () => {
    expect(policyOf(statement({})).statements).toMatchObject([
      { path: '/Statement', principals: [], actions: [], resources: [] },
    ]);
    expect(policyOf({})).toStrictEqual({ statements: [] });
    expect(policyOf(statement({})).statements[0]).not.toHaveProperty('sid');
  });
  it("an account id as the root ARN of the key's partition", () => {
    const result = parseKeyPolicy(JSON.stringify(statement({ Principal: { AWS: '111122223333' } })), 'aws-cn');
    expect(result.ok && result.policy.statements[0]?.principals).toEqual([
      { kind: 'AWS', id: 'arn:aws-cn:iam::111122223333:root' },
    ]);
  });
  it('twelve digits as an account only where a principal of AWS is named', () => {
    expect(policyOf(statement({ Principal: { Federated: '111122223333' } })).statements[0]?.principals).toEqual([
      { kind: 'Federated', id: '111122223333' },
    ]);
  });
  it('more than twelve digits as no account', () => {
    expect(policyOf(statement({ Principal: { AWS: '1111222233334' } })).statements[0]?.principals).toEqual([
      { kind: 'AWS', id: '1111222233334' },
    ]);
  });
  it('bytes as well as text', () => {
    expect(parseKeyPolicy(new TextEncoder().encode('{"Id":"é"}'))).toMatchObject({ ok: true, policy: { id: 'é' } });
  });
});

describe('parseKeyPolicy refuses', () => {
  it.each<[string, unknown, string[]]>([
    ['a list', [], ['DOCUMENT_NOT_OBJECT ']],
    ['a number as Version', { Version: 2012 }, ['ELEMENT_TYPE /Version']],
    ['null as Id', { Id: null }, ['ELEMENT_TYPE /Id']],
    ['an unknown element', { Foo: 1 }, ['ELEMENT_UNKNOWN /Foo']],
    ['odd case', { statement: [] }, ['ELEMENT_UNKNOWN /statement']],
    ['a string as statement', { Statement: ['x'] }, ['ELEMENT_TYPE /Statement/0']],
    ['lists of lists', { Statement: [[]] }, ['ELEMENT_TYPE /Statement/0']],
    ['an unknown statement element', statement({ Principals: '*' }), ['ELEMENT_UNKNOWN /Statement/Principals']],
    ['a number as Sid', statement({ Sid: 1 }), ['ELEMENT_TYPE /Statement/Sid']],
    ['no Effect', { Statement: {} }, ['EFFECT_INVALID /Statement']],
    ['Effect in odd case', statement({ Effect: 'allow' }), ['EFFECT_INVALID /Statement/Effect']],
    ['Effect as list', statement({ Effect: ['Allow'] }), ['EFFECT_INVALID /Statement/Effect']],
    [
      'an account id as number',
      statement({ Principal: { AWS: 111122223333 } }),
      ['ELEMENT_TYPE /Statement/Principal/AWS'],
    ],
    [
      'a bare ARN as Principal',
      statement({ Principal: 'arn:aws:iam::111122223333:root' }),
      ['ELEMENT_TYPE /Statement/Principal'],
    ],
    ['a list as Principal', statement({ Principal: ['*'] }), ['ELEMENT_TYPE /Statement/Principal']],
    [
      'an unknown principal type',
      statement({ Principal: { aws: '*' } }),
      ['PRINCIPAL_TYPE_UNKNOWN /Statement/Principal/aws'],
    ],
    ['a number as action', statement({ Action: ['a', 1] }), ['ELEMENT_TYPE /Statement/Action/1']],
    ['an object as resource', statement({ Resource: {} }), ['ELEMENT_TYPE /Statement/Resource']],
    ['Action and NotAction', statement({ Action: 'a', NotAction: 'b' }), ['ELEMENTS_EXCLUSIVE /Statement/NotAction']],
    [
      'Principal and NotPrincipal',
      statement({ Principal: '*', NotPrincipal: '*' }),
      ['ELEMENTS_EXCLUSIVE /Statement/NotPrincipal'],
    ],
    [
      'Resource and NotResource',
      statement({ Resource: '*', NotResource: '*' }),
      ['ELEMENTS_EXCLUSIVE /Statement/NotResource'],
    ],
    ['a list as Condition', statement({ Condition: [] }), ['ELEMENT_TYPE /Statement/Condition']],
    ['a string under an operator', statement({ Condition: { Bool: 'x' } }), ['ELEMENT_TYPE /Statement/Condition/Bool']],
    [
      'null as condition value',
      statement({ Condition: { Bool: { a: null } } }),
      ['ELEMENT_TYPE /Statement/Condition/Bool/a'],
    ],
    [
      'several things at once',
      { Version: 1, X: 1, Statement: 1 },
      ['ELEMENT_UNKNOWN /X', 'ELEMENT_TYPE /Version', 'ELEMENT_TYPE /Statement'],
    ],
    [
      'a hidden duplicate',
      '{"Statement":{"Effect":"Deny","\\u0045ffect":"Allow"}}',
      ['JSON_DUPLICATE_NAME /Statement/Effect'],
    ],
    ['too long a text', ' '.repeat(MAX_CHARACTERS + 1), ['JSON_TOO_LARGE ']],
    ['too deep a text', '['.repeat(33), [`JSON_TOO_DEEP ${'/0'.repeat(32)}`]],
  ])('%s', (_name, document, expected) => {
    expect(refused(document)).toEqual(expected);
  });
  it('with the error of KMS, the mend, and a patch where only the spelling is wrong', () => {
    const result = parseKeyPolicy('{\n "Statement": {"effect": "Allow", "Effect": "DENY", "action": "kms:*"}}');
    expect(result.ok || result.findings).toMatchObject([
      {
        code: 'ELEMENT_UNKNOWN',
        path: '/Statement/effect',
        line: 2,
        column: 16,
        aws: 'MalformedPolicyDocumentException',
      },
      {
        code: 'ELEMENT_UNKNOWN',
        message: expect.stringContaining('It is written Action.'),
        patch: [
          { op: 'remove', path: '/Statement/action' },
          { op: 'add', path: '/Statement/Action', value: 'kms:*' },
        ],
      },
      { code: 'EFFECT_INVALID', patch: [{ op: 'replace', path: '/Statement/Effect', value: 'Deny' }] },
    ]);
    expect(result.ok || result.findings[0]).not.toHaveProperty('patch');
    const patches = (Principal: unknown): unknown => {
      const refused = parseKeyPolicy(JSON.stringify(statement({ Principal })));
      return refused.ok || refused.findings.map(({ patch }) => patch);
    };
    const replaced = (path: string, value: unknown) => [
      [{ op: 'replace', path: `/Statement/Principal${path}`, value }],
    ];
    for (const principal of ['arn:aws:iam::111122223333:root', '111122223333', 111122223333]) {
      expect(patches(principal)).toEqual(replaced('', { AWS: String(principal) }));
    }
    expect(patches({ AWS: 111122223333 })).toEqual(replaced('/AWS', '111122223333'));
    for (const principal of ['xarn:aws', '1111222233334', 1111222233334, { AWS: 1111222233334 }]) {
      expect(patches(principal)).toEqual([undefined]);
    }
    for (const Effect of ['allowed', 'disallow', 'xDeny']) {
      const other = parseKeyPolicy(JSON.stringify(statement({ Effect })));
      expect(other.ok || other.findings).toMatchObject([{ code: 'EFFECT_INVALID' }]);
      expect(other.ok || other.findings[0]).not.toHaveProperty('patch');
    }
  });
  it.each<[unknown, unknown]>([
    ['arn:aws:iam::111122223333:role/App', { AWS: 'arn:aws:iam::111122223333:role/App' }],
    ['111122223333', { AWS: '111122223333' }],
    [{ aws: ['111122223333'] }, { AWS: ['111122223333'] }],
    [{ AWS: ['*', 111122223333] }, { AWS: ['*', '111122223333'] }],
  ])('of a principal %j with a patch that makes it readable', (written, meant) => {
    const document = { Statement: [{ Effect: 'Allow', Principal: written, Action: 'kms:*', Resource: '*' }] };
    const result = parseKeyPolicy(JSON.stringify(document));
    const [finding, ...more] = result.findings;
    expect(more).toEqual([]);
    expect(applyPatch(document, finding?.patch ?? [])).toMatchObject({ Statement: [{ Principal: meant }] });
  });
  it.each([['App'], [['*']], [{ aws: '*', AWS: '*' }], [{ Iam: '*' }], [{ AWS: 1111 }], [{ AWS: 1e11 }]])(
    'of a principal %j without one',
    (Principal) => {
      const document = { Statement: [{ Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }] };
      const [finding] = parseKeyPolicy(JSON.stringify(document).replace('100000000000', '1e11')).findings;
      expect(finding).toBeDefined();
      expect(finding).not.toHaveProperty('patch');
    },
  );
});
