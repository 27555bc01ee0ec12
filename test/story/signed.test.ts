import { GetExecutionHistoryCommand, SFNClient } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { until } from '../../local/demo/visitor.ts';
import { useProxiedSystem } from './proxied.ts';
import { addUser, local, RULES, tableItem } from './system.ts';

/** Every end has the notary sign up to it, by itself: nobody asks the notary here, and its schedule is not waited for. */
const world = useProxiedSystem(RULES);
const MACHINE = 'arn:aws:states:us-east-1:111122223333:execution:countersign-local-approval';

/** Up to where the notary said, when the execution of a change asked it after its end, that the history is signed. */
async function signedBy(id: string): Promise<number> {
  const states = new SFNClient({ ...local, endpoint: world.running.aws });
  const command = new GetExecutionHistoryCommand({ executionArn: `${MACHINE}:${id}`, maxResults: 1000 });
  const output = await until(`the execution of ${id} to have it signed`, 60, async () => {
    const { events = [] } = await states.send(command);
    const entered = events.findIndex(({ stateEnteredEventDetails: entered }) => entered?.name === 'Notarise');
    const answer = events.slice(entered).find(({ type }) => type === 'TaskSucceeded' || type === 'TaskStateExited');
    return entered < 0 ? undefined : answer;
  });
  states.destroy();
  expect(output.type).toBe('TaskSucceeded');
  const { Payload } = JSON.parse(output.taskSucceededEventDetails?.output ?? '{}') as { Payload: { seq: number } };
  return Payload.seq;
}

async function closedAt(id: string): Promise<number> {
  const { body } = await world.audrey.get<{ events: { seq: number }[] }>(`/audit/events?change=${id}&type=CLOSED`);
  return body.events[0]?.seq ?? Number.POSITIVE_INFINITY;
}

const newest = async () => Number((await tableItem(world.running, 'CHECKPOINTS#main', 'NEWEST'))?.seq ?? -1);
const submitted = async () => (await world.ana.submit(addUser('alias/reports'))).body.id;
const reject = (id: string) => world.sam.send('POST', `/changes/${id}/decisions`, { decision: 'reject' });

it('of many that end at once each is signed by its own end', async () => {
  world.proxy.arm();
  const ids: string[] = [];
  for (let i = 0; i < 10; i++) ids.push(await submitted());
  const answers = await Promise.all(ids.map(reject));
  expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
  for (const id of ids) expect(await signedBy(id)).toBeGreaterThanOrEqual(await closedAt(id));
  expect(await newest()).toBeGreaterThanOrEqual(Math.max(...(await Promise.all(ids.map(closedAt)))));
  expect(await world.audrey.get('/audit/verify')).toMatchObject({ body: { ok: true } });
});

it('is signed although the history goes on, and another notary is faster, while KMS signs', async () => {
  const [one, two] = [await submitted(), await submitted()];
  world.proxy.arm();
  const slow = world.proxy.hold({ operation: 'notarise kms.Sign', nth: 1 });
  await reject(one);
  await slow.held;
  await reject(two);
  expect(await signedBy(two)).toBeGreaterThanOrEqual(await closedAt(two));
  slow.letGo();
  expect(await signedBy(one)).toBeGreaterThanOrEqual(await closedAt(one));
  expect(await newest()).toBeGreaterThanOrEqual(await closedAt(two));
  expect(await world.audrey.get('/audit/verify')).toMatchObject({ body: { ok: true } });
});

it('is signed when KMS fails so often that the notary gives up: the state machine asks it again', async () => {
  const id = await submitted();
  world.proxy.arm(...[1, 2, 3, 4].map((nth) => ({ operation: 'notarise kms.Sign', nth, mode: 'fail' as const })));
  await reject(id);
  expect(await signedBy(id)).toBeGreaterThanOrEqual(await closedAt(id));
  expect(world.proxy.happened()).toHaveLength(4);
});
