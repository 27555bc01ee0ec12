import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { genesis, type Head } from '../lib/audit/chain.ts';
import { checkpointNote } from '../lib/audit/checkpoint.ts';
import type { LogRecord } from '../lib/audit/verify.ts';
import { Verification } from '../lib/audit/verify.ts';
import type { Item } from '../lib/store/table.ts';
import { type Happening, HEADER, happenings, instant, notary } from '../test/audit/honest.ts';
import { openDatabase, reachAws } from '../test/fixtures/database.ts';
import { startMeter } from '../test/fixtures/meter.ts';

/** `npm run bench:audit [FACTS]`: a history of a million facts in the local database: what reading, exporting and verifying it cost. */

const FACTS = Number(process.argv[2] ?? 1_000_000);
const SMALL = 1_000;
const row = (name: string, value: string, aim = '') =>
  console.log(`  ${name.padEnd(58)} ${value.padStart(16)}  ${aim}`);
const mb = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MB`;
const rate = (count: number, since: number) =>
  `${Math.round((count * 1000) / (performance.now() - since)).toLocaleString('en')}/s`;

/** The story of one change after the other, each with a key and people of a hundred. */
function* history(): Generator<Happening> {
  for (let n = 1; ; n++) yield* happenings(n, 'applied');
}

const database = await openDatabase('bench');
const metered = await startMeter(database.endpoint);
reachAws(metered.url);
const { append, HEAD, listFacts } = await import('../lib/store/log.ts');
const { MOST_READS } = await import('../lib/store/table.ts');
const { exportPart } = await import('../lib/workflow/export.ts');
const { readWholeLog } = await import('../lib/workflow/wholeLog.ts');
const { sha256 } = await import('../lib/audit/chain.ts');
const ours = notary();
const client = new DynamoDBClient({ endpoint: database.endpoint });

/** A hundred items in one commit: the fastest way into this database. */
async function write(items: Item[]): Promise<void> {
  const distinct = [...new Map(items.map((item) => [`${item.pk} ${item.sk}`, item])).values()];
  for (let from = 0; from < distinct.length; from += 100) {
    const TransactItems = distinct.slice(from, from + 100).map((item) => ({
      Put: { TableName: 'countersign-local', Item: marshall(item, { removeUndefinedValues: true }) },
    }));
    await client.send(new TransactWriteItemsCommand({ TransactItems }));
  }
}

/** Appends until the log has this many facts, with a checkpoint at its end. */
async function grow(source: Generator<Happening>, from: Head, to: number): Promise<Head> {
  let head = from;
  const waiting: Item[] = [];
  while (head.seq < to) {
    const { fact, documents = [] } = source.next().value as Happening;
    const { seq, writes } = append(head, fact);
    const [entry, moved] = writes.map((one) => (one as { put: Item }).put);
    head = { seq, hash: moved?.hash as string };
    waiting.push(entry as Item);
    for (const document of documents) waiting.push({ pk: `DOC#${sha256(document)}`, sk: 'DOC', document });
    if (waiting.length >= 500) await write(waiting.splice(0));
  }
  const signed = ours.sign(checkpointNote({ log: 'main', ...head, time: instant(0) }));
  const checkpoint = { pk: 'CHECKPOINTS#main', seq: head.seq, ...signed };
  waiting.push({ ...HEAD, ...head }, { ...checkpoint, sk: String(head.seq).padStart(12, '0') });
  await write(waiting);
  return head;
}

const [first] = happenings(1, 'applied').map(({ fact }) => fact);
const FILTERS: Record<string, Parameters<typeof listFacts>[0]> = {
  'no filter': {},
  change: { change: 'chg_7' },
  key: { key: first?.keyArn ?? '' },
  person: { person: 'sam@example.com' },
  type: { type: 'APPLIED' },
  'from and to': { from: instant(200), to: instant(900) },
  'the history of a key': { key: first?.keyArn ?? '', kind: 'POLICY' },
  'key and another type': { key: first?.keyArn ?? '', type: 'REJECTED' },
  'key and a person who is nowhere': { key: first?.keyArn ?? '', person: 'nobody@example.com' },
  'person and type': { person: 'sam@example.com', type: 'APPROVAL_GIVEN' },
};

async function pages(): Promise<Record<string, { units: number; ms: number }>> {
  const found: Record<string, { units: number; ms: number }> = {};
  for (const [name, filter] of Object.entries(FILTERS)) {
    metered.take();
    const began = performance.now();
    for (let i = 0; i < 5; i++) await listFacts(filter, { limit: 50, reads: MOST_READS });
    found[name] = { units: metered.take().read / 5, ms: (performance.now() - began) / 5 };
  }
  return found;
}

try {
  const source = history();
  let head = await grow(source, genesis(), SMALL);
  const small = await pages();
  const began = performance.now();
  head = await grow(source, head, FACTS);
  row(`facts written to ${mb(statSync(join(database.folder, 'dynamodb.sqlite')).size)}`, rate(FACTS, began));

  console.log(`\nRead units of a page of 50, with ${SMALL} facts and with ${FACTS.toLocaleString('en')}`);
  const large = await pages();
  for (const [name, { units, ms }] of Object.entries(large)) {
    const before = small[name]?.units ?? 0;
    row(name, `${before} → ${units}`, `${(units / before).toFixed(2)} times (aim 1.1), ${ms.toFixed(1)} ms`);
  }

  console.log('\nThe whole of it');
  const records: LogRecord[] = [];
  let entries = 0;
  let since = performance.now();
  const verification = new Verification(ours);
  for await (const record of readWholeLog()) {
    if (!verification.take(record)) break;
    entries++;
    if (records.length < 200_000) records.push(record);
  }
  const { verdict } = verification.verdict();
  row(`read from the table and verified: ${verdict}`, rate(entries, since));
  since = performance.now();
  const again = new Verification(ours);
  for (const record of [HEADER, ...records.slice(1)]) if (!again.take(record)) break;
  row('verified in memory', rate(records.length, since), 'aim 100,000/s');
  records.length = 0;

  for (const format of ['ndjson']) {
    globalThis.gc?.();
    const idle = process.memoryUsage().heapUsed;
    let most = 0;
    let bytes = 0;
    let cursor: Item | undefined;
    since = performance.now();
    do {
      const part = await exportPart({}, (record) => `${JSON.stringify(record)}\n`, cursor);
      if (!part.ok) throw new Error(part.refusal.detail);
      bytes += part.value.text.length;
      cursor = part.value.cursor;
      globalThis.gc?.();
      most = Math.max(most, process.memoryUsage().heapUsed - idle);
    } while (cursor !== undefined);
    row(`exported as ${format}, ${mb(bytes)}`, rate(FACTS, since));
    row('… most memory held between two parts', mb(most), 'constant: no more than a part');
  }
} finally {
  metered.close();
  await database.close();
}
