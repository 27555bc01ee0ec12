import { DynamoDBClient, ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Rules } from '../../lib/change/rules.ts';
import { openDatabase, reachAws } from '../fixtures/database.ts';
import { startMeter } from '../fixtures/meter.ts';
import { happenings } from './honest.ts';

/** On a real database of its own, where a test can have an index that is behind. */
let log: typeof import('../../lib/store/log.ts');
let people: typeof import('../../lib/store/people.ts');
let put: typeof import('../../lib/store/table.ts').put;
let transact: typeof import('../../lib/store/table.ts').transact;
let erasePerson: typeof import('../../lib/workflow/erase.ts').erasePerson;
let client: DynamoDBClient;
let close: () => Promise<void>;
/** What happens before a call to the database is let through. */
let before: Parameters<typeof startMeter>[1];
const TableName = 'countersign-local';
const EVE = 'eve@example.com';
const NOBODY = {} as Rules;

beforeAll(async () => {
  const database = await openDatabase('erase');
  const metered = await startMeter(database.endpoint, (operation, body) => before?.(operation, body));
  reachAws(metered.url);
  close = () => {
    metered.close();
    return database.close();
  };
  Object.assign(process.env, {
    ARCHIVE_DAYS: '1',
    ARCHIVE_BUCKET: 'copies',
  });
  client = new DynamoDBClient({});
  log = await import('../../lib/store/log.ts');
  people = await import('../../lib/store/people.ts');
  ({ put, transact } = await import('../../lib/store/table.ts'));
  ({ erasePerson } = await import('../../lib/workflow/erase.ts'));
});
afterAll(async () => {
  client.destroy();
  await close();
});

const submitted = happenings(1, 'applied')[0]?.fact;
/** A submit for a key of its own: a set has each key once. */
function ofKey(n: number) {
  if (submitted?.type !== 'SUBMITTED') throw new Error('every story begins with a submit');
  const arn = `${submitted.keyArn}${n}`;
  return { ...submitted, keyArn: arn, key: { ...submitted.key, arn } };
}
/** Eve does something and says why. */
async function eveActs(reason: string) {
  if (submitted?.type !== 'SUBMITTED') throw new Error('every story begins with a submit');
  await log.recordAlone({ ...submitted, person: EVE, reason });
  const seal = await people.sealOfPerson(EVE);
  if (seal === undefined) throw new Error('whoever acts has a seal');
  return seal;
}
const items = async () =>
  ((await client.send(new ScanCommand({ TableName }))).Items ?? []).map((item) => unmarshall(item));
const kept = async (value: string) => (await items()).filter((item) => item.value === value || item.address === value);
const erase = () => erasePerson(EVE, 'ada@example.com', NOBODY, '2026-01-01T00:00:00.000Z');

it('forgets a text that the index does not have yet', async () => {
  await eveActs('my own secret');
  const entry = (await items()).find(({ pk }) => pk === 'LOG#main');
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key: marshall({ pk: entry?.pk, sk: entry?.sk }),
      UpdateExpression: 'REMOVE gsi3pk',
    }),
  );
  expect(await kept('my own secret')).toHaveLength(1);
  expect(await erase()).toMatchObject({ ok: true });
  expect([...(await kept('my own secret')), ...(await kept(EVE))]).toEqual([]);
});

it('forgets that no mail reached them', async () => {
  await eveActs('unreached');
  const { noteUnreachable, unreachableAmong } = await import('../../lib/store/unreachable.ts');
  await put([noteUnreachable(EVE, 'rules', '2026-01-01T00:00:00.000Z')]);
  expect((await unreachableAmong([EVE], 'rules')).size).toBe(1);
  await erase();
  expect((await unreachableAmong([EVE], 'rules')).size).toBe(0);
});

it('knows the messages in Slack of a change that has ended for 400 days, and of an open one until it ends', async () => {
  const { claimSlack, saveSlack } = await import('../../lib/store/slackMessages.ts');
  const now = Date.parse('2026-01-01T00:00:00.000Z');
  const claim = await claimSlack('chg_1', now, 20);
  if (claim === undefined) throw new Error('nobody else has it');
  claim.messages.posted = { [EVE]: { ts: '1' } };
  await saveSlack(claim);
  const stored = async () => (await items()).find(({ pk }) => pk === 'SLACK#CHANGE#chg_1');
  expect(await stored()).not.toHaveProperty('ttl');
  claim.messages.settled = true;
  await saveSlack(claim);
  expect(await stored()).toMatchObject({ ttl: Date.parse('2027-02-05T00:00:00.000Z') / 1000 });
  await put([{ delete: { pk: 'SLACK#CHANGE#chg_1', sk: 'MESSAGES' } }]);
});

it('copies nothing quietly when more is said to be copied than the log has', async () => {
  const { archive } = await import('../../lib/workflow/archive.ts');
  await put([{ put: { pk: 'ARCHIVE#main', sk: 'COPIED', seq: 1_000_000 } }]);
  await expect(archive(new Date('2026-01-01'))).rejects.toThrow('copies are said to lie up to 1000000');
});

it('lets no text of theirs in that was on its way when the erasure began, and takes what they write after it', async () => {
  if (submitted?.type !== 'SUBMITTED') throw new Error('every story begins with a submit');
  const old = await eveActs('before');
  const { createChange, createSet } = await import('../../lib/store/changes.ts');
  const text = { document: '{}', sha256: 'a'.repeat(64), canonical: 'b'.repeat(64) };
  const late = (n: number) => ({
    submitted: { ...ofKey(n), change: `chg_late${n}`, person: EVE, reason: `too late ${n}`, ticket: 'T-1' },
    ...{ before: text, after: text, proposal: {} as never },
  });
  // As the erasure leaves it between its first step and its last.
  await people.beginErasing(EVE, old);
  const refused = { ok: false, refusal: { code: 'UNAVAILABLE' } };
  expect(await createChange(late(1))).toMatchObject(refused);
  expect(await createSet([late(2), late(3)])).toMatchObject(refused);
  const { sealed, writes } = await people.seal({ ...submitted, person: EVE, reason: 'too late 4' });
  expect(JSON.stringify(sealed)).toContain(old);
  expect(await transact(writes)).toMatchObject({ ok: false });
  expect((await items()).filter(({ value }) => /^too late/.test(String(value)))).toEqual([]);

  expect(await erase()).toMatchObject({ ok: true, value: { seal: old } });
  expect(await transact(writes)).toMatchObject({ ok: false });
  const young = await eveActs('after');
  expect(young).not.toBe(old);
  expect(await kept('before')).toEqual([]);
  expect(await erase()).toMatchObject({ ok: true, value: { seal: young, texts: 1 } });
  expect(await kept('after')).toEqual([]);
}, 120_000);

it('lets no text of a set in without its facts, whenever the erasure begins', async () => {
  if (submitted?.type !== 'SUBMITTED') throw new Error('every story begins with a submit');
  const FAY = 'fay@example.com';
  await log.recordAlone({ ...submitted, person: FAY, reason: 'before the set' });
  const seal = await people.sealOfPerson(FAY);
  if (seal === undefined) throw new Error('whoever acts has a seal');
  const { createSet } = await import('../../lib/store/changes.ts');
  const text = { document: '{}', sha256: 'c'.repeat(64), canonical: 'd'.repeat(64) };
  const member = (n: number) => ({
    submitted: { ...ofKey(n), change: `chg_set${n}`, person: FAY, reason: 'of the set', ticket: `T-${n}` },
    ...{ before: text, after: text, proposal: {} as never },
  });
  // The erasure begins right before the facts are written, after all that is written before them.
  before = async (operation, body) => {
    if (operation !== 'TransactWriteItems' || !body.includes('"LOG#main"')) return;
    before = undefined;
    await people.beginErasing(FAY, seal);
  };
  expect(await createSet([member(1), member(2)])).toMatchObject({ ok: false, refusal: { code: 'UNAVAILABLE' } });
  expect(before).toBeUndefined();
  expect((await items()).filter(({ value }) => value === 'of the set')).toEqual([]);

  expect(await erasePerson(FAY, 'ada@example.com', NOBODY, '2026-01-01T00:00:00.000Z')).toMatchObject({ ok: true });
  const created = await createSet([member(3), member(4)]);
  expect(created).toMatchObject({ ok: true, value: [{ reason: 'of the set', ticket: 'T-3' }, { ticket: 'T-4' }] });
  expect((await items()).filter(({ value }) => value === 'of the set')).toHaveLength(1);
  expect(
    (await log.listFacts({ person: FAY }, { limit: 10 })).facts.map((fact) => 'reason' in fact && fact.reason),
  ).toEqual(['of the set', 'of the set']);
}, 120_000);

it('leaves no seal behind when two erase a person at once', async () => {
  const seal = await eveActs('again');
  await people.forgetPerson(EVE, seal);
  const { change, keyArn } = submitted ?? { change: '', keyArn: '' };
  const erased = {
    type: 'PERSON_ERASED',
    who: EVE,
    change,
    keyArn,
    person: 'ada@example.com',
    at: '2026-01-01',
  } as const;
  await log.recordAlone(erased, new Map([[seal, EVE]]));
  expect(await people.sealOfPerson(EVE)).toBeUndefined();

  const first = await eveActs('and again');
  const outcomes = await Promise.all([erase(), erase(), erase()]);
  expect(outcomes.some(({ ok }) => ok)).toBe(true);
  expect(await kept(EVE)).toEqual([]);
  expect(JSON.stringify((await items()).filter(({ type }) => type === 'PERSON_ERASED'))).toContain(first);
});

it('leaves the seal that a person got after they were erased', async () => {
  const old = await eveActs('once more');
  await people.forgetPerson(EVE, old);
  const young = await eveActs('back');
  await people.forgetPerson(EVE, old);
  expect(await people.sealOfPerson(EVE)).toBe(young);
  expect(await kept(EVE)).toHaveLength(2);
});

it('gives a short page with a cursor when a second filter leaves nearly everything out', async () => {
  const { readEvents } = await import('../../lib/workflow/history.ts');
  if (submitted?.type !== 'SUBMITTED') throw new Error('every story begins with a submit');
  const { keyArn, person } = submitted;
  const about = { change: 'chg_busy', keyArn, person };
  await log.recordAlone({ ...about, type: 'REFUSED', attempt: 'decide', code: 'NOT_IN_GROUP', at: '2026-01-01' });
  for (let i = 0; i < 25; i++) await log.recordAlone({ ...submitted, ...about, at: `2026-01-02T${i}` });
  const filter = { change: 'chg_busy', type: 'REFUSED' };
  const { events, cursor } = await readEvents(filter, { limit: 1 });
  expect(events).toEqual([]);
  if (cursor === undefined) throw new Error('there is more');
  expect((await readEvents(filter, { limit: 1, cursor })).events).toMatchObject([{ type: 'REFUSED' }]);
});
