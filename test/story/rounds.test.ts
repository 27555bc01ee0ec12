import { readFileSync } from 'node:fs';
import { GetExecutionHistoryCommand, type HistoryEvent, SFNClient } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { MOST_TURNS } from '../../lib/workflow/look.ts';
import { until } from '../../local/demo/visitor.ts';
import { addUser, local, useSystem } from './system.ts';

/** What a Standard execution may have at most before it ends with an error. */
const MOST_EVENTS = 25_000;

const world = useSystem({
  rules: `approvers:
  owners: [sam@example.com]
  security: [kim@example.com, lee@example.com]
  chiefs: [cho@example.com]
rules:
  - name: brief
    match: { alias: alias/reports }
    quorum: 1
    from: [security]
    expireAfter: PT10M
  - name: default
    stages:
      - { name: owner, quorum: 1, from: [owners] }
      - { name: security, quorum: 2, from: [security] }
    expireAfter: PT30M
    remindEvery: PT2S
    escalateAfter: PT7S
    escalateTo: [chiefs]
`,
});

/** The events of an execution that has ended, oldest first. */
async function historyOf(executionArn: string): Promise<HistoryEvent[]> {
  const states = new SFNClient({ ...local, endpoint: world.running.aws });
  const events = await until('the execution to end', 60, async () => {
    const { events = [] } = await states.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
    return events.at(-1)?.type?.match(/^Execution(?:Succeeded|Failed)$/) ? events : undefined;
  });
  states.destroy();
  return events;
}

/** The states that were entered, in their order, each with the number of its events: an attempt that was followed by another does not count. */
function entered(events: readonly HistoryEvent[]): { state: string; events: number }[] {
  const found: { state: string; types: string[] }[] = [];
  for (const { type = '', stateEnteredEventDetails } of events) {
    const state = stateEnteredEventDetails?.name;
    if (state !== undefined) found.push({ state, types: [] });
    if (!type.startsWith('Execution')) found.at(-1)?.types.push(type);
  }
  return found.map(({ state, types }) => {
    const [first, last] = [types.indexOf('TaskScheduled'), types.lastIndexOf('TaskScheduled')];
    return { state, events: types.length - (last - first) };
  });
}

/** From one look to the next, and the end behind the last one. */
function turnsOf(events: readonly HistoryEvent[]) {
  const turns: { states: string; events: number }[] = [];
  for (const one of entered(events)) {
    if (one.state === 'Look') turns.push({ states: '', events: 0 });
    const turn = turns.at(-1);
    if (turn === undefined) continue;
    turn.states += `${turn.states === '' ? '' : ' '}${one.state} ${one.events}`;
    turn.events += one.events;
  }
  return turns;
}

const page = (name: string) => readFileSync(name, 'utf8').replace(/\s+/g, ' ');
const numbers = (text: string, pattern: RegExp): number[] => {
  const found = pattern.exec(text);
  if (found === null) throw new Error(`the page does not say ${pattern}`);
  return found.slice(1).map((number) => Number(number.replaceAll(',', '')));
};
const decision = page('docs/decisions/0032-executions-that-end.md');
const [look = 0, choice = 0, ask = 0, remind = 0, turn = 0] = numbers(
  decision,
  /Look (\d+) \+ choice (\d+) \+ Ask (\d+) \+ Remind (\d+) = (\d+) events/,
);

const submitted = async (over: object, key: string): Promise<ChangeView> => {
  const answer = await world.ana.submit({ ...addUser(key), ...over });
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([201, expect.any(String)]);
  return answer.body;
};
const happens = (id: string, type: string, times: number) =>
  until(`${times} times ${type}`, 60, async () => {
    const { timeline } = await world.ana.change(id);
    return timeline.filter((one) => one.type === type).length >= times ? timeline : undefined;
  });

it('a reminder, an escalation and a vote are each at most the turn that the arithmetic says', async () => {
  const change = await submitted({}, 'alias/payments');
  await happens(change.id, 'REMINDED', 2);
  await happens(change.id, 'ESCALATED', 1);
  await world.sam.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
  await until('the second stage to be asked and reminded', 60, async () => {
    const types = (await world.ana.change(change.id)).timeline.map(({ type }) => type);
    const rest = types.slice(types.indexOf('APPROVAL_GIVEN'));
    return rest.includes('ASKED') && rest.includes('REMINDED') ? true : undefined;
  });
  const lee = await world.visitor.as('lee@example.com', 'approvers');
  for (const who of [world.kim, lee]) {
    await who.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
  }
  await world.ana.reaches(change.id, ['APPLIED']);
  const events = await historyOf(change.executionArn);
  const turns = turnsOf(events);
  const whole = `Look ${look} WhereDoesItStand ${choice} Ask ${ask} Remind ${remind}`;
  const end = turns.pop();
  // Two reminders, and one after the vote; a vote that comes while it waits for one ends its turn before the reminder.
  expect(turns.filter(({ states }) => states.includes('Remind')).length).toBeGreaterThanOrEqual(3);
  expect(turns.map(({ states }) => states)).toContain(whole);
  expect(turns.filter((one) => one.events > turn)).toEqual([]);
  expect(end?.states).toContain('Apply');
  // What comes before the first look and behind the last one.
  const rest = (end?.events ?? 0) + events.findIndex(({ stateEnteredEventDetails: one }) => one?.name === 'Look');
  const [least] = numbers(decision, /the end of a change adds fewer than (\d+)/);
  expect(rest).toBeLessThan(least ?? 0);
}, 180_000);

it('the arithmetic of a change that is open for 30 days is made of these turns, and has room', () => {
  expect(look + choice + ask + remind).toBe(turn);
  const [most, plain, worst] = numbers(decision, /(\d+) turns are ([\d,]+) events, ([\d,]+) in the worst case/);
  const [each] = numbers(decision, /= (\d+) when every task is tried nine times/);
  expect([most, plain, worst]).toEqual([MOST_TURNS, MOST_TURNS * turn, MOST_TURNS * (each ?? 0)]);
  const { States } = JSON.parse(readFileSync('statemachine/approval.asl.json', 'utf8')) as {
    States: Record<string, { Retry?: { MaxAttempts: number }[] }>;
  };
  // An attempt that fails is scheduled, started and failed; one of Ask may have been submitted too.
  const retries = { Look: 3, Ask: 4, Remind: 3 };
  const more = Object.entries(retries).map(
    ([state, events]) => events * (States[state]?.Retry?.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0) ?? 0),
  );
  expect(turn + more.reduce((sum, events) => sum + events, 0)).toBeLessThanOrEqual(each ?? 0);
  expect((worst ?? 0) + 200).toBeLessThan(MOST_EVENTS);
  const rows = [...decision.matchAll(/\| [^|]*(?:h|\)) \| ([\d,]+) \| ([\d,]+) \| (\d+) /g)].map((row) =>
    row.slice(1).map((number) => Number(number.replaceAll(',', ''))),
  );
  expect(rows.length).toBeGreaterThanOrEqual(4);
  for (const [turns = 0, events, executions] of rows) {
    expect([turns, events, executions]).toEqual([turns, turns * turn, Math.ceil(turns / MOST_TURNS)]);
  }
  const operations = page('docs/operations.md');
  expect(numbers(operations, /after (\d+) turns, which are ([\d,]+) events, and ([\d,]+) where/)).toEqual([
    most,
    plain,
    worst,
  ]);
  expect(numbers(operations, /every 24 hours is (\d+) events in one execution; every hour, ([\d,]+) in four/)).toEqual([
    30 * turn,
    30 * 24 * turn,
  ]);
});

it('the waiting of a change that is applied for a time is what the operations say', async () => {
  const change = await submitted({ revertAfter: 'PT8S' }, 'alias/reports');
  await world.kim.send('POST', `/changes/${change.id}/decisions`, { decision: 'approve' });
  await world.ana.reaches(change.id, ['REVERTED'], 120);
  const states = entered(await historyOf(change.executionArn));
  const waits = states.findIndex(({ state }) => state === 'Temporary');
  const events = states.slice(waits - 2).reduce((sum, one) => sum + one.events, 0);
  const [, said] = /\| 7 days \| 1 \| (.*?) \|/.exec(page('docs/operations.md')) ?? [];
  const parts = [...(said ?? '').matchAll(/(\w+) (\d+)(?= [+=])/g)].map(([, , number]) => Number(number));
  expect(parts.reduce((sum, number) => sum + number, 0)).toBe(Number(/= (\d+)$/.exec(said ?? '')?.[1]));
  expect(states.slice(waits - 2).map((one) => one.events)).toEqual(parts);
  expect(events).toBe(parts.reduce((sum, number) => sum + number, 0));
}, 240_000);
