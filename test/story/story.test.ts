import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { expect, it } from 'vitest';
import { chain, entryHash, genesis } from '../../lib/audit/chain.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import { until } from '../../local/demo/visitor.ts';
import { addUser, kmsOf, RULES, tableItems, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

it('carries a change from the submit to the history, with exactly the approved bytes', async () => {
  const { ana, audrey, visitor, running } = world;
  const before = await ana.get<{ document: string; canonical: string }>('/keys/alias%2Fpayments/policy');
  const submitted = await ana.submit({ ...addUser(), ticket: 'SEC-123', base: before.body.canonical });
  expect(submitted.status).toBe(201);
  const { id, after } = submitted.body;
  expect(submitted.body).toMatchObject({
    status: 'PENDING',
    submitter: 'ana@example.com',
    ticket: 'SEC-123',
    before: { document: before.body.document, sha256: sha256(before.body.document) },
    after: { sha256: sha256(after.document), canonical: canonicalOf(after.document) },
    approval: { rule: 'default', quorum: 1, approvers: ['kim@example.com', 'lee@example.com', 'sam@example.com'] },
  });
  expect(id).toMatch(/^chg_[0-9A-HJKMNP-TV-Z]{26}$/);

  const link = await visitor.link('sam@example.com', id);
  const page = await visitor.get(link);
  expect(page.status).toBe(200);
  expect(page.text).toContain('The app needs the key.');
  expect(await visitor.puts()).toEqual([]);

  const decided = await visitor.decide(link, { decision: 'approve', comment: 'fine', confirm: 'payments' });
  expect(decided.status).toBe(200);
  const applied = await ana.reaches(id, ['APPLIED']);
  expect(applied.approval.decisions).toMatchObject([
    { person: 'sam@example.com', decision: 'approve', comment: 'fine', channel: 'link' },
  ]);

  const puts = await visitor.puts();
  expect(puts).toHaveLength(1);
  expect(puts[0]).toMatchObject({ policy: after.document, result: 'ok' });
  expect(puts[0]?.caller).toMatch(/:assumed-role\/countersign-local-apply\//);
  const live = await kmsOf(running).send(new GetKeyPolicyCommand({ KeyId: applied.key.arn }));
  expect(canonicalOf(live.Policy ?? '')).toBe(after.canonical);

  const closed = await until('the close', 30, async () => {
    const change = await ana.change(id);
    return change.timeline.some(({ type }) => type === 'CLOSED') ? change : undefined;
  });
  expect(closed.timeline.map(({ type }) => type)).toEqual([
    'SUBMITTED',
    'ASKED',
    'APPROVAL_GIVEN',
    'APPLY_INTENT',
    'APPLIED',
    'CLOSED',
  ]);
  expect((await visitor.mails('ana@example.com')).map(({ Subject }) => Subject)).toEqual([
    expect.stringContaining('Applied'),
  ]);

  const history = await audrey.get<{ liveIsNewest: boolean; versions: object[] }>('/keys/alias%2Fpayments/history');
  expect(history.body.liveIsNewest).toBe(true);
  expect(history.body.versions).toMatchObject([
    {
      origin: 'countersign',
      change: id,
      submitter: 'ana@example.com',
      approvers: ['sam@example.com'],
      after,
      before: { document: before.body.document },
      difference: closed.access.summary,
    },
    { origin: 'outside', after: { document: before.body.document } },
  ]);
  const events = await audrey.get<{ events: object[] }>(`/audit/events?change=${id}&type=APPLIED`);
  expect(events.body.events).toMatchObject([
    {
      type: 'APPLIED',
      put: true,
      documents: { before: { document: before.body.document }, after: { document: after.document } },
    },
  ]);
});

it('logs each put as one structured record with both documents, and no secret anywhere', async () => {
  const { ana, visitor, running } = world;
  const { body } = await ana.submit(addUser('alias/reports'));
  const link = await visitor.link('sam@example.com', body.id);
  await visitor.decide(link, { decision: 'approve', confirm: 'reports' });
  await ana.reaches(body.id, ['APPLIED']);
  const log = readFileSync(join(running.dataDir, 'lambda.log'), 'utf8');
  const records = log
    .split('\n')
    .filter((line) => line.includes('"PutKeyPolicy"') && line.includes(body.id))
    .map((line) => JSON.parse(line));
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    change: body.id,
    key: body.key.arn,
    person: 'ana@example.com',
    approvers: ['sam@example.com'],
    before: { sha256: body.before.sha256, document: body.before.document },
    after: { sha256: body.after.sha256, document: body.after.document },
    result: 'done',
  });
  const token = link.split('/').at(-1) ?? '';
  const written = [
    log,
    readFileSync(join(running.dataDir, 'access.log'), 'utf8'),
    JSON.stringify(await tableItems(running)),
  ];
  for (const text of written) {
    expect(text).not.toContain(token);
    expect(text).not.toContain(ana.token);
  }
  expect(log).not.toContain('taskToken');
});

it('chains every fact to the one before, from the first', async () => {
  const table = await tableItems(world.running);
  const items = table.filter(({ pk }) => pk === 'LOG#main');
  let head = genesis();
  expect(items.length).toBeGreaterThan(10);
  for (const item of items) {
    const body = String(item.body);
    const { seq, prev, log, ...fact } = JSON.parse(body);
    expect([seq, prev, log, item.hash]).toEqual([head.seq + 1, head.hash, 'main', entryHash(body)]);
    expect(chain(head, fact).body).toBe(body);
    head = { seq, hash: String(item.hash) };
  }
  const stored = table.find(({ pk }) => pk === 'HEAD#main');
  // The pages of a scan are no snapshot: a fact may have been chained after the log was read.
  expect(Number(stored?.seq)).toBeGreaterThanOrEqual(head.seq);
  if (stored?.seq === head.seq) expect(stored?.hash).toBe(head.hash);
});

it('changes nothing by GET, HEAD and OPTIONS, whatever they ask for', async () => {
  const { ana, audrey, visitor, running } = world;
  const { body } = await ana.submit(addUser());
  const link = await visitor.link('kim@example.com', body.id);
  await until('the ask to be recorded', 30, async () =>
    (await ana.change(body.id)).timeline.length > 1 ? true : undefined,
  );
  const before = await tableItems(running);
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    for (const path of [
      link,
      `${link}?_method=POST&decision=approve&confirm=payments`,
      `/changes/${body.id}`,
      '/changes',
      '/keys',
      '/health',
    ]) {
      await ana.send(method, path, undefined, { 'x-http-method-override': 'POST' });
    }
  }
  await audrey.get('/audit/events');
  await audrey.get('/keys/alias%2Fpayments/history');
  expect(await tableItems(running)).toEqual(before);
});
