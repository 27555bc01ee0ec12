import { describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import type { SetView } from '../../lib/workflow/set.ts';
import { until } from '../../local/demo/visitor.ts';
import { expectReply } from '../http/replies.ts';
import { SlackSide } from './slackUser.ts';
import { addUser, useSystem } from './system.ts';

const FREEZE = { from: '2001-01-01T00:00:00Z', to: '2098-01-01T06:00:00Z' };

const world = useSystem({
  rules: `approvers:
  security: [sam@example.com, kim@example.com]
freeze:
  - { name: year end, match: { alias: "alias/pa*" }, from: "${FREEZE.from}", to: "${FREEZE.to}" }
slack:
  channel: C0123456789
  people: { U0SAM: sam@example.com }
rules:
  - name: default
    quorum: 1
    from: [security]
    expireAfter: PT72H
`,
});
const slack = new SlackSide(world);

const SENTENCE = 'Approved, and held by the freeze year end until Wed 1 Jan 2098, 06:00 UTC: it is applied then.';

async function submitted(over: object = {}, key = 'alias/payments'): Promise<ChangeView> {
  const answer = await world.ana.submit({ ...addUser(key), ...over });
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([201, expect.any(String)]);
  return answer.body;
}

const says = (id: string, decision: string) =>
  world.sam.send<ChangeView>('POST', `/changes/${id}/decisions`, { decision });

const toldOf = (id: string, times: number) =>
  until(`ana to be told ${times} times that it is held`, 30, async () => {
    const { timeline } = await world.ana.change(id);
    return timeline.filter(({ type }) => type === 'HELD_TOLD').length === times ? timeline : undefined;
  });

const mailsOf = async (id: string) =>
  (await world.visitor.mails('ana@example.com')).filter(
    ({ Subject, Body }) => Subject === 'Approved, and held: key policy of payments' && Body.text_part.includes(id),
  );

describe('an approved change that a freeze holds', () => {
  it('says by what and until when: in the API, on the page, in Slack, and to its author once', async () => {
    const change = await submitted();
    const { ts } = await slack.message('U0SAM', change.id);
    const link = await world.visitor.link('sam@example.com', change.id);
    expect(change.held).toBeUndefined();
    const { body: approved } = await says(change.id, 'approve');
    const held = { by: 'the freeze year end', until: '2098-01-01T06:00:00.000Z', applyBy: '2098-01-01T07:00:00.000Z' };
    expect(approved).toMatchObject({ status: 'APPROVED', held });

    const answer = await world.ana.get<ChangeView>(`/changes/${change.id}`);
    expect(answer.body.held).toEqual(held);
    expectReply('getChange', answer.status, answer.body);
    const list = await world.ana.get<{ changes: ChangeView[] }>('/changes?status=APPROVED');
    expect(list.body.changes.find(({ id }) => id === change.id)?.held).toEqual(held);
    expectReply('listChanges', list.status, list.body);

    const page = (await world.visitor.get(link)).text.replace(/<[^>]+>/g, '');
    expect(page).toContain(SENTENCE);
    expect(page).toContain('Approved, and held');
    const shown = await until('the message in Slack to say so', 30, async () =>
      (await slack.calls('chat.update')).findLast(
        ({ body }) => body.ts === ts && JSON.stringify(body.blocks).includes(SENTENCE),
      ),
    );
    expect(JSON.stringify(shown.body.blocks)).toContain('Key policy of payments: approved, and held');

    await toldOf(change.id, 1);
    for (let sweep = 0; sweep < 2; sweep++) await world.ana.send('POST', '/local/schedule/sweep');
    const [mail, ...more] = await mailsOf(change.id);
    expect([mail?.Body.text_part.replace(/\s+/g, ' '), more]).toEqual([expect.stringContaining(SENTENCE), []]);
    const events = await world.audrey.get<{ events: object[] }>(`/audit/events?change=${change.id}&type=HELD_TOLD`);
    expect(events.body.events).toMatchObject([{ by: held.by, until: held.until, mailed: ['ana@example.com'] }]);
    expectReply('auditEvents', events.status, events.body);

    // It waits for people again, and is held anew when they approve it anew.
    expect((await says(change.id, 'withdraw')).body.held).toBeUndefined();
    await says(change.id, 'approve');
    await toldOf(change.id, 2);
    expect(await mailsOf(change.id)).toHaveLength(2);
    await world.ana.send('POST', `/changes/${change.id}/cancel`);
  });

  it('is another than one that waits for the time that its author asked for', async () => {
    const applyAfter = new Date(Date.now() + 86_400_000).toISOString();
    const change = await submitted({ applyAfter }, 'alias/reports');
    const { body } = await says(change.id, 'approve');
    expect(body.held).toMatchObject({ by: 'applyAfter', until: applyAfter });
    const timeline = await toldOf(change.id, 1);
    expect(timeline.at(-1)?.text).toBe(`Held until ${applyAfter}; authors told, by mail: ana@example.com.`);
    await world.ana.send('POST', `/changes/${change.id}/cancel`);
  });

  it('with others of its set is one mail about all of them, and each has its own fact', async () => {
    const keys = ['alias/partner-exchange', 'alias/payments'];
    const { key: _, ...shared } = addUser();
    const set = await world.ana.send<SetView>('POST', '/sets', { ...shared, keys });
    expect([set.status, set.body.askedAsOne]).toEqual([201, true]);
    const ids = set.body.changes.map(({ id }) => id);
    const before = (await world.visitor.mails('ana@example.com')).length;
    await world.sam.send('POST', `/sets/${set.body.id}/decisions`, { decision: 'approve' });
    for (const id of ids) await toldOf(id, 1);
    for (let sweep = 0; sweep < 2; sweep++) await world.ana.send('POST', '/local/schedule/sweep');
    for (const id of ids) await toldOf(id, 1);
    const [mail, ...more] = (await world.visitor.mails('ana@example.com')).slice(before);
    expect([mail?.Subject, more]).toEqual(['Approved, and held: 2 key policies, partner-exchange and payments', []]);
    const words = mail?.Body.text_part.replace(/\s+/g, ' ') ?? '';
    expect(words.split(SENTENCE)).toHaveLength(3);
    for (const part of [...ids, set.body.id, 'Each key is changed by itself']) expect(words).toContain(part);
    for (const id of ids) await world.ana.send('POST', `/changes/${id}/cancel`);
  });

  it('and what came of it verifies', async () => {
    await world.ana.send('POST', '/local/schedule/notarise');
    expect(await world.audrey.get('/audit/verify')).toMatchObject({ body: { ok: true, dangling: [] } });
  });
});
