import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { startRunning } from '../../local/demo/running.ts';
import { until } from '../../local/demo/visitor.ts';
import { expectReply } from '../http/replies.ts';
import { addUser, people } from './system.ts';

const rules = (...security: string[]) => `approvers:
  security: [${security.map((name) => `${name}@example.com`).join(', ')}]
freeze:
  - { name: year end, match: { alias: alias/partner-exchange }, from: "2001-01-01T00:00:00Z", to: "2098-01-01T00:00:00Z" }
rules:
  - name: default
    quorum: 2
    from: [security]
    expireAfter: PT72H
`;

it('#75 an approver who left between their approval and the apply does not count: it waits for those who are left, and nothing is put until then', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  const env = { RULES_FILE: join(folder, 'rules.yml') };
  const started = async (...security: string[]) => {
    writeFileSync(env.RULES_FILE, rules(...security));
    const running = await startRunning(join(folder, 'data'), env);
    const world = await people(running);
    const lee = await world.visitor.as('lee@example.com', 'approvers');
    const approve = async (who: typeof lee, id: string) =>
      (await who.send<ChangeView & { type?: string }>('POST', `/changes/${id}/decisions`, { decision: 'approve' }))
        .body;
    const puts = async ({ after }: ChangeView) =>
      (await world.visitor.puts()).filter(({ sha256 }) => sha256 === after.sha256).length;
    return { running, ...world, lee, approve, puts };
  };
  const lapsedOf = ({ timeline }: ChangeView) =>
    timeline.filter(({ type }) => type === 'APPROVALS_LAPSED').map(({ text }) => text);
  const before = await started('sam', 'kim', 'lee');
  const submit = async (key?: string) => {
    const answer = await before.ana.submit(addUser(key));
    expect([answer.status, answer.text.slice(0, 300)]).toEqual([201, expect.any(String)]);
    return answer.body;
  };
  const [change, held] = [await submit(), await submit('alias/partner-exchange')];
  const few = await submit('alias/reports');
  for (const { id } of [change, held, few]) {
    await before.visitor.link('lee@example.com', id);
    await before.approve(before.sam, id);
  }
  expect((await before.approve(before.kim, held.id)).status).toBe('APPROVED');
  await until('ana to know that it is held, so that it rightly waits', 30, async () =>
    (await before.ana.change(held.id)).timeline.some(({ type }) => type === 'HELD_TOLD') ? true : undefined,
  );
  await before.running.stop();

  const after = await started('kim', 'lee');
  try {
    // What nobody can put yet is looked at all the same.
    const waits = await until('the held one to wait for people again', 30, async () => {
      await after.ana.send('POST', '/local/schedule/sweep');
      const now = await after.ana.change(held.id);
      return now.status === 'PENDING' ? now : undefined;
    });
    const lapsed =
      'By the rules file of today the approval of sam@example.com counts no more; it does not name sam@example.com any more. Others are asked.';
    expect([lapsedOf(waits), waits.approval.counted]).toEqual([[lapsed], ['kim@example.com']]);

    const mails = async (who: string, id: string) =>
      (await after.visitor.mails(who)).filter(({ Body }) => Body.text_part.includes(id));
    const [leeBefore, samBefore] = [
      await mails('lee@example.com', change.id),
      await mails('sam@example.com', change.id),
    ];
    await after.approve(after.kim, change.id);
    const again = await until('the change to wait for lee', 30, async () => {
      const now = await after.ana.change(change.id);
      return now.status === 'PENDING' && lapsedOf(now).length === 1 ? now : undefined;
    });
    expect(again.approval).toMatchObject({
      approvers: ['kim@example.com', 'lee@example.com'],
      counted: ['kim@example.com'],
      lapsed: { people: ['sam@example.com'] },
    });
    expectReply('getChange', 200, again);
    expect(await after.puts(change)).toBe(0);
    expect((await after.approve(after.sam, change.id)).type).toBe('urn:countersign:problem:not-an-approver');
    const asked = await until(
      'lee to be asked anew',
      30,
      async () => (await mails('lee@example.com', change.id))[leeBefore.length],
    );
    const words = asked.Body.text_part.replace(/\s+/g, ' ');
    expect(words).toContain(
      'It was approved before. By the rules file of today the approval of sam@example.com counts no more',
    );
    expect(await mails('sam@example.com', change.id)).toHaveLength(samBefore.length);
    const lapseMails = async (id: string) =>
      (await mails('ana@example.com', id)).filter(({ Subject }) => Subject.startsWith('Approved no more:'));
    for (const { id } of [held, change]) {
      await until('its author to be told', 30, async () =>
        (await after.ana.change(id)).timeline.some(({ type }) => type === 'LAPSE_TOLD') ? true : undefined,
      );
      const [mail, ...more] = await lapseMails(id);
      expect(mail?.Body.text_part.replace(/\s+/g, ' ')).toContain(
        'It was approved before. By the rules file of today the approval of sam@example.com counts no more, so it waits again. It has 1 of 2 approvals.',
      );
      expect(more).toEqual([]);
    }
    const tellings = await after.audrey.get<{ events: object[] }>(`/audit/events?change=${change.id}&type=LAPSE_TOLD`);
    expect(tellings.body.events).toMatchObject([{ person: 'countersign', mailed: ['ana@example.com'] }]);
    expectReply('auditEvents', tellings.status, tellings.body);
    const link = /\/review\/[\w-]{43}/.exec(asked.Body.text_part)?.[0] ?? '';
    expect((await after.visitor.get(link)).text).toContain('so it waits again.');
    expect((await after.visitor.decide(link, { decision: 'approve', confirm: 'payments' })).status).toBe(200);
    const applied = await after.ana.reaches(change.id, ['APPLIED']);
    expect([applied.approval.counted, await after.puts(change)]).toEqual([['kim@example.com', 'lee@example.com'], 1]);
    const events = await after.audrey.get<{ events: object[] }>(
      `/audit/events?change=${change.id}&type=APPROVALS_LAPSED`,
    );
    expect(events.body.events).toMatchObject([{ person: 'countersign', people: ['sam@example.com'] }]);
    expectReply('auditEvents', events.status, events.body);
  } finally {
    await after.running.stop();
  }

  // Of those who were to decide about it, only kim is left.
  const last = await started('kim', 'max');
  try {
    await last.approve(last.kim, few.id);
    const failed = await last.ana.reaches(few.id, ['FAILED']);
    expect(failed.outcome).toBe(
      '1 of 2 approvals count today. By the rules file of today that of sam@example.com does not. Too few are left who may approve it.',
    );
    expect([lapsedOf(failed), await last.puts(few)]).toEqual([[], 0]);
    await last.ana.send('POST', '/local/schedule/notarise');
    const dangling: string[] = [];
    expect(await last.audrey.get('/audit/verify')).toMatchObject({ body: { ok: true, dangling } });
  } finally {
    await last.running.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
