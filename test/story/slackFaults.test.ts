import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startRunning } from '../../local/demo/running.ts';
import { until } from '../../local/demo/visitor.ts';
import { type FaultProxy, startProxy } from '../faults/proxy.ts';
import { SlackSide } from './slackUser.ts';
import { addUser, people, type World } from './system.ts';

const RULES = `approvers:
  security: [sam@example.com, kim@example.com]
slack:
  people: { U0SAM: sam@example.com }
rules:
  - name: brief
    match: { alias: alias/reports }
    quorum: 2
    from: [security]
    expireAfter: PT60S
    remindEvery: PT2S
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
`;

const world = {} as World;
const slack = new SlackSide(world);
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

const decisions = async (id: string) => (await world.ana.change(id)).approval.decisions;

async function asked(key?: string): Promise<{ id: string; value: string; ts: string; channel: string }> {
  const { id } = (await world.ana.submit(addUser(key))).body;
  return { id, ...(await slack.message('U0SAM', id)) };
}

describe('#17 a database that is silent', () => {
  it.each([
    ['taking the request', 'decide dynamodb.TransactWriteItems', 1],
    ['keeping what Slack said of the user', 'decide dynamodb.TransactWriteItems', 2],
    ['recording the decision', 'decide dynamodb.TransactWriteItems', 3],
    ['reading the change', 'decide dynamodb.Query', 1],
  ])('while %s: the answer is there in time, and says that it does not know', async (_, operation, nth) => {
    const { id, value } = await asked();
    proxy.arm();
    const { held, letGo } = proxy.hold({ operation, nth });
    const sending = slack.send(slack.submission('U0SAM', value));
    await held;
    const sent = await sending;
    expect([sent.status, sent.body.view?.title.text]).toEqual([200, 'Not certain yet']);
    expect(sent.ms).toBeLessThan(3_000);
    letGo();
    // What the message then shows is the truth: the decision was on its way, and is there once.
    await world.ana.reaches(id, ['APPLIED']);
    expect(await decisions(id)).toHaveLength(1);
  });

  it('does nothing by a click that is late', async () => {
    const { id, value } = await asked();
    proxy.arm();
    const { held, letGo } = proxy.hold({ operation: 'decide dynamodb.Query', nth: 1 });
    const sending = slack.send(slack.click('U0SAM', value));
    await held;
    const sent = await sending;
    expect([sent.status, sent.body]).toEqual([200, {}]);
    expect(sent.ms).toBeLessThan(3_000);
    letGo();
    expect(await decisions(id)).toEqual([]);
  });
});

describe('a start of the messages that got lost', () => {
  it('is made up for by the sweep', async () => {
    const { id, value, ts } = await asked();
    // The one by the name of the Slack state machine is the only one that this role may start; each try of the SDK fails.
    proxy.arm(
      ...[1, 2, 3, 4].map((nth) => ({ operation: 'decide states.StartExecution', nth, mode: 'fail' as const })),
    );
    await slack.send(slack.submission('U0SAM', value, { decision: 'reject' }));
    expect(await decisions(id)).toHaveLength(1);
    await until('the message to say so', 60, async () => {
      await world.visitor.send('POST', '/local/schedule/sweep');
      return (await slack.calls('chat.update')).find(
        ({ body }) => body.ts === ts && JSON.stringify(body).includes('Rejected'),
      );
    });
  }, 90_000);
});

describe('a reminder', () => {
  it('is a reply under the message, and no second message', async () => {
    proxy.arm();
    const { id, ts, channel } = await asked('alias/reports');
    const reply = await until('a reminder in the thread', 30, async () =>
      (await slack.calls('chat.postMessage')).find(({ body }) => body.thread_ts === ts),
    );
    expect(reply.body).toMatchObject({
      channel,
      text: expect.stringMatching(/^Reminder: this still waits for you, with 0 of 2 approvals\. It closes in /),
    });
    const first = (await slack.calls('chat.postMessage')).filter(
      ({ body }) => JSON.stringify(body.blocks).includes(id) && body.thread_ts === undefined,
    );
    expect(first).toHaveLength(1);
  }, 60_000);
});
