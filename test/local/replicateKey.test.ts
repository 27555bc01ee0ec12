import {
  CreateKeyCommand,
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  KMSClient,
  ListKeysCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalAws, startAws } from './aws.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startAws({});
});
afterAll(() => aws.stop());

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const there = () => new KMSClient({ endpoint: aws.url, region: 'eu-west-1', credentials, maxAttempts: 1 });

test('a replica has the id of its primary and a policy of its own, also after a restart', async () => {
  const { KeyMetadata } = await aws.client().send(new CreateKeyCommand({ MultiRegion: true }));
  const KeyId = KeyMetadata?.KeyId ?? '';
  const made = await aws
    .client()
    .send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-1', Description: 'r' }));
  const replica = made.ReplicaKeyMetadata?.Arn ?? '';
  expect(replica).toBe(`arn:aws:kms:eu-west-1:111122223333:key/${KeyId}`);
  const policy = (made.ReplicaPolicy ?? '').replace('key-default-1', 'of-the-replica');
  await there().send(new PutKeyPolicyCommand({ KeyId: replica, Policy: policy }));
  expect((await there().send(new GetKeyPolicyCommand({ KeyId }))).Policy).toContain('of-the-replica');
  expect((await aws.client().send(new GetKeyPolicyCommand({ KeyId }))).Policy).not.toContain('of-the-replica');

  const again = await startAws({ dataDir: aws.dataDir });
  const told = await again.client().send(new DescribeKeyCommand({ KeyId }));
  await again.stop();
  expect(told.KeyMetadata?.MultiRegionConfiguration).toEqual({
    MultiRegionKeyType: 'PRIMARY',
    PrimaryKey: { Arn: KeyMetadata?.Arn, Region: 'us-east-1' },
    ReplicaKeys: [{ Arn: replica, Region: 'eu-west-1' }],
  });
});

test('each Region lists and finds its own keys', async () => {
  const { KeyMetadata } = await there().send(new CreateKeyCommand({}));
  const listed = async (client: KMSClient) =>
    (await client.send(new ListKeysCommand({}))).Keys?.map((key) => key.KeyArn);
  expect(await listed(there())).toContain(KeyMetadata?.Arn);
  expect(await listed(aws.client())).not.toContain(KeyMetadata?.Arn);
  const KeyId = KeyMetadata?.KeyId;
  await expect(aws.client().send(new DescribeKeyCommand({ KeyId }))).rejects.toMatchObject({
    name: 'NotFoundException',
  });
});

test('is refused of a key of one Region, of a replica, into its own Region, and twice', async () => {
  const client = aws.client();
  const { KeyMetadata: plain } = await client.send(new CreateKeyCommand({}));
  const { KeyMetadata: primary } = await client.send(new CreateKeyCommand({ MultiRegion: true }));
  const KeyId = primary?.KeyId;
  const to = (ReplicaRegion: string, id = KeyId) => new ReplicateKeyCommand({ KeyId: id, ReplicaRegion });
  const unsupported = { name: 'UnsupportedOperationException' };
  await expect(client.send(to('eu-west-1', plain?.KeyId))).rejects.toMatchObject(unsupported);
  await expect(client.send(to('us-east-1'))).rejects.toMatchObject(unsupported);
  await client.send(to('eu-west-1'));
  await expect(client.send(to('eu-west-1'))).rejects.toMatchObject({ name: 'AlreadyExistsException' });
  await expect(there().send(to('ap-south-1'))).rejects.toMatchObject(unsupported);
});
