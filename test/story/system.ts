import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type Running, startRunning } from '../../local/demo/running.ts';
import { until, Visitor } from '../../local/demo/visitor.ts';
import { SPOKE } from '../../local/iam/spoke.ts';

/** A folder that goes away after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface World {
  running: Running;
  visitor: Visitor;
  ana: Visitor;
  sam: Visitor;
  kim: Visitor;
  audrey: Visitor;
  ada: Visitor;
}

/**
 * A system of its own for a test file, with people signed in; `rules` is the text of its rules file. `settles`: after each test
 * what is approved is applied first, since it would end the next test's change on the same key.
 */
export function useSystem(options: { rules?: string; env?: Record<string, string>; settles?: true } = {}): World {
  const world = {} as World;
  if (options.settles) afterEach(() => nothingIsApproved(world));
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
    // A test file has a key or two for all of its changes.
    const env: Record<string, string> = { OPEN_CHANGES_PER_KEY: '1000', ...options.env };
    if (options.rules !== undefined) {
      env.RULES_FILE = join(folder, 'rules.yml');
      writeFileSync(env.RULES_FILE, options.rules);
    }
    world.running = await startRunning(join(folder, 'data'), env);
    Object.assign(world, await people(world.running));
    return async () => {
      await world.running.stop();
      rmSync(folder, { recursive: true, force: true });
    };
  });
  return world;
}

const nothingIsApproved = (world: World) =>
  until('everything approved to be applied', 30, async () => {
    const lists = await Promise.all(
      ['APPROVED', 'APPLYING'].map((status) => world.ana.get<{ changes: unknown[] }>(`/changes?status=${status}`)),
    );
    return lists.every(({ body }) => body.changes.length === 0) ? true : undefined;
  });

export async function people(running: Running): Promise<Omit<World, 'running'>> {
  const visitor = new Visitor(running);
  const [ana, sam, kim, audrey, ada] = await Promise.all([
    visitor.as('ana@example.com', 'submitters'),
    visitor.as('sam@example.com', 'approvers'),
    visitor.as('kim@example.com', 'approvers'),
    visitor.as('audrey@example.com', 'auditors'),
    visitor.as('ada@example.com', 'admins'),
  ]);
  return { visitor, ana, sam, kim, audrey, ada };
}

/** One approver is enough, and everybody of the group is asked. */
export const RULES = `approvers:
  security: [sam@example.com, kim@example.com, lee@example.com]
rules:
  - name: production
    match: { alias: "alias/prod/*" }
    quorum: 2
    from: [security]
    expireAfter: PT48H
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
`;

/** Registers the second account of the laptop; it belongs behind other rules. */
export const SPOKE_RULES = `accounts:
  "${SPOKE.accountId}":
    readRole: arn:aws:iam::${SPOKE.accountId}:role/CountersignRead
    applyRole: arn:aws:iam::${SPOKE.accountId}:role/CountersignApply
    externalId: ${SPOKE.externalId}
    regions: [us-east-1]
`;

export const local = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

export const kmsOf = (running: Running) => new KMSClient({ ...local, endpoint: running.aws });

/** Every item of the table, in a fixed order: what must not change when nothing may. */
export async function tableItems(running: Running): Promise<Record<string, unknown>[]> {
  const client = new DynamoDBClient({ ...local, endpoint: running.aws });
  const items: Record<string, unknown>[] = [];
  let ExclusiveStartKey: ScanCommand['input']['ExclusiveStartKey'];
  do {
    const page = await client.send(
      new ScanCommand({ TableName: 'countersign-local', ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
    );
    items.push(...(page.Items ?? []).map((item) => unmarshall(item)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return items.sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1));
}

/** One item of the table. */
export async function tableItem(
  running: Running,
  pk: string,
  sk: string,
): Promise<Record<string, unknown> | undefined> {
  const client = new DynamoDBClient({ ...local, endpoint: running.aws });
  const Key = { pk: { S: pk }, sk: { S: sk } };
  const { Item } = await client.send(new GetItemCommand({ TableName: 'countersign-local', Key, ConsistentRead: true }));
  client.destroy();
  return Item && unmarshall(Item);
}

let roles = 0;
/** A submit that lets one more role use a key, different each time. */
export const addUser = (key = 'alias/payments') => ({
  key,
  edits: [{ op: 'addUser', principal: `arn:aws:iam::111122223333:role/App${++roles}` }],
  reason: 'The app needs the key.',
});

/** Who was refused at a change and why, oldest first. */
export async function refusalsOf({ audrey }: Pick<World, 'audrey'>, changeId: string): Promise<string[]> {
  const { body } = await audrey.get<{ events: { person: string; code: string }[] }>(
    `/audit/events?change=${changeId}&type=REFUSED&limit=100`,
  );
  return body.events.map(({ person, code }) => `${person} ${code}`).reverse();
}
