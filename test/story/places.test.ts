import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Event, Fact } from '../../lib/change/facts.ts';
import { done } from '../../lib/change/refusal.ts';
import { setOf } from '../../lib/change/set.ts';
import { openDatabase } from '../fixtures/database.ts';
import { BINDING, minute, submitted } from '../fixtures/facts.ts';

/** The store's own code on a real database of its own: each way in which a change may end, by the fact that ends it. */
const LIMIT = 2;
let changes: typeof import('../../lib/store/changes.ts');
let close: () => Promise<void>;

beforeAll(async () => {
  process.env.OPEN_CHANGES_PER_KEY = String(LIMIT);
  ({ close } = await openDatabase('places'));
  changes = await import('../../lib/store/changes.ts');
});
afterAll(() => close());

let serial = 0;
const idOf = (n: number) => `chg_${String(n).padStart(26, '0')}`;
const text = (document: string) => ({ document, sha256: document.padEnd(64, '0'), canonical: document });

/** A change of this key as it is stored, of one approval. */
const newChange = (key: string, over: Partial<Fact & { type: 'SUBMITTED' }> = {}) => ({
  submitted: submitted({
    change: idOf(++serial),
    keyArn: key,
    key: { ...submitted().key, arn: key },
    rule: { ...submitted().rule, quorum: 1 },
    ...over,
  }),
  before: text('c'),
  after: text('a'),
  proposal: {} as never,
});

const submit = (key: string, over?: Partial<Fact & { type: 'SUBMITTED' }>) =>
  changes.createChange(newChange(key, over));

/** A change that was stored. */
async function stored(key: string): Promise<string> {
  const created = await submit(key);
  if (!created.ok) throw new Error(created.refusal.detail);
  return created.value.id;
}

async function happens(id: string, ...events: Event[]): Promise<void> {
  for (const event of events) {
    const person = event.type.startsWith('APPROVAL_') ? 'sam@example.com' : 'countersign';
    const recorded = await changes.record(id, { person, at: minute(1) }, () => done(event));
    if (!recorded.ok) throw new Error(recorded.refusal.detail);
  }
}

const APPROVED: Event = { type: 'APPROVAL_GIVEN', binding: BINDING, comment: '', channel: 'api' };
const INTENT: Event = {
  type: 'APPLY_INTENT',
  binding: BINDING,
  approvers: ['sam@example.com'],
  fence: 1,
  attempt: 'a',
};
const APPLIED: Event = { type: 'APPLIED', before: 'c', after: 'a', live: 'a', put: true };
const WITHDRAWN: Event = { type: 'APPROVAL_WITHDRAWN', comment: '', channel: 'api' };
const STALE: Event = { type: 'STALE', live: 'f', detail: 'It moved.' };

const ENDS: [string, ...Event[]][] = [
  ['rejected', { type: 'REJECTED', binding: BINDING, comment: '', channel: 'api' }],
  ['cancelled', { type: 'CANCELLED', comment: '' }],
  ['expired undecided', { type: 'EXPIRED' }],
  ['expired approved', APPROVED, { type: 'EXPIRED' }],
  ['overtaken while it waits', STALE],
  ['applied', APPROVED, INTENT, APPLIED],
  ['stale at its apply', APPROVED, INTENT, STALE],
  ['refused by KMS', APPROVED, INTENT, { type: 'FAILED', error: 'MalformedPolicyDocument', detail: 'No.' }],
  ['not proven', APPROVED, { type: 'FAILED', error: 'QuorumNotProven', detail: 'No.' }],
  ['uncertain', APPROVED, INTENT, { type: 'UNCERTAIN', detail: 'Who knows.' }],
];

it.each(ENDS)('#47 a change that is %s frees its place, and nothing before its end does', async (name, ...events) => {
  const key = `arn:aws:kms:us-east-1:111122223333:key/${name}`;
  const first = await stored(key);
  await stored(key);
  for (const event of events) {
    expect(await submit(key)).toMatchObject({ ok: false, refusal: { code: 'TOO_MANY_OPEN' } });
    await happens(first, event);
  }
  await stored(key);
  expect(await submit(key)).toMatchObject({ ok: false, refusal: { code: 'TOO_MANY_OPEN' } });
  // A fact of a change that has ended frees no second one.
  await happens(first, { type: 'CLOSED', mailed: [], slacked: [], failed: [] });
  expect(await submit(key)).toMatchObject({ ok: false });
});

it('what waits again, or goes on after its end, takes no other place', async () => {
  const key = 'arn:aws:kms:us-east-1:111122223333:key/again';
  const first = await stored(key);
  await happens(first, APPROVED, WITHDRAWN, APPROVED, WITHDRAWN);
  await stored(key);
  expect((await submit(key)).ok).toBe(false);
  await happens(first, APPROVED, INTENT, APPLIED);
  await stored(key);
  await happens(first, { type: 'REVERT_INTENT', binding: BINDING, fence: 2, attempt: 'b' }, STALE);
  expect((await submit(key)).ok).toBe(false);
});

it('says how many there may be and what to do, and stores nothing of what has no place', async () => {
  const key = 'arn:aws:kms:us-east-1:111122223333:key/words';
  const ids = [await stored(key), await stored(key)];
  const refused = await submit(key);
  expect(refused).toEqual({
    ok: false,
    refusal: {
      code: 'TOO_MANY_OPEN',
      detail:
        'The key payments has 2 open changes, the most that a key may have. Wait until one of them has ended, or cancel one: its submitter or an admin may (POST /changes/{id}/cancel).',
    },
  });
  const { changes: ofKey } = await changes.listChanges({ key }, { limit: 10 });
  expect(ofKey.map(({ id }) => id).sort()).toEqual(ids);
  expect(await changes.readChange(idOf(serial))).toBeUndefined();
});

it('many who submit at once get the places that there are, and no other key is touched', async () => {
  const key = 'arn:aws:kms:us-east-1:111122223333:key/race';
  const other = 'arn:aws:kms:us-east-1:111122223333:key/other';
  const answers = await Promise.all([...Array.from({ length: 12 }, () => submit(key)), submit(other)]);
  expect(answers.filter(({ ok }) => ok)).toHaveLength(LIMIT + 1);
  expect(answers.at(-1)?.ok).toBe(true);
});

it('a key that is full has room for an emergency, and emergencies have an end too', async () => {
  const key = 'arn:aws:kms:us-east-1:111122223333:key/fire';
  const breakGlass = { reviewers: ['lee@example.com'], remindEvery: 60 };
  const rule = { ...submitted().rule, quorum: 1, breakGlass };
  for (let n = 0; n < LIMIT; n++) await stored(key);
  const fires = await Promise.all(Array.from({ length: LIMIT + 1 }, () => submit(key, { rule })));
  expect(fires.filter(({ ok }) => ok)).toHaveLength(LIMIT);
  const [refused] = fires.flatMap((one) => (one.ok ? [] : [one.refusal.detail]));
  expect(refused).toContain('has 2 open emergencies,');
  const [fire] = fires.flatMap((one) => (one.ok ? [one.value.id] : []));
  await happens(fire ?? '', APPROVED, INTENT, APPLIED);
  expect((await submit(key, { rule })).ok).toBe(true);
  expect((await submit(key)).ok).toBe(false);
});

it('a set takes a place of each of its keys or none, and 20 keys fit into one transaction', async () => {
  const full = 'arn:aws:kms:us-east-1:111122223333:key/full';
  const keys = [full, ...Array.from({ length: 19 }, (_, n) => `arn:aws:kms:us-east-1:111122223333:key/set${n}`)];
  const submitSet = () => {
    const members = keys.map((key) => newChange(key));
    const set = setOf(
      members.map((one) => one.submitted.change),
      [],
    );
    const idempotency = { key: `set ${serial}`, bodySha256: 'x', ttl: 1 };
    return changes.createSet(members.map((one) => ({ ...one, submitted: { ...one.submitted, set }, idempotency })));
  };
  const blocker = await stored(full);
  expect(await submitSet()).toMatchObject({ ok: true });
  expect(await submitSet()).toMatchObject({ ok: false, refusal: { code: 'TOO_MANY_OPEN' } });
  await happens(blocker, { type: 'CANCELLED', comment: '' });
  expect(await submitSet()).toMatchObject({ ok: true });
  // All other keys had two places, and the set that was refused took none of them.
  expect(await submit(keys[1] ?? '')).toMatchObject({ ok: false });
});
