import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../fixtures/database.ts';

/** Refused reads on their way into the log, on a real database and at times of our own. */
let denials: typeof import('../../lib/store/denials.ts');
let log: typeof import('../../lib/store/log.ts');
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await openDatabase('denials');
  close = database.close;
  denials = await import('../../lib/store/denials.ts');
  log = await import('../../lib/store/log.ts');
});
afterAll(() => close());

const at = (minute: number, second = 0) => new Date(Date.UTC(2026, 0, 1, 12, minute, second)).toISOString();
const leave = (person: string, when: string, attempt = 'read events') =>
  denials.leaveDenial({ person: `${person}@example.com`, attempt, code: 'NOT_IN_GROUP', at: when });
const note = async (minute: number) => (await denials.noteDenials(Date.parse(at(minute)))).noted;
const noted = async () =>
  (await log.listFacts({ type: 'REFUSED' }, { limit: 100 })).facts
    .map(({ person, at }) => `${person.split('@')[0]} ${at}`)
    .reverse();

it('are facts once the minute is over in which they happened, each once, in their order and at their time', async () => {
  expect(await note(0)).toBe(0);
  await leave('eve', at(1, 5));
  await leave('eve', at(1, 50));
  await leave('eve', at(1, 55), 'export the history');
  await leave('mal', at(2, 10));
  expect([await note(1), await note(2)]).toEqual([0, 0]);
  expect(await note(3)).toBe(2);
  await leave('mal', at(3, 59));
  expect((await Promise.all(Array.from({ length: 5 }, () => denials.noteDenials(Date.parse(at(4)))))).length).toBe(5);
  expect([await note(4), await note(5), await note(3), await note(6)]).toEqual([0, 1, 0, 0]);
  expect(await noted()).toEqual([`eve ${at(1, 5)}`, `eve ${at(1, 55)}`, `mal ${at(2, 10)}`, `mal ${at(3, 59)}`]);
});

it('are never many, whoever comes with how many names', async () => {
  const before = (await noted()).length;
  await Promise.all(Array.from({ length: 50 }, (_, i) => leave(`flood${i}`, at(10, i))));
  await Promise.all(Array.from({ length: 50 }, () => leave('flood', at(11))));
  expect(await note(20)).toBe(31);
  expect((await noted()).length).toBe(before + 31);
});
