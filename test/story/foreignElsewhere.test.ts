import { CreateKeyCommand, KMSClient, PutKeyPolicyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { until } from '../../local/demo/visitor.ts';
import { local, RULES, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });

const elsewhere = () => new KMSClient({ ...local, endpoint: world.running.aws, region: 'eu-west-1' });
const ROOT = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' };
const policy = (Id: string, ...more: object[]) =>
  JSON.stringify({ Version: '2012-10-17', Id, Statement: [ROOT, ...more] });
const compare = async () => (await world.ana.send('POST', '/local/schedule/compareKeys')).status;
const seenOf = async (arn: string) =>
  (
    await world.audrey.get<{ versions: { foundBy: string; after: { document: string } }[] }>(
      `/keys/${encodeURIComponent(arn)}/history`,
    )
  ).body.versions;

it('compares a key of a Region that no event comes from: once a change waits on it, and ever after', async () => {
  const { KeyMetadata } = await elsewhere().send(new CreateKeyCommand({ Policy: policy('first') }));
  const arn = KeyMetadata?.Arn ?? '';
  const edits = [{ op: 'addUser', principal: 'arn:aws:iam::111122223333:role/Far' }];
  const change = await world.ana.submit({ key: arn, edits, reason: 'It lies elsewhere.' });
  expect(change.status, change.text).toBe(201);
  expect(await compare()).toBe(200);
  const second = policy('second');
  await elsewhere().send(new PutKeyPolicyCommand({ KeyId: arn, Policy: second }));
  expect(await compare()).toBe(200);
  const foreign = await until('the foreign write', 30, async () =>
    (await seenOf(arn)).find(({ foundBy }) => foundBy === 'comparison'),
  );
  expect(canonicalOf(foreign.after.document)).toBe(canonicalOf(second));
  await world.ana.reaches(change.body.id, ['STALE']);
  const third = policy('third');
  await elsewhere().send(new PutKeyPolicyCommand({ KeyId: arn, Policy: third }));
  expect(await compare()).toBe(200);
  expect((await seenOf(arn)).map(({ after }) => canonicalOf(after.document))).toContain(canonicalOf(third));
});

it('rings when a policy shuts it out of a key that it knew, and not for a key that is about to be deleted', async () => {
  const { KeyMetadata } = await elsewhere().send(new CreateKeyCommand({ Policy: policy('open') }));
  const arn = KeyMetadata?.Arn ?? '';
  const edits = [{ op: 'addUser', principal: 'arn:aws:iam::111122223333:role/Far' }];
  expect((await world.ana.submit({ key: arn, edits, reason: 'It is known.' })).status).toBe(201);
  expect(await compare()).toBe(200);
  const shut = (Action: string[]) =>
    policy('shut', {
      Effect: 'Deny',
      Principal: { AWS: 'arn:aws:iam::111122223333:role/countersign-local-foreign' },
      Action,
      Resource: '*',
    });
  const put = (Policy: string) => elsewhere().send(new PutKeyPolicyCommand({ KeyId: arn, Policy }));
  await put(shut(['kms:DescribeKey', 'kms:GetKeyPolicy']));
  expect(await compare()).toBe(502);
  await put(shut(['kms:GetKeyPolicy']));
  expect(await compare()).toBe(502);
  await elsewhere().send(new ScheduleKeyDeletionCommand({ KeyId: arn }));
  expect(await compare()).toBe(200);
});
