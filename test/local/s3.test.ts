import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Edge } from '../../local/edge.ts';
import { openS3 } from '../../local/s3.ts';
import { ACCOUNT_ID, edgeWith, sdk } from './support/edge.ts';

const Bucket = 'archive';
const DAY = 86_400_000;
let dataDir: string;
let edge: Edge;
let s3: S3Client;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 's3-'));
  await open();
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
});
afterEach(async () => {
  await shut();
  rmSync(dataDir, { recursive: true });
});

async function open(): Promise<void> {
  edge = await edgeWith({ s3: openS3({ dataDir, accountId: ACCOUNT_ID }) });
  s3 = new S3Client(sdk(edge.url));
}
async function shut(): Promise<void> {
  s3.destroy();
  await edge.close();
}

const put = (Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const locked = (mode: 'COMPLIANCE' | 'GOVERNANCE' = 'COMPLIANCE', until = Date.now() + DAY) => ({
  ObjectLockMode: mode,
  ObjectLockRetainUntilDate: new Date(until),
  ChecksumAlgorithm: 'SHA256' as const,
});
const text = async (Key: string, VersionId?: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...(VersionId && { VersionId }) }));
  return Body?.transformToString();
};
const remove = (Key: string, VersionId?: string, more = {}) =>
  s3.send(new DeleteObjectCommand({ Bucket, Key, ...(VersionId && { VersionId }), ...more }));

describe('a locked version', () => {
  it('outlives whoever writes over it, deletes it, or restarts what holds it', async () => {
    const first = await put('c/1.txt', 'honest', locked());
    await put('c/1.txt', 'forged');
    await remove('c/1.txt');
    await expect(text('c/1.txt')).rejects.toMatchObject({ name: 'NoSuchKey' });
    await expect(remove('c/1.txt', first.VersionId)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(remove('c/1.txt', first.VersionId, { BypassGovernanceRetention: true })).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await shut();
    await open();
    expect(await text('c/1.txt', first.VersionId)).toBe('honest');
    const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'c/' }));
    expect(Versions?.map(({ VersionId }) => VersionId)).toContain(first.VersionId);
    expect([Versions?.length, DeleteMarkers?.map(({ IsLatest }) => IsLatest)]).toEqual([2, [true]]);
  });

  it('tells its lock, which governance lets a permission pass', async () => {
    const until = Date.now() + DAY;
    const { VersionId } = await put('a', 'x', locked('GOVERNANCE', until));
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
    expect(head).toMatchObject({ ObjectLockMode: 'GOVERNANCE', ContentLength: 1, VersionId });
    expect(head.ObjectLockRetainUntilDate?.getTime()).toBe(until);
    await expect(remove('a', VersionId)).rejects.toMatchObject({ name: 'AccessDenied' });
    await remove('a', VersionId, { BypassGovernanceRetention: true });
    await expect(text('a')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('a put', () => {
  it('with a lock needs a checksum of its bytes, which must be right', async () => {
    const send = (headers: Record<string, string>, body = 'bytes') =>
      fetch(`${edge.url}/${Bucket}/raw`, {
        method: 'PUT',
        body,
        headers: {
          authorization: 'AWS4-HMAC-SHA256 Credential=test/20261124/us-east-1/s3/aws4_request',
          'x-amz-object-lock-mode': 'COMPLIANCE',
          'x-amz-object-lock-retain-until-date': new Date(Date.now() + DAY).toISOString(),
          ...headers,
        },
      });
    const md5 = createHash('md5').update('bytes').digest('base64');
    const none = await send({});
    expect([none.status, await none.text()]).toEqual([400, expect.stringContaining('Content-MD5 OR x-amz-checksum-')]);
    expect((await send({ 'content-md5': md5 })).status).toBe(200);
    expect(await (await send({ 'content-md5': md5 }, 'other')).text()).toContain('BadDigest');
    expect(await (await send({ 'content-md5': md5, 'x-amz-object-lock-mode': 'NONE' })).text()).toContain('wormMode');
  });

  it('locks nothing until a moment that is over, and nothing in a bucket without locks', async () => {
    await expect(put('a', 'x', locked('COMPLIANCE', Date.now() - 1))).rejects.toMatchObject({
      name: 'InvalidArgument',
    });
    await s3.send(new CreateBucketCommand({ Bucket: 'plain' }));
    await expect(
      s3.send(new PutObjectCommand({ Bucket: 'plain', Key: 'a', Body: 'x', ...locked() })),
    ).rejects.toMatchObject({ name: 'InvalidRequest' });
  });

  it('goes to nobody else than the owner who is expected, and not past IAM', async () => {
    await expect(put('a', 'x', { ExpectedBucketOwner: '999999999999' })).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await put('a', 'x', { ExpectedBucketOwner: ACCOUNT_ID });
    const denied = new S3Client(sdk(edge.url, 'DENIED'));
    await expect(denied.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'y' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await expect(denied.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await expect(put('b', 'x', { Bucket: 'nowhere' })).rejects.toMatchObject({ name: 'NoSuchBucket' });
    expect(await text('a')).toBe('x');
  });
});

it('lists keys in order, in pages, the newest version of each', async () => {
  for (const key of ['k/2', 'k/1', 'k/3', 'other']) await put(key, key);
  await put('k/1', 'again & again <é>');
  const list = (more = {}) => s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'k/', ...more }));
  const first = await list({ MaxKeys: 2 });
  expect([first.Contents?.map(({ Key }) => Key), first.IsTruncated]).toEqual([['k/1', 'k/2'], true]);
  const second = await list({ ContinuationToken: first.NextContinuationToken });
  expect([second.Contents?.map(({ Key }) => Key), second.IsTruncated]).toEqual([['k/3'], false]);
  expect((await list({ StartAfter: 'k/2' })).Contents?.map(({ Key }) => Key)).toEqual(['k/3']);
  expect(await text('k/1')).toBe('again & again <é>');
});

it('takes nothing that is said about an object for the object', async () => {
  const Body = 'as it was';
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body, ChecksumAlgorithm: 'SHA256' }));
  const Retention = { Mode: 'COMPLIANCE', RetainUntilDate: new Date(Date.now() + DAY) } as const;
  await expect(s3.send(new PutObjectRetentionCommand({ Bucket, Key: 'a', Retention }))).rejects.toMatchObject({
    name: 'NotImplemented',
  });
  const { Body: still } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a' }));
  expect(await still?.transformToString()).toBe(Body);
});
