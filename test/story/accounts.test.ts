import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { SPOKE } from '../../local/iam/spoke.ts';
import { SPOKE_SEED } from '../../local/seed.ts';
import { RULES, useSystem } from './system.ts';

const ACCOUNT = SPOKE.accountId;
const ALIAS = `arn:aws:kms:us-east-1:${ACCOUNT}:${SPOKE_SEED.alias}`;
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/${SPOKE_SEED.keyId}`;

const registered = (id: string, more: { externalId?: string; regions?: string } = {}) => `  "${id}":
    readRole: arn:aws:iam::${id}:role/CountersignRead
    applyRole: arn:aws:iam::${id}:role/CountersignApply
    externalId: ${more.externalId ?? SPOKE.externalId}
    regions: ${more.regions ?? '[us-east-1]'}
`;
const rules = (accounts: string) => `${RULES}accounts:\n${accounts}`;

const use = (role: string) => ({
  key: ALIAS,
  edits: [{ op: 'addUser', principal: `arn:aws:iam::${ACCOUNT}:role/${role}` }],
  reason: 'The job reads the warehouse.',
});

/** A client of the second account, as an administrator there. */
async function there(aws: string, region = 'us-east-1'): Promise<KMSClient> {
  const local = { endpoint: aws, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const { Credentials } = await new STSClient(local).send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/Admin`, RoleSessionName: 'test' }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  return new KMSClient({ endpoint: aws, region, credentials });
}

describe('a registered account', () => {
  // Account 333344445555 is registered, and nobody has made the roles there.
  const world = useSystem({ rules: rules(registered(ACCOUNT) + registered('333344445555')) });

  it('has its keys seen, changed and told about as those of the own account', async () => {
    const { ana, audrey, visitor, running } = world;
    const listed = await ana.get<{ keys: { arn: string; changeable: boolean }[]; notListed: object[] }>('/keys');
    expect(listed.body.keys).toContainEqual(expect.objectContaining({ arn: KEY, changeable: true }));
    expect(listed.body.notListed).toMatchObject([{ accountId: '333344445555', region: 'us-east-1' }]);
    const policy = await ana.get<{ key: object; document: string; defaultView: object }>(
      `/keys/${encodeURIComponent(KEY)}/policy`,
    );
    expect(policy.body).toMatchObject({
      key: { accountId: ACCOUNT, aliases: [SPOKE_SEED.alias] },
      defaultView: { supported: true, users: [`arn:aws:iam::${ACCOUNT}:role/Loader`] },
    });
    expect((await ana.send('POST', '/changes/preview', use('Job'))).status).toBe(200);

    const submitted = await ana.submit(use('Job'));
    expect(submitted).toMatchObject({ status: 201, body: { key: { arn: KEY, accountId: ACCOUNT } } });
    const { id, after } = submitted.body;
    const link = await visitor.link('sam@example.com', id);
    expect((await visitor.get(link)).text).toContain(`${ACCOUNT}, us-east-1`);
    await visitor.decide(link, { decision: 'approve', confirm: 'warehouse' });
    await ana.reaches(id, ['APPLIED']);

    const puts = (await visitor.puts()).filter(({ keyArn }) => keyArn === KEY);
    expect(puts).toMatchObject([
      {
        result: 'ok',
        policy: after.document,
        // Its session is named after the change, so that the other account's CloudTrail tells which one it was.
        caller: `arn:aws:sts::${ACCOUNT}:assumed-role/CountersignApply/${id}`,
      },
    ]);
    const sessions = readFileSync(join(running.dataDir, 'iam-sessions.jsonl'), 'utf8').split('\n').filter(Boolean);
    expect(sessions.map((line) => JSON.parse(line)).filter(({ sessionName }) => sessionName === id)).toMatchObject([
      { policy: [{ Effect: 'Allow', Action: ['kms:GetKeyPolicy', 'kms:PutKeyPolicy'], Resource: KEY }] },
    ]);
    const live = await (await there(running.aws)).send(new GetKeyPolicyCommand({ KeyId: KEY }));
    expect(canonicalOf(live.Policy ?? '')).toBe(after.canonical);
    const history = await audrey.get(`/keys/${encodeURIComponent(ALIAS)}/history`);
    expect(history.body).toMatchObject({ keyArn: KEY, liveIsNewest: true, versions: [{ change: id }, {}] });
  });

  it('demands that the apply role there, not the one here, keeps its power over the key', async () => {
    const { ana } = world;
    const submit = (principal: string) =>
      ana.submit({
        key: KEY,
        policy: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: [principal, `arn:aws:iam::${ACCOUNT}:role/KMSAdmin`] },
              Action: ['kms:GetKeyPolicy', 'kms:PutKeyPolicy'],
              Resource: '*',
            },
          ],
        },
        reason: 'No more delegation to IAM.',
      });
    const refused = await submit(`arn:aws:iam::${ACCOUNT}:role/Other`);
    expect(refused).toMatchObject({ status: 422 });
    expect(refused.text).toContain('APPLIER_LOCKED_OUT');
    expect(refused.text).toContain(`arn:aws:iam::${ACCOUNT}:role/CountersignApply`);
    const { status, body } = await submit(`arn:aws:iam::${ACCOUNT}:role/CountersignApply`);
    expect(status).toBe(201);
    await ana.send('POST', `/changes/${body.id}/cancel`);
  });

  it.each([
    ['AccountNotRegistered', 'arn:aws:kms:us-east-1:444455556666:alias/x', 'ACCOUNT_NOT_REGISTERED', '444455556666'],
    ['RegionNotRegistered', `arn:aws:kms:eu-west-1:${ACCOUNT}:alias/x`, 'REGION_NOT_REGISTERED', 'eu-west-1'],
    ['RoleNotAssumed', 'arn:aws:kms:us-east-1:333344445555:alias/x', 'ROLE_NOT_ASSUMED', 'role/CountersignRead'],
  ])('says of a key that is out of reach why: %s', async (_, key, code, names) => {
    const refused = await world.ana.submit({ ...use('Job'), key });
    expect(refused).toMatchObject({ status: 422, body: { findings: [{ code, fix: expect.any(String) }] } });
    expect(refused.body.findings[0]?.message).toContain(names);
    const asked = await world.ana.get<{ detail: string }>(`/keys/${encodeURIComponent(key)}`);
    expect(asked.status).toBe(404);
    expect(asked.body.detail).toContain(names);
  });

  it('ends as FAILED, with the cause and without a put, when the apply role cannot be assumed any more', async () => {
    const { ana, visitor, running } = world;
    const { body } = await ana.submit(use('Late'));
    const link = await visitor.link('sam@example.com', body.id);
    const missing = [`arn:aws:iam::${ACCOUNT}:role/CountersignApply`];
    const set = (state: object) => fetch(`${running.aws}/_iam/world`, { method: 'PUT', body: JSON.stringify(state) });
    await set({ missing });
    await visitor.decide(link, { decision: 'approve', confirm: 'warehouse' });
    const failed = await ana.reaches(body.id, ['FAILED', 'APPLIED', 'UNCERTAIN', 'STALE']);
    await set({ missing: [] });
    expect(failed.status).toBe('FAILED');
    expect(failed.timeline.find(({ type }) => type === 'FAILED')?.text).toContain('RoleNotAssumed');
    expect(failed.outcome).toContain(`${missing[0]} could not be assumed`);
    expect((await visitor.puts()).some(({ policy }) => policy === body.after.document)).toBe(false);
  });

  it('is asked for one session a role and not for one a call', async () => {
    const { ana, running } = world;
    const asked = async () => {
      const answer = await (await fetch(`${running.aws}/_aws/requests`)).json();
      return (answer as { requests: Record<string, Record<string, number>> }).requests['countersign-local-keys'];
    };
    await ana.get(`/keys/${encodeURIComponent(KEY)}`);
    const before = await asked();
    await ana.get(`/keys/${encodeURIComponent(KEY)}`);
    await ana.get(`/keys/${encodeURIComponent(KEY)}/policy`);
    expect((await asked())?.['sts.AssumeRole']).toBe(before?.['sts.AssumeRole']);
  });

  it('has a key of another Region of the own account changed there', async () => {
    const { ana, visitor, running } = world;
    const client = new KMSClient({
      endpoint: running.aws,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
    const key = KeyMetadata?.Arn ?? '';
    expect(key).toMatch(/^arn:aws:kms:eu-central-1:111122223333:/);
    const submitted = await ana.submit({
      key,
      edits: [{ op: 'addAdministrator', principal: 'arn:aws:iam::111122223333:role/KMSAdmin' }],
      reason: 'A key of its own Region.',
    });
    expect(submitted.status, submitted.text).toBe(201);
    const link = await visitor.link('sam@example.com', submitted.body.id);
    await visitor.decide(link, { decision: 'approve', confirm: KeyMetadata?.KeyId?.slice(0, 8) ?? '' });
    await ana.reaches(submitted.body.id, ['APPLIED']);
    expect((await visitor.puts()).findLast(({ keyArn }) => keyArn === key)).toMatchObject({ result: 'ok' });
  });
});

describe('a wrong external id', () => {
  const world = useSystem({ rules: rules(registered(ACCOUNT, { externalId: 'not-ours' })) });

  it('shows no key, lets nobody submit, and says so', async () => {
    const refused = await world.ana.submit(use('Job'));
    expect(refused).toMatchObject({ status: 422, body: { findings: [{ code: 'ROLE_NOT_ASSUMED' }] } });
    expect(refused.body.findings[0]?.message).toContain('external id');
    const { body } = await world.ana.get<{ keys: { accountId: string }[]; notListed: object[] }>('/keys');
    expect(body.notListed).toMatchObject([{ accountId: ACCOUNT, reason: expect.stringContaining('AccessDenied') }]);
    expect(new Set(body.keys.map(({ accountId }) => accountId))).toEqual(new Set(['111122223333']));
  });
});
