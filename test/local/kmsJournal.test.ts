import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CreateKeyCommand,
  DeleteAliasCommand,
  GetKeyPolicyCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PutRecord } from '../../local/kms/types.ts';
import { SEEDS, seedEntries } from '../../local/seed.ts';
import { startAws } from './aws.ts';

let dataDir: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'countersign-kill-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

const policy = (Sid: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Sid, Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' },
    ],
  });

async function serve(): Promise<{ child: ChildProcess; client: KMSClient }> {
  const script = fileURLToPath(new URL('./serveAws.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  if (child.stdout === null) throw new Error('no stdout');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new KMSClient({ endpoint: line.toString().trim(), region: 'us-east-1', credentials, maxAttempts: 1 });
  return { child, client };
}

async function journal(): Promise<{ puts: PutRecord[]; shown: (keyId: string) => Promise<string | undefined> }> {
  const aws = await startAws({ dataDir });
  const { puts } = (await aws.get('/_kms/journal')) as { puts: PutRecord[] };
  await aws.stop();
  return {
    puts,
    shown: async (KeyId) => {
      const again = await startAws({ dataDir });
      const { Policy } = await again.client().send(new GetKeyPolicyCommand({ KeyId }));
      await again.stop();
      return Policy;
    },
  };
}

test.each([1, 7, 20])(
  'kill -9 after %i answers: every answered put is there, and the last ok one is the policy',
  async (count) => {
    const { child, client } = await serve();
    const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
    const KeyId = KeyMetadata?.KeyId ?? '';
    const answered: string[] = [];
    for (let at = 0; at < count; at += 1) {
      await client.send(new PutKeyPolicyCommand({ KeyId, Policy: policy(`put ${at}`) }));
      answered.push(policy(`put ${at}`));
    }
    const inFlight = Promise.allSettled(
      [0, 1, 2, 3, 4].map((at) => client.send(new PutKeyPolicyCommand({ KeyId, Policy: policy(`in flight ${at}`) }))),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    await inFlight;
    client.destroy();

    const { puts, shown } = await journal();
    expect(puts.slice(0, count).map((put) => put.policy)).toEqual(answered);
    expect(puts.map((put) => put.seq)).toEqual(puts.map((_, at) => at + 1));
    const last = JSON.parse(puts.at(-1)?.policy ?? '') as { Statement: [{ Sid: string }] };
    expect(await shown(KeyId)).toContain(`"Sid" : "${last.Statement[0].Sid}"`);
  },
);

test('every call is a line, also a refused one, with the bytes that were sent', async () => {
  const aws = await startAws({ dataDir });
  const { KeyMetadata } = await aws.client().send(new CreateKeyCommand({}));
  const KeyId = KeyMetadata?.KeyId ?? '';
  const texts = [` ${policy('à')}\n`, 'not json', ''];
  const results = ['ok', 'MalformedPolicyDocumentException', 'ValidationException'];
  for (const Policy of texts)
    await aws
      .client()
      .send(new PutKeyPolicyCommand({ KeyId, Policy }))
      .catch(() => {});
  await aws
    .client()
    .send(new PutKeyPolicyCommand({ KeyId: 'alias/none', Policy: policy('x') }))
    .catch(() => {});
  await aws.stop();
  const { puts } = await journal();
  expect(puts.map((put) => put.result)).toEqual([...results, 'NotFoundException']);
  expect(puts.map((put) => put.policy)).toEqual([...texts, policy('x')]);
  expect(puts.map((put) => put.sha256)).toEqual(
    puts.map((put) => createHash('sha256').update(put.policy, 'utf8').digest('hex')),
  );
  expect(puts[0]).toMatchObject({
    seq: 1,
    keyId: KeyId,
    keyArn: KeyMetadata?.Arn,
    caller: 'arn:aws:sts::111122223333:assumed-role/Admin/local',
    bypass: false,
  });
  expect(puts[3]).toMatchObject({ keyId: 'alias/none', keyArn: null });
});

test('a line that a crash tore is dropped, and what was answered before it stays', async () => {
  const aws = await startAws({ dataDir });
  const { KeyMetadata } = await aws.client().send(new CreateKeyCommand({}));
  await aws.client().send(new PutKeyPolicyCommand({ KeyId: KeyMetadata?.KeyId, Policy: policy('kept') }));
  await aws.stop();
  appendFileSync(join(dataDir, 'kms.jsonl'), '{"type":"putKeyPolicy","at":1,"rec');
  const { puts, shown } = await journal();
  expect(puts).toHaveLength(1);
  expect(await shown(KeyMetadata?.KeyId ?? '')).toContain('"Sid" : "kept"');
});

test('seeds are for an empty folder only: a later start leaves what became of them', async () => {
  const first = await startAws({ dataDir, seeds: seedEntries() });
  const [seed] = SEEDS;
  await first.client().send(new PutKeyPolicyCommand({ KeyId: seed?.keyId, Policy: policy('changed') }));
  await first.client().send(new DeleteAliasCommand({ AliasName: seed?.alias }));
  const publicKey = async (aws: typeof first) =>
    (await aws.client().send(new GetPublicKeyCommand({ KeyId: 'alias/release-signing' }))).PublicKey;
  const before = await publicKey(first);
  await first.stop();
  const second = await startAws({ dataDir, seeds: seedEntries() });
  const { Policy } = await second.client().send(new GetKeyPolicyCommand({ KeyId: seed?.keyId }));
  const { Aliases = [] } = await second.client().send(new ListAliasesCommand({}));
  const after = await publicKey(second);
  await second.stop();
  expect(Policy).toContain('"Sid" : "changed"');
  expect(Aliases.map(({ AliasName }) => AliasName)).not.toContain(seed?.alias);
  expect(after).toEqual(before);
});
