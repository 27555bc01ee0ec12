import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { startRunning } from '../../local/demo/running.ts';
import { type FaultProxy, startProxy } from '../faults/proxy.ts';
import { addUser, people, RULES, tableItems, type World } from './system.ts';

const world = {} as World;
let proxy: FaultProxy;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  writeFileSync(join(folder, 'rules.yml'), RULES);
  proxy = await startProxy();
  const env = { RULES_FILE: join(folder, 'rules.yml'), LAMBDA_ENDPOINT_URL: proxy.url };
  world.running = await startRunning(join(folder, 'data'), env);
  proxy.target = world.running.aws;
  Object.assign(world, await people(world.running));
  return async () => {
    // Its idle connections to the edge would keep the system from ending.
    await proxy.close();
    await world.running.stop();
    rmSync(folder, { recursive: true, force: true });
  };
});

it('#67 an approval that comes before the task token is stored is kept, and the execution wakes by itself', async () => {
  proxy.arm();
  // The state machine has looked, and has not heard the answer yet: it will ask about a change that it believes to wait.
  const look = proxy.hold({ operation: 'ask dynamodb.BatchGetItem', nth: 1 });
  const { body: change } = await world.ana.submit(addUser());
  await look.held;
  const decided = await world.sam.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
  expect(decided.body).toMatchObject({ status: 'APPROVED' });
  const mine = (await tableItems(world.running)).filter(({ pk }) => pk === `CHANGE#${change.id}`);
  expect(mine.map(({ sk }) => sk)).not.toContain('TOKEN');
  look.letGo();
  const applied = await world.ana.reaches(change.id, ['APPLIED']);
  expect(applied.approval.counted).toEqual(['sam@example.com']);
  const puts = (await world.visitor.puts()).filter(({ sha256 }) => sha256 === change.after.sha256);
  expect(puts).toHaveLength(1);
  // Nobody was asked about what was decided, and the sweep had no hand in it.
  expect(applied.timeline.map(({ type }) => type)).not.toContain('ASKED');
  expect(proxy.calls().map(({ operation }) => operation)).not.toContain('sweep states.SendTaskSuccess');
});
