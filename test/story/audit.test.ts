import { createPublicKey } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutKeyPolicyCommand, SignCommand } from '@aws-sdk/client-kms';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from 'vitest';
import { readNote, signedBy } from '../../lib/audit/checkpoint.ts';
import type { AccessAt } from '../../lib/workflow/accessAt.ts';
import type { VerifiedLog } from '../../lib/workflow/verify.ts';
import { until } from '../../local/demo/visitor.ts';
import { expectReply } from '../http/replies.ts';
import { addUser, kmsOf, RULES, tableItems, useSystem } from './system.ts';

const world = useSystem({ rules: `auditors: [Audrey@example.com]\n${RULES}` });
const local = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const TableName = 'countersign-local';
const table = () => new DynamoDBClient({ ...local, endpoint: world.running.aws });

const verify = async () => {
  const { status, body } = await world.audrey.get<VerifiedLog>('/audit/verify');
  expect(status).toBe(200);
  expectReply('auditVerify', 200, body);
  return body;
};
const notarise = () =>
  world.ana.send<{ payload?: { seq: number }; errorType?: string }>('POST', '/local/schedule/notarise');
const item = async (pk: string, sk: string) =>
  unmarshall(
    (await table().send(new GetItemCommand({ TableName, Key: marshall({ pk, sk }), ConsistentRead: true }))).Item ?? {},
  );
const put = (value: Record<string, unknown>) => table().send(new PutItemCommand({ TableName, Item: marshall(value) }));

/** Puts something else in the place of an item for as long as something is looked at. */
async function altered<T>(pk: string, sk: string, change: object, look: () => Promise<T>): Promise<T> {
  const honest = await item(pk, sk);
  expect(honest.pk).toBe(pk);
  await put({ ...honest, ...change });
  try {
    return await look();
  } finally {
    await put(honest);
  }
}

it('vouches for a history without any change too, from the first start on', async () => {
  const found = await until('the first checkpoint', 30, async () => {
    const now = await verify();
    return now.checkpoints > 0 ? now : undefined;
  });
  expect(found).toMatchObject({ ok: true, verdict: 'clean', firstBad: null });
});

it('signs after every end, and finds the history clean', async () => {
  const { ana, sam } = world;
  const { body } = await ana.submit(addUser());
  await sam.send('POST', `/changes/${body.id}/decisions`, { decision: 'approve' });
  await ana.reaches(body.id, ['APPLIED']);
  const found = await until('a checkpoint after the end', 30, async () => {
    const now = await verify();
    return now.entries > 0 && now.protectedTo === now.entries ? now : undefined;
  });
  expect(found).toMatchObject({ ok: true, verdict: 'clean', why: null, dangling: [] });
  const facts = (await tableItems(world.running)).filter(({ pk }) => pk === 'LOG#main').map(({ type }) => type);
  expect(facts).toContain('CLOSED');
  const newest = await item('CHECKPOINTS#main', 'NEWEST');
  expect(readNote(String(newest.note))).toMatchObject({ log: 'main', seq: newest.seq });
  expect(signedBy(found.publicKey)({ note: String(newest.note), signature: String(newest.signature) })).toBe(true);
  expect(
    createPublicKey({ key: Buffer.from(found.publicKey, 'base64'), format: 'der', type: 'spki' }).asymmetricKeyType,
  ).toBe('ec');
});

it('signs nothing twice, and mails a new checkpoint to the auditors once, exactly as it was signed', async () => {
  const { ana, visitor } = world;
  const before = await item('CHECKPOINTS#main', 'NEWEST');
  await notarise();
  expect(await item('CHECKPOINTS#main', 'NEWEST')).toEqual(before);
  await ana.send('POST', '/local/schedule/witness');
  await ana.send('POST', '/local/schedule/witness');
  const mails = (await visitor.mails('audrey@example.com')).filter(({ Body }) =>
    Body.text_part.includes(String(before.note)),
  );
  expect(mails).toHaveLength(1);
  expect(mails[0]?.Body.text_part).toContain(String(before.signature));
});

/** The first entry of the log of this type. */
const firstEntry = async (type: string) =>
  (await tableItems(world.running)).find((one) => one.pk === 'LOG#main' && one.type === type) ?? {};

it('names the first bad entry, and the notary refuses to sign what it has not seen before', async () => {
  const entry = await firstEntry('APPROVAL_GIVEN');
  const body = String(entry.body).replace(/per_[0-9a-f]{64}/, `per_${'0'.repeat(64)}`);
  const found = await altered('LOG#main', String(entry.sk), { body }, verify);
  expect(found).toMatchObject({ ok: false, verdict: 'tampered', firstBad: entry.seq });

  const newest = await item('CHECKPOINTS#main', 'NEWEST');
  const last = String(newest.seq).padStart(12, '0');
  const refused = await altered('LOG#main', last, { hash: 'f'.repeat(64) }, notarise);
  expect([refused.status, refused.body.errorType]).toEqual([502, 'NotAnExtension']);
  const rolledBack = await altered('HEAD#main', 'HEAD', { seq: Number(newest.seq) - 1 }, notarise);
  expect(rolledBack.body.errorType).toBe('NotAnExtension');
  const forged = await altered('CHECKPOINTS#main', 'NEWEST', { signature: 'AAAA' }, notarise);
  expect(forged.body.errorType).toBe('NotAnExtension');
  expect(await verify()).toMatchObject({ ok: true });
});

it('tells a head that was moved, a document that was altered and a checkpoint that was forged', async () => {
  const { entries } = await verify();
  const head = await altered('HEAD#main', 'HEAD', { seq: entries + 1 }, verify);
  expect(head).toMatchObject({ verdict: 'tampered', firstBad: entries + 1 });
  const entry = await firstEntry('SUBMITTED');
  const first = JSON.parse(String(entry.body));
  const document = await altered(`DOC#${first.binding.after}`, 'DOC', { document: '{}' }, verify);
  expect(document).toMatchObject({ verdict: 'tampered', firstBad: entry.seq });
  const [checkpoint] = (await tableItems(world.running)).filter(({ pk }) => pk === 'CHECKPOINTS#main');
  const forged = await altered('CHECKPOINTS#main', String(checkpoint?.sk), { signature: 'AAAA' }, verify);
  expect(forged).toMatchObject({ verdict: 'tampered', firstBad: 1 });
});

it('lets nobody but the notary sign, and lets no change be made to its key', async () => {
  const { ana, running } = world;
  const Message = Buffer.from('x');
  const sign = new SignCommand({ KeyId: 'alias/countersign-local-notary', Message, SigningAlgorithm: 'ECDSA_SHA_256' });
  await expect(kmsOf(running).send(sign)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  const { status, body } = await ana.submit(addUser('alias/countersign-local-notary'));
  expect([status, body.findings.map(({ code }) => code)]).toEqual([422, ['NOTARY_KEY']]);
  const { body: key } = await ana.get<{ changeable: boolean }>('/keys/alias%2Fcountersign-local-notary');
  expect(key.changeable).toBe(false);
});

it('is for auditors', async () => {
  expect((await world.ana.get('/audit/verify')).status).toBe(403);
  expect((await world.visitor.get('/audit/verify')).status).toBe(401);
});

it('has who tried to read the history and may not, by whatever way they came', async () => {
  const { ana, sam, running } = world;
  const ways = ['/audit/events', '/audit/export?format=csv', '/audit/gains?person=sam@example.com', '/audit/verify'];
  const others = ['/audit/report?from=2026-01-01', '/keys/alias%2Freports/history'];
  for (const path of [...ways, ...others, ...ways]) expect([path, (await ana.get(path)).status]).toEqual([path, 403]);
  expect((await sam.get('/audit/events')).status).toBe(403);
  const left = (await tableItems(running)).filter(({ pk }) => pk === 'DENIED');
  const first = left.filter(({ person }) => person === 'ana@example.com').map(({ attempt }) => attempt);
  expect([...new Set(first)].sort()).toEqual([
    'export the history',
    'read a report',
    'read events',
    'read gains',
    'read the history of a key',
    'verify the history',
  ]);
  // As if it had been some minutes ago.
  const at = new Date(Date.now() - 300_000).toISOString();
  for (const one of left) await put({ ...one, sk: String(one.sk).replace(/^[^#]*/, at.slice(0, 16)), at });
  expect((await ana.send('POST', '/local/schedule/noteDenied')).status).toBe(200);
  const { body } = await world.audrey.get<{
    events: { person: string; attempt: string; change: string; at: string }[];
  }>(`/audit/events?type=REFUSED&from=${at}&to=${at}`);
  expect(body.events.map(({ person, attempt }) => `${person} ${attempt}`).sort()).toEqual(
    [...new Set(first)]
      .map((attempt) => `ana@example.com ${attempt}`)
      .concat('sam@example.com read events')
      .sort(),
  );
  expect(body.events.every(({ change }) => change === 'none')).toBe(true);
  expect(await verify()).toMatchObject({ ok: true });
});

it('forks nowhere and has no gap when many act at once, and verification looks on meanwhile', async () => {
  const { ana, sam, kim } = world;
  const submitted = await Promise.all(Array.from({ length: 12 }, () => ana.submit(addUser('alias/reports'))));
  const acts = submitted.flatMap(({ body }) =>
    [sam, kim, ana].map((who) => who.send('POST', `/changes/${body.id}/decisions`, { decision: 'reject' })),
  );
  const seen = await Promise.all([
    ...Array.from({ length: 5 }, verify),
    ...Array.from({ length: 4 }, notarise),
    ...acts,
  ]).then((all) => all.slice(0, 5) as VerifiedLog[]);
  for (const one of seen) expect(one).toMatchObject({ ok: true, verdict: 'clean' });
  // Refusals come after the last end too: the next minute's run signs them.
  await until('everything to be signed', 150, async () => {
    const now = await verify();
    expect(now).toMatchObject({ ok: true });
    return now.protectedTo === now.entries && now.entries > 12 * 3 ? true : undefined;
  });
}, 240_000);

it('tells who had access to a key at a moment, and whether anybody can know', async () => {
  const { ana, sam, audrey, running } = world;
  const ask = async (at: string) => {
    const answer = await audrey.get<{ access: AccessAt }>(
      `/keys/alias%2Fpartner-exchange/history?at=${encodeURIComponent(at)}`,
    );
    expectReply('keyHistory', 200, answer.body);
    return answer.body.access;
  };
  const role = 'arn:aws:iam::111122223333:role/Auditable';
  const names = ({ who }: AccessAt) => who.filter(({ principal }) => principal === role).map(({ verb }) => verb);
  // Before the key was seen first nobody can know; what it was seen with is the best guess.
  expect(await ask('2026-01-01')).toMatchObject({ since: null, change: null, certain: false });

  const edits = [{ op: 'addUser', principal: role }];
  const { body } = await ana.submit({ key: 'alias/partner-exchange', edits, reason: 'To be seen later.' });
  await sam.send('POST', `/changes/${body.id}/decisions`, { decision: 'approve' });
  const { key, after, before } = await ana.reaches(body.id, ['APPLIED']);
  const now = await ask(new Date().toISOString().slice(0, 10));
  expect(now).toMatchObject({ change: body.id, certain: true, policy: after, crossAccount: ['444455556666'] });
  expect(names(now)).toContain('decrypt');
  const earlier = await ask('2026-01-01T00:00:00Z');
  expect(earlier).toMatchObject({ change: null, since: null, certain: false, policy: before });
  expect(names(earlier)).toEqual([]);

  await kmsOf(running).send(new PutKeyPolicyCommand({ KeyId: key.arn, Policy: before.document }));
  const moved = await until('the foreign write', 30, async () => {
    const access = await ask(new Date().toISOString());
    return access.change === body.id ? undefined : access;
  });
  expect(moved).toMatchObject({ change: expect.stringMatching(/^out_/), certain: true });
  expect(moved.policy?.document).toBe(before.document);
  expect((await audrey.get('/keys/alias%2Fpartner-exchange/history?at=yesterday')).status).toBe(400);
  // Nobody knows how a day ends that has not, nor what stands on a later one.
  const asked = new Date().toISOString();
  const today = await ask(asked.slice(0, 10));
  expect(today.at >= asked && today.at <= new Date().toISOString()).toBe(true);
  for (const ahead of ['2999-01-01', '2999-01-01T00:00:00Z']) {
    expect((await audrey.get(`/keys/alias%2Fpartner-exchange/history?at=${ahead}`)).status).toBe(400);
  }
});
