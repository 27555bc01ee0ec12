import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dynoxideBinary } from '../../local/dynamodb/binary.ts';
import { openDynamodb } from '../../local/dynamodb.ts';
import { sdk } from './support/edge.ts';
import { tables } from './support/tables.ts';

const TableName = 'changes';

let dataDir: string;
let child: ChildProcess | undefined;
let client: DynamoDBClient;
let url: string;
let endpoint: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'dynamodb-'));
});

afterEach(async () => {
  await kill();
  await vi.waitFor(() => expect(running()).toEqual([]), { timeout: 10_000 });
  rmSync(dataDir, { recursive: true });
});

async function boot(): Promise<void> {
  child = spawn(process.execPath, [join(import.meta.dirname, 'support/dynamodbProcess.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  [url = '', endpoint = ''] = line.toString().trim().split(' ');
  client = new DynamoDBClient(sdk(url));
}

async function kill(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  client.destroy();
}

/** The processes of the pid file that are alive: the database and the shell that watches over it. */
function running(): number[] {
  const file = join(dataDir, 'dynamodb.sqlite.pid');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((pid) => pid !== '')
    .map(Number)
    .filter((pid) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    });
}

const item = (pk: string, n: number) => ({
  pk: { S: pk },
  sk: { S: 'a' },
  gsi1pk: { S: 'all' },
  order: { S: pk },
  n: { N: String(n) },
});

const put = (pk: string, n: number) => ({
  Put: { TableName, Item: item(pk, n), ConditionExpression: 'attribute_not_exists(pk)' },
});

const read = async (pk: string) => {
  const { Item } = await client.send(
    new GetItemCommand({ TableName, Key: { pk: { S: pk }, sk: { S: 'a' } }, ConsistentRead: true }),
  );
  return Item?.n?.N;
};

describe('DynamoDB behind the edge', () => {
  it('has the tables of serverless.yml, with their indexes and time to live', async () => {
    await boot();
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      KeySchema: tables[0]?.KeySchema,
      GlobalSecondaryIndexes: [{ IndexName: 'gsi1', KeySchema: tables[0]?.GlobalSecondaryIndexes[0]?.KeySchema }],
    });
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription).toEqual({ AttributeName: 'ttl', TimeToLiveStatus: 'ENABLED' });
  });

  it('keeps every transaction that it answered, and no half of one, through kill -9', async () => {
    await boot();
    const answered: number[] = [];
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let round = 0; ; round++) {
        const n = round * 4 + writer;
        const TransactItems = [put(`left-${n}`, n), put(`right-${n}`, n)];
        await client.send(new TransactWriteItemsCommand({ TransactItems }));
        answered.push(n);
      }
    });
    const stopped = Promise.allSettled(writers);
    await vi.waitFor(() => expect(answered.length).toBeGreaterThan(40), { timeout: 20_000, interval: 5 });
    await kill();
    await stopped;
    await boot();
    for (const n of answered)
      expect([await read(`left-${n}`), await read(`right-${n}`)]).toEqual([String(n), String(n)]);
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :all',
        ExpressionAttributeValues: { ':all': { S: 'all' } },
      }),
    );
    const found = Items.map(({ pk }) => pk?.S ?? '');
    const side = (name: string) => found.filter((pk) => pk.startsWith(name)).map((pk) => pk.slice(name.length));
    expect(side('left-')).toEqual(side('right-'));
    expect(found.length).toBeGreaterThanOrEqual(answered.length * 2);
  });

  it('says why a transaction was cancelled', async () => {
    await boot();
    const write = () => client.send(new TransactWriteItemsCommand({ TransactItems: [put('new', 1), put('old', 1)] }));
    await client.send(new PutItemCommand({ TableName, Item: item('old', 0) }));
    await expect(write()).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }],
    });
    expect(await read('new')).toBeUndefined();
  });

  it('asks IAM for each item before the database hears of it', async () => {
    await boot();
    const denied = new DynamoDBClient(sdk(url, 'DENIED'));
    await expect(denied.send(new TransactWriteItemsCommand({ TransactItems: [put('x', 1)] }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('dynamodb:PutItem'),
    });
    denied.destroy();
    expect(await read('x')).toBeUndefined();
  });
});

describe('the database process', () => {
  it('dies with the process that started it, even by kill -9', async () => {
    await boot();
    const before = running();
    expect(before).toHaveLength(2);
    await kill();
    await vi.waitFor(() => expect(running()).toEqual([]), { timeout: 5000, interval: 10 });
    await expect(fetch(endpoint)).rejects.toThrow();
  });

  it('is never there twice for one file', async () => {
    await boot();
    const second = openDynamodb({ dataDir, tables });
    await expect(second).rejects.toThrow(/another process .* is Countersign running already/);
    expect(running()).toHaveLength(2);
    expect(await read('x')).toBeUndefined();
  });

  it('is there once when two start at the same moment', async () => {
    const both = await Promise.allSettled([openDynamodb({ dataDir, tables }), openDynamodb({ dataDir, tables })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const one of both) {
      if (one.status === 'fulfilled') await one.value.close();
      else expect(String(one.reason)).toContain('another process');
    }
    expect(running()).toEqual([]);
  });

  it('takes no notice of the pid file of a process that is somebody else by now', async () => {
    writeFileSync(join(dataDir, 'dynamodb.sqlite.pid'), `${process.pid}\n${process.ppid}\n`);
    await boot();
    expect(await read('x')).toBeUndefined();
  });

  it('is not started beside an endpoint that is given, but the tables are made there', async () => {
    await boot();
    const other = mkdtempSync(join(tmpdir(), 'dynamodb-'));
    const table = { ...tables[0], TableName: 'more-changes' };
    const given = await openDynamodb({ dataDir: other, tables: [table], endpoint });
    expect(given.endpoint).toBe(endpoint);
    expect(existsSync(join(other, 'dynamodb.sqlite'))).toBe(false);
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'more-changes' }));
    expect(Table?.TableStatus).toBe('ACTIVE');
    await given.close();
    rmSync(other, { recursive: true });
  });

  it('is refused a table whose indexes have changed since', async () => {
    await boot();
    const changed = { ...tables[0], TableName, GlobalSecondaryIndexes: [] };
    await expect(openDynamodb({ dataDir, tables: [changed], endpoint })).rejects.toThrow(/other keys or indexes/);
  });
});

describe('the binary', () => {
  it('is that of the platform package, or the one on PATH', () => {
    const folder = join(dataDir, 'bin');
    mkdirSync(folder);
    writeFileSync(join(folder, 'dynoxide'), '');
    chmodSync(join(folder, 'dynoxide'), 0o755);
    expect(dynoxideBinary({ PATH: folder })).toMatch(/@dynoxide\/[\w-]+\/dynoxide$/);
    expect(dynoxideBinary({ PATH: folder }, '@dynoxide/none')).toBe(join(folder, 'dynoxide'));
    expect(() => dynoxideBinary({ PATH: '' }, '@dynoxide/none')).toThrow(/AWS_ENDPOINT_URL_DYNAMODB/);
  });
});
