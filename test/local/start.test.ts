import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { accessKeyOf } from '../../local/iam/keys.ts';
import { lockDataDir } from '../../local/start/lock.ts';
import { readSettings } from '../../local/start/settings.ts';
import { killRest, newDataDir, spawnCountersign, startCountersign } from '../fixtures/startCountersign.ts';

afterEach(killRest);

/** Does it run? A zombie does not: where nobody reaps orphans it stays in the list. */
function exists(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z\s]/.test(stdout);
}

/** The database and the shell that watches over it. */
const databasePids = (dataDir: string) =>
  readFileSync(join(dataDir, 'dynamodb.sqlite.pid'), 'utf8').trim().split('\n').map(Number);

const createAlias = (aws: string, AliasName: string) =>
  kms(aws, 'CreateAlias', { AliasName, TargetKeyId: '1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1001' });

async function kms(aws: string, operation: string, body: unknown): Promise<{ status: number; text: string }> {
  const response = await fetch(aws, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `TrentService.${operation}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

describe('a start', { timeout: 60_000 }, () => {
  it('says once that it is ready, guides, and stops without a trace', async () => {
    const running = await startCountersign();
    const { api, aws, dataDir } = running;
    expect((await fetch(`${api}/nowhere`)).status).toBe(404);
    expect((await kms(aws, 'ListAliases', {})).text).toContain('alias/prod/ledger');
    const pids = databasePids(dataDir);
    expect(pids.every(exists)).toBe(true);
    await expect.poll(running.stdout).toContain('Ctrl-C');

    expect(await running.stop('SIGTERM')).toBe(0);
    const [first, ...rest] = running.stdout().split('\n');
    expect(first).toBe(`countersign ready api=${api} aws=${aws} data=${dataDir}`);
    expect(isAbsolute(dataDir)).toBe(true);
    const guide = rest.join('\n');
    expect(guide).not.toContain('countersign ready');
    for (const word of ['alias/payments', 'alias/aws/s3', 'ana@example.com', 'sam@example.com', `${api}/local/token`])
      expect(guide).toContain(word);
    expect(guide.match(/^ {2}(TOKEN=\$\()?curl /gm)).toHaveLength(3);
    expect(running.stderr()).toBe('');
    expect(pids.some(exists)).toBe(false);
    await expect(fetch(api)).rejects.toThrow();
    expect(existsSync(join(dataDir, 'lock'))).toBe(false);
  });

  it('makes a DATA_DIR that is not there, absolute in the ready line', async () => {
    const running = await startCountersign({ DATA_DIR: join(newDataDir(), 'a', 'b') });
    expect(existsSync(join(running.dataDir, 'kms.jsonl'))).toBe(true);
    expect(await running.stop('SIGINT')).toBe(0);
  });

  it('is refused on a folder that is in use, and leaves that one alone', async () => {
    const running = await startCountersign();
    const second = spawnCountersign({ DATA_DIR: running.dataDir });
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toContain(`(process ${running.child.pid})`);
    expect(second.stderr()).toContain('DATA_DIR');
    expect((await fetch(`${running.api}/nowhere`)).status).toBe(404);
    expect(await running.stop()).toBe(0);
  });

  it('follows kill -9 with nothing lost and nothing left behind', async () => {
    const first = await startCountersign();
    const pids = databasePids(first.dataDir);
    const signingKey = readFileSync(join(first.dataDir, 'oidc-keys.json'), 'utf8');
    expect((await createAlias(first.aws, 'alias/kept')).status).toBe(200);
    await first.stop('SIGKILL');
    await expect.poll(() => pids.some(exists)).toBe(false);

    const second = await startCountersign({ DATA_DIR: first.dataDir });
    expect((await kms(second.aws, 'ListAliases', {})).text).toContain('alias/kept');
    expect(readFileSync(join(first.dataDir, 'oidc-keys.json'), 'utf8')).toBe(signingKey);
    expect(await second.stop()).toBe(0);
  });

  it('stops cleanly when it is told to before it is ready', async () => {
    const dataDir = newDataDir();
    const starting = spawnCountersign({ DATA_DIR: dataDir });
    await expect.poll(() => existsSync(join(dataDir, 'lock')), { interval: 5, timeout: 20_000 }).toBe(true);
    starting.child.kill('SIGTERM');
    expect(await starting.ended).toBe(0);
    expect(starting.stdout()).toBe('');
    expect(existsSync(join(dataDir, 'lock'))).toBe(false);
    expect(existsSync(join(dataDir, 'dynamodb.sqlite.pid'))).toBe(false);
  });

  it.each(['PORT', 'AWS_PORT'])('names the variable when %s is taken', async (variable) => {
    const other = createServer();
    const port = await new Promise<number>((done) => {
      other.listen(0, '127.0.0.1', () => {
        const address = other.address();
        done(typeof address === 'object' && address ? address.port : 0);
      });
    });
    const dataDir = newDataDir();
    const starting = spawnCountersign({ DATA_DIR: dataDir, [variable]: String(port) });
    expect(await starting.ended).toBe(1);
    expect(starting.stderr()).toBe(
      `countersign: Port ${port} is taken. Set ${variable} to another one (0 picks a free one).\n`,
    );
    expect(existsSync(join(dataDir, 'lock'))).toBe(false);
    expect(existsSync(join(dataDir, 'dynamodb.sqlite.pid'))).toBe(false);
    other.close();
  });

  it('is refused before anything is written when a real access key lies around', async () => {
    const dataDir = join(newDataDir(), 'untouched');
    const starting = spawnCountersign({ DATA_DIR: dataDir, AWS_ACCESS_KEY_ID: 'AKIAABCDEFGHIJKLMNOP' });
    expect(await starting.ended).toBe(1);
    expect(starting.stderr()).toMatch(/^countersign: AWS_ACCESS_KEY_ID looks like a real AWS access key/);
    expect(existsSync(dataDir)).toBe(false);
  });

  it('takes the keys of its own account for what they are', async () => {
    const { accessKeyId } = accessKeyOf('ci-deployer');
    const running = await startCountersign({ AWS_ACCESS_KEY_ID: accessKeyId });
    expect(await running.stop()).toBe(0);
  });
});

describe('settings', () => {
  const read = (env: Record<string, string>) => readSettings(env, () => new Set(['AKIALOCALLOCALLOCAL1']));

  it('have the defaults of the contract', () => {
    expect(read({})).toMatchObject({ port: 3000, awsPort: 4566, dataDir: join(process.cwd(), '.countersign') });
    const text = readFileSync(join(import.meta.dirname, '..', '..', 'rules.yml'));
    expect(read({}).rules.sha256).toBe(createHash('sha256').update(text).digest('hex'));
    expect(read({ PORT: '0', AWS_PORT: '8000', DATA_DIR: 'x' })).toMatchObject({ port: 0, awsPort: 8000 });
  });

  it.each([
    [{ AWS_ACCESS_KEY_ID: 'AKIAABCDEFGHIJKLMNOP' }, /AWS_ACCESS_KEY_ID/],
    [{ AWS_ACCESS_KEY_ID: 'ASIAABCDEFGHIJKLMNOP' }, /AWS_ACCESS_KEY_ID/],
    [{ AWS_ENDPOINT_URL_KMS: 'https://kms.us-east-1.amazonaws.com' }, /AWS_ENDPOINT_URL_KMS/],
    [{ AWS_ENDPOINT_URL_DYNAMODB: 'http://localhost@evil.test' }, /AWS_ENDPOINT_URL_DYNAMODB/],
    [{ AWS_ENDPOINT_URL_SFN: 'nonsense' }, /AWS_ENDPOINT_URL_SFN/],
    [{ LAMBDA_ENDPOINT_URL: 'https://kms.us-east-1.amazonaws.com' }, /LAMBDA_ENDPOINT_URL/],
    [{ PORT: 'x' }, /PORT=x/],
    [{ AWS_PORT: '70000' }, /AWS_PORT=70000/],
    [{ RULES_FILE: '/nowhere/rules.yml' }, /RULES_FILE.*\/nowhere\/rules\.yml/],
  ])('refuse %j', (env, message) => {
    expect(() => read(env)).toThrow(message);
  });

  it.each([
    { AWS_ACCESS_KEY_ID: 'test' },
    { AWS_ACCESS_KEY_ID: 'AKIALOCALLOCALLOCAL1' },
    { AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:4000' },
    { AWS_ENDPOINT_URL_SESV2: 'http://localhost:4000/' },
  ])('accept %j', (env) => {
    expect(() => read(env)).not.toThrow();
  });

  it('pass the endpoints on that the user chose', () => {
    const { endpoints } = read({
      AWS_ENDPOINT_URL_KMS: 'http://localhost:1',
      AWS_ENDPOINT_URL: 'http://x',
      AWS_REGION: 'x',
    });
    expect(endpoints).toEqual({ AWS_ENDPOINT_URL_KMS: 'http://localhost:1' });
  });

  it('say in which line the rules file is wrong', () => {
    const path = join(newDataDir(), 'rules.yml');
    writeFileSync(path, 'approvers:\n  security: [sam@example.com]\nrules:\n  - name: default\n    quorum: 0\n');
    expect(() => read({ RULES_FILE: path })).toThrow(/line \d+: .*quorum/);
  });
});

describe('the lock', () => {
  it('is taken over from a process that is gone or whose number another has', () => {
    const dataDir = newDataDir();
    for (const owner of ['', '999999999 1', `${process.ppid} 1`, 'nonsense']) {
      writeFileSync(join(dataDir, 'lock'), owner);
      lockDataDir(dataDir).release();
      expect(existsSync(join(dataDir, 'lock'))).toBe(false);
    }
  });

  it('holds against the living', () => {
    const dataDir = newDataDir();
    const lock = lockDataDir(dataDir);
    expect(() => lockDataDir(dataDir)).toThrow(new RegExp(`process ${process.pid}`));
    lock.release();
    lockDataDir(dataDir).release();
  });
});
