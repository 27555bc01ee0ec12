import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADMINISTRATOR_BASE, GRANT_ACTIONS } from '../../lib/policy/console/consoleStatements.ts';
import { readDefaultView } from '../../lib/policy/console/defaultView.ts';
import type { DefaultView, Key, KeyUsage } from '../../lib/policy/types.ts';
import { policyOf, policyValue } from './arbitrary.ts';
import { ADMIN, ANA, APP, EXTERNAL, FOREIGN, KEYS, keyOf, ROOT } from './keyOf.ts';

interface Vector {
  id: string;
  policy: unknown;
  key: { spec: string; usage: KeyUsage; accountId: string; multiRegion?: boolean | string; origin?: string };
  defaultView?: boolean;
  adminsCanDelete?: boolean;
}

const vectors: Vector[] = JSON.parse(readFileSync(new URL('../vectors/kms.json', import.meta.url), 'utf8'));
const withView = vectors.filter((vector) => vector.defaultView !== undefined);

// Written out here, not taken from the tables under test: these are the lists of the developer guide.
const TODAY = [
  ...'Create* Describe* Enable* List* Put* Update* Revoke* Disable* Get* Delete*'.split(' '),
  ...'TagResource UntagResource ScheduleKeyDeletion CancelKeyDeletion RotateKeyOnDemand'.split(' '),
].map((name) => `kms:${name}`);
const kms = (names: string): string[] => names.split(' ').map((name) => `kms:${name}`);
const USE = kms('Encrypt Decrypt ReEncrypt* GenerateDataKey* DescribeKey');

type Element = Record<string, unknown>;
const statement = (Sid: string, AWS: unknown, Action: unknown, more: Element = {}): Element => ({
  Sid,
  Effect: 'Allow',
  Principal: { AWS },
  Action,
  Resource: '*',
  ...more,
});
const account = (more: Element = {}) => statement('Enable IAM User Permissions', ROOT, 'kms:*', more);
const administrators = (AWS: unknown = ADMIN, Action: unknown = TODAY, more: Element = {}) =>
  statement('Allow access for Key Administrators', AWS, Action, more);
const users = (AWS: unknown = APP, Action: unknown = USE, more: Element = {}) =>
  statement('Allow use of the key', AWS, Action, more);
const bool = { Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } };
const grants = (AWS: unknown = APP, more: Element = bool, Action: unknown = GRANT_ACTIONS) =>
  statement('Allow attachment of persistent resources', AWS, Action, more);

const view = (statements: unknown, key: Key = keyOf(), more: Element = { Version: '2012-10-17' }): DefaultView =>
  readDefaultView(policyOf({ ...more, Statement: statements }), key);
const refusal = (statements: unknown, key: Key = keyOf(), more?: Element) => {
  const result = view(statements, key, more);
  if (result.supported) throw new Error('has a default view');
  return [result.path, result.reason];
};
const supported = (statements: unknown, key: Key = keyOf()) => {
  const result = view(statements, key);
  if (!result.supported) throw new Error(`${result.path}: ${result.reason}`);
  return result;
};

describe('the shared vectors', () => {
  it('speak of the default view', () => expect(withView.length).toBeGreaterThan(5));
  it.each(withView.map((vector) => [vector.id, vector] as const))('%s', (_, vector) => {
    const { spec, usage, accountId, multiRegion = false, origin = 'AWS_KMS' } = vector.key;
    const key = keyOf({ spec, usage, accountId, multiRegion: multiRegion !== false, origin });
    const result = readDefaultView(policyOf(vector.policy), key);
    expect(result.supported).toBe(vector.defaultView);
    if (vector.adminsCanDelete === undefined) return;
    expect(result.supported && result.administratorsMayDelete).toBe(vector.adminsCanDelete);
  });
});

describe('a policy as the console writes it', () => {
  it('is read whole', () => {
    expect(view([account(), administrators([ADMIN, ANA]), users([APP, EXTERNAL]), grants([EXTERNAL, APP])])).toEqual({
      supported: true,
      administrators: [ADMIN, ANA],
      administratorsMayDelete: true,
      users: [APP],
      externalAccounts: ['444455556666'],
    });
  });
  it('may have its statements in any order, or only some of them', () => {
    expect(supported([grants(), users(), administrators(), account()]).users).toEqual([APP]);
    expect(supported([account()])).toMatchObject({ administrators: [], users: [], administratorsMayDelete: false });
    expect(supported([users()]).users).toEqual([APP]);
    expect(supported(account()).users).toEqual([]);
  });
  it('may spell an account as its id, name a principal twice, and write actions in any case', () => {
    const actions = USE.map((action) => action.toUpperCase());
    expect(
      supported([account({ Principal: { AWS: '111122223333' } }), users([APP, '444455556666', APP], actions)]),
    ).toMatchObject({ users: [APP], externalAccounts: ['444455556666'] });
  });
  it('may write the condition with a boolean, or in another case', () => {
    supported([users(), grants(APP, { Condition: { Bool: { 'kms:GrantIsForAWSResource': true } } })]);
    supported([users(), grants(APP, { Condition: { bool: { 'kms:grantisforawsresource': ['TRUE'] } } })]);
  });
  it.each([
    ['rsaEncryption', kms('Encrypt Decrypt ReEncrypt* DescribeKey GetPublicKey')],
    ['signing', kms('DescribeKey GetPublicKey Sign Verify')],
    ['mac', kms('DescribeKey GenerateMac VerifyMac')],
    ['keyAgreement', kms('DescribeKey GetPublicKey DeriveSharedSecret')],
  ] as const)('lets users of a %s key do what such a key can', (name, actions) => {
    expect(supported([users(APP, actions), grants()], KEYS[name]).users).toEqual([APP]);
    expect(supported([users(APP, actions)], KEYS[name]).users).toEqual([APP]);
    expect(refusal([users()], KEYS[name])[0]).toBe('/Statement/0/Action');
    expect(refusal([users(APP, actions)], KEYS.symmetric)[0]).toBe('/Statement/0/Action');
  });
  it('keeps to the partition of the key', () => {
    const key = keyOf({ arn: 'arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' });
    const read = readDefaultView(
      policyOf({ Version: '2012-10-17', Statement: [users('arn:aws-cn:iam::444455556666:root')] }),
      key,
    );
    expect(read).toMatchObject({ externalAccounts: ['444455556666'] });
    expect(refusal([users()], key)[0]).toBe('/Statement/0/Principal');
  });
});

describe("the administrators' actions", () => {
  const without = (...names: string[]) => TODAY.filter((action) => !names.includes(action.slice(4)));
  const read = (actions: string[], key?: Key) =>
    supported([administrators(ADMIN, actions)], key).administratorsMayDelete;

  it('may be those of older consoles', () => {
    expect(read(without('RotateKeyOnDemand'))).toBe(true);
    expect(read(without('TagResource', 'UntagResource', 'RotateKeyOnDemand'))).toBe(true);
    expect(read([...ADMINISTRATOR_BASE])).toBe(false);
  });
  it('have the deletion pair whole or not at all', () => {
    expect(read(without('ScheduleKeyDeletion', 'CancelKeyDeletion'))).toBe(false);
    for (const name of ['ScheduleKeyDeletion', 'CancelKeyDeletion', 'TagResource', 'UntagResource']) {
      expect(refusal([administrators(ADMIN, without(name))])).toEqual([
        '/Statement/0/Action',
        `The statement "Allow access for Key Administrators": kms:${name} is missing.`,
      ]);
    }
  });
  it('have what belongs to imported material and multi-Region keys only there', () => {
    expect(read([...TODAY, 'kms:ImportKeyMaterial'], KEYS.imported)).toBe(true);
    expect(read([...TODAY, ...kms('ReplicateKey UpdatePrimaryRegion')], KEYS.multiRegion)).toBe(true);
    expect(read(TODAY, KEYS.imported)).toBe(true);
    expect(read(TODAY, KEYS.multiRegion)).toBe(true);
    expect(refusal([administrators(ADMIN, [...TODAY, 'kms:ImportKeyMaterial'])])[1]).toContain(
      'kms:ImportKeyMaterial is for import of key material, for keys whose material is imported, which this key is not.',
    );
    expect(refusal([administrators(ADMIN, [...TODAY, 'kms:ReplicateKey'])])[1]).toContain(
      'kms:ReplicateKey is for replication, for multi-Region keys, which this key is not.',
    );
    const half = refusal([administrators(ADMIN, [...TODAY, 'kms:ReplicateKey'])], KEYS.multiRegion);
    expect(half[1]).toContain('kms:UpdatePrimaryRegion is missing');
  });
  it.each(ADMINISTRATOR_BASE)('need %s', (action) => {
    expect(
      refusal([
        administrators(
          ADMIN,
          TODAY.filter((other) => other !== action),
        ),
      ])[1],
    ).toContain(`${action} is missing`);
  });
  it('have nothing else', () => {
    expect(refusal([administrators(ADMIN, [...TODAY, 'kms:Decrypt'])])[1]).toContain(
      "kms:Decrypt is not in the console's list",
    );
  });
});

describe('there is no default view, for the first of these reasons:', () => {
  const everything = { Condition: { Bool: { 'aws:SecureTransport': 'true' } } };
  it.each<[string, unknown, string, string]>([
    ['an unknown Sid', [account(), statement('Mine', APP, USE)], '/Statement/1/Sid', '"Mine"'],
    [
      "the Sid of the guide's text",
      [statement('Enable IAM policies', ROOT, 'kms:*')],
      '/Statement/0/Sid',
      'Enable IAM policies',
    ],
    [
      'no Sid',
      [account(), { ...users(), Sid: undefined }],
      '/Statement/1',
      'A statement has no Sid; every statement of the console has one.',
    ],
    ['a Sid twice', [account(), account()], '/Statement/1/Sid', 'twice'],
    ['a Deny', [users(APP, USE, { Effect: 'Deny' })], '/Statement/0/Effect', 'Deny'],
    ['another Resource', [users(APP, USE, { Resource: ['*', 'x'] })], '/Statement/0/Resource', 'Resource'],
    ['no Resource', [users(APP, USE, { Resource: undefined })], '/Statement/0', 'no Resource'],
    [
      'NotResource',
      [users(APP, USE, { Resource: undefined, NotResource: '*' })],
      '/Statement/0/NotResource',
      'Resource',
    ],
    [
      'NotPrincipal',
      [users(APP, USE, { Principal: undefined, NotPrincipal: { AWS: APP } })],
      '/Statement/0/NotPrincipal',
      'NotPrincipal',
    ],
    ['no Principal', [users(APP, USE, { Principal: undefined })], '/Statement/0', 'no principal'],
    [
      'a service',
      [users(APP, USE, { Principal: { AWS: APP, Service: 'ec2.amazonaws.com' } })],
      '/Statement/0/Principal/Service',
      'ec2.amazonaws.com',
    ],
    ['NotAction', [users(APP, USE, { Action: undefined, NotAction: 'kms:*' })], '/Statement/0/NotAction', 'NotAction'],
    ['no Action', [users(APP, USE, { Action: undefined })], '/Statement/0', 'no Action'],
    ['less for the account', [account({ Action: 'kms:Get*' })], '/Statement/0/Action', 'kms:* is missing'],
    ['more for the account', [account({ Action: ['kms:*', 's3:*'] })], '/Statement/0/Action', 's3:* is not'],
    ['less for users', [users(APP, USE.slice(1))], '/Statement/0/Action', 'kms:Encrypt is missing'],
    [
      'more for grants',
      [users(), grants(APP, bool, [...GRANT_ACTIONS, 'kms:RetireGrant'])],
      '/Statement/1/Action',
      'RetireGrant',
    ],
    ['a Condition on the account', [account(everything)], '/Statement/0/Condition', 'Condition'],
    [
      'a Condition on administrators',
      [administrators(ADMIN, TODAY, everything)],
      '/Statement/0/Condition',
      'Condition',
    ],
    ['a Condition on users', [users(APP, USE, bool)], '/Statement/0/Condition', 'Condition'],
    ['grants without a Condition', [users(), grants(APP, {})], '/Statement/1', 'kms:GrantIsForAWSResource'],
    [
      'grants for everything else',
      [users(), grants(APP, { Condition: { Bool: { 'kms:GrantIsForAWSResource': 'false' } } })],
      '/Statement/1/Condition',
      'true',
    ],
    [
      'grants with another operator',
      [users(), grants(APP, { Condition: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'true' } } })],
      '/Statement/1/Condition',
      'Bool',
    ],
    [
      'grants with another key',
      [users(), grants(APP, everything)],
      '/Statement/1/Condition',
      'kms:GrantIsForAWSResource',
    ],
    [
      'grants with true and false',
      [users(), grants(APP, { Condition: { Bool: { 'kms:GrantIsForAWSResource': ['true', 'false'] } } })],
      '/Statement/1/Condition',
      'exactly',
    ],
    [
      'grants with two Conditions',
      [
        users(),
        grants(APP, { Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true', 'aws:SecureTransport': 'true' } } }),
      ],
      '/Statement/1/Condition',
      'exactly',
    ],
    ['grants without users', [grants()], '/Statement/0', 'without'],
    ['a grantor who is no user', [users(), grants([APP, ANA])], '/Statement/1/Principal', ANA],
    ['a user who is no grantor', [users([APP, ANA]), grants()], '/Statement/1/Principal', ANA],
    ['a role for the account', [account({ Principal: { AWS: [ROOT, ADMIN] } })], '/Statement/0/Principal', ADMIN],
    ['another account as the account', [account({ Principal: { AWS: EXTERNAL } })], '/Statement/0/Principal', EXTERNAL],
    ['the account as administrator', [administrators([ADMIN, ROOT])], '/Statement/0/Principal', ROOT],
    [
      'an external administrator',
      [administrators(EXTERNAL)],
      '/Statement/0/Principal',
      `${EXTERNAL} is not a user or role of the key's own account.`,
    ],
    ['a foreign administrator', [administrators(FOREIGN)], '/Statement/0/Principal', FOREIGN],
    ['the account as user', [users(ROOT)], '/Statement/0/Principal', ROOT],
    [
      'a foreign user',
      [users([APP, FOREIGN])],
      '/Statement/0/Principal',
      `${FOREIGN} is not a user or role of the key's own account, nor the root of another account.`,
    ],
    ['everyone', [users('*')], '/Statement/0/Principal', '*'],
    ['a group', [users('arn:aws:iam::111122223333:group/G')], '/Statement/0/Principal', 'group/G'],
    ['a wildcard', [users('arn:aws:iam::111122223333:role/*')], '/Statement/0/Principal', 'role/*'],
    ['a session', [users('arn:aws:sts::111122223333:assumed-role/App/x')], '/Statement/0/Principal', 'assumed-role'],
    ['a deleted principal', [users('AROACKCEVSQ6C2EXAMPLE')], '/Statement/0/Principal', 'AROACKCEVSQ6C2EXAMPLE'],
    ['no statement', [], '', 'no statement'],
  ])('%s', (_, statements, path, words) => {
    const [where, why] = refusal(statements);
    expect(where).toBe(path);
    expect(why).toContain(words);
  });
  it('a Version other than 2012-10-17', () => {
    expect(refusal([account()], keyOf(), { Version: '2008-10-17' })).toEqual([
      '/Version',
      expect.stringContaining('2008-10-17'),
    ]);
    expect(refusal([account()], keyOf(), {})).toEqual(['', expect.stringContaining('missing')]);
  });
  it('users of a key whose usage the console is not known to handle', () => {
    const key = keyOf({ spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE' });
    expect(refusal([users()], key)[1]).toContain('not known');
    expect(supported([account(), administrators()], key).administrators).toEqual([ADMIN]);
  });
  it('in the order of the clauses, not of the statements', () => {
    expect(refusal([users(FOREIGN), administrators(ADMIN, 'kms:Get*')])[0]).toBe('/Statement/1/Action');
    expect(refusal([users(APP, 'kms:Get*'), statement('Mine', APP, USE)])[0]).toBe('/Statement/1/Sid');
  });
});

it('always answers, and its reason points into the document', () => {
  fc.assert(
    fc.property(policyValue, (value) => {
      const result = readDefaultView(policyOf(value), keyOf());
      if (result.supported) return;
      const steps = result.path.split('/').slice(1);
      expect(steps.reduce((at: unknown, step) => (at as Element)[step], value)).toBeDefined();
    }),
  );
});
