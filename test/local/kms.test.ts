import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetKeyPolicyCommand,
  ListAliasesCommand,
  ListKeyPoliciesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkPolicy } from '../../local/kms/policyCheck.ts';
import { SEEDS, seedEntries } from '../../local/seed.ts';
import { type LocalAws, startAws } from './aws.ts';

const ACCOUNT = '111122223333';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const allow = (AWS: string | string[], Action: string | string[] = 'kms:*') => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action,
  Resource: '*',
});
const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const without = (statement: object, name: string) =>
  Object.fromEntries(Object.entries(statement).filter(([key]) => key !== name));
const sessionArn = `arn:aws:sts::${ACCOUNT}:assumed-role/nobody/local`;
const deny = { Effect: 'Deny', Action: 'kms:GetKeyPolicy', Resource: '*' };
const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

let aws: LocalAws;
beforeEach(async () => {
  const role = (name: string, ...statements: { Effect: 'Allow' | 'Deny'; Action: string; Condition?: object }[]) => ({
    name,
    arn: roleArn(name),
    statements: statements.map((statement) => ({ ...statement, Resource: '*' }) as never),
  });
  aws = await startAws({
    seeds: seedEntries(),
    roles: [
      role('reader', { Effect: 'Allow', Action: 'kms:GetKeyPolicy' }),
      role('nobody'),
      role(
        'applier',
        { Effect: 'Allow', Action: 'kms:PutKeyPolicy' },
        {
          Effect: 'Deny',
          Action: 'kms:PutKeyPolicy',
          Condition: { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } },
        },
      ),
    ],
  });
});
afterEach(() => aws.stop());

const as = (name: string) => aws.client(aws.iam.accessKeyFor(name));
async function newKey(Policy?: string): Promise<string> {
  const { KeyMetadata } = await aws.client().send(new CreateKeyCommand(Policy === undefined ? {} : { Policy }));
  return KeyMetadata?.KeyId ?? '';
}
async function readPolicy(KeyId: string): Promise<string> {
  return (await aws.client().send(new GetKeyPolicyCommand({ KeyId }))).Policy ?? '';
}

describe('GetKeyPolicy', () => {
  test('gives the default policy as Jackson prints it', async () => {
    expect(await readPolicy(await newKey())).toBe(`{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::111122223333:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`);
  });

  test('gives lists as sets in an order of its own, the same at each read', async () => {
    const actions = ['kms:Encrypt', 'kms:Decrypt', 'kms:DescribeKey', 'kms:ReEncrypt*', 'kms:Decrypt'];
    const keyId = await newKey(policy(allow(ROOT), allow([roleArn('A'), roleArn('B'), ACCOUNT, ROOT], actions)));
    const first = await readPolicy(keyId);
    const { Statement } = JSON.parse(first) as { Statement: { Action: string[]; Principal: { AWS: string[] } }[] };
    expect(Statement[1]?.Action.toSorted()).toEqual([...new Set(actions)].toSorted());
    expect(Statement[1]?.Action).not.toEqual([...new Set(actions)]);
    expect(Statement[1]?.Principal.AWS.toSorted()).toEqual([roleArn('A'), roleArn('B'), ROOT].toSorted());
    expect(await readPolicy(keyId)).toBe(first);
  });

  test('shows deleted principals by their unique ids, and that text cannot be put back', async () => {
    const alice = `arn:aws:iam::${ACCOUNT}:user/Alice`;
    const keyId = await newKey(policy(allow(ROOT), allow([roleArn('App'), alice], 'kms:Decrypt')));
    await aws.put('/_iam/world', { missing: [roleArn('App'), alice] });
    const shown = await readPolicy(keyId);
    expect(shown).toMatch(/"AROA[A-Z0-9]{17}"/);
    expect(shown).toMatch(/"AIDA[A-Z0-9]{17}"/);
    expect(shown).not.toContain('role/App');
    const again = aws.client().send(new PutKeyPolicyCommand({ KeyId: keyId, Policy: shown }));
    await expect(again).rejects.toMatchObject({
      name: 'MalformedPolicyDocumentException',
      message: 'Policy contains a statement with one or more invalid principals.',
    });
  });

  test('keeps to the characters of a policy', async () => {
    const keyId = await newKey(policy({ Sid: 'x', ...allow(ROOT) }).replace('"x"', '"\\u0142\\u00e9"'));
    expect(await readPolicy(keyId)).toContain('"Sid" : "\\u0142é"');
  });

  test('gives the text before the last put while reads are behind', async () => {
    const keyId = await newKey();
    const before = await readPolicy(keyId);
    await aws.put('/_kms/options', { consistencyDelayMs: 3_600_000 });
    await aws.client().send(new PutKeyPolicyCommand({ KeyId: keyId, Policy: policy({ Sid: 'new', ...allow(ROOT) }) }));
    expect(await readPolicy(keyId)).toBe(before);
    await aws.put('/_kms/options', { consistencyDelayMs: 0 });
    expect(await readPolicy(keyId)).toContain('"Sid" : "new"');
  });

  test('takes the delay from the environment, and refuses one that is no number', async () => {
    vi.stubEnv('KMS_CONSISTENCY_DELAY_MS', '1500');
    const slow = await startAws();
    vi.stubEnv('KMS_CONSISTENCY_DELAY_MS', 'soon');
    await expect(startAws()).rejects.toThrow('KMS_CONSISTENCY_DELAY_MS must be milliseconds, not soon');
    vi.unstubAllEnvs();
    expect(await slow.get('/_kms/options')).toEqual({ consistencyDelayMs: 1500 });
    await slow.stop();
  });
});

describe('who may call', () => {
  test('the key policy delegates to IAM, and IAM decides', async () => {
    const KeyId = await newKey();
    await expect(as('reader').send(new GetKeyPolicyCommand({ KeyId }))).resolves.toHaveProperty('Policy');
    const refused = {
      name: 'AccessDeniedException',
      message: expect.stringContaining('is not authorized to perform: kms:'),
    };
    await expect(as('nobody').send(new GetKeyPolicyCommand({ KeyId }))).rejects.toMatchObject(refused);
    await expect(as('reader').send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject(refused);
    await expect(
      as('reader').send(new PutKeyPolicyCommand({ KeyId, Policy: policy(allow(ROOT)) })),
    ).rejects.toMatchObject(refused);
    await expect(as('nobody').send(new ListKeysCommand({}))).rejects.toMatchObject(refused);
  });

  test('a role that the key policy names needs no IAM permission', async () => {
    const KeyId = await newKey(policy(allow(ROOT), allow(roleArn('nobody'), 'kms:GetKeyPolicy')));
    await expect(as('nobody').send(new GetKeyPolicyCommand({ KeyId }))).resolves.toHaveProperty('Policy');
  });

  test('a Deny in the key policy beats every Allow', async () => {
    const deny = { ...allow(roleArn('reader'), 'kms:Get*'), Effect: 'Deny' };
    const KeyId = await newKey(policy(allow(ROOT), allow(roleArn('reader')), deny));
    await expect(as('reader').send(new GetKeyPolicyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('a Deny in IAM beats a key policy that names the role: the applier cannot send the bypass', async () => {
    const Policy = policy(allow(ROOT), allow(roleArn('applier')));
    const KeyId = await newKey(Policy);
    await as('applier').send(new PutKeyPolicyCommand({ KeyId, Policy }));
    await expect(
      as('applier').send(new PutKeyPolicyCommand({ KeyId, Policy, BypassPolicyLockoutSafetyCheck: true })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await aws.get('/_kms/journal')).toMatchObject({
      puts: [
        { seq: 1, keyId: KeyId, result: 'ok', bypass: false, caller: expect.stringContaining('assumed-role/applier/') },
        { seq: 2, keyId: KeyId, result: 'AccessDeniedException', bypass: true },
      ],
    });
  });

  test('a caller who would lock himself out is refused, and another one is not', async () => {
    const KeyId = await newKey();
    const Policy = policy(allow(ROOT, 'kms:Get*'), allow(roleArn('applier'), 'kms:Put*'));
    await expect(aws.client().send(new PutKeyPolicyCommand({ KeyId, Policy }))).rejects.toMatchObject({
      message: 'The new key policy will not allow you to update the key policy in the future.',
    });
    await as('applier').send(new PutKeyPolicyCommand({ KeyId, Policy }));
  });

  test('a condition on the caller counts, one that nobody can decide does not help', async () => {
    const KeyId = await newKey();
    const put = (Condition: object) =>
      aws.client().send(new PutKeyPolicyCommand({ KeyId, Policy: policy({ ...allow('*'), Condition }) }));
    await put({ StringEquals: { 'kms:CallerAccount': ACCOUNT } });
    await put({ StringEquals: { 'aws:PrincipalAccount': `$${'{aws:ResourceAccount}'}` } });
    for (const Condition of [
      { StringEquals: { 'aws:PrincipalAccount': `$${'{aws:SourceVpc}'}` } },
      { StringEquals: { 'kms:CallerAccount': '444455556666' } },
      { StringEquals: { 'aws:PrincipalOrgID': 'o-12345' } },
      { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } },
    ]) {
      await expect(put(Condition)).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
    }
  });

  test.each<[string, object, object[], boolean]>([
    ['an Allow for its session', {}, [allow(sessionArn)], true],
    ['an Allow for another session', {}, [allow(`${sessionArn}-2`)], false],
    [
      'an Allow of all but something else',
      {},
      [{ ...without(allow(roleArn('nobody')), 'Action'), NotAction: 'kms:Put*' }],
      true,
    ],
    [
      'an Allow of all but this',
      {},
      [{ ...without(allow(roleArn('nobody')), 'Action'), NotAction: 'kms:Get*' }],
      false,
    ],
    [
      'an Allow for its unique id',
      { ids: { AROALIVEROLE0EXAMPLE1: roleArn('nobody') } },
      [allow('AROALIVEROLE0EXAMPLE1')],
      true,
    ],
    [
      'an Allow, and a Deny for the account',
      {},
      [allow(roleArn('nobody')), { ...deny, Principal: { AWS: ROOT } }],
      false,
    ],
    [
      'an Allow, and a Deny for the account by its id',
      {},
      [allow(roleArn('nobody')), { ...deny, Principal: { AWS: ACCOUNT } }],
      false,
    ],
    [
      'an Allow, and a Deny for another account',
      {},
      [allow(roleArn('nobody')), { ...deny, Principal: { AWS: '444455556666' } }],
      true,
    ],
    [
      'an Allow, and a Deny for all but him',
      {},
      [allow(roleArn('nobody')), { ...deny, NotPrincipal: { AWS: roleArn('nobody') } }],
      true,
    ],
    [
      'an Allow, and a Deny for all but others',
      {},
      [allow(roleArn('nobody')), { ...deny, NotPrincipal: { AWS: [ROOT, roleArn('x')] } }],
      false,
    ],
  ])('%s: %o', async (_name, world, statements, allowed) => {
    await aws.put('/_iam/world', world);
    // The administrator makes the key with the bypass, so that a Deny for the whole account is no lockout of his.
    const { KeyMetadata } = await aws
      .client()
      .send(new CreateKeyCommand({ Policy: policy(...statements), BypassPolicyLockoutSafetyCheck: true }));
    const read = as('nobody').send(new GetKeyPolicyCommand({ KeyId: KeyMetadata?.KeyId }));
    if (allowed) await expect(read).resolves.toHaveProperty('Policy');
    else await expect(read).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('a role that is deleted loses what the key policy gave it', async () => {
    const KeyId = await newKey(policy(allow(ROOT), allow(roleArn('nobody'), 'kms:GetKeyPolicy')));
    await aws.put('/_iam/world', { missing: [roleArn('nobody')] });
    await expect(as('nobody').send(new GetKeyPolicyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('a request that breaks its shape is told so before anybody asks who sent it', async () => {
    const KeyId = await newKey();
    for (const Policy of ['\u2019', '']) {
      await expect(as('nobody').send(new PutKeyPolicyCommand({ KeyId, Policy }))).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(
          /^1 validation error detected: Value '.*' at 'policy' failed to satisfy constraint: /,
        ),
      });
    }
  });

  test("another account's key is denied, or described where its policy says so", async () => {
    const stranger = aws.client(aws.iam.assume('arn:aws:iam::444455556666:role/Partner', 'session'));
    const open = policy(allow(ROOT), allow('arn:aws:iam::444455556666:root'));
    const { KeyMetadata } = await aws.client().send(new CreateKeyCommand({ Policy: open }));
    const KeyId = KeyMetadata?.Arn ?? '';
    await expect(stranger.send(new DescribeKeyCommand({ KeyId }))).resolves.toMatchObject({
      KeyMetadata: { Arn: KeyId },
    });
    await expect(stranger.send(new PutKeyPolicyCommand({ KeyId, Policy: open }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(stranger.send(new DescribeKeyCommand({ KeyId: KeyId.split('/')[1] }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });
});

describe('keys, aliases and tags', () => {
  test('a key goes through its states', async () => {
    const client = aws.client();
    const KeyId = await newKey();
    const state = async () => (await client.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState;
    await client.send(new DisableKeyCommand({ KeyId }));
    expect(await state()).toBe('Disabled');
    await client.send(new EnableKeyCommand({ KeyId }));
    expect(await state()).toBe('Enabled');
    const { DeletionDate } = await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    expect(DeletionDate).toBeInstanceOf(Date);
    expect(await state()).toBe('PendingDeletion');
    await expect(client.send(new EnableKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'KMSInvalidStateException',
    });
    await client.send(new CancelKeyDeletionCommand({ KeyId }));
    expect(await state()).toBe('Disabled');
  });

  test('lists come in pages, each item once', async () => {
    const client = aws.client();
    const KeyId = await newKey();
    for (const name of ['c', 'a', 'd', 'b']) {
      await client.send(new CreateAliasCommand({ AliasName: `alias/page/${name}`, TargetKeyId: KeyId }));
    }
    const seen: (string | undefined)[] = [];
    let Marker: string | undefined;
    do {
      const page = await client.send(new ListAliasesCommand({ KeyId, Limit: 3, ...(Marker && { Marker }) }));
      seen.push(...(page.Aliases ?? []).map((alias) => alias.AliasName));
      Marker = page.NextMarker;
      expect(page.Truncated).toBe(Marker !== undefined);
    } while (Marker !== undefined);
    expect(seen).toEqual(['alias/page/a', 'alias/page/b', 'alias/page/c', 'alias/page/d']);
    await expect(client.send(new ListKeysCommand({ Marker: 'nonsense' }))).rejects.toMatchObject({
      name: 'InvalidMarkerException',
    });
    await expect(client.send(new ListKeysCommand({ Limit: 1001 }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('an alias points to one key, moves, and goes', async () => {
    const client = aws.client();
    const [first, second] = [await newKey(), await newKey()];
    const AliasName = 'alias/moving';
    await client.send(new CreateAliasCommand({ AliasName, TargetKeyId: first }));
    await expect(client.send(new CreateAliasCommand({ AliasName, TargetKeyId: second }))).rejects.toMatchObject({
      name: 'AlreadyExistsException',
    });
    await client.send(new UpdateAliasCommand({ AliasName, TargetKeyId: second }));
    expect((await client.send(new DescribeKeyCommand({ KeyId: AliasName }))).KeyMetadata?.KeyId).toBe(second);
    await client.send(new DeleteAliasCommand({ AliasName }));
    await expect(client.send(new DescribeKeyCommand({ KeyId: AliasName }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });

  test('tags are set, replaced and removed', async () => {
    const client = aws.client();
    const KeyId = await newKey();
    const tags = async () => (await client.send(new ListResourceTagsCommand({ KeyId }))).Tags;
    await client.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'env', TagValue: 'test' }] }));
    await client.send(
      new TagResourceCommand({
        KeyId,
        Tags: [
          { TagKey: 'env', TagValue: 'prod' },
          { TagKey: 'a', TagValue: '' },
        ],
      }),
    );
    expect(await tags()).toEqual([
      { TagKey: 'a', TagValue: '' },
      { TagKey: 'env', TagValue: 'prod' },
    ]);
    await client.send(new UntagResourceCommand({ KeyId, TagKeys: ['a'] }));
    expect(await tags()).toEqual([{ TagKey: 'env', TagValue: 'prod' }]);
  });

  test('errors have the names and texts of AWS', async () => {
    const client = aws.client();
    const unknown = '00000000-0000-4000-8000-000000000000';
    const cases: [string, string, string][] = [
      [unknown, 'NotFoundException', `Key 'arn:aws:kms:us-east-1:${ACCOUNT}:key/${unknown}' does not exist`],
      ['fake-key-id', 'NotFoundException', "Invalid keyId 'fake-key-id'"],
      [`arn:aws:kms:eu-west-1:${ACCOUNT}:key/${unknown}`, 'NotFoundException', 'Invalid arn eu-west-1'],
    ];
    for (const [KeyId, name, message] of cases) {
      await expect(client.send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({ name, message });
    }
    await expect(
      client.send(new GetKeyPolicyCommand({ KeyId: `arn:aws:kms:us-east-1:${ACCOUNT}:alias/payments` })),
    ).rejects.toMatchObject({
      name: 'InvalidArnException',
      message: 'Key Aliases are not supported for this operation',
    });
    // Of another account nobody learns more than that it is closed, not even that the Region is wrong.
    const elsewhere = `arn:aws:kms:eu-west-1:444455556666:key/${unknown}`;
    await expect(client.send(new GetKeyPolicyCommand({ KeyId: elsewhere }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    const KeyId = await newKey();
    await expect(client.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'other' }))).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'No such policy exists',
    });
    await expect(
      client.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'other', Policy: policy(allow(ROOT)) })),
    ).rejects.toMatchObject({ name: 'UnsupportedOperationException' });
    await expect(
      client.send(new PutKeyPolicyCommand({ KeyId, Policy: `${' '.repeat(131_073)}` })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    expect((await client.send(new ListKeyPoliciesCommand({ KeyId }))).PolicyNames).toEqual(['default']);
  });
});

describe('seeds', () => {
  test('a fresh folder has the documented keys, and each policy passes the check that a put would meet', async () => {
    const { Aliases = [] } = await aws.client().send(new ListAliasesCommand({}));
    expect(Aliases.map((alias) => [alias.AliasName, alias.TargetKeyId])).toEqual(
      SEEDS.map(({ alias, keyId }) => [alias, keyId]).toSorted(),
    );
    for (const seed of SEEDS) {
      expect(checkPolicy(JSON.stringify(seed.policy), aws.iam.world), seed.alias).toMatchObject({ ok: true });
      await expect(aws.client().send(new DescribeKeyCommand({ KeyId: seed.alias }))).resolves.toMatchObject({
        KeyMetadata: { KeyId: seed.keyId, KeyManager: seed.manager, KeySpec: seed.spec },
      });
    }
  });

  test('the key of AWS can be read and not changed', async () => {
    const KeyId = SEEDS.find(({ manager }) => manager === 'AWS')?.keyId ?? '';
    const Policy = await readPolicy(KeyId);
    await expect(aws.client().send(new PutKeyPolicyCommand({ KeyId, Policy }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});
