import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fact } from '../../lib/change/facts.ts';
import { openDatabase, reachAws } from '../fixtures/database.ts';
import { startMeter } from '../fixtures/meter.ts';
import { happenings, instant } from './honest.ts';

/** What a page of the history costs must not grow with what else happened. */
let log: typeof import('../../lib/store/log.ts');
let table: typeof import('../../lib/store/table.ts');
let metered: Awaited<ReturnType<typeof startMeter>>;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await openDatabase('reads');
  metered = await startMeter(database.endpoint);
  close = database.close;
  reachAws(metered.url);
  log = await import('../../lib/store/log.ts');
  table = await import('../../lib/store/table.ts');
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
