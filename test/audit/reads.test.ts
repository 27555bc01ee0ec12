import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fact } from '../../lib/change/facts.ts';
import type { Item } from '../../lib/store/table.ts';
import { openDatabase, reachAws } from '../fixtures/database.ts';
import { startMeter } from '../fixtures/meter.ts';
import { happenings, instant } from './honest.ts';

/** What a page of the history costs must not grow with what else happened. */
let log: typeof import('../../lib/store/log.ts');
let table: typeof import('../../lib/store/table.ts');
let exportPart: typeof import('../../lib/workflow/export.ts').exportPart;
let metered: Awaited<ReturnType<typeof startMeter>>;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await openDatabase('reads');
  metered = await startMeter(database.endpoint);
  close = database.close;
  reachAws(metered.url);
  log = await import('../../lib/store/log.ts');
  table = await import('../../lib/store/table.ts');
  ({ exportPart } = await import('../../lib/workflow/export.ts'));
});
afterAll(async () => {
  metered.close();
  await close();
});

async function append(facts: readonly Fact[]): Promise<void> {
  for (let from = 0; from < facts.length; from += 90) {
    const { writes } = log.appendAll(await log.logHead(), facts.slice(from, from + 90));
    expect((await table.transact(writes)).ok).toBe(true);
  }
}

const facts = happenings(1, 'temporary').map(({ fact }) => fact);
const key = facts[0]?.keyArn ?? '';
/** Filters of the history of a key, and of who asked for a put. */
const filters = [
  { key, kind: 'POLICY' },
  { key, kind: 'INTENT' },
  { key, kind: 'POLICY', to: instant(200) },
  { key, kind: 'POLICY', from: instant(150) },
  { key, type: 'REVERTED' },
] as const;

async function pages(): Promise<{ types: string[]; read: number; queries: number | undefined }[]> {
  const found = [];
  for (const filter of filters) {
    metered.take();
    const { facts } = await log.listFacts(filter, { limit: 20 });
    const { read, calls } = metered.take();
    found.push({ types: facts.map(({ type }) => type), read, queries: calls.Query });
  }
  return found;
}

it('finds the policies of a key, and who asked for a put, for the same units whatever else happened to the key', async () => {
  await append(facts);
  const small = await pages();
  expect(small.map(({ types }) => types.join())).toEqual([
    'REVERTED,APPLIED',
    'REVERT_INTENT,APPLY_INTENT',
    'REVERTED,APPLIED',
    'REVERTED',
    'REVERTED',
  ]);
  const refused = facts.find(({ type }) => type === 'REFUSED') as Fact;
  const others = Array.from({ length: 1_500 }, (_, i) => ({ ...refused, at: instant(300 + i) }));
  await append(others);
  expect((await log.listFacts({ key }, { limit: 1 })).facts[0]?.type).toBe('REFUSED');
  expect(await pages()).toEqual(small);
});

it('stops after so many reads when a second filter leaves out nearly all, and its cursors go on to the end', async () => {
  const seqs: number[] = [];
  const units: number[] = [];
  let cursor: Item | undefined;
  do {
    metered.take();
    const reads = table.MOST_READS;
    const page = await log.listFacts(
      { key, person: 'sam@example.com' },
      { limit: 20, reads, ...(cursor && { cursor }) },
    );
    const { read, calls } = metered.take();
    expect(calls.Query).toBeLessThanOrEqual(table.MOST_READS);
    units.push(read);
    seqs.push(...page.facts.map(({ seq }) => seq));
    cursor = page.cursor;
  } while (cursor !== undefined);
  expect(units.length).toBeGreaterThan(3);
  expect(seqs).toEqual(facts.flatMap(({ person }, i) => (person === 'sam@example.com' ? [i + 1] : [])).reverse());
});

it('reads no entry twice and leaves none out where more fits the filters than a page has room for', async () => {
  for (const limit of [1, 2, 3]) {
    const seqs: number[] = [];
    let cursor: Item | undefined;
    do {
      const page = await log.listFacts(
        { key, type: 'APPROVAL_GIVEN', to: instant(200) },
        { limit, ...(cursor && { cursor }) },
      );
      expect(page.facts.length).toBeLessThanOrEqual(limit);
      seqs.push(...page.facts.map(({ seq }) => seq));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seqs).toEqual(facts.flatMap(({ type }, i) => (type === 'APPROVAL_GIVEN' ? [i + 1] : [])).reverse());
  }
});

it('ends a part of an export in time when its filters leave out nearly all', async () => {
  const refused = facts.find(({ type }) => type === 'REFUSED') as Fact;
  await append(Array.from({ length: 3_000 }, () => ({ ...refused, at: instant(250) })));
  const seqs: number[] = [];
  let parts = 0;
  let cursor: Item | undefined;
  do {
    metered.take();
    const part = await exportPart(
      { key, person: 'sam@example.com' },
      (record) => `${JSON.stringify(record)}\n`,
      cursor,
    );
    if (!part.ok) throw new Error(part.refusal.detail);
    expect(metered.take().calls.Query).toBeLessThan(200);
    for (const line of part.value.text.split('\n').filter(Boolean)) {
      const record = JSON.parse(line);
      if (record.kind === 'entry') seqs.push(record.seq);
    }
    cursor = part.value.cursor;
    parts++;
  } while (cursor !== undefined);
  expect(parts).toBeGreaterThan(1);
  expect(seqs).toEqual(facts.flatMap(({ person }, i) => (person === 'sam@example.com' ? [i + 1] : [])));
});
