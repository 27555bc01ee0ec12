// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables are written like this.
import { describe, expect, it, test } from 'vitest';
import { APPLIER, allow, codesOf, findingsOf, judge, KEY, ROLE, ROOT, withRoot } from './judge.ts';

const deny = (change: Record<string, unknown>) => allow({ Effect: 'Deny', ...change });
const messages = (code: string, document: unknown, more = {}) =>
  findingsOf(code, document, more).map(({ message }) => message);
const condition = (operator: string, key: string, value: unknown, more: Record<string, unknown> = {}) =>
  withRoot(allow({ Condition: { [operator]: { [key]: value } }, ...more }));

describe('a character that KMS does not take', () => {
  test.each([
    ['\u2014', 1, 1],
    ['{\n  \u2014', 2, 3],
    ['{\r\n\r\n\u201c', 3, 1],
    ['{\r\r \u{1f511}', 3, 2],
    ['\u0000', 1, 1],
    ['ÿ\u0100', 1, 2],
  ])('%j is found in line %i, column %i', (text, line, column) => {
    const [found] = findingsOf('CHARACTER_NOT_ALLOWED', text);
    expect(found).toMatchObject({ path: '', line, column });
    expect(found?.message).toContain(`Line ${line}, column ${column} has U+`);
  });
  it('is none of tab, line ends and Latin-1', () =>
    expect(codesOf('\t\r\n ÿ~')).not.toContain('CHARACTER_NOT_ALLOWED'));
});

describe('an identifier that is not what it looks like', () => {
  const a = '\u0430';
  test.each<[string, string, Record<string, unknown>]>([
    ['the action', '/Statement/1/Action', { Action: `kms:Decrypt${a}` }],
    ['the action', '/Statement/1/Action/1', { Action: ['kms:Encrypt', ' kms:Decrypt'] }],
    ['the principal', '/Statement/1/Principal/AWS', { Principal: { AWS: `${ROLE}${a}` } }],
    [
      'the principal',
      '/Statement/1/NotPrincipal/AWS',
      { Principal: undefined, NotPrincipal: { AWS: `${ROLE}\u200b` }, Effect: 'Deny' },
    ],
    ['the resource', '/Statement/1/Resource', { Resource: '*\u00ad' }],
    ['the resource', '/Statement/1/NotResource', { Resource: undefined, NotResource: `arn:aws:kms:::${a}` }],
    [
      'the condition operator',
      `/Statement/1/Condition/StringEqu${a}ls/kms:ViaService`,
      { Condition: { [`StringEqu${a}ls`]: { 'kms:ViaService': 'x' } } },
    ],
    [
      'the condition key',
      `/Statement/1/Condition/StringEquals/kms:Vi${a}Service`,
      { Condition: { StringEquals: { [`kms:Vi${a}Service`]: 'x' } } },
    ],
    [
      'a value of "kms:ViaService"',
      '/Statement/1/Condition/StringEquals/kms:ViaService',
      { Condition: { StringEquals: { 'kms:ViaService': ['x', 'y '] } } },
    ],
  ])('%s at %s', (what, path, change) => {
    const found = findingsOf('IDENTIFIER_CHARACTER', withRoot(allow(change)));
    expect(found.map((one) => one.path)).toEqual([path]);
    expect(found[0]?.message).toMatch(/^Statement 2 \("tested"\): /);
    expect(found[0]?.message).toContain(`: ${what}${what.startsWith('a value') ? '' : ' "'}`);
  });
  it('says the character, and what it looks like', () => {
    expect(messages('IDENTIFIER_CHARACTER', withRoot(allow({ Action: 'kms:Decrypt ' })))).toEqual([
      'Statement 2 ("tested"): the action "kms:Decrypt " contains U+0020.',
    ]);
    expect(messages('IDENTIFIER_CHARACTER', withRoot(allow({ Action: `kms:Decr${'\u0443'}pt` })))[0]).toMatch(
      / contains U\+0443\. It looks like "kms:Decrypt", but is not the same\.$/,
    );
  });
  it('is not a name or value that its owner chooses freely', () => {
    const free = [
      'kms:EncryptionContext:Straße',
      'kms:EncryptionContextKeys',
      'aws:PrincipalTag/Größe',
      'aws:TagKeys',
      'aws:UserAgent',
    ];
    for (const key of free)
      expect(codesOf(condition('StringEquals', key, 'Größe '))).not.toContain('IDENTIFIER_CHARACTER');
    expect(codesOf(condition('StringEquals', 'kms:EncryptionContextKeysX', 'Größe'))).toContain('IDENTIFIER_CHARACTER');
    expect(codesOf(condition('StringEquals', 'aws:usernamex', 'Größe'))).toContain('IDENTIFIER_CHARACTER');
    expect(codesOf(condition('StringEquals', 'x-aws:username', 'Größe'))).toContain('IDENTIFIER_CHARACTER');
  });
});

describe('free text that cannot be read as it is', () => {
  const document = (change: object, more: object = {}) => ({ ...(withRoot(allow({ ...change })) as object), ...more });
  test.each<[string, string, object]>([
    ['/Id', 'The policy: the Id "x<U+200B>" contains U+200B.', document({}, { Id: 'x\u200b' })],
    ['/Statement/1/Sid', 'the Sid "a<U+00AD>" contains U+00AD.', document({ Sid: 'a\u00ad' })],
    [
      '/Statement/1/Condition/StringEquals/aws:PrincipalTag~1a',
      'a value of "aws:PrincipalTag/a" "b<U+202E>" contains U+202E.',
      document({ Condition: { StringEquals: { 'aws:PrincipalTag/a': 'b\u202e' } } }),
    ],
    [
      '/Statement/1/Condition/StringEquals/aws:PrincipalTag~1\u00ad',
      'the condition key "aws:PrincipalTag/<U+00AD>" ',
      document({ Condition: { StringEquals: { 'aws:PrincipalTag/\u00ad': 'b' } } }),
    ],
  ])('%s', (path, message, value) => {
    const found = findingsOf('TEXT_INVISIBLE_CHARACTER', value);
    expect(found[0]?.path).toBe(path);
    expect(found[0]?.message).toContain(message);
  });
  it('is no value that KMS compares, of which that is told already', () => {
    const codes = codesOf(condition('StringEquals', 'kms:ViaService', 'x\u200b'));
    expect(codes).toContain('IDENTIFIER_CHARACTER');
    expect(codes).not.toContain('TEXT_INVISIBLE_CHARACTER');
  });
  it('by an escape, wherever it stands', () => {
    const escaped = (change: object) =>
      JSON.stringify(withRoot(allow({ ...change }))).replace(
        /[^\0-\u007f]/g,
        (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    const paths = (change: object) => findingsOf('POLICY_CHARSET_ESCAPED', escaped(change)).map(({ path }) => path);
    expect(paths({ Sid: 'x\u0430' })).toEqual(['/Statement/1/Sid']);
    expect(paths({ Action: 'kms:\u0430' })).toEqual(['/Statement/1/Action']);
    expect(paths({ Sid: 'ÿ' })).toEqual([]);
    expect(findingsOf('POLICY_CHARSET_ESCAPED', withRoot(allow({ Sid: 'x\u0430' })))).toEqual([]);
  });
});

describe('an Allow that a Deny always covers', () => {
  const covered = (given: object, refused: object) =>
    codesOf(withRoot(allow({ ...given }), deny({ ...refused }))).includes('ALLOW_ALWAYS_DENIED');
  const via = (service: string) => ({ StringEquals: { 'kms:ViaService': service } });
  const OTHER = ROLE.replace('Role', 'Other');
  const exceptArn = (arn: string) => ({ ArnNotEquals: { 'aws:PrincipalArn': arn } });
  test.each<[string, boolean, object, object]>([
    ['the same', true, {}, {}],
    ['more actions', true, {}, { Action: 'kms:*' }],
    ['fewer actions', false, { Action: ['kms:Decrypt', 'kms:Encrypt'] }, {}],
    ['everyone', true, {}, { Principal: '*' }],
    ['the account', true, {}, { Principal: { AWS: ROOT } }],
    ['another account', false, {}, { Principal: { AWS: ROOT.replace('1111', '4444') } }],
    ['one of two', false, { Principal: { AWS: [ROLE, OTHER] } }, {}],
    ['both of two', true, { Principal: { AWS: [ROLE, OTHER] } }, { Principal: { AWS: [OTHER, ROLE] } }],
    ['everyone of AWS, for a service', true, { Principal: { Service: 'sns.amazonaws.com' } }, { Principal: '*' }],
    [
      'another kind',
      false,
      { Principal: { Service: 'sns.amazonaws.com' } },
      { Principal: { Federated: 'sns.amazonaws.com' } },
    ],
    [
      'a session of the role',
      true,
      { Principal: { AWS: 'arn:aws:sts::111122223333:assumed-role/ExampleRole/run' } },
      {},
    ],
    ['the same condition', true, { Condition: via('s3') }, { Condition: via('s3') }],
    [
      'the same condition in other letters',
      true,
      { Condition: via('s3') },
      { Condition: { stringequals: { 'KMS:viaservice': 's3' } } },
    ],
    ['a condition more', false, {}, { Condition: via('s3') }],
    ['a condition less', true, { Condition: via('s3') }, {}],
    ['another value', false, { Condition: via('s3') }, { Condition: via('rds') }],
    ['another key', false, { Condition: via('s3') }, { Condition: { StringEquals: { 'kms:CallerAccount': 's3' } } }],
    ['a wider operator', true, { Condition: via('s3') }, { Condition: { StringLike: { 'kms:ViaService': 's*' } } }],
    ['a narrower operator', false, { Condition: { StringLike: { 'kms:ViaService': 's*' } } }, { Condition: via('s3') }],
    ['everyone but others', true, {}, { Principal: '*', Condition: exceptArn(OTHER) }],
    ['everyone but it', false, {}, { Principal: '*', Condition: exceptArn(ROLE) }],
    [
      'everyone but one of two',
      false,
      { Principal: { AWS: [ROLE, OTHER] } },
      { Principal: '*', Condition: exceptArn(OTHER) },
    ],
    [
      'everyone but others, of an account',
      false,
      { Principal: { AWS: ROOT } },
      { Principal: '*', Condition: exceptArn(OTHER) },
    ],
    ['its account', true, {}, { Principal: '*', Condition: { StringEquals: { 'kms:CallerAccount': '111122223333' } } }],
    ['all but the named', false, {}, { Principal: undefined, NotPrincipal: { AWS: OTHER } }],
  ])('by one of %s: %s', (_, expected, given, refused) => expect(covered(given, refused)).toBe(expected));
  it('by two that share its actions', () => {
    const document = withRoot(
      allow({ Action: ['kms:Decrypt', 'kms:Encrypt'] }),
      deny({}),
      deny({ Action: 'kms:Encrypt', Sid: 'two' }),
    );
    expect(messages('ALLOW_ALWAYS_DENIED', document)).toEqual([
      'Statement 2 ("tested") gives nothing: Statement 3 ("tested") and Statement 4 ("two") always deny all of it.',
    ]);
  });
});

describe('a statement that stands there twice', () => {
  const repeated = (...statements: Record<string, unknown>[]) =>
    findingsOf('STATEMENT_REPEATED', withRoot(...statements)).map(({ path }) => path);
  it('in whatever spelling', () => {
    const one = allow({
      Action: ['kms:Decrypt', 'kms:Encrypt'],
      Condition: { StringEquals: { 'kms:ViaService': ['a', 'b'] } },
    });
    const two = allow({
      Sid: 'two',
      Action: ['KMS:encrypt', 'kms:Decrypt', 'kms:Encrypt'],
      Condition: { stringEquals: { 'KMS:ViaService': ['b', 'a'] } },
    });
    expect(repeated(one, two, allow({ Sid: 'three' }), allow({ Sid: 'four' }))).toEqual([
      '/Statement/2',
      '/Statement/4',
    ]);
  });
  it('in whatever order its principals stand', () => {
    const of = (...ends: string[]) => allow({ Principal: { AWS: ends.map((end) => `${ROLE}${end}`) } });
    expect(repeated(of('1', '2', '3'), of('3', '1', '2'), of('2', '3', '1'))).toEqual(['/Statement/2', '/Statement/3']);
  });
  it('not with the same values of another key', () => {
    const of = (key: string) => ({ Condition: { StringEquals: { [key]: 'x' } } });
    expect(repeated(allow(of('kms:ViaService')), allow({ Sid: 'two', ...of('kms:CallerAccount') }))).toEqual([]);
  });
  it.each<[string, Record<string, unknown>]>([
    ['effect', { Effect: 'Deny' }],
    ['principal', { Principal: { AWS: ROLE.replace('Role', 'Rule') } }],
    ['action', { Action: 'kms:Encrypt' }],
    ['condition', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
  ])('not with another %s', (_, change) => expect(repeated(allow(), allow(change))).toEqual([]));
});

describe('an action that a key cannot do', () => {
  it('may be excepted by NotAction', () =>
    expect(codesOf(withRoot(deny({ Action: undefined, NotAction: 'kms:Sign' })))).not.toContain(
      'ACTION_NOT_SUPPORTED_BY_KEY',
    ));
  it('is mended where its name is nearly one of AWS KMS', () => {
    const fix = (action: string) => findingsOf('ACTION_UNKNOWN', withRoot(allow({ Action: action })))[0]?.fix;
    expect(fix('KMS:reEncrypt')).toBe('Probably kms:ReEncrypt* is meant.');
    expect(fix('kms:Encrypts')).toBe('Probably kms:Encrypt is meant.');
    expect(fix('kms:MakeCoffee')).toBe('Correct the name.');
  });
});

describe('the place of a finding', () => {
  const places = (code: string, document: unknown) =>
    findingsOf(code, document).map(({ path, line, column }) => [path, line, column]);
  const at = (document: unknown, text: string): number => JSON.stringify(document).indexOf(text) + 1;
  it('is in NotAction', () => {
    const document = withRoot(deny({ Action: undefined, NotAction: ['kms:Encrypt', 'kms:Decrpyt'] }));
    expect(places('ACTION_UNKNOWN', document)).toEqual([
      ['/Statement/1/NotAction/1', 1, at(document, '"kms:Decrpyt"')],
    ]);
  });
  it('is in the only statement, where that stands without a list', () => {
    const document = { Version: '2012-10-17', Statement: allow({ Action: 'kms:Decrpyt', Principal: { AWS: ['x'] } }) };
    expect(places('ACTION_UNKNOWN', document)).toEqual([['/Statement/Action', 1, at(document, '"kms:Decrpyt"')]]);
    expect(places('PRINCIPAL_INVALID', document)).toEqual([['/Statement/Principal/AWS/0', 1, at(document, '"x"')]]);
  });
  it('is found by names that hold a slash or a tilde', () => {
    const Condition = { StringEquals: { 'my:~key/~1': ['y', 'z~'], 'my:key': 'x' } };
    const document = withRoot(allow({ Condition }));
    expect(places('CONDITION_KEY_UNKNOWN', document)).toEqual([
      ['/Statement/1/Condition/StringEquals/my:~0key~1~01', 1, at(document, '["y"')],
      ['/Statement/1/Condition/StringEquals/my:key', 1, at(document, '"x"')],
    ]);
  });
  it('is told for each statement where the same word stands', () => {
    const Condition = { StringEquals: { 'kms:ViaServce': 'x' } };
    const one = allow({ Action: ['kms:Decrpyt', 'kms:Encrypt'], Condition });
    const document = withRoot(one, { ...one, Sid: 'two', Effect: 'Deny' });
    expect(places('ACTION_UNKNOWN', document).map(([path]) => path)).toEqual([
      '/Statement/1/Action/0',
      '/Statement/2/Action/0',
    ]);
    expect(places('CONDITION_KEY_UNKNOWN', document).map(([path]) => path)).toEqual([
      '/Statement/1/Condition/StringEquals/kms:ViaServce',
      '/Statement/2/Condition/StringEquals/kms:ViaServce',
    ]);
  });
  it('is that of each principal, whatever stands between them', () => {
    const Principal = { Service: 'cloudtrail', AWS: [ROLE, 'x'], Federated: ['corp'] };
    const document = withRoot(allow({ Principal }));
    expect(places('PRINCIPAL_INVALID', document)).toEqual([
      ['/Statement/1/Principal/AWS/1', 1, at(document, '"x"')],
      ['/Statement/1/Principal/Federated/0', 1, at(document, '"corp"')],
    ]);
    expect(places('SERVICE_PRINCIPAL_INVALID', document)).toEqual([
      ['/Statement/1/Principal/Service', 1, at(document, '"cloudtrail"')],
    ]);
  });
});

describe('a patch', () => {
  it('takes an action without effect from a list, but never the last, and never an exception', () => {
    const patches = (change: Record<string, unknown>) =>
      ['ACTION_NOT_KMS', 'ACTION_NOT_EFFECTIVE_IN_KEY_POLICY', 'ACTION_NOT_SUPPORTED_BY_KEY'].flatMap((code) =>
        findingsOf(code, withRoot(allow(change))).map(({ patch }) => patch),
      );
    const odd = ['s3:GetObject', 'kms:CreateKey', 'kms:Sign'];
    const removed = odd.map((_, index) => [{ op: 'remove', path: `/Statement/1/Action/${index}` }]);
    expect(patches({ Action: [...odd, 'kms:Decrypt'] })).toEqual(expect.arrayContaining(removed));
    expect(odd.flatMap((Action) => patches({ Action }))).toEqual([undefined, undefined, undefined]);
    expect(patches({ Action: undefined, NotAction: ['s3:GetObject', 'kms:CreateKey'] })).toEqual([
      undefined,
      undefined,
    ]);
  });
  it('names the role of a session, but not one that surely has a path', () => {
    const patch = (role: string) =>
      findingsOf(
        'PRINCIPAL_SESSION',
        withRoot(allow({ Principal: { AWS: `arn:aws:sts::111122223333:assumed-role/${role}/run` } })),
      )[0]?.patch;
    expect(patch('App')).toHaveLength(1);
    expect(patch('AWSReservedSSO_Admin_0123456789abcdef')).toBeUndefined();
  });
});

describe('conditions', () => {
  it('of Null are judged by none of the rules on values', () => {
    const codes = codesOf(condition('Null', 'kms:ViaService', 'true', { Principal: { AWS: ROLE } }));
    expect(codes.filter((code) => code.startsWith('CONDITION_'))).toEqual([]);
    expect(codesOf(condition('Null', 'aws:SourceIp', 'true')).filter((code) => code.startsWith('CONDITION_'))).toEqual(
      [],
    );
  });
  it('of NullIfExists, which no policy can have, are told to be that alone', () => {
    const codes = codesOf(condition('NullIfExists', 'kms:EncryptionContext:a', 'true', { Action: 'kms:DescribeKey' }));
    expect(codes.filter((code) => code.startsWith('CONDITION_'))).toEqual(['CONDITION_OPERATOR_UNKNOWN']);
  });
  it('under an operator that is misspelt are told as such alone', () => {
    const codes = codesOf(condition('StringEquel', 'kms:EncryptionContext:a', 'b*', { Action: 'kms:DescribeKey' }));
    expect(codes.filter((code) => code.startsWith('CONDITION_'))).toEqual(['CONDITION_OPERATOR_UNKNOWN']);
  });
  test.each([
    ['aws:ResourceTag/a', 'CONDITION_KEY_FORBIDDEN'],
    ['aws:ResourceTag', 'CONDITION_KEY_FORBIDDEN'],
    ['KMS:resourcetag', 'CONDITION_KEY_FORBIDDEN'],
    ['kms:ResourceAliases', 'CONDITION_KEY_FORBIDDEN'],
    ['kms:ResourceAliasesOf', 'CONDITION_KEY_UNKNOWN'],
    ['aws:ResourceTagger', 'CONDITION_KEY_UNKNOWN'],
    ['x-aws:ResourceTag/a', 'CONDITION_KEY_UNKNOWN'],
    ['kms:ViaServices', 'CONDITION_KEY_UNKNOWN'],
    ['constructor', 'CONDITION_KEY_UNKNOWN'],
  ])('on %s: %s', (key, code) =>
    expect(codesOf(condition('StringEquals', key, 'b')).filter((one) => one.startsWith('CONDITION_KEY_'))).toEqual([
      code,
    ]),
  );
  test.each([
    ['true', false],
    ['False', false],
    ['untrue', true],
    ['falsely', true],
    ['${aws:PrincipalTag/x}', false],
  ])('of Null with the value %s cannot be read: %s', (value, is) =>
    expect(codesOf(condition('Null', 'aws:PrincipalOrgID', value)).includes('CONDITION_VALUE_UNREADABLE')).toBe(is),
  );
  it('have numbers that are looked for in every line', () => {
    const Condition = {
      Bool: { 'aws:SecureTransport': true, 'aws:ViaAWSService': 'false' },
      StringEquals: { 'kms:ViaService': 'x', 'kms:CallerAccount': ['444455556666', 111122223333] },
      NumericLessThan: { 'aws:MultiFactorAuthAge': 3600 },
    };
    expect(findingsOf('CONDITION_VALUE_NUMBER', withRoot(allow({ Condition })))).toMatchObject([
      {
        path: '/Statement/1/Condition/StringEquals/kms:CallerAccount/1',
        message: expect.stringContaining('"kms:CallerAccount"'),
        patch: [{ op: 'replace', value: '111122223333' }],
      },
    ]);
  });
  it('that compare numbers say nothing of the type of a key that nobody knows', () =>
    expect(codesOf(condition('NumericEquals', 'my:key', '5'))).not.toContain('CONDITION_OPERATOR_TYPE'));
  it('block or free no action that is excepted by NotAction', () => {
    const codes = (operator: string) =>
      codesOf(
        condition(operator, 'kms:EncryptionContext:a', 'b', {
          Effect: 'Deny',
          Action: undefined,
          NotAction: 'kms:DescribeKey',
        }),
      );
    expect(codes('StringEquals')).not.toContain('CONDITION_BLOCKS_ACTION');
    expect(codes('StringNotEquals')).not.toContain('CONDITION_ALWAYS_HOLDS');
  });
  it('of Version 2008-10-17 are told only where there is a variable', () => {
    const old = (value: string) =>
      codesOf({ Version: '2008-10-17', Statement: [allow({ Condition: { StringLike: { 'aws:userid': value } } })] });
    expect(old('${aws:userid}')).toContain('CONDITION_VARIABLE_NOT_EXPANDED');
    expect(old('A$B{C}')).not.toContain('CONDITION_VARIABLE_NOT_EXPANDED');
  });
  test.each<[string, string, boolean]>([
    ...['kms:CallerAccount', 'aws:PrincipalAccount', 'aws:SourceAccount'].flatMap(
      (key): [string, string, boolean][] => [
        [key, '111122223333', false],
        [key, '1111222233334', true],
        [key, '11112222333', true],
        [key, '1111-2222-3333', true],
        [key, '${aws:PrincipalAccount}', false],
      ],
    ),
    ['aws:PrincipalOrgID', 'o-a1b2c3d4e5', false],
    ['aws:PrincipalOrgID', 'o-a1b2c3d4e5/r-ab12', true],
    ['aws:PrincipalOrgID', 'arn:aws:organizations::111122223333:organization/o-a1b2c3d4e5', true],
    ['kms:GrantOperations', 'Decrypt', false],
    ['kms:GrantOperations', 'kms:Decrypt', true],
    ['kms:GrantOperations', 'Decrypt Encrypt', true],
    ...['vpc', 'vpce'].flatMap((kind): [string, string, boolean][] => [
      [`aws:Source${kind}`, `${kind}-1a2b3c4d`, false],
      [`aws:Source${kind}`, `my${kind}-1a2b3c4d`, true],
      [`aws:Source${kind}`, `${kind}-1a2b3c4d/32`, true],
      [`aws:Source${kind}`, `${kind}-A`, true],
    ]),
    ['kms:ViaService', 's3.us-west-2.amazonaws.com', false],
    ['kms:ViaService', 'https://s3.us-west-2.amazonaws.com', true],
    ['kms:ViaService', 's3.us-west-2.amazonaws.com/', true],
    ['kms:ViaService', 's3.us-west-2.amazonaws.com.cn', true],
  ])('on %s with %s never match: %s', (key, value, never) =>
    expect(codesOf(condition('StringEquals', key, value)).includes('CONDITION_VALUE_NEVER_MATCHES')).toBe(never),
  );
  it('say of a value that never matches what it should look like', () => {
    const said = (key: string, value: unknown) =>
      messages('CONDITION_VALUE_NEVER_MATCHES', condition('StringEquals', key, value))[0];
    for (const key of ['kms:CallerAccount', 'aws:PrincipalAccount', 'aws:SourceAccount'])
      expect(said(key, ['111122223333', 'me'])).toMatch(/with "me"; its value is always an account id of 12 digits\.$/);
    expect(said('aws:PrincipalOrgID', 'me')).toMatch(/ is always an organization id such as o-a1b2c3d4e5\.$/);
    expect(said('kms:GrantOperations', '-')).toMatch(/ is always an operation without its service, such as Decrypt\.$/);
    expect(said('aws:SourceVpc', 'me')).toMatch(/ is always the id of a VPC such as vpc-1a2b3c4d\.$/);
    expect(said('aws:SourceVpce', 'me')).toMatch(/ is always the id of a VPC endpoint such as vpce-1a2b3c4d\.$/);
    expect(said('kms:ViaService', 'me')).toMatch(/ is always of the form service\.region\.amazonaws\.com\.$/);
    const inAnyCase = (value: string) =>
      codesOf(condition('StringEqualsIgnoreCase', 'kms:KeySpec', value)).includes('CONDITION_VALUE_NEVER_MATCHES');
    expect([inAnyCase('rsa_2048'), inAnyCase('symmetric_default')]).toEqual([true, false]);
    expect(said('kms:KeySpec', ['RSA_2048', 'RSA_4096'])).toMatch(
      /with "RSA_2048" and "RSA_4096"; for this key it is always "SYMMETRIC_DEFAULT"\.$/,
    );
    expect(said('kms:KeySpec', [])).toBeUndefined();
  });
  it('without a value exclude no others', () => {
    const Condition = {
      StringLike: { 'aws:SourceVpc': 'vpc-*' },
      StringEquals: { 'aws:SourceVpc': 'vpc-1', 'kms:ViaService': [] },
    };
    expect(codesOf(withRoot(allow({ Condition })))).not.toContain('CONDITION_NEVER_HOLDS');
  });
  test.each<[unknown, string, boolean]>([
    [5, 'NumericLessThan', true],
    [-5.25, 'NumericEquals', true],
    [1767225600, 'DateLessThan', true],
    [5, 'StringEquals', false],
    [1e21, 'NumericEquals', false],
    [5, 'Null', false],
    [5, 'StringEquel', false],
  ])('the number %d under %s may stand: %s', (value, operator, fine) => {
    expect(codesOf(condition(operator, 'kms:RotationPeriodInDays', value)).includes('CONDITION_VALUE_NUMBER')).toBe(
      !fine,
    );
  });
  test.each<[string, string, string, boolean]>([
    ['StringEquals', 'kms:ViaService', 's3.*', true],
    ['StringEqualsIgnoreCase', 'kms:EncryptionContext:a', 'x?', true],
    ['StringLike', 'kms:ViaService', 's3.*', false],
    ['StringEquals', 'kms:EncryptionContext:a', '${aws:userid}', false],
    ['StringEquals', 'kms:EncryptionContext:a', '${*}', false],
    ['StringEquals', 'kms:EncryptionContext:a', '{*}', true],
    ['StringEquals', 'kms:EncryptionContext:a', '${*', true],
    ['StringEquals', 'kms:EncryptionContext:a', '${?}?', true],
    ['StringEquel', 'kms:ViaService', 's3.*', false],
    ['Null', 'kms:ViaService', '*', false],
    ['StringEquals', 'kms:EncryptionContext:a', '${aws:username}*', true],
  ])('%s of %s %s takes a wildcard by the letter: %s', (operator, key, value, literal) => {
    expect(codesOf(condition(operator, key, value)).includes('CONDITION_WILDCARD_IS_LITERAL')).toBe(literal);
  });
  test.each<[string, boolean]>([
    ['10.0.0.1', true],
    ['172.16.0.0/12', true],
    ['172.15.255.255', false],
    ['192.168.1.0/24', true],
    ['127.0.0.1', true],
    ['169.254.1.1', true],
    ['203.0.113.0/24', false],
    ['10.0.0.0/7', false],
    ['home', false],
    ['fe80::1', true],
    ['::1', true],
    ['fd00::/8', true],
    ['2001:db8::1', false],
  ])('the address %s is private: %s', (value, is) => {
    expect(codesOf(condition('IpAddress', 'aws:SourceIp', value)).includes('CONDITION_PRIVATE_ADDRESS')).toBe(is);
    expect(codesOf(condition('IpAddress', 'aws:VpcSourceIp', value))).not.toContain('CONDITION_PRIVATE_ADDRESS');
  });
  it('with a key that is misspelt get no patch where the right one stands already', () => {
    const both = { StringEquals: { 'kms:ViaServce': 'x', 'kms:ViaService': 'y' } };
    const [found] = findingsOf('CONDITION_KEY_UNKNOWN', withRoot(allow({ Condition: both })));
    expect(found).not.toHaveProperty('patch');
    expect(found?.message).toContain('"kms:ViaServce"');
    expect(found?.fix).toBe('Probably kms:ViaService is meant.');
  });
  it('with a key whose end is to be filled in get no patch', () => {
    const [found] = findingsOf('CONDITION_KEY_UNKNOWN', condition('StringEquals', 'aws:PrincpalTag/${TagKey}', 'x'));
    expect(found?.fix).toBe('Probably aws:PrincipalTag/${TagKey} is meant.');
    expect(found).not.toHaveProperty('patch');
  });
  it('of ForAllValues are told also beside one whose operator is misspelt, and beside Null for another key', () => {
    const set = { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': 'Dept' } };
    const found = (more: object) =>
      findingsOf('CONDITION_FOR_ALL_VALUES_EMPTY', withRoot(allow({ Condition: { ...set, ...more } })))[0];
    const fix = 'Add the condition Null: {"kms:EncryptionContextKeys": "false"}, or use ForAnyValue.';
    const message = expect.stringContaining('limits by ForAllValues on "kms:EncryptionContextKeys"');
    const patch = expect.any(Array);
    expect(found({ StringEquel: { 'kms:EncryptionContextKeys': 'Dept' } })).toMatchObject({ message, fix, patch });
    expect(found({ Null: { 'kms:ViaService': 'true' } })).toMatchObject({ message, fix });
    expect(found({ Null: { 'kms:ViaService': 'false' } })).toMatchObject({ message, fix });
    expect(found({ StringEquals: { 'kms:ViaService': 'x' } })).toMatchObject({ message, fix, patch });
  });
  it('that none of those named can meet are told, and no others', () => {
    const Condition = { StringEquals: { 'kms:CallerAccount': '444455556666', 'kms:KeySpec': 'SYMMETRIC_DEFAULT' } };
    expect(messages('CONDITION_NEVER_HOLDS', withRoot(allow({ Condition })))[0]).toContain(
      ' asks of "kms:CallerAccount" what none of ',
    );
  });
  it('on two keys never exclude each other, on one they may', () => {
    const never = (Condition: object) => codesOf(withRoot(allow({ Condition }))).includes('CONDITION_NEVER_HOLDS');
    expect(never({ StringEquals: { 'kms:ViaService': 's3', 'kms:EncryptionContext:a': 'rds' } })).toBe(false);
    expect(never({ StringEquals: { 'kms:ViaService': 's3' }, StringLike: { 'kms:ViaService': 'r*' } })).toBe(true);
    expect(never({ StringEquals: { 'kms:ViaService': 's3' }, StringLike: { 'kms:ViaService': 's*' } })).toBe(false);
    expect(
      never({
        StringEquals: { 'kms:ViaService': 's3', 'aws:SourceVpc': 'x' },
        StringNotEquals: { 'kms:ViaService': 's3' },
      }),
    ).toBe(true);
  });
  test.each<[string, string | undefined]>([
    ['StringEqual', 'StringEquals'],
    ['forAnyValue:StringsLike', 'ForAnyValue:StringLike'],
    ['NullIfExists', 'Null'],
    ['NotStringEquals', undefined],
    ['Equals', undefined],
  ])('under %s: %s is meant', (operator, meant) => {
    const [finding] = findingsOf('CONDITION_OPERATOR_UNKNOWN', condition(operator, 'kms:ViaService', 'x'));
    const value = { 'kms:ViaService': 'x' };
    const path = '/Statement/1/Condition/';
    const patch = meant && [
      { op: 'remove', path: path + operator },
      { op: 'add', path: path + meant, value },
    ];
    expect(finding?.patch).toEqual(patch);
  });
  it('under a misspelt operator get no patch where the right one stands already', () => {
    const both = { StringEqual: { 'kms:ViaService': 'x' }, StringEquals: { 'aws:SourceVpc': 'y' } };
    const [finding] = findingsOf('CONDITION_OPERATOR_UNKNOWN', withRoot(allow({ Condition: both })));
    expect(finding).toMatchObject({ fix: 'Probably StringEquals is meant.' });
    expect(finding).not.toHaveProperty('patch');
  });
  test.each<[string, boolean, object, string | string[]]>([
    ['another account', true, { StringEquals: { 'kms:CallerAccount': '444455556666' } }, ROLE],
    ['its account', false, { StringEquals: { 'kms:CallerAccount': '111122223333' } }, ROLE],
    ['another role', true, { ArnLike: { 'aws:PrincipalArn': `${ROLE}2` } }, ROLE],
    ['one of two', false, { ArnLike: { 'aws:PrincipalArn': `${ROLE}2` } }, [ROLE, `${ROLE}2`]],
    ['any role, for the account', false, { ArnLike: { 'aws:PrincipalArn': `${ROLE}2` } }, ROOT],
    ['another account, for everyone', false, { StringEquals: { 'kms:CallerAccount': '444455556666' } }, '*'],
  ])('on the caller that ask for %s never hold: %s', (_, never, Condition, AWS) => {
    const document = withRoot(allow({ Principal: { AWS }, Condition }));
    expect(codesOf(document).includes('CONDITION_NEVER_HOLDS')).toBe(never);
  });
  test.each([
    ['kms:CustomerMasterKeySpec', 'kms:KeySpec'],
    ['kms:CustomerMasterKeyUsage', 'kms:KeyUsage'],
  ])('on %s are deprecated', (key, now) => {
    const [found] = findingsOf('CONDITION_KEY_DEPRECATED', condition('StringEquals', key, 'x'));
    expect(found?.fix).toBe(`Use ${now}.`);
    expect(found?.patch?.[1]?.path).toBe(`/Statement/1/Condition/StringEquals/${now}`);
    expect(messages('CONDITION_KEY_DEPRECATED', condition('StringEquals', key, 'x')).join()).toContain(
      `the deprecated condition key "${key}"`,
    );
  });
});

describe('who can change the policy again', () => {
  const own = (name: string) => `arn:aws:iam::111122223333:${name}`;
  const put = (AWS: unknown, more: object = {}) =>
    allow({ Sid: 'put', Principal: { AWS }, Action: 'kms:PutKeyPolicy', ...more });
  const only = (...statements: object[]) =>
    codesOf({ Version: '2012-10-17', Statement: [put(APPLIER), ...statements] }).includes('NOBODY_BUT_APPLIER');
  test.each<[string, boolean, object]>([
    ['a user', false, put(own('user/ana'))],
    ['a role', false, put(own('role/admin'))],
    ['the account', false, put(ROOT)],
    [
      'the account, for roles of one name',
      false,
      put(ROOT, { Condition: { ArnLike: { 'aws:PrincipalArn': own('role/adm*') } } }),
    ],
    [
      'the account, for the applier alone',
      true,
      put(ROOT, { Condition: { ArnEquals: { 'aws:PrincipalArn': APPLIER } } }),
    ],
    [
      'the account, for roles of another account',
      true,
      put(ROOT, { Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::444455556666:role/*' } } }),
    ],
    [
      'the account, for roles of one path',
      false,
      put(ROOT, { Condition: { ArnLike: { 'aws:PrincipalArn': own('role/*/admin') } } }),
    ],
    [
      'the account, for its root user alone',
      true,
      put(ROOT, { Condition: { ArnEquals: { 'aws:PrincipalArn': ROOT } } }),
    ],
    ['a group', true, put(own('group/admins'))],
    ['a session of a role', true, put('arn:aws:sts::111122223333:assumed-role/admin/run')],
    ['another account', true, put(ROOT.replace('1111', '4444'))],
    ['a service', true, allow({ Principal: { Service: 'sns.amazonaws.com' }, Action: 'kms:*' })],
    ['somebody who may only read', true, allow({ Principal: { AWS: own('role/admin') }, Action: 'kms:GetKeyPolicy' })],
  ])('beside the applier %s: nobody else is %s', (_, nobody, statement) => expect(only(statement)).toBe(nobody));
  it('a role for emergencies, also where only its own name passes the conditions', () => {
    const names = {
      ArnLike: { 'aws:PrincipalArn': own('role/br*') },
      ArnNotLike: { 'aws:PrincipalArn': own('role/brx*') },
    };
    const document = { Version: '2012-10-17', Statement: [put(APPLIER), put(ROOT, { Condition: names })] };
    const codes = (breakGlass: string[]) => codesOf(document, { guardians: { applier: APPLIER, breakGlass } });
    expect(codes([own('role/break-glass')])).not.toContain('NOBODY_BUT_APPLIER');
    expect(codes([own('role/brx')])).toContain('NOBODY_BUT_APPLIER');
  });
  it('nobody who does not exist', () => {
    const document = { Version: '2012-10-17', Statement: [put([APPLIER, own('role/team/admin')])] };
    const codes = (missing: string[]) => judge(document, { world: { missing } }).findings.map(({ code }) => code);
    expect(codes([])).not.toContain('NOBODY_BUT_APPLIER');
    expect(codes([own('role/team/admin')])).toContain('NOBODY_BUT_APPLIER');
    expect(codes(['admin'])).toContain('NOBODY_BUT_APPLIER');
    expect(codes(['min', 'team'])).not.toContain('NOBODY_BUT_APPLIER');
    expect(codes(['CountersignApplier'])).toContain('APPLIER_LOCKED_OUT');
  });
  it('not the applier itself, by use of the key or by grants', () => {
    const gives = (change: object, more = {}) =>
      judge(withRoot(allow({ Principal: { AWS: APPLIER }, ...change })), more)
        .findings.map(({ code }) => code)
        .filter((code) => /^APPLIER_(MAY|AMONG)/.test(code));
    expect(gives({})).toEqual(['APPLIER_MAY_USE_KEY']);
    expect(gives({ Action: 'kms:CreateGrant' })).toEqual(['APPLIER_MAY_CREATE_GRANTS']);
    expect(gives({ Action: 'kms:*' })).toEqual(['APPLIER_MAY_USE_KEY', 'APPLIER_MAY_CREATE_GRANTS']);
    expect(gives({ Action: ['kms:GetKeyPolicy', 'kms:PutKeyPolicy', 'kms:DescribeKey'] })).toEqual([]);
    expect(gives({ Action: 'kms:Sign' })).toEqual([]);
    expect(gives({ Action: 'kms:Sign' }, { key: { ...KEY, usage: 'SIGN_VERIFY', spec: 'ECC_NIST_P256' } })).toEqual([
      'APPLIER_MAY_USE_KEY',
    ]);
    expect(gives({ Effect: 'Deny' })).toEqual([]);
    expect(gives({ Principal: undefined, NotPrincipal: { AWS: APPLIER }, Effect: 'Deny' })).toEqual([]);
    expect(gives({ Principal: { AWS: 'arn:aws:sts::111122223333:assumed-role/CountersignApplier/run' } })).toEqual([
      'APPLIER_MAY_USE_KEY',
    ]);
    expect(gives({ Principal: { AWS: 'arn:aws:sts::111122223333:assumed-role/Other/run' } })).toEqual([]);
    const everyone = (Condition: object) => gives({ Principal: { AWS: '*' }, Condition });
    for (const name of [APPLIER, own('role/Countersign*'), own('role/*'), [own('role/App'), APPLIER]]) {
      expect(everyone({ ArnLike: { 'AWS:principalArn': name } })).toEqual(['APPLIER_MAY_USE_KEY']);
    }
    const safe = { 'aws:SecureTransport': 'true' };
    expect(everyone({ StringLike: { 'aws:PrincipalArn': APPLIER }, Bool: safe })).toEqual(['APPLIER_MAY_USE_KEY']);
    expect(everyone({ ArnLike: { 'aws:PrincipalArn': own('role/App*') } })).toEqual([]);
    expect(everyone({ ArnNotLike: { 'aws:PrincipalArn': own('role/App*') } })).toEqual(['APPLIER_AMONG_EVERYONE']);
    expect(
      everyone({ ArnLike: { 'aws:PrincipalArn': own('role/*') }, ArnNotEquals: { 'aws:PrincipalArn': APPLIER } }),
    ).toEqual([]);
    expect(everyone({ StringEquals: { 'kms:CallerAccount': '111122223333' } })).toEqual(['APPLIER_AMONG_EVERYONE']);
    expect(everyone({ Null: { 'aws:PrincipalArn': 'false' } })).toEqual(['APPLIER_AMONG_EVERYONE']);
  });
});

describe('another account', () => {
  const OTHER = allow({ Principal: { AWS: ROOT.replace('1111', '4444') } });
  const abroad = (change: Record<string, unknown>) =>
    codesOf(withRoot({ ...OTHER, ...change })).filter((code) => code.endsWith('_CROSS_ACCOUNT'));
  test.each<[string[], string, Record<string, unknown>]>([
    [['ACTION_NOT_CROSS_ACCOUNT'], 'what no other account can do', { Action: 'kms:PutKeyPolicy' }],
    [['ACTION_PARTLY_CROSS_ACCOUNT'], 'a wildcard', { Action: ['kms:*', 'kms:Decrypt'] }],
    [[], 'what has an effect there', { Action: 'kms:Encrypt' }],
    [[], 'actions of another service', { Action: 's3:*' }],
    [[], 'a Deny', { Action: ['kms:*', 'kms:PutKeyPolicy'], Effect: 'Deny' }],
    [[], 'all but the named actions', { Action: undefined, NotAction: ['kms:Get*', 'kms:PutKeyPolicy'] }],
    [
      [],
      'all but the named principals',
      { Action: ['kms:*', 'kms:PutKeyPolicy'], Principal: undefined, NotPrincipal: OTHER.Principal },
    ],
  ])('is told %j of %s', (codes, _, change) => expect(abroad(change)).toEqual(codes));
  const optIn = (region: string, partition = 'aws') =>
    codesOf(withRoot(OTHER), {
      key: { ...KEY, region, arn: KEY.arn.replace('us-west-2', region).replace(':aws:', `:${partition}:`) },
    }).includes('EXTERNAL_ACCOUNT_REGION');
  test.each([
    ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1', 'eu-central-1', 'eu-north-1'],
    ...['eu-west-1', 'eu-west-2', 'eu-west-3', 'ap-south-1', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
    ...['ap-southeast-1', 'ap-southeast-2'],
  ])('has the Region %s without enabling it', (region) => expect(optIn(region)).toBe(false));
  test.each(['af-south-1', 'ap-east-1', 'ap-southeast-3', 'ca-west-1', 'eu-central-2', 'eu-south-1', 'il-central-1'])(
    'must enable the Region %s first',
    (region) => expect(optIn(region)).toBe(true),
  );
  test.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-east-1', 'aws-us-gov'],
  ])('has the Region %s of the partition %s', (region, partition) => expect(optIn(region, partition)).toBe(false));
});

describe('a session', () => {
  const told = (role: string) =>
    findingsOf(
      'PRINCIPAL_SESSION',
      withRoot(allow({ Principal: { AWS: `arn:aws:sts::111122223333:assumed-role/${role}/run` } })),
    )[0];
  const mended = (role: string) => told(role)?.patch?.[0]?.value;
  it.each(['ExampleRole', 'MyAWSServiceRole', 'NoAWSReservedSSO_Admin'])('of %s gives its role', (role) =>
    expect(mended(role)).toBe(`arn:aws:iam::111122223333:role/${role}`),
  );
  it.each(['AWSReservedSSO_Admin_0123456789abcdef', 'AWSServiceRoleForExample'])(
    'of %s does not give the path of its role',
    (role) => {
      expect(mended(role)).toBeUndefined();
      expect(told(role)?.message).toContain(`assumed-role/${role}/run", one session`);
      expect(told(role)?.fix).toBe(
        `Name the role: arn:aws:iam::111122223333:role/${role}, with its path if it has one.`,
      );
    },
  );
});

describe('a service', () => {
  it.each([
    ['aws:PrincipalOrgID', true],
    ['aws:PrincipalOrgPaths', true],
    ['aws:PrincipalTag/team', true],
    ['aws:username', true],
    ['aws:usernames', false],
    ['x-aws:username', false],
    ['aws:SourceOrgID', false],
  ])('has no %s: %s', (key, lacks) =>
    expect(
      codesOf(condition('StringEquals', key, 'x', { Principal: { Service: 's3.amazonaws.com' } })).includes(
        'CONDITION_KEY_NOT_OF_SERVICE',
      ),
    ).toBe(lacks),
  );
  const s3 = (operator: string, key: string, value: string) =>
    codesOf(condition(operator, key, value, { Principal: { Service: 's3.amazonaws.com' } }));
  test.each([
    [false, 'StringEquals', 'aws:SourceAccount', '111122223333'],
    [false, 'ArnLike', 'aws:SourceArn', 'arn:aws:s3:::bucket'],
    [false, 'StringEquals', 'aws:SourceOrgID', 'o-a1b2c3d4e5'],
    [false, 'ForAnyValue:StringLike', 'aws:SourceOrgPaths', 'o-a1b2c3d4e5/*'],
    [true, 'StringEquals', 'kms:EncryptionContext:a', 'b'],
    [true, 'StringNotEquals', 'aws:SourceAccount', '111122223333'],
    [true, 'Null', 'aws:SourceAccount', 'false'],
    [true, 'StringEquel', 'aws:SourceAccount', '111122223333'],
  ])('acts for whatever account: %s under %s %s', (any, operator, key, value) =>
    expect(s3(operator, key, value).includes('SERVICE_WITHOUT_SOURCE')).toBe(any),
  );
  it('is named without a scheme', () =>
    expect(codesOf(withRoot(allow({ Principal: { Service: 'https://s3.amazonaws.com' } })))).toContain(
      'SERVICE_PRINCIPAL_INVALID',
    ));
});

describe('a text as a whole', () => {
  it('that cannot be read has what cannot be read of it, once, and nothing else', () => {
    const { findings, policy, applierUses } = judge('{"Version":"2012-10-17","Version":"2012-10-17","Statement":[');
    expect(findings.map(({ code }) => code)).toEqual(['JSON_SYNTAX']);
    expect([policy, applierUses]).toEqual([undefined, []]);
  });
  it('is sent without white space when it just fits then', () => {
    const padded = (length: number) => {
      const text = JSON.stringify(withRoot(allow()));
      return text.replace('"tested"', `"${'a'.repeat(length - text.length + 6)}"`);
    };
    const fits = padded(32_768);
    expect([judge(` ${fits}`).text, judge(` ${padded(32_769)}`).text]).toEqual([fits, ` ${padded(32_769)}`]);
  });
  it('names the error of KMS only where there is one', () =>
    expect(
      judge(withRoot(allow({ Sid: undefined, Resource: 'arn:aws:kms:*' }))).findings.filter(
        (one) => 'aws' in one && !one.aws,
      ),
    ).toEqual([]));
});
