import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { entryHash, genesis } from '../../lib/audit/chain.ts';
import type { ChangeView } from '../../lib/change/view.ts';
import { type Running, startRunning } from '../../local/demo/running.ts';
import { until, type Visitor } from '../../local/demo/visitor.ts';
import { addUser, people, tableItems, temporaryFolder } from './system.ts';

const ENDS = ['APPLIED', 'STALE', 'REJECTED', 'EXPIRED', 'CANCELLED', 'FAILED', 'UNCERTAIN'];

/** Lines of a journal on disk: seen from outside, without asking the process that is about to be killed. */
const lines = (running: Running, file: string): string[] => {
  const path = join(running.dataDir, file);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
};
const count = (running: Running, file: string, text: string) =>
  lines(running, file).filter((line) => line.includes(text)).length;

/** Ten moments of one story, in its order; each is reached while the requests of the story are still under way. */
const MOMENTS: [string, (running: Running, before: Record<string, number>) => boolean][] = [
  ['as the submit is on its way', () => true],
  ['as the execution is started', (r, b) => lines(r, 'states.jsonl').length > (b.states ?? 0)],
  ['as the first state has begun', (r, b) => lines(r, 'states.jsonl').length > (b.states ?? 0) + 1],
  ['as the task token is made', (r, b) => lines(r, 'states.jsonl').length > (b.states ?? 0) + 2],
  ['as the first mail is out', (r, b) => lines(r, 'ses.jsonl').length > (b.mails ?? 0)],
  ['as the last mail is out', (r, b) => lines(r, 'ses.jsonl').length > (b.mails ?? 0) + 5],
  ['as the decision is on its way', (r, b) => count(r, 'states.jsonl', 'ask') > (b.asked ?? 0)],
  ['as the decision has woken the execution', (r, b) => lines(r, 'states.jsonl').length > (b.states ?? 0) + 5],
  ['as KMS has taken the put', (r, b) => count(r, 'kms.jsonl', 'assumed-role/countersign-local-apply') > (b.puts ?? 0)],
  ['as the result is told', (r, b) => count(r, 'ses.jsonl', 'Applied') > (b.results ?? 0)],
];

it('loses nothing and puts nothing twice, killed at ten moments and started again on the same folder', async () => {
  const dataDir = join(temporaryFolder(), 'data');
  let running = await startRunning(dataDir);
  const told: ChangeView[] = [];
  for (const [moment, reached] of MOMENTS) {
    const { ana, sam, visitor } = await people(running);
    const before = {
      states: lines(running, 'states.jsonl').length,
      mails: lines(running, 'ses.jsonl').length,
      asked: count(running, 'states.jsonl', 'ask'),
      puts: count(running, 'kms.jsonl', 'assumed-role/countersign-local-apply'),
      results: count(running, 'ses.jsonl', 'Applied'),
    };
    const story = (async () => {
      const answer = await ana.submit(addUser('alias/reports'));
      if (answer.status === 201) told.push(answer.body);
      await visitor.link('sam@example.com', answer.body.id);
      await sam.send('POST', `/changes/${answer.body.id}/decisions`, { decision: 'approve' });
    })().catch(() => undefined);
    await until(moment, 60, async () => (reached(running, before) ? true : undefined));
    await running.kill();
    await story;
    running = await startRunning(dataDir);
    await finish(running);
  }

  const { ana, visitor } = await people(running);
  const changes = await everyChange(ana);
  expect(changes.length).toBeGreaterThanOrEqual(told.length);
  for (const { id, after } of told) {
    const change = await ana.change(id);
    expect(ENDS).toContain(change.status);
    expect(change.after).toEqual(after);
  }
  const puts = (await visitor.puts()).filter(({ caller }) => caller.includes('countersign-local-apply'));
  for (const change of changes) {
    const mine = puts.filter(({ sha256 }) => sha256 === change.after.sha256);
    expect([change.status, mine.length]).toEqual(change.status === 'APPLIED' ? ['APPLIED', 1] : [change.status, 0]);
  }
  expect(puts.length).toBeGreaterThanOrEqual(5);
  expect(puts.length).toBe(changes.filter(({ status }) => status === 'APPLIED').length);

  let head = genesis();
  for (const item of (await tableItems(running)).filter(({ pk }) => pk === 'LOG#main')) {
    const { seq, prev } = JSON.parse(String(item.body));
    expect([seq, prev, item.hash]).toEqual([head.seq + 1, head.hash, entryHash(String(item.body))]);
    head = { seq, hash: String(item.hash) };
  }
  expect(await running.stop()).toBe(0);
}, 400_000);

/** Approves what still waits, and lets everything come to its end, with the sweep that runs each minute run now. */
async function finish(running: Running): Promise<void> {
  const { ana, kim } = await people(running);
  await until('every change to end and to be told', 60, async () => {
    const open = (await everyChange(ana)).filter((change) => !change.timeline.some(({ type }) => type === 'CLOSED'));
    if (open.length === 0) return true;
    await ana.send('POST', '/local/schedule/sweep');
    for (const { id, status } of open) {
      if (status === 'PENDING') await kim.send('POST', `/changes/${id}/decisions`, { decision: 'approve' });
    }
    return undefined;
  });
}

async function everyChange(ana: Visitor): Promise<ChangeView[]> {
  const answer = await ana.get<{ changes: { id: string }[] }>('/changes?limit=100');
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([200, expect.any(String)]);
  return Promise.all(answer.body.changes.map(({ id }) => ana.change(id)));
}
