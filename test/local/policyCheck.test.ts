import { describe, expect, test } from 'vitest';
import { checkPolicy } from '../../local/kms/policyCheck.ts';
import type { Principals } from '../../local/kms/types.ts';

const ACCOUNT = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/App`;
const everyone: Principals = { exists: () => true, arnOf: () => undefined };
const base = { Effect: 'Allow', Principal: { AWS: ROLE }, Action: 'kms:Decrypt', Resource: '*' };
const without = (name: keyof typeof base) => Object.fromEntries(Object.entries(base).filter(([key]) => key !== name));
const check = (statement: unknown, principals = everyone) =>
  checkPolicy(JSON.stringify({ Version: '2012-10-17', Statement: statement }), principals);
const refusal = (statement: unknown, principals = everyone) => {
  const result = check(statement, principals);
  return result.ok ? 'ok' : result.error.name;
};

// What the shared vectors leave open: the other side of each rule, and forms that the grammar allows.
describe('is accepted', () => {
  test.each<[string, unknown]>([
    ['a single statement that is no list', base],
    ['a list of one star as the resource', [{ ...base, Resource: ['*'] }]],
    ['any action at all', [{ ...base, Action: '*' }]],
    [
      'a condition with a set operator and IfExists',
      [{ ...base, Condition: { 'ForAllValues:StringEqualsIfExists': { 'kms:EncryptionContextKeys': ['a', 'b'] } } }],
    ],
    [
      'values that are no strings',
      [
        {
          ...base,
          Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': 300 }, Null: { 'aws:TokenIssueTime': true } },
        },
      ],
    ],
    [
      'a role and a user with a path',
      [
        {
          ...base,
          Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:role/team/a/App`, `arn:aws:iam::${ACCOUNT}:user/x/Bob`] },
        },
      ],
    ],
    ['a session', [{ ...base, Principal: { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/App/session` } }]],
    ['a SAML provider', [{ ...base, Principal: { Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/corp` } }]],
    [
      'several kinds of principal',
      [{ ...base, Principal: { AWS: '*', Service: ['s3.amazonaws.com', 'logs.us-east-1.amazonaws.com'] } }],
    ],
    ['a Deny with NotPrincipal', [{ ...without('Principal'), Effect: 'Deny', NotPrincipal: { AWS: ROLE } }]],
  ])('%s', (_name, statement) => {
    expect(check(statement)).toEqual({ ok: true, ids: {} });
  });
});

const MALFORMED = 'MalformedPolicyDocumentException';

describe('is refused', () => {
  test.each<[string, unknown, string]>([
    ['no statement at all', undefined, MALFORMED],
    ['a statement that is text', ['x'], MALFORMED],
    ['a Sid that is no text', [{ ...base, Sid: 1 }], MALFORMED],
    ['no Effect', [without('Effect')], MALFORMED],
    ['no Action', [without('Action')], MALFORMED],
    ['Action and NotAction', [{ ...base, NotAction: 'kms:Encrypt' }], MALFORMED],
    ['one bad action among good ones', [{ ...base, Action: ['kms:Decrypt', 'Encrypt'] }], MALFORMED],
    ['an action with a blank', [{ ...base, Action: 'kms: Decrypt' }], MALFORMED],
    ['an action that is no text', [{ ...base, Action: [1] }], MALFORMED],
    ['another resource beside the star', [{ ...base, Resource: ['*', ROLE] }], MALFORMED],
    ['an empty list of resources', [{ ...base, Resource: [] }], MALFORMED],
    ['NotResource beside Resource', [{ ...base, NotResource: '*' }], MALFORMED],
    ['Principal and NotPrincipal', [{ ...base, NotPrincipal: { AWS: ROLE } }], MALFORMED],
    ['an Allow with NotPrincipal', [{ ...without('Principal'), NotPrincipal: { AWS: ROLE } }], MALFORMED],
    ['an empty principal', [{ ...base, Principal: {} }], MALFORMED],
    ['an empty list of principals', [{ ...base, Principal: { AWS: [] } }], MALFORMED],
    ['a principal of null', [{ ...base, Principal: null }], MALFORMED],
    ['an ARN without its kind', [{ ...base, Principal: ROLE }], MALFORMED],
    ['a kind that there is not', [{ ...base, Principal: { aws: ROLE } }], MALFORMED],
    ['a number as a principal', [{ ...base, Principal: { AWS: 111122223333 } }], MALFORMED],
    ['another partition', [{ ...base, Principal: { AWS: `arn:aws-cn:iam::${ACCOUNT}:role/App` } }], MALFORMED],
    [
      'an account of 11 digits in an ARN',
      [{ ...base, Principal: { AWS: 'arn:aws:iam::11112222333:root' } }],
      MALFORMED,
    ],
    ['a role without a name', [{ ...base, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/` } }], MALFORMED],
    [
      'a name with a letter that IAM does not have',
      [{ ...base, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/Andr\u00e9` } }],
      MALFORMED,
    ],
    ['a star for all of an account', [{ ...base, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:*` } }], MALFORMED],
    ['a star as a service', [{ ...base, Principal: { Service: '*' } }], MALFORMED],
    [
      'an instance profile',
      [{ ...base, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:instance-profile/x` } }],
      'InvalidArnException',
    ],
    ['a bucket', [{ ...base, Principal: { AWS: 'arn:aws:s3:::bucket' } }], 'InvalidArnException'],
    [
      'a group with a path',
      [{ ...base, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:group/a/b` } }],
      'InvalidArnException',
    ],
    ['a condition that is a list', [{ ...base, Condition: [] }], MALFORMED],
    ['an operator that there is not', [{ ...base, Condition: { StringEqual: { 'kms:ViaService': 'x' } } }], MALFORMED],
    ['an operator without keys', [{ ...base, Condition: { StringEquals: 'x' } }], MALFORMED],
    [
      'a condition value that is an object',
      [{ ...base, Condition: { StringEquals: { 'kms:ViaService': {} } } }],
      MALFORMED,
    ],
    [
      'a tag of the key in a condition',
      [{ ...base, Condition: { StringEquals: { 'AWS:ResourceTag/env': 'prod' } } }],
      MALFORMED,
    ],
    [
      'the same under the old name',
      [{ ...base, Condition: { StringEquals: { 'kms:ResourceTag/env': 'prod' } } }],
      MALFORMED,
    ],
  ])('%s', (_name, statement, code) => {
    expect(refusal(statement)).toBe(code);
  });

  test('an element of the document that there is not', () => {
    const text = JSON.stringify({ Version: '2012-10-17', Statement: base, Statements: base });
    expect(checkPolicy(text, everyone)).toMatchObject({ error: { name: MALFORMED } });
  });

  test('a service, an account or the role behind a session that does not exist', () => {
    const only = (missing: string): Principals => ({ ...everyone, exists: (principal) => principal !== missing });
    const with_ = (Principal: object) => [{ ...base, Principal }];
    expect(refusal(with_({ Service: 'x.amazonaws.com' }), only('x.amazonaws.com'))).toBe(MALFORMED);
    expect(refusal(with_({ AWS: '444455556666' }), only('444455556666'))).toBe(MALFORMED);
    expect(refusal(with_({ AWS: '444455556666' }), only('arn:aws:iam::444455556666:root'))).toBe(MALFORMED);
    expect(refusal(with_({ AWS: ROLE }), only(ROLE))).toBe(MALFORMED);
  });

  test('a unique id whose principal was deleted, though it once had an ARN', () => {
    const id = 'AROA234567ABCDEFGHIJK';
    const known: Principals = { exists: (principal) => principal !== ROLE, arnOf: () => ROLE };
    expect(refusal([{ ...base, Principal: { AWS: id } }], known)).toBe(MALFORMED);
    expect(check([{ ...base, Principal: { AWS: id } }], { ...known, exists: () => true })).toEqual({
      ok: true,
      ids: { [id]: ROLE },
    });
  });

  test('a text of the largest size for the front end meets the quota, one more the front end', () => {
    const codeOf = (text: string) => {
      const result = checkPolicy(text, everyone);
      return result.ok ? 'ok' : result.error.name;
    };
    expect(codeOf(' '.repeat(131_072))).toBe('LimitExceededException');
    expect(codeOf(' '.repeat(131_073))).toBe('ValidationException');
    expect(codeOf('')).toBe('ValidationException');
    expect(codeOf('\u007f')).toBe(MALFORMED);
    expect(codeOf('\u0000')).toBe('ValidationException');
    expect(codeOf('\u0100')).toBe('ValidationException');
  });
});
