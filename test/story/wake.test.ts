import { expect, it } from 'vitest';
import { useProxiedSystem } from './proxied.ts';
import { addUser, RULES, tableItems } from './system.ts';

const world = useProxiedSystem(RULES);

it('#67 an approval that comes before the task token is stored is kept, and the execution wakes by itself', async () => {
  world.proxy.arm();
  // The state machine has looked, and has not heard the answer yet: it will ask about a change that it believes to wait.
  const look = world.proxy.hold({ operation: 'ask dynamodb.BatchGetItem', nth: 1 });
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
  expect(world.proxy.calls().map(({ operation }) => operation)).not.toContain('sweep states.SendTaskSuccess');
});
