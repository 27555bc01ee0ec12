import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, it } from 'vitest';
import type { AuditEvent } from '../../lib/workflow/history.ts';
import type { VerifiedLog } from '../../lib/workflow/verify.ts';
import { until, type Visitor } from '../../local/demo/visitor.ts';
import { readCsv } from '../audit/readCsv.ts';
import { expectReply } from '../http/replies.ts';
import { addUser, RULES, tableItems, temporaryFolder, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });
const folder = temporaryFolder();
const EVE = 'eve@example.com';
const SECRET = 'Eve Example wants it, call 555-0100';
const COMMENT = 'Fine by me, says Lee.';

/** Not synchronously: the system would close the connections that stand idle meanwhile. */
const run = (program: string, args: string[]) =>
  new Promise<{ status: number | string; said: string }>((done) =>
    execFile(program, args, (error, stdout) => done({ status: error?.code ?? 0, said: stdout })),
  );

let eve: Visitor;
let id = '';
const erase = (who: Visitor, person = EVE) =>
  who.send<{ seal: string; texts: number; type: string; detail: string }>(
    'POST',
    `/people/${encodeURIComponent(person)}/erase`,
  );
const verify = async () => (await world.audrey.get<VerifiedLog>('/audit/verify')).body;
/** At their next turn: the notary signs what no end came after. */
const signed = async () => {
  await world.ana.send('POST', '/local/schedule/notarise');
  await world.ana.send('POST', '/local/schedule/archive');
  return until('everything to be signed and copied', 30, async () => {
    const now = await verify();
    return now.ok && now.outsideTo === now.entries && now.entries > 0 ? now : undefined;
  });
};
const events = async (query: string) =>
  (await world.audrey.get<{ events: AuditEvent[] }>(`/audit/events?${query}`)).body.events;
const everything = async () => JSON.stringify(await tableItems(world.running));

it('keeps addresses and what people wrote out of the log, and shows them all the same', async () => {
  eve = await world.visitor.as(EVE, 'submitters');
  const { body } = await eve.submit({ ...addUser(), reason: SECRET, ticket: 'EVE-1' });
  id = body.id;
  expect((await erase(world.ada)).body).toMatchObject({ type: 'urn:countersign:problem:person-needed' });
  await world.sam.send('POST', `/changes/${id}/decisions`, { decision: 'approve', comment: COMMENT });
  await world.ana.reaches(id, ['APPLIED']);
  await until('everybody to be told', 30, async () =>
    (await events(`change=${id}&type=CLOSED`)).length > 0 ? true : undefined,
  );
  await signed();

  const log = (await tableItems(world.running)).filter(({ pk }) => pk === 'LOG#main');
  expect(log.length).toBeGreaterThan(4);
  expect(JSON.stringify(log)).not.toMatch(/@example\.com|Eve Example|EVE-1|says Lee/);
  const change = await world.ana.change(id);
  expect(change).toMatchObject({ submitter: EVE, reason: SECRET, ticket: 'EVE-1' });
  expect(change.approval.decisions).toMatchObject([{ person: 'sam@example.com', comment: COMMENT }]);
  expect(await events(`person=${EVE}`)).toMatchObject([{ type: 'SUBMITTED', reason: SECRET, person: EVE }]);
  expect((await world.ana.get<{ changes: { id: string }[] }>(`/changes?submitter=${EVE}`)).body.changes).toMatchObject([
    { id },
  ]);
  expect(await events(`change=${id}&person=sam@example.com`)).toMatchObject([{ type: 'APPROVAL_GIVEN' }]);
});

it('keeps them out of a refused attempt that is about no change, too', async () => {
  expect((await world.audrey.submit(addUser())).status).toBe(403);
  expect(await events('person=audrey@example.com&type=REFUSED')).toMatchObject([{ change: 'none' }]);
  const log = (await tableItems(world.running)).filter(({ pk }) => pk === 'LOG#main');
  expect(JSON.stringify(log)).not.toContain('@example.com');
});

it('takes a text that is an address for a text: whoever acts stays a person', async () => {
  const { body } = await world.ana.submit({ ...addUser(), reason: 'ana@example.com', ticket: 'sam@example.com' });
  await world.sam.send('POST', `/changes/${body.id}/decisions`, { decision: 'reject', comment: 'sam@example.com' });
  const facts = (await tableItems(world.running)).filter((item) => item.changeId === body.id && item.seq !== undefined);
  for (const { type, person } of facts) {
    if (type !== 'SUBMITTED' && type !== 'REJECTED') continue;
    expect([type, person]).toEqual([type, expect.stringMatching(/^per_/)]);
  }
  expect(await events(`change=${body.id}&person=sam@example.com`)).toMatchObject([{ type: 'REJECTED' }]);
  expect(await verify()).toMatchObject({ ok: true });
});

it('is for admins, and not for people whom the rules file names or nobody knows', async () => {
  expect((await erase(world.audrey)).status).toBe(403);
  expect((await events('person=audrey@example.com&type=REFUSED'))[0]).toMatchObject({
    attempt: 'erase',
    change: 'none',
  });
  expect((await erase(world.visitor)).status).toBe(401);
  expect((await erase(world.ada, 'sam@example.com')).body).toMatchObject({
    type: 'urn:countersign:problem:person-needed',
    detail: expect.stringContaining('rules file'),
  });
  expect((await erase(world.ada, 'nobody@example.com')).status).toBe(404);
  expect((await world.ana.change(id)).submitter).toBe(EVE);
});

it('forgets a person, and the history is as clean as before, for both verifiers', async () => {
  await world.ana.send('POST', '/local/schedule/sweep');
  const before = await verify();
  const erased = await erase(world.ada, 'Eve@Example.com ');
  expect(erased.status).toBe(200);
  expectReply('erase', 200, erased.body);
  expect(erased.body).toEqual({ seal: expect.stringMatching(/^per_[0-9a-f]{64}$/), texts: 2 });

  const left = await everything();
  for (const secret of [SECRET, 'EVE-1', '"PERSON#eve@example.com"']) expect(left).not.toContain(secret);
  expect(
    (await tableItems(world.running)).filter(
      ({ pk }) => /^(LOG|CHANGE|PERSON|SEAL)#/.test(String(pk)) && JSON.stringify({ pk }).includes(EVE),
    ),
  ).toEqual([]);
  const change = await world.ana.change(id);
  const name = `erased person ${erased.body.seal.slice(4, 12)}`;
  expect(change).toMatchObject({ submitter: name, reason: '(erased)', ticket: '(erased)', status: 'APPLIED' });
  expectReply('getChange', 200, change);
  expect(change.approval.decisions).toMatchObject([{ person: 'sam@example.com', comment: COMMENT }]);
  expect(await events(`person=${EVE}`)).toEqual([]);
  expect(await events('type=PERSON_ERASED')).toMatchObject([{ person: 'ada@example.com', who: name }]);
  expect((await erase(world.ada)).status).toBe(404);

  const after = await signed();
  expect(after).toMatchObject({ ok: true, entries: before.entries + 1, dangling: [] });
  const text = (await world.audrey.get('/audit/export?format=ndjson')).text;
  expect(text).not.toContain(EVE);
  expect(text).toContain('"value":"sam@example.com"');
  const csv = readCsv((await world.audrey.get('/audit/export?format=csv')).text);
  const [file, key] = [join(folder, 'history.ndjson'), join(folder, 'notary.key')];
  writeFileSync(key, after.publicKey);
  for (const [given, exit] of [
    [text, 0],
    [text.replace('"value":"sam@example.com"', '"value":"kim@example.com"'), 1],
    [text.replace(/"salt":"[0-9a-f]{64}"/, `"salt":"${'0'.repeat(64)}"`), 1],
    [text.replace(COMMENT, 'Not fine.'), 1],
  ] as const) {
    writeFileSync(file, given);
    for (const [program, verifier] of [
      [process.execPath, 'bin/countersign.ts'],
      ['python3', 'docs/verify.py'],
    ] as const) {
      const args = [verifier, ...(verifier.endsWith('.py') ? [] : ['verify']), '--export', file, '--public-key', key];
      const { status, said } = await run(program, args);
      if (status !== 'ENOENT') expect([verifier, status], said).toEqual([verifier, exit]);
    }
  }
  writeFileSync(file, text);
  const found = (...names: string[]) =>
    run(process.execPath, ['bin/countersign.ts', 'find', '--export', file, ...names.flatMap((one) => ['--name', one])]);
  const approved = new RegExp(`^\\d+ \\S+ APPROVAL_GIVEN of ${id}, by sam@example\\.com\\n$`);
  expect(await found('LEE', 'nobody at all')).toEqual({ status: 0, said: expect.stringMatching(approved) });
  expect(await found('Eve Example')).toEqual({ status: 0, said: '' });
  expect(await found()).toMatchObject({ status: 2 });
  writeFileSync(file, text.slice(0, -20));
  expect(await found('lee')).toMatchObject({ status: 2 });
  const submitted = csv.find((row) => row.includes('SUBMITTED'));
  expect(submitted).toEqual(expect.arrayContaining([name, '(erased)']));
  expect(csv.find((row) => row.includes('APPROVAL_GIVEN'))).toEqual(
    expect.arrayContaining(['sam@example.com', COMMENT]),
  );
});

it('gives whoever comes back another seal, and shows nobody in the place of somebody else', async () => {
  const { body } = await eve.submit(addUser());
  const change = await world.ana.change(body.id);
  expect(change.submitter).toBe(EVE);
  expect((await events(`person=${EVE}`)).map((event) => event.change)).toEqual([body.id]);

  const items = await tableItems(world.running);
  const opening = items.find(({ pk, value }) => String(pk).startsWith('SEAL#per_') && value === EVE);
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: world.running.aws,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const put = (value: object) =>
    client.send(new PutItemCommand({ TableName: 'countersign-local', Item: marshall(value) }));
  await put({ ...opening, value: 'kim@example.com' });
  expect((await world.ana.change(body.id)).submitter).toMatch(/^erased person /);
  await put({ ...opening });
  expect((await world.ana.change(body.id)).submitter).toBe(EVE);
});
