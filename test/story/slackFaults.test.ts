import { describe, expect, it } from 'vitest';
import { until } from '../../local/demo/visitor.ts';
import { useProxiedSystem } from './proxied.ts';
import { SlackSide } from './slackUser.ts';
import { addUser } from './system.ts';

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

const world = useProxiedSystem(RULES);
const slack = new SlackSide(world);

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
    world.proxy.arm();
    const { held, letGo } = world.proxy.hold({ operation, nth });
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
    world.proxy.arm();
    const { held, letGo } = world.proxy.hold({ operation: 'decide dynamodb.Query', nth: 1 });
    const sending = slack.send(slack.click('U0SAM', value));
    await held;
    const sent = await sending;
    expect([sent.status, sent.body]).toEqual([200, {}]);
    expect(sent.ms).toBeLessThan(3_000);
    letGo();
    expect(await decisions(id)).toEqual([]);
  });

  it.each(['click', 'submission'] as const)('refuses a %s of another workspace all the same', async (kind) => {
    const { id, value } = await asked();
    world.proxy.arm();
    const { held, letGo } = world.proxy.hold({ operation: 'decide dynamodb.TransactWriteItems', nth: 1 });
    const over = { team: { id: 'T0OTHER' } };
    const payload = kind === 'click' ? slack.click('U0SAM', value, over) : slack.submission('U0SAM', value, {}, over);
    const sending = slack.send(payload);
    await held;
    expect((await sending).status).toBe(403);
    letGo();
    expect(await decisions(id)).toEqual([]);
  });
});

describe('a start of the messages that got lost', () => {
  it('is made up for by the sweep', async () => {
    const { id, value, ts } = await asked();
    // The one by the name of the Slack state machine is the only one that this role may start; each try of the SDK fails.
    world.proxy.arm(
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
    world.proxy.arm();
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
