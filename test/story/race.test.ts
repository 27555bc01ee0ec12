import { GetKeyPolicyCommand, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { beforeAll, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { until } from '../../local/demo/visitor.ts';
import { useProxiedSystem } from './proxied.ts';
import { addUser, kmsOf, RULES } from './system.ts';

/**
 * KMS has no conditional put: between the last read and the put of an apply, and between the put and the read back, somebody else may
 * write. It cannot be kept from happening; what follows shows that it is seen, told and recorded, and that nothing is claimed that is not so.
 */
const world = useProxiedSystem(RULES);

interface Write {
  origin: string;
  id: string;
  change?: string;
  caller?: string;
  after: { document: string };
}

const ADMIN = 'arn:aws:sts::111122223333:assumed-role/Admin/local';
const history = async ({ key }: Pick<ChangeView, 'key'>) =>
  (await world.audrey.get<{ versions: Write[]; liveIsNewest: boolean }>(`/keys/${encodeURIComponent(key.arn)}/history`))
    .body;
const outside = async (change: Pick<ChangeView, 'key'>) =>
  (await history(change)).versions.filter(({ origin, caller }) => origin === 'outside' && caller !== undefined);
const kms = () => kmsOf(world.running);
const liveOf = async ({ key }: Pick<ChangeView, 'key'>) =>
  (await kms().send(new GetKeyPolicyCommand({ KeyId: key.arn }))).Policy ?? '';

/** Somebody else puts another policy; gives their write once CloudTrail has told of it. */
async function foreignPut(change: Pick<ChangeView, 'key'>, Id: string): Promise<Write> {
  const Policy = JSON.stringify({ ...(JSON.parse(await liveOf(change)) as object), Id });
  await kms().send(new PutKeyPolicyCommand({ KeyId: change.key.arn, Policy }));
  return until('the foreign write', 30, async () =>
    (await outside(change)).find(({ after }) => after.document === Policy),
  );
}

/** What an apply waits for here must come before its call to KMS is given up: the lambda about foreign writes is not cold then. */
beforeAll(async () => {
  expect((await world.ana.send('POST', '/local/schedule/compareKeys')).status).toBe(200);
  const { body: key } = await world.ana.get<ChangeView['key']>('/keys/alias%2Fpartner-exchange');
  await foreignPut({ key }, 'the first');
});

/** A change whose apply waits, with what KMS answered to its first call of this operation not heard yet. */
async function underWay(key: string, operation: string) {
  const { ana, sam, proxy } = world;
  const { body: change } = await ana.submit(addUser(key));
  proxy.arm();
  const call = proxy.hold({ operation: `apply kms.${operation}`, nth: 1 });
  await sam.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
  await call.held;
  return { change, letGo: call.letGo };
}

const toldOf = (id: string, person: string) =>
  until(`a mail to ${person} about ${id}`, 30, async () =>
    (await world.visitor.mails(person)).find(({ Body }) => Body.text_part.includes(id)),
  );

/** No comparison finds more, and the history is what was signed. */
async function nothingElse(change: ChangeView, writes: number): Promise<void> {
  expect((await world.ana.send('POST', '/local/schedule/compareKeys')).status).toBe(200);
  expect(await outside(change)).toHaveLength(writes);
  await world.ana.send('POST', '/local/schedule/notarise');
  const { body } = await world.audrey.get<{ ok: boolean; why: string | null }>('/audit/verify');
  expect([body.why, body.ok]).toEqual([null, true]);
}

it('a policy that moves between the last read and the put is written over: the write over which it went is in the history, whole, and its owners are told', async () => {
  const { change, letGo } = await underWay('alias/payments', 'GetKeyPolicy');
  const write = await foreignPut(change, 'just before');
  letGo();
  const applied = await world.ana.reaches(change.id, ['APPLIED', 'STALE', 'UNCERTAIN', 'FAILED']);
  expect([applied.status, canonicalOf(await liveOf(change))]).toEqual(['APPLIED', change.after.canonical]);
  const puts = (await world.visitor.puts()).filter(({ keyArn }) => keyArn === change.key.arn);
  expect(puts.slice(-2).map(({ sha256 }) => sha256)).toEqual([
    expect.not.stringMatching(change.before.sha256),
    change.after.sha256,
  ]);
  expect(write).toMatchObject({ caller: ADMIN });
  const { versions, liveIsNewest } = await history(change);
  // Between the two the history shows the base, which the apply had read last: it cannot know that nobody put that back.
  expect([
    liveIsNewest,
    ...versions.slice(0, 3).map((version) => version.change ?? version.id ?? version.after.document),
  ]).toEqual([true, change.id, change.before.document, write.id]);
  await toldOf(write.id, 'sam@example.com');
  await nothingElse(change, 1);
});

it('a policy that moves between the put and the read back is a third one: UNCERTAIN, both in the history, and nothing of theirs is written over', async () => {
  const { change, letGo } = await underWay('alias/reports', 'PutKeyPolicy');
  const write = await foreignPut(change, 'just after');
  letGo();
  const ended = await world.ana.reaches(change.id, ['APPLIED', 'STALE', 'UNCERTAIN', 'FAILED'], 60);
  expect([ended.status, ended.outcome]).toEqual([
    'UNCERTAIN',
    expect.stringContaining('A person must look at the key'),
  ]);
  expect(canonicalOf(await liveOf(change))).toBe(canonicalOf(write.after.document));
  expect(write).toMatchObject({ caller: ADMIN });
  await toldOf(write.id, 'sam@example.com');
  for (const person of ['ana@example.com', 'sam@example.com']) await toldOf(change.id, person);
  await nothingElse(change, 1);
});
