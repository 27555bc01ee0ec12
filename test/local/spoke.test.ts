import { GetKeyPolicyCommand, ListKeysCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SPOKE, spokeRoles } from '../../local/iam/spoke.ts';
import { SPOKE_SEED, seedEntries } from '../../local/seed.ts';
import { readService } from '../../local/serverless.ts';
import { type LocalAws, startAws } from './aws.ts';

const KEY = `arn:aws:kms:us-east-1:${SPOKE.accountId}:key/${SPOKE_SEED.keyId}`;
const role = (name: string) => `arn:aws:iam::${SPOKE.accountId}:role/Countersign${name}`;
let aws: LocalAws;
beforeAll(async () => {
  const roles = [...readService({ stage: 'local', env: {} }).roles.values(), ...spokeRoles()];
  aws = await startAws({ seeds: seedEntries(), roles });
});
afterAll(() => aws.stop());

/** A session of a role of the template, as one of the lambdas asks for it. */
async function assume(by: string, what: string, input: { ExternalId?: string; Policy?: string } = {}) {
  const keys =
    by === 'admin' ? { accessKeyId: 'test', secretAccessKey: 'test' } : aws.iam.accessKeyFor(`countersign-local-${by}`);
  const sts = new STSClient({ endpoint: aws.url, region: 'us-east-1', credentials: keys, maxAttempts: 1 });
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: role(what), RoleSessionName: 'test', ExternalId: SPOKE.externalId, ...input }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return aws.client({ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken });
}

describe('the roles of docs/spoke.template.yml', () => {
  test.each([
    ['foreign', 'Read'],
    ['keys', 'Read'],
    ['preview', 'Read'],
    ['submit', 'Read'],
    ['apply', 'Apply'],
  ])('%s assumes Countersign%s', async (by, what) => {
    const client = await assume(by, what);
    expect((await client.send(new GetKeyPolicyCommand({ KeyId: KEY }))).Policy).toContain('Loader');
  });

  test.each([
    ['a reader', 'keys', 'Apply', {}],
    ['the submit lambda', 'submit', 'Apply', {}],
    ['the applier', 'apply', 'Read', {}],
    ['a lambda without keys', 'decide', 'Read', {}],
    ['an administrator of the home account', 'admin', 'Apply', {}],
    ['the applier with another external id', 'apply', 'Apply', { ExternalId: 'countersign-Local' }],
    ['a reader with another external id', 'keys', 'Read', { ExternalId: 'x'.repeat(17) }],
  ])('%s is refused', async (_, by, what, input) => {
    await expect(assume(by, what, input)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('reading can put nothing, and the apply role cannot list', async () => {
    const { Policy } = await (await assume('keys', 'Read')).send(new GetKeyPolicyCommand({ KeyId: KEY }));
    const put = new PutKeyPolicyCommand({ KeyId: KEY, Policy });
    await expect((await assume('keys', 'Read')).send(put)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const bypass = new PutKeyPolicyCommand({ KeyId: KEY, Policy, BypassPolicyLockoutSafetyCheck: true });
    const apply = await assume('apply', 'Apply');
    await expect(apply.send(bypass)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(apply.send(new ListKeysCommand({}))).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await apply.send(put);
  });

  test('a session policy limits the session to its key, also where the key policy names the role', async () => {
    const only = (Resource: string) =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:GetKeyPolicy', Resource }] });
    const read = new GetKeyPolicyCommand({ KeyId: KEY });
    await (await assume('apply', 'Apply', { Policy: only(KEY) })).send(read);
    const other = await assume('apply', 'Apply', { Policy: only(`${KEY.slice(0, -1)}8`) });
    await expect(other.send(read)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const named = JSON.stringify({
      Statement: [{ Effect: 'Allow', Principal: { AWS: role('Apply') }, Action: 'kms:*', Resource: '*' }],
    });
    await (await assume('apply', 'Apply')).send(new PutKeyPolicyCommand({ KeyId: KEY, Policy: named }));
    await expect(other.send(read)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});
