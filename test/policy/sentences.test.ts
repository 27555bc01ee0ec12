import { describe, expect, it, test } from 'vitest';
import { compareAccess } from '../../lib/policy/access/access.ts';
import { accountWords, principalWords } from '../../lib/policy/access/principalWords.ts';
import { atomOf } from '../../lib/policy/principals.ts';
import type { Principal } from '../../lib/policy/types.ts';
import { policyOf } from './arbitrary.ts';

const OWN = '111122223333';
const arn = (rest: string, account = OWN) => `arn:aws:iam::${account}:${rest}`;
type Statement = Record<string, unknown>;
const allow = (principal: unknown, action: unknown, condition?: object, Resource: unknown = '*'): Statement => ({
  Effect: 'Allow',
  Principal: principal,
  Action: action,
  Resource,
  ...(condition && { Condition: condition }),
});
const deny = (...of: Parameters<typeof allow>): Statement => ({ ...allow(...of), Effect: 'Deny' });
const ROOT = { AWS: arn('root') };
const APP = { AWS: arn('role/app') };
const ABROAD = { AWS: arn('role/x', '444455556666') };
const DELEGATION = allow(ROOT, 'kms:*');
const compare = (before: Statement[], after: Statement[]) => {
  const of = (Statement: Statement[]) => policyOf({ Version: '2012-10-17', Statement });
  return compareAccess(of(before), of(after), { accountId: OWN });
};
const via = (service: string) => ({ StringEquals: { 'kms:ViaService': service } });
const NOT_IAM =
  'Not seen here: IAM policies; through the account statement they can give more, and in other accounts they must agree.';
const NOT_GRANTS = 'Not seen here: grants that exist on the key; they keep working whatever this policy says.';
const said = (before: Statement[], after: Statement[]) =>
  compare(before, after).access.summary.filter((text) => text !== NOT_IAM && text !== NOT_GRANTS);
/** What KMS may or may not read as the key. */
const THIS_KEY = `arn:aws:kms:us-east-1:${OWN}:key/x`;
/** A Deny of too many tests for them to be told one by one. */
const many = (letters: string) =>
  deny(APP, 'kms:Decrypt', {
    StringEquals: Object.fromEntries([...letters].map((letter) => [`kms:EncryptionContext:${letter}`, 'x'])),
  });
const MANY = many('abcdefg');
const TEXTS: Record<string, [Statement[], Statement[]]> = {
  names6: [[DELEGATION], [DELEGATION, allow({ AWS: [1, 2, 3, 4, 5, 6].map((i) => arn(`role/r${i}`)) }, 'kms:Decrypt')]],
  names8: [
    [DELEGATION],
    [DELEGATION, allow({ AWS: [1, 2, 3, 4, 5, 6, 7, 8].map((i) => arn(`role/r${i}`)) }, 'kms:Decrypt')],
  ],
  rules7: [
    [DELEGATION],
    [
      DELEGATION,
      ...['Decrypt', 'Encrypt', 'Sign', 'CreateGrant', 'DisableKey', 'GetKeyPolicy', 'PutKeyPolicy'].map((name) => ({
        ...allow(APP, `kms:${name}`),
        Sid: name,
      })),
    ],
  ],
  ways5: [
    [DELEGATION],
    [
      DELEGATION,
      ...['ViaService', 'EncryptionContext:a', 'EncryptionContext:b', 'EncryptionContext:c', 'EncryptionContext:d'].map(
        (key) => allow(APP, 'kms:Decrypt', { StringEquals: { [`kms:${key}`]: 'x' } }),
      ),
    ],
  ],
  ways3: [
    [DELEGATION],
    [
      DELEGATION,
      ...['ViaService', 'EncryptionContext:a', 'EncryptionContext:b'].map((key) =>
        allow(APP, 'kms:Decrypt', { StringEquals: { [`kms:${key}`]: 'x' } }),
      ),
    ],
  ],
  everyone: [[DELEGATION], [DELEGATION, allow('*', 'kms:Decrypt', { StringEquals: { 'kms:CallerAccount': OWN } })]],
  public: [
    [DELEGATION],
    [DELEGATION, allow('*', 'kms:Decrypt'), { ...allow('*', 'kms:Encrypt', via('s3')), Sid: 'x' }],
  ],
  publicNow: [
    [DELEGATION, allow('*', 'kms:Decrypt')],
    [DELEGATION, allow('*', ['kms:Decrypt', 'kms:Encrypt'])],
  ],
  lockout: [[DELEGATION], [allow(ROOT, 'kms:Decrypt')]],
  lockoutNow: [[allow(ROOT, 'kms:Encrypt')], [allow(ROOT, 'kms:Decrypt')]],
  near: [[DELEGATION, allow(APP, 'kms:*')], [allow(APP, 'kms:*')]],
  change: [[allow(APP, 'kms:Decrypt', via('s3'))], [allow(APP, 'kms:Decrypt', via('rds'))]],
  changeDeny: [
    [allow(APP, 'kms:Decrypt', via('s3'))],
    [allow(APP, 'kms:Decrypt'), deny(APP, 'kms:Decrypt', via('s3'))],
  ],
  narrowed: [
    [DELEGATION, allow(APP, 'kms:Decrypt')],
    [DELEGATION, allow(APP, 'kms:Decrypt', via('s3'))],
  ],
  mayNarrow: [
    [allow(APP, 'kms:Decrypt')],
    [allow(APP, 'kms:Decrypt', { StringEquals: { 'aws:PrincipalTag/a': 'b' } })],
  ],
  mayNarrow2: [
    [allow(APP, 'kms:Decrypt')],
    [allow(APP, 'kms:Decrypt', { StringEquals: { 'aws:PrincipalTag/a': 'b', 'aws:PrincipalTag/c': 'd' } })],
  ],
  widened: [[allow(APP, 'kms:Decrypt', via('s3'))], [allow(APP, 'kms:Decrypt')]],
  directly: [[DELEGATION, allow(APP, 'kms:Decrypt')], [DELEGATION]],
  lost: [[allow(APP, 'kms:Decrypt')], [allow(APP, 'kms:Encrypt')]],
  denied: [[allow(APP, 'kms:Decrypt')], [allow(APP, 'kms:Decrypt'), { ...deny(APP, 'kms:*'), Sid: 'stop' }]],
  undenied: [[allow(APP, 'kms:Decrypt'), { ...deny(APP, 'kms:*'), Sid: 'stop' }], [allow(APP, 'kms:Decrypt')]],
  delegatedLoss: [[DELEGATION], [DELEGATION, deny(APP, 'kms:Decrypt')]],
  delegatedGain: [[DELEGATION, deny(APP, 'kms:Decrypt')], [DELEGATION]],
  rank: [
    [DELEGATION],
    [
      DELEGATION,
      allow(APP, 'kms:DescribeKey'),
      allow({ AWS: arn('role/x', '444455556666') }, 'kms:DescribeKey'),
      allow({ AWS: arn('role/b') }, 'kms:TagResource'),
      allow({ AWS: arn('role/c') }, 'kms:Encrypt'),
      allow({ AWS: arn('role/d') }, 'kms:CreateGrant'),
      allow({ AWS: arn('role/e') }, 'kms:DisableKey'),
      allow({ AWS: arn('role/f') }, 'kms:PutKeyPolicy'),
      allow('*', 'kms:DescribeKey'),
    ],
  ],
  kinds: [
    [DELEGATION],
    [
      DELEGATION,
      allow(
        {
          AWS: [arn('role/a'), arn('user/b'), arn('role/c', '444455556666'), arn('root', '777788889999')],
          Service: 'sns.amazonaws.com',
          Federated: 'cognito-identity.amazonaws.com',
        },
        'kms:Decrypt',
      ),
    ],
  ],
  unnamed: [
    [DELEGATION],
    [
      DELEGATION,
      { Effect: 'Deny', NotPrincipal: { AWS: [arn('root'), arn('role/app')] }, Action: 'kms:Decrypt', Resource: '*' },
    ],
  ],
  unnamedAbroad: [
    [DELEGATION, allow({ AWS: arn('root', '444455556666') }, 'kms:*')],
    [
      DELEGATION,
      allow({ AWS: arn('root', '444455556666') }, 'kms:*'),
      {
        Effect: 'Deny',
        NotPrincipal: { AWS: [arn('root'), arn('root', '444455556666'), arn('role/x', '444455556666')] },
        Action: ['kms:Decrypt', 'kms:Encrypt'],
        Resource: '*',
      },
    ],
  ],
  session: [
    [DELEGATION],
    [DELEGATION, allow({ AWS: [arn('role/a'), `arn:aws:sts::${OWN}:assumed-role/b/run`] }, 'kms:Decrypt')],
  ],
  changeUnderOne: [[allow(APP, 'kms:Decrypt'), MANY], [allow(APP, 'kms:Decrypt', via('s3'))]],
  changeUnderOther: [[allow(APP, 'kms:Decrypt', via('s3'))], [allow(APP, 'kms:Decrypt'), MANY]],
  changeUnderNone: [
    [allow(APP, 'kms:Decrypt'), MANY],
    [allow(APP, 'kms:Decrypt'), many('hijklmn')],
  ],
  lostToMany: [
    [allow(APP, 'kms:Decrypt')],
    [allow(APP, 'kms:Decrypt'), allow(APP, ['kms:Decrypt', 'kms:Encrypt'], via('s3')), MANY],
  ],
  changeInDoubt: [[allow(APP, 'kms:Decrypt', via('s3'), THIS_KEY)], [allow(APP, 'kms:Decrypt', via('rds'))]],
  changeBothInDoubt: [
    [allow(APP, 'kms:Decrypt', via('s3'), THIS_KEY)],
    [allow(APP, 'kms:Decrypt', via('rds'), THIS_KEY)],
  ],
  deniedInDoubt: [
    [allow(APP, 'kms:Decrypt')],
    [allow(APP, 'kms:Decrypt'), deny(APP, 'kms:Decrypt', undefined, THIS_KEY)],
  ],
  deniedInDoubtDelegated: [
    [DELEGATION, allow(APP, 'kms:Decrypt')],
    [DELEGATION, allow(APP, 'kms:Decrypt'), deny(APP, 'kms:Decrypt', undefined, THIS_KEY)],
  ],
  accountDeniedInDoubt: [[DELEGATION], [DELEGATION, deny(ROOT, 'kms:Decrypt', undefined, THIS_KEY)]],
  deniedInDoubtAbroad: [
    [DELEGATION, allow(ABROAD, 'kms:Decrypt')],
    [DELEGATION, allow(ABROAD, 'kms:Decrypt'), deny(ABROAD, 'kms:Decrypt', undefined, THIS_KEY)],
  ],
  lostToSeven: [
    [allow(APP, 'kms:Decrypt')],
    [{ ...many('ab'), Effect: 'Allow' }, ...['ab', 'ac', 'ad', 'ae', 'af', 'ag', 'ah'].map(many)],
  ],
  mayWiden: [[allow(APP, 'kms:Decrypt', { StringEquals: { 'aws:PrincipalTag/a': 'b' } })], [allow(APP, 'kms:Decrypt')]],
  namedTwice: [[DELEGATION], [DELEGATION, allow({ AWS: [arn('role/app'), arn('role/app')] }, 'kms:Decrypt')]],
  abroadOrByService: [
    [DELEGATION],
    [
      DELEGATION,
      allow('*', ['kms:Decrypt', 'kms:PutKeyPolicy'], { StringEquals: { 'kms:CallerAccount': '444455556666' } }),
      allow('*', ['kms:Decrypt', 'kms:PutKeyPolicy'], via('s3')),
    ],
  ],
  accountLost: [[DELEGATION], [DELEGATION, { ...MANY, Principal: ROOT }]],
  deniedNever: [
    [DELEGATION],
    [DELEGATION, allow(APP, 'kms:Decrypt'), deny(APP, 'kms:Decrypt', { StringEquals: { 'kms:ViaService': [] } })],
  ],
  unseenTwo: [
    [],
    [allow(APP, 'kms:Decrypt', { StringEquals: { 'aws:PrincipalTag/a': 'b', 'aws:PrincipalTag/c': 'd' } })],
  ],
  conditions: [
    [allow(APP, ['kms:Decrypt', 'kms:Encrypt'])],
    [allow(APP, 'kms:Decrypt', via('s3')), allow(APP, 'kms:Encrypt', via('rds'))],
  ],
};

// One case for each sentence and each turn of one, read and found true; `-u` writes the page anew.
test('each sentence', async () => {
  const page = Object.entries(TEXTS).map(([name, [before, after]]) => `# ${name}\n${said(before, after).join('\n')}`);
  const path = new URL('../vectors/told/sentences.txt', import.meta.url).pathname;
  await expect(`${page.join('\n\n')}\n`).toMatchFileSnapshot(path);
});

describe('what was or stays allowed under a condition, beside what never was or stays', () => {
  const weak = [DELEGATION, allow(APP, 'kms:Decrypt', via('s3.us-east-1.amazonaws.com'))];
  const strong = [DELEGATION, allow(APP, ['kms:Decrypt', 'kms:PutKeyPolicy'])];

  it('is a sentence of its own when gained', () => {
    expect(said(weak, strong)).toEqual([
      'Gains: role app can change this policy (and so take every right) (statement 2).',
      'Gains: role app can decrypt data; until now only when kms:ViaService is s3.us-east-1.amazonaws.com (statement 2).',
    ]);
  });
  it('says "also" where it is a case more, and "only" where it is the whole', () => {
    const [s3, ec2] = ['s3.us-east-1.amazonaws.com', 'ec2.us-east-1.amazonaws.com'];
    const both = [DELEGATION, allow(APP, 'kms:Decrypt', { StringEquals: { 'kms:ViaService': [s3, ec2] } })];
    expect(said(weak, both)).toEqual([
      `Gains: role app can decrypt data also when kms:ViaService is ${ec2}; until now only when kms:ViaService is ${s3} (statement 2).`,
    ]);
    const wide = [DELEGATION, allow(APP, 'kms:Decrypt', { StringLike: { 'kms:ViaService': 's3.*' } })];
    expect(said(weak, wide)).toEqual([
      `Gains: role app can decrypt data only when kms:ViaService is like s3.*; until now only when kms:ViaService is ${s3} (statement 2).`,
    ]);
    expect(said([DELEGATION], weak)).toEqual([
      `Gains: role app can decrypt data only when kms:ViaService is ${s3} (statement 2).`,
    ]);
  });
  it('and when lost', () => {
    expect(said(strong, weak)).toEqual([
      'Loses: role app can no longer change this policy directly; an IAM policy of this account may still allow it (statement 2 of the policy before).',
      'Now conditional: role app can decrypt data only when kms:ViaService is s3.us-east-1.amazonaws.com (statement 2 of the policy before).',
    ]);
  });
});

describe('a verb in two sentences on one principal', () => {
  it('has its actions named, where they are not the same', () => {
    const weak = [allow(APP, ['kms:Decrypt', 'kms:Encrypt'])];
    expect(said(weak, [allow(APP, 'kms:Decrypt', via('s3')), allow(APP, 'kms:ReEncryptFrom')])).toEqual([
      expect.stringMatching(/^Lockout: /),
      'Gains: role app can decrypt data (kms:ReEncryptFrom) (statement 2).',
      'Now conditional: role app can decrypt data (kms:Decrypt) only when kms:ViaService is s3 (statement 1 of the policy before).',
      'Loses: role app can no longer encrypt data (statement 1 of the policy before).',
    ]);
  });
  it('but not where another principal has the others, or the actions are the same in other requests', () => {
    const other = { AWS: arn('role/other') };
    expect(said([DELEGATION], [DELEGATION, allow(APP, 'kms:Decrypt'), allow(other, 'kms:ReEncryptFrom')])).toEqual([
      'Gains: role app can decrypt data (statement 2).',
      'Gains: role other can decrypt data (statement 3).',
    ]);
    const tagged = { StringEquals: { 'aws:PrincipalTag/a': 'b' } };
    const told = said(
      [DELEGATION],
      [DELEGATION, allow(APP, 'kms:Decrypt', via('s3')), allow(APP, 'kms:Decrypt', tagged)],
    );
    expect(told.join()).not.toContain('(kms:Decrypt)');
  });
  it('and no more than six of them', () => {
    const told = (...readable: string[]) =>
      said([DELEGATION], [DELEGATION, allow(APP, 'kms:DescribeKey', via('s3')), allow(APP, readable)])[0];
    expect(told('kms:Get*', 'kms:ListGrants', 'kms:ListKey*')).toContain('kms:GetPublicKey and 3 more)');
    expect(told('kms:Get*', 'kms:ListGrants')).toContain('kms:GetPublicKey and kms:ListGrants)');
  });
  it('also where one principal of several has the others', () => {
    const other = { AWS: arn('role/other') };
    const both = { AWS: [arn('role/app'), arn('role/other')] };
    expect(
      said([DELEGATION], [DELEGATION, allow(both, 'kms:Decrypt'), allow(other, 'kms:ReEncryptFrom', via('s3'))]),
    ).toEqual([
      'Gains: role app and role other can decrypt data (kms:Decrypt) (statement 2).',
      'Gains: role other can decrypt data (kms:ReEncryptFrom) only when kms:ViaService is s3 (statement 3).',
    ]);
  });
  it('also where the one has all of the others', () => {
    const closed = [DELEGATION, deny(APP, ['kms:Decrypt', 'kms:ReEncryptFrom'])];
    expect(said(closed, [DELEGATION, allow(APP, 'kms:Decrypt', via('s3'))])).toEqual([
      expect.stringContaining('can decrypt data (kms:Decrypt) only when kms:ViaService is s3'),
      expect.stringContaining('can decrypt data (kms:Decrypt and kms:ReEncryptFrom), if an IAM policy'),
    ]);
  });
});

describe('what a principal of another account is given', () => {
  const other = { AWS: arn('role/x', '444455556666') };
  const who = 'role x of account 4444-5555-6666 (another account, new to this key)';
  it.each<[string, unknown, string]>([
    [
      'all of which works',
      ['kms:Decrypt', 'kms:CreateGrant'],
      `${who} can pass its use on to others by grants and decrypt data`,
    ],
    [
      'and in part has no effect there',
      ['kms:Decrypt', 'kms:PutKeyPolicy', 'kms:GetKeyPolicy'],
      `${who} can decrypt data; what else it is given has no effect from another account`,
    ],
    [
      'and has no effect there at all',
      ['kms:PutKeyPolicy', 'kms:DisableKey'],
      `${who} is given the right to change this policy (and so take every right) and disable or delete the key, which has no effect from another account`,
    ],
    [
      'everything',
      'kms:*',
      `${who} can pass its use on to others by grants, decrypt data, sign or verify, encrypt data and read about the key; what else it is given has no effect from another account`,
    ],
  ])('%s', (_, action, words) => {
    expect(said([DELEGATION], [DELEGATION, allow(other, action)])).toEqual([`Gains: ${words} (statement 2).`]);
  });
  it.each<[boolean, object]>([
    [true, { StringEquals: { 'kms:CallerAccount': '444455556666' } }],
    [true, { StringEquals: { 'aws:PrincipalAccount': '444455556666' } }],
    [false, { StringEquals: { 'kms:CallerAccount': ['111122223333', '444455556666'] } }],
    [false, { StringLike: { 'kms:CallerAccount': '1111*' } }],
  ])('or everyone, if it is of other accounts alone: %s under %j', (abroad, condition) => {
    const gains = said([DELEGATION], [DELEGATION, allow('*', ['kms:Decrypt', 'kms:PutKeyPolicy'], condition)]);
    expect(gains.some((sentence) => /^Gains: .*change this policy/.test(sentence))).toBe(!abroad);
  });
  it('and loses', () => {
    expect(said([DELEGATION, allow(other, ['kms:Decrypt', 'kms:PutKeyPolicy'])], [DELEGATION])).toEqual([
      'Loses: role x of account 4444-5555-6666 (another account) can no longer decrypt data (statement 2 of the policy before).',
    ]);
  });
});

describe('what is not seen', () => {
  const notes = (before: Statement[], after: Statement[]) =>
    compare(before, after).access.summary.filter((text) => text.startsWith('Not seen'));
  it.each<[string, Statement[], Statement[], string[]]>([
    ['nothing, where nothing changes', [DELEGATION], [DELEGATION], []],
    [
      'IAM policies, where the account statement lets them decide',
      [DELEGATION],
      [DELEGATION, allow(APP, 'kms:Decrypt')],
      [NOT_IAM],
    ],
    ['nothing, where no account decides and somebody gains', [], [allow(APP, 'kms:Decrypt')], []],
    ['IAM policies of another account', [], [allow({ AWS: arn('role/x', '444455556666') }, 'kms:Decrypt')], [NOT_IAM]],
    ['grants, where somebody loses', [allow(APP, 'kms:Decrypt')], [], [NOT_GRANTS]],
    ['both', [DELEGATION, allow(APP, 'kms:Decrypt')], [DELEGATION], [NOT_GRANTS, NOT_IAM]],
  ])('%s', (_, before, after, told) => expect(notes(before, after)).toEqual(told));
});

describe('who somebody is, in words', () => {
  const words = (principal: Principal, strangers: string[] = []) =>
    principalWords(atomOf(principal), OWN, new Set(strangers));
  const aws = (id: string): Principal => ({ kind: 'AWS', id });
  it.each<[string, Principal]>([
    ['everyone in every AWS account', aws('*')],
    ['AWS service s3.amazonaws.com', { kind: 'Service', id: 's3.amazonaws.com' }],
    [
      'federated identity provider arn:aws:iam::111122223333:saml-provider/x',
      { kind: 'Federated', id: arn('saml-provider/x') },
    ],
    ['canonical user 79a59df900b949e5', { kind: 'CanonicalUser', id: '79a59df900b949e5' }],
    ['deleted or unknown principal AROADBQP57FF2AEXAMPLE', aws('AROADBQP57FF2AEXAMPLE')],
    ['this account, 1111-2222-3333 (its IAM policies say who)', aws(arn('root'))],
    ['account 4444-5555-6666 (another account; its IAM policies say who)', aws(arn('root', '444455556666'))],
    ['role app', aws(arn('role/app'))],
    ['role team/deep/app', aws(arn('role/team/deep/app'))],
    ['user ana of account 4444-5555-6666 (another account)', aws(arn('user/ana', '444455556666'))],
    ['session run of role app', aws(`arn:aws:sts::${OWN}:assumed-role/app/run`)],
    ['federated-user bob', aws(`arn:aws:sts::${OWN}:federated-user/bob`)],
    ['role a:b', aws(arn('role/a:b'))],
    ['arn:aws:iam::111122223333:app', aws(arn('app'))],
    ['deleted or unknown principal arn:aws:iam::1234:role/app', aws(arn('role/app', '1234'))],
  ])('%s', (expected, principal) => expect(words(principal)).toBe(expected));
  it('and whether the key knew the account', () => {
    expect(words(aws(arn('root', '444455556666')), ['444455556666'])).toBe(
      'account 4444-5555-6666 (another account, new to this key; its IAM policies say who)',
    );
    expect(words(aws(arn('role/x', '444455556666')), ['444455556666'])).toBe(
      'role x of account 4444-5555-6666 (another account, new to this key)',
    );
    expect(words(aws(arn('role/x')), [OWN])).toBe('role x');
  });
  it('and of which partition, where it is not that of the key', () => {
    const china = (id: string) => aws(`arn:aws-cn:iam::${OWN}:${id}`);
    expect(words(china('role/app'))).toBe('role app of partition aws-cn');
    expect(words(aws('arn:aws-cn:iam::444455556666:role/app'))).toBe(
      'role app of account 4444-5555-6666 (another account, of partition aws-cn)',
    );
    expect(words(aws('arn:aws-cn:iam::444455556666:root'))).toBe(
      'account 4444-5555-6666 (another account, of partition aws-cn; its IAM policies say who)',
    );
    expect(words(aws(`arn:aws-cn:sts::${OWN}:assumed-role/app/run`))).toBe(
      'session run of role app of partition aws-cn',
    );
    expect(principalWords(atomOf(china('role/app')), OWN, new Set(), 'aws-cn')).toBe('role app');
    expect(principalWords(atomOf(aws(arn('role/app'))), OWN, new Set(), 'aws-cn')).toBe('role app of partition aws');
  });
  it('an account id in groups of four, and nothing else', () => {
    expect(['111122223333', '1111222233334', 'x111122223333', ''].map(accountWords)).toEqual([
      '1111-2222-3333',
      '1111222233334',
      'x111122223333',
      '',
    ]);
  });
});
