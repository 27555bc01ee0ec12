import { PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import {
  DescribeExecutionCommand,
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { MOST_TURNS } from '../../lib/workflow/look.ts';
import { until } from '../../local/demo/visitor.ts';
import { addUser, kmsOf, local, tableItem, useSystem } from './system.ts';

/** The time of day, UTC, so many hours from now. */
const clock = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);

const world = useSystem({
  rules: `approvers:
  security: [sam@example.com, kim@example.com, lee@example.com]
rules:
  - name: short
    match: { alias: alias/reports }
    quorum: 1
    from: [security]
    expireAfter: PT5S
    remindEvery: PT2S
  - name: loud
    match: { alias: alias/prod/ledger }
    quorum: 1
    from: [security]
    expireAfter: PT10M
    remindEvery: PT1S
  - name: quiet
    match: { alias: alias/partner-exchange }
    quorum: 1
    from: [security]
    expireAfter: PT10M
    remindEvery: PT1S
    quietHours: { timeZone: UTC, from: "${clock(-1)}", to: "${clock(6)}" }
  - name: default
    quorum: 2
    from: [security]
    expireAfter: PT72H
`,
});

let states: SFNClient;
beforeAll(() => {
  states = new SFNClient({ ...local, endpoint: world.running.aws });
  return () => states.destroy();
});

async function submitted(key?: string): Promise<ChangeView> {
  const answer = await world.ana.submit(addUser(key));
  expect(answer.status).toBe(201);
  return answer.body;
}
const approve = (who: 'sam' | 'kim', id: string) =>
  world[who].send<{ status?: string | number; type?: string }>('POST', `/changes/${id}/decisions`, {
    decision: 'approve',
  });
const putsOf = async ({ after }: ChangeView) =>
  (await world.visitor.puts()).filter(({ sha256 }) => sha256 === after.sha256);

/** The task token with which a change waits, other than those that were seen. */
const tokenOf = (id: string, ...seen: string[]) =>
  until(`${id} to wait`, 30, async () => {
    const item = await tableItem(world.running, `CHANGE#${id}`, 'TOKEN');
    return item === undefined || seen.includes(String(item.taskToken)) ? undefined : String(item.taskToken);
  });
const success = (taskToken: string, output: object = {}) =>
  states.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
const statusOf = async (executionArn: string) =>
  (await states.send(new DescribeExecutionCommand({ executionArn }))).status;

describe('#69 a task token in the wrong hands', () => {
  it('old, of another change, or garbage: it wakes or does nothing, and nothing is put', async () => {
    const [change, other] = [await submitted(), await submitted()];
    const old = await tokenOf(change.id);
    const lie = {
      status: 'APPROVED',
      decision: 'approve',
      changeId: other.id,
      policy: '{}',
      Payload: { status: 'APPROVED' },
    };
    await success(old, lie);
    const next = await tokenOf(change.id, old);
    await expect(success(old, lie)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await success(await tokenOf(other.id), { changeId: change.id, status: 'APPROVED' });
    for (const garbage of ['x', 'AQC', `AQC${'A'.repeat(64)}`, `${next.slice(0, -1)}!`]) {
      await expect(success(garbage)).rejects.toMatchObject({
        name: expect.stringMatching(/InvalidToken|TaskDoesNotExist/),
      });
    }
    await states.send(new SendTaskFailureCommand({ taskToken: next, error: 'APPROVED', cause: 'by nobody' }));
    // The failure is tried again by the state machine, with a token of its own.
    await tokenOf(change.id, old, next);
    for (const one of [change, other]) {
      expect((await world.ana.change(one.id)).status).toBe('PENDING');
      expect(await putsOf(one)).toEqual([]);
    }
    await approve('sam', change.id);
    await approve('kim', change.id);
    await world.ana.reaches(change.id, ['APPLIED']);
    expect(await putsOf(change)).toHaveLength(1);
  });
});

describe('#71 other bytes under the same name', () => {
  it('an Idempotency-Key with another body is refused; a new version voids the approval of the old one', async () => {
    const headers = { 'idempotency-key': 'case-71' };
    const { body: change } = await world.ana.submit(addUser(), headers);
    expect((await world.ana.submit(addUser(), headers)).status).toBe(409);
    await approve('sam', change.id);
    const link = await world.visitor.link('kim@example.com', change.id);
    const posted = await world.ana.send<ChangeView>('POST', `/changes/${change.id}/versions`, {
      edits: addUser().edits,
    });
    expect([posted.status, posted.body.approval.decisions]).toEqual([201, []]);
    const { after, before } = change;
    const onOldPage = { decision: 'approve', confirm: 'payments', after: after.sha256, base: before.canonical };
    expect((await world.visitor.decide(link, onOldPage)).status).toBe(404);
    expect((await approve('kim', change.id)).body.status).toBe('PENDING');
    expect((await approve('sam', change.id)).body.status).toBe('APPROVED');
    const applied = await world.ana.reaches(change.id, ['APPLIED']);
    expect([await putsOf(change), (await putsOf(applied)).length]).toEqual([[], 1]);
  });
});

describe('#73 A to B to A outside of the workflow', () => {
  it('the base is what was approved against: it applies', async () => {
    const change = await submitted();
    const put = (Policy: string) =>
      kmsOf(world.running).send(new PutKeyPolicyCommand({ KeyId: change.key.arn, Policy }));
    await put(change.before.document.replace('Enable IAM User Permissions', 'Somebody else'));
    await put(change.before.document);
    await approve('sam', change.id);
    await approve('kim', change.id);
    await world.ana.reaches(change.id, ['APPLIED']);
    expect(await putsOf(change)).toHaveLength(1);
  });
});

describe('#79 RedriveExecution on a change whose time is over', () => {
  it('ends at once as EXPIRED: nobody is asked again, nothing is put', async () => {
    const change = await submitted('alias/reports');
    const { executionArn } = change;
    await tokenOf(change.id);
    await states.send(new StopExecutionCommand({ executionArn }));
    await until('its time to be over', 20, async () => {
      const { body } = await world.sam.send<{ type?: string }>('POST', `/changes/${change.id}/decisions`, {
        decision: 'withdraw',
      });
      return body.type?.endsWith('expired') ? true : undefined;
    });
    const mails = (await world.visitor.mails('sam@example.com')).length;
    await states.send(new RedriveExecutionCommand({ executionArn }));
    await until('the execution to end', 20, async () =>
      (await statusOf(executionArn)) === 'SUCCEEDED' ? true : undefined,
    );
    const { status, timeline } = await world.ana.change(change.id);
    expect([status, timeline.filter(({ type }) => type === 'ASKED').length]).toEqual(['EXPIRED', 1]);
    const since = (await world.visitor.mails('sam@example.com')).slice(mails);
    expect(since.filter(({ Body }) => /\/review\//.test(Body.text_part) && Body.text_part.includes(change.id))).toEqual(
      [],
    );
    expect(await putsOf(change)).toEqual([]);
    await expect(states.send(new RedriveExecutionCommand({ executionArn }))).rejects.toMatchObject({
      name: 'ExecutionNotRedrivable',
    });
  });

  it('and on one that was stopped and rejected meanwhile: it ends as REJECTED', async () => {
    const change = await submitted();
    const { executionArn } = change;
    await tokenOf(change.id);
    await approve('sam', change.id);
    await states.send(new StopExecutionCommand({ executionArn }));
    await world.kim.send('POST', `/changes/${change.id}/decisions`, { decision: 'reject', comment: 'No.' });
    await states.send(new RedriveExecutionCommand({ executionArn }));
    await until('the execution to end', 20, async () =>
      (await statusOf(executionArn)) === 'SUCCEEDED' ? true : undefined,
    );
    expect([(await world.ana.change(change.id)).status, await putsOf(change)]).toEqual(['REJECTED', []]);
  });
});

describe('a change that is looked at again and again', () => {
  it(`is handed on to another execution after ${MOST_TURNS} turns, and applied by that one`, async () => {
    const change = await submitted();
    // A wake while the first mails go out has them sent twice; this is about what comes after.
    await until('the ask to be recorded', 30, async () =>
      (await world.ana.change(change.id)).timeline.some(({ type }) => type === 'ASKED') ? true : undefined,
    );
    let turns = 0;
    let token = '';
    // The first token of the next execution ends the loop; waking that one too does no harm.
    while ((await statusOf(change.executionArn)) === 'RUNNING' && turns <= MOST_TURNS) {
      token = await tokenOf(change.id, token);
      await success(token).catch(() => undefined);
      turns++;
    }
    expect(turns).toBeGreaterThanOrEqual(MOST_TURNS - 1);
    expect(turns).toBeLessThanOrEqual(MOST_TURNS + 1);
    expect(await statusOf(change.executionArn)).toBe('SUCCEEDED');
    const { executionArn } = await world.ana.change(change.id);
    expect(executionArn).toMatch(new RegExp(`:${change.id}-on-\\d+$`));
    expect(await statusOf(executionArn)).toBe('RUNNING');
    expect((await world.ana.change(change.id)).timeline.filter(({ type }) => type === 'ASKED')).toHaveLength(1);
    await approve('sam', change.id);
    await approve('kim', change.id);
    await world.ana.reaches(change.id, ['APPLIED']);
    expect(await putsOf(change)).toHaveLength(1);
  }, 180_000);
});

describe('reminders', () => {
  it('come when they are due, and none in quiet hours', async () => {
    const [loud, quiet] = [await submitted('alias/prod/ledger'), await submitted('alias/partner-exchange')];
    const reminders = async ({ id }: ChangeView) =>
      (await world.ana.change(id)).timeline.filter(({ type }) => type === 'REMINDED').length;
    await world.visitor.link('sam@example.com', quiet.id);
    await until('two reminders', 40, async () => ((await reminders(loud)) >= 2 ? true : undefined));
    expect(await reminders(quiet)).toBe(0);
    await approve('sam', quiet.id);
    await approve('sam', loud.id);
    for (const { id } of [loud, quiet]) await world.ana.reaches(id, ['APPLIED']);
  });
});
