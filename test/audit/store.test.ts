import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256 } from '../../lib/audit/chain.ts';
import { checkpointNote } from '../../lib/audit/checkpoint.ts';
import { type LogRecord, Verification, verifyLog } from '../../lib/audit/verify.ts';
import type { Item } from '../../lib/store/table.ts';
import { openDatabase } from '../fixtures/database.ts';
import { happenings, instant, notary } from './honest.ts';

/** The store's own code on a real database of its own, where a test can put what a system never would. */
let store: typeof import('../../lib/store/log.ts') & typeof import('../../lib/store/checkpoints.ts');
let table: typeof import('../../lib/store/table.ts');
let exportPart: typeof import('../../lib/workflow/export.ts').exportPart;
let readWholeLog: typeof import('../../lib/workflow/wholeLog.ts').readWholeLog;
let close: () => Promise<void>;
const ours = notary();
const line = (record: LogRecord) => `${JSON.stringify(record)}\n`;

beforeAll(async () => {
  const database = await openDatabase('store');
  close = database.close;
  table = await import('../../lib/store/table.ts');
  store = { ...(await import('../../lib/store/log.ts')), ...(await import('../../lib/store/checkpoints.ts')) };
  ({ exportPart } = await import('../../lib/workflow/export.ts'));
  ({ readWholeLog } = await import('../../lib/workflow/wholeLog.ts'));
});
afterAll(() => close());

/** Appends as `record` does: whoever finds the head moved reads it again. */
async function appendNext(happening: ReturnType<typeof happenings>[number]): Promise<void> {
  const documents = happening.documents ?? [];
  for (;;) {
    const { writes } = store.append(await store.logHead(), happening.fact);
    const puts = documents.map((document) => ({ put: { pk: `DOC#${sha256(document)}`, sk: 'DOC', document } }));
    if ((await table.transact([...writes, ...puts])).ok) return;
  }
}

async function sign(): Promise<boolean> {
  const newest = await store.newestCheckpoint();
  const head = await store.logHead();
  const signed = ours.sign(checkpointNote({ log: 'main', ...head, time: instant(0) }));
  return store.addCheckpoint({ seq: head.seq, ...signed }, newest);
}

it('an empty log is whole, and its beginning can be signed', async () => {
  expect(await verifyLog(readWholeLog(), ours)).toMatchObject({ verdict: 'incomplete' });
  expect(await sign()).toBe(true);
  expect(await verifyLog(readWholeLog(), ours)).toMatchObject({ verdict: 'clean', entries: 0, protectedTo: 0 });
});

it('two hundred appends at once, notaries and readers among them, fork nowhere and leave no gap', async () => {
  const queues = Array.from({ length: 25 }, (_, i) => happenings(i + 1, 'applied'));
  let running = true;
  const looking = (async () => {
    while (running) {
      expect(await verifyLog(readWholeLog(), ours)).toMatchObject({ verdict: 'clean' });
      await sign();
    }
  })();
  await Promise.all(
    queues.map(async (queue) => {
      for (const happening of queue) await appendNext(happening);
    }),
  );
  running = false;
  await looking;
  await sign();
  const facts = queues.flat().length;
  expect(await verifyLog(readWholeLog(), ours)).toMatchObject({ verdict: 'clean', entries: facts, protectedTo: facts });
});

it('of two notaries that saw the same checkpoint, one stores its own', async () => {
  for (const happening of happenings(500, 'pending').slice(0, 1)) await appendNext(happening);
  const results = await Promise.all(Array.from({ length: 5 }, sign));
  expect(results.filter(Boolean)).toHaveLength(1);
});

it.each([1, 500, 20_000, 10_000_000])('in parts of %i bytes an export is the same file', async (size) => {
  const whole = await exportPart({}, line, undefined, 100_000_000);
  if (!whole.ok) throw new Error(whole.refusal.detail);
  let text = '';
  let cursor: Item | undefined;
  let parts = 0;
  do {
    const part = await exportPart({}, line, cursor, size);
    if (!part.ok) throw new Error(part.refusal.detail);
    text += part.value.text;
    cursor = part.value.cursor;
    parts++;
  } while (cursor !== undefined);
  expect(text).toBe(whole.value.text);
  if (size === 1) expect(parts).toBeGreaterThan(100);
  const verification = new Verification(ours);
  for (const one of text.trimEnd().split('\n')) verification.take(JSON.parse(one));
  expect(verification.verdict()).toMatchObject({ verdict: 'clean' });
});

it.each([1, 10_000_000])('in parts of %i bytes a filtered export has each entry once, oldest first', async (size) => {
  const seqs: number[] = [];
  let cursor: Item | undefined;
  do {
    const part = await exportPart({ type: 'APPLIED' }, line, cursor, size);
    if (!part.ok) throw new Error(part.refusal.detail);
    for (const one of part.value.text.trimEnd().split('\n')) {
      const record = JSON.parse(one) as LogRecord;
      if (record.kind === 'entry') seqs.push(record.seq);
    }
    cursor = part.value.cursor;
  } while (cursor !== undefined);
  expect(new Set(seqs).size).toBe(25);
});

it('never calls clean what lacks an entry, a document or its head', async () => {
  const item = await table.get({ pk: 'LOG#main', sk: '000000000007' });
  const client = new DynamoDBClient({});
  const remove = (pk: string, sk: string) =>
    client.send(new DeleteItemCommand({ TableName: 'countersign-local', Key: { pk: { S: pk }, sk: { S: sk } } }));
  await remove('LOG#main', '000000000007');
  expect(await verifyLog(readWholeLog(), ours)).toMatchObject({ verdict: 'tampered', firstBad: 7 });
  await table.transact([{ put: item as Item & { pk: string; sk: string } }]);
  expect(await verifyLog(readWholeLog(), ours)).toMatchObject({ verdict: 'clean' });
  await remove('HEAD#main', 'HEAD');
  expect((await verifyLog(readWholeLog(), ours)).verdict).not.toBe('clean');
});
