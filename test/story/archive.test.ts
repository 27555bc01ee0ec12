import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readCheckpointText } from '../../lib/audit/archive.ts';
import { readNote } from '../../lib/audit/checkpoint.ts';
import type { VerifiedLog } from '../../lib/workflow/verify.ts';
import { until } from '../../local/demo/visitor.ts';
import { accessKeyOf } from '../../local/iam/keys.ts';
import { expectReply } from '../http/replies.ts';
import { addUser, RULES, tableItems, temporaryFolder, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });
const folder = temporaryFolder();
const Bucket = 'countersign-log-archive';
const owner = '111122223333';
const region = 'us-east-1';

/** The command line, as an auditor runs it. */
function command(args: string[], env: Record<string, string> = {}) {
  const { status, stdout } = spawnSync(process.execPath, ['bin/countersign.ts', ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { code: status, stdout };
}

const s3As = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
  new S3Client({ region, endpoint: world.running.aws, credentials });
const s3 = () => s3As({ accessKeyId: 'test', secretAccessKey: 'test' });
const keys = async (Prefix: string) =>
  ((await s3().send(new ListObjectsV2Command({ Bucket, Prefix }))).Contents ?? []).map(({ Key }) => Key ?? '');
const text = async (Key: string) =>
  (await s3().send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString() ?? '';
const verify = async () => {
  const { body } = await world.audrey.get<VerifiedLog>('/audit/verify');
  expectReply('auditVerify', 200, body);
  return body;
};
const run = async <T>(name: string) =>
  (await world.ana.send<{ payload?: T; errorType?: string }>('POST', `/local/schedule/${name}`)).body;
const put = (item: Record<string, unknown>) =>
  new DynamoDBClient({
    region,
    endpoint: world.running.aws,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }).send(new PutItemCommand({ TableName: 'countersign-local', Item: marshall(item) }));
const stored = async (pk: string, sk: string) => {
  const item = (await tableItems(world.running)).find((one) => one.pk === pk && one.sk === sk);
  if (item === undefined) throw new Error(`there is no ${pk} ${sk}`);
  return item;
};

async function applied(): Promise<void> {
  const { ana, sam } = world;
  const { body } = await ana.submit(addUser());
  await sam.send('POST', `/changes/${body.id}/decisions`, { decision: 'approve' });
  await ana.reaches(body.id, ['APPLIED']);
}

it('copies each end to the bucket outside, signed and locked, where the archiving role can take nothing back', async () => {
  await applied();
  const found = await until('a copy of the end', 30, async () => {
    const now = await verify();
    return now.entries > 0 && now.outsideTo === now.entries ? now : undefined;
  });
  expect(found).toMatchObject({ ok: true, protectedTo: found.entries });
  const [newest = ''] = await keys('checkpoints/');
  const signed = readCheckpointText(await text(newest));
  expect(readNote(signed?.note ?? '')?.seq).toBe(found.entries);
  const head = await s3().send(new HeadObjectCommand({ Bucket, Key: newest }));
  expect(head.ObjectLockMode).toBe('COMPLIANCE');
  expect(head.ObjectLockRetainUntilDate?.getTime()).toBeGreaterThan(Date.now() + 80_000_000);

  const role = s3As(accessKeyOf('countersign-local-archive'));
  await expect(role.send(new GetObjectCommand({ Bucket, Key: newest }))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
  await expect(
    role.send(new DeleteObjectCommand({ Bucket, Key: newest, VersionId: head.VersionId })),
  ).rejects.toMatchObject({ name: 'AccessDenied' });
  for (const other of ['notarise', 'verify', 'decide', 'apply']) {
    const client = s3As(accessKeyOf(`countersign-local-${other}`));
    await expect(client.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'x' })), other).rejects.toMatchObject({
      name: 'AccessDenied',
    });
  }
});

it('holds every entry that was signed, exactly as it is stored, and copies nothing twice', async () => {
  const before = (await s3().send(new ListObjectVersionsCommand({ Bucket }))).Versions?.length;
  expect(await run('archive')).toMatchObject({ payload: { checkpoints: 0, uncoveredSeconds: 0 } });
  expect((await s3().send(new ListObjectVersionsCommand({ Bucket }))).Versions?.length).toBe(before);
  const { entries } = await verify();
  const lines = (await Promise.all((await keys('entries/')).map(text))).join('').trimEnd().split('\n');
  const copies = lines.map((line) => JSON.parse(line) as { seq: number; body: string; hash: string });
  expect(copies.map(({ seq }) => seq)).toEqual(Array.from({ length: entries }, (_, i) => i + 1));
  for (const { seq, body, hash } of copies) {
    expect(await stored('LOG#main', String(seq).padStart(12, '0'))).toMatchObject({ body, hash });
  }
});

it('finds a table that was rolled back, with every newer checkpoint in it, by the copy outside', async () => {
  const outside = command(['outside', '--bucket', Bucket, '--owner', owner], {
    AWS_ENDPOINT_URL: world.running.aws,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  expect(outside.code).toBe(0);
  const file = join(folder, 'outside.txt');
  writeFileSync(file, outside.stdout);
  const key = join(folder, 'notary.key');
  writeFileSync(key, (await verify()).publicKey);

  const whole = (await world.audrey.get('/audit/export?format=ndjson')).text;
  const honest = join(folder, 'honest.ndjson');
  writeFileSync(honest, whole);
  const judge = (name: string, ...more: string[]) =>
    command(['verify', '--export', name, '--public-key', key, '--outside', file, ...more]);
  expect(judge(honest)).toMatchObject({ code: 0 });

  // Back to the very first checkpoint, of the empty log: chain, head and checkpoints hang together.
  const records = whole.trimEnd().split('\n');
  const first = records.findIndex((line) => line.startsWith('{"kind":"checkpoint"'));
  const empty = JSON.stringify({
    kind: 'head',
    ...{ seq: 0, hash: readNote(JSON.parse(records[first] ?? '').note)?.hash },
  });
  const back = join(folder, 'back.ndjson');
  writeFileSync(back, `${[...records.slice(0, first + 1), empty].join('\n')}\n`);
  expect(command(['verify', '--export', back, '--public-key', key])).toMatchObject({ code: 0 });
  expect(judge(back)).toMatchObject({ code: 1, stdout: expect.stringContaining('first bad entry 1') });

  const forged = join(folder, 'forged.txt');
  writeFileSync(forged, readFileSync(file, 'utf8').replace(/Signature: .{4}/, 'Signature: AAAA'));
  const unsigned = command(['verify', '--export', honest, '--public-key', key, '--outside', forged]);
  expect(unsigned).toMatchObject({ code: 2, stdout: expect.stringContaining('outside is not signed') });
});

it('is incomplete, never clean, when entries wait for their copy too long or the bucket cannot be read', async () => {
  const empty = join(folder, 'none.txt');
  const in2hours = new Date(Date.now() + 7_200_000).toISOString();
  writeFileSync(empty, `No checkpoint lies there.\nRead: ${in2hours}\n`);
  const args = ['verify', '--export', join(folder, 'honest.ndjson'), '--public-key', join(folder, 'notary.key')];
  const late = command([...args, '--outside', empty]);
  expect(late).toMatchObject({ code: 2, stdout: expect.stringContaining('not covered by a checkpoint outside') });
  expect(command([...args, '--outside', empty, '--max-age', '3h'])).toMatchObject({ code: 0 });
  expect(command([...args, '--outside', empty, '--max-age', 'soon']).code).toBe(2);

  const [newest = ''] = await keys('checkpoints/');
  const body = await text(newest);
  await s3().send(new PutObjectCommand({ Bucket, Key: newest, Body: 'nothing' }));
  expect(await verify()).toMatchObject({ ok: false, verdict: 'incomplete', outsideTo: null });
  expect(await run('verifyDaily')).toMatchObject({ errorType: 'Error' });
  await s3().send(
    new PutObjectCommand({ Bucket, Key: newest, Body: body.replace(/Signature: .{4}/, 'Signature: AAAA') }),
  );
  expect(await verify()).toMatchObject({ ok: false, verdict: 'incomplete', outsideTo: null });
  await s3().send(new PutObjectCommand({ Bucket, Key: newest, Body: body }));
  expect(await verify()).toMatchObject({ ok: true });
  expect(await run('verifyDaily')).toMatchObject({ payload: { entries: expect.any(Number) } });
});

it('names a head that is behind the copy outside', async () => {
  const { entries } = await verify();
  const newest = await stored('CHECKPOINTS#main', 'NEWEST');
  const head = await stored('HEAD#main', 'HEAD');
  const last = await stored('LOG#main', String(entries).padStart(12, '0'));
  const body = JSON.parse(String(last.body));
  await put({ ...head, seq: entries - 1, hash: body.prev });
  const { verdict } = await verify();
  await put(head);
  await put(newest);
  expect(verdict).toBe('tampered');
});

describe('the template of the bucket', () => {
  // CloudFormation's short forms are tags that YAML does not know; their values are what counts.
  const tags = ['Ref', 'Sub', 'GetAtt'].map((name) => ({ tag: `!${name}`, resolve: (value: string) => value }));
  const { Resources } = parse(readFileSync('docs/log-archive.template.yml', 'utf8'), { customTags: tags });
  const { Statement } = Resources.ArchivePolicy.Properties.PolicyDocument as { Statement: Record<string, unknown>[] };

  it('locks what comes in, in compliance mode, and keeps every version', () => {
    expect(Resources.Archive).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        ObjectLockEnabled: true,
        ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE' } } },
        VersioningConfiguration: { Status: 'Enabled' },
        PublicAccessBlockConfiguration: { BlockPublicPolicy: true, RestrictPublicBuckets: true },
      },
    });
  });

  it('lets the archiving role put and the verifying role read, by the names that are deployed, and nobody do more', () => {
    const service = readFileSync('serverless.yml', 'utf8');
    const allowed = Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.map(({ Action }) => Action)).toEqual([
      ['s3:PutObject', 's3:PutObjectRetention'],
      ['s3:GetObject', 's3:ListBucket'],
    ]);
    for (const [i, name] of ['archive', 'verify'].entries()) {
      expect(JSON.stringify(allowed[i]?.Condition)).toContain(`:role/countersign-\${Stage}-${name}"`);
      expect(service).toContain(`RoleName: countersign-\${sls:stage}-${name}\n`);
    }
    const denied = Statement.filter(({ Effect }) => Effect === 'Deny').map(({ Condition }) => Condition);
    expect(denied).toEqual([
      { NumericLessThan: { 's3:object-lock-remaining-retention-days': 'RetentionDays' } },
      { StringNotEquals: { 's3:object-lock-mode': 'COMPLIANCE' } },
      { Bool: { 'aws:SecureTransport': 'false' } },
    ]);
  });
});
