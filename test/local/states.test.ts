import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Edge } from '../../local/edge.ts';
import { openStates, type States } from '../../local/states/open.ts';
import type { Invocation, Invoke } from '../../local/types.ts';
import { ACCOUNT_ID, edgeWith, REGION, sdk } from './support/edge.ts';

const stateMachineArn = `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:test`;
const approval = JSON.parse(readFileSync(join(import.meta.dirname, '../../statemachine/approval.asl.json'), 'utf8'));

type Asl = Record<string, unknown>;

const invokeTask = (name: string, more: Asl = {}): Asl => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: { 'Fn::GetAtt': [name, 'Arn'] }, Payload: { 'id.$': '$.id' } },
  ...more,
});
const callbackTask = (name: string, more: Asl = {}): Asl => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Parameters: { FunctionName: name, Payload: { 'id.$': '$.id', 'taskToken.$': '$$.Task.Token' } },
  ...more,
});
const machine = (States: Record<string, Asl>, more: Asl = {}): Asl => ({
  StartAt: Object.keys(States)[0],
  States,
  ...more,
});

let dataDir: string;
let states: States | undefined;
let edge: Edge | undefined;
let client: SFNClient;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'states-'));
});

afterEach(async () => {
  await shut();
  vi.useRealTimers();
  rmSync(dataDir, { recursive: true });
});

async function shut(): Promise<void> {
  client?.destroy();
  await edge?.close();
  await states?.close();
}

const succeed: Invoke = async (_name, event) => ({ ok: true, payload: event });

async function open(definition: unknown, invoke: Invoke = succeed): Promise<void> {
  states = openStates({
    dataDir,
    region: REGION,
    accountId: ACCOUNT_ID,
    stateMachines: [{ name: 'test', arn: stateMachineArn, definition }],
    functionKeys: new Map([['arn:aws:lambda:us-east-1:111122223333:function:deployed-look', 'look']]),
    invoke,
  });
  edge = await edgeWith({ states });
  client = new SFNClient(sdk(edge.url));
  states.resume();
}

async function start(input: unknown = { id: 'a' }, name = 'one'): Promise<string> {
  const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
  return (await client.send(command)).executionArn ?? '';
}

async function end(executionArn: string): Promise<DescribeExecutionCommandOutput> {
  return vi.waitFor(
    async () => {
      const described = await client.send(new DescribeExecutionCommand({ executionArn }));
      expect(described.status).not.toBe('RUNNING');
      return described;
    },
    { timeout: 10_000, interval: 10 },
  );
}

async function history(executionArn: string): Promise<HistoryEvent[]> {
  return (await client.send(new GetExecutionHistoryCommand({ executionArn }))).events ?? [];
}

const types = (events: HistoryEvent[]) => events.map(({ type }) => type);

/** The token of the nth invocation of a callback task. */
function tokens(): { invoke: Invoke; nth(n: number): Promise<string>; seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    invoke: async (_name, event) => {
      const { taskToken } = event as { taskToken?: string };
      if (taskToken) seen.push(taskToken);
      return { ok: true, payload: null };
    },
    nth: (n) =>
      vi.waitFor(() => {
        expect(seen.length).toBeGreaterThanOrEqual(n);
        return seen[n - 1] as string;
      }),
  };
}

describe('the approval state machine', () => {
  it('asks, is answered, applies through a held lease, and closes', async () => {
    const status = { a: 'PENDING' };
    const calls: string[] = [];
    const asked = tokens();
    await open(approval, async (name, event): Promise<Invocation> => {
      calls.push(name);
      if (name === 'look') return { ok: true, payload: { status: status.a, waitSeconds: 3600, turn: 1 } };
      if (name === 'apply') {
        const held = calls.filter((call) => call === 'apply').length === 1;
        return held
          ? { ok: false, errorType: 'LeaseHeld', errorMessage: 'another run holds the key' }
          : { ok: true, payload: { status: 'APPLIED', turn: 1 } };
      }
      return asked.invoke(name, event);
    });
    const executionArn = await start({ changeId: 'a' });
    const taskToken = await asked.nth(1);
    status.a = 'APPROVED';
    await client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));

    expect(await end(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(calls).toEqual(['look', 'ask', 'look', 'apply', 'apply', 'close', 'notarise', 'archive']);
    const events = await history(executionArn);
    expect(types(events)).toEqual([
      'ExecutionStarted',
      ...['PassStateEntered', 'PassStateExited'],
      ...['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited'],
      ...['ChoiceStateEntered', 'ChoiceStateExited'],
      ...['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded', 'TaskStateExited'],
      ...['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited'],
      ...['ChoiceStateEntered', 'ChoiceStateExited'],
      ...['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskFailed', 'TaskScheduled', 'TaskStarted'],
      ...['TaskSucceeded', 'TaskStateExited', 'ChoiceStateEntered', 'ChoiceStateExited'],
      ...['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited'],
      ...['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited'],
      ...['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited'],
      ...['ChoiceStateEntered', 'ChoiceStateExited', 'SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded'],
    ]);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
    expect(JSON.stringify(events)).not.toContain(taskToken);
    expect(readFileSync(join(dataDir, 'states.jsonl'), 'utf8')).toContain(taskToken);
  });

  it('reminds when nobody answers in time, and asks again with another token', async () => {
    const calls: string[] = [];
    const asked = tokens();
    await open(approval, async (name, event) => {
      calls.push(name);
      if (name !== 'look') return asked.invoke(name, event);
      const looks = calls.filter((call) => call === 'look').length;
      return { ok: true, payload: { status: looks < 3 ? 'PENDING' : 'EXPIRED', waitSeconds: 1, turn: looks } };
    });
    const executionArn = await start({ changeId: 'a' });
    expect(await end(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    expect(calls).toEqual(['look', 'ask', 'remind', 'look', 'ask', 'remind', 'look', 'close', 'notarise', 'archive']);
    expect(new Set(asked.seen).size).toBe(2);
    expect(types(await history(executionArn)).filter((type) => type === 'TaskTimedOut')).toHaveLength(2);
    const late = new SendTaskSuccessCommand({ taskToken: asked.seen[0], output: '{}' });
    await expect(client.send(late)).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });
});

describe('tasks', () => {
  it('wraps what the lambda returns as lambda:invoke does, and names functions by ARN too', async () => {
    const names: string[] = [];
    const byArn = invokeTask('look', { End: true });
    byArn.Parameters = {
      FunctionName: 'arn:aws:lambda:us-east-1:111122223333:function:deployed-look',
      Payload: { n: 1 },
    };
    await open(machine({ Look: byArn }), async (name, event) => {
      names.push(name);
      return { ok: true, payload: event };
    });
    const { output } = await end(await start());
    expect(JSON.parse(output ?? '')).toEqual({ ExecutedVersion: '$LATEST', Payload: { n: 1 }, StatusCode: 200 });
    expect(names).toEqual(['look']);
  });

  it('fails with the error type of the lambda when nobody retries or catches it', async () => {
    await open(machine({ Look: invokeTask('look', { End: true }) }), async () => ({
      ok: false,
      errorType: 'Broken',
      errorMessage: 'it is',
    }));
    const { status, error, cause } = await end(await start());
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'Broken' });
    expect(JSON.parse(cause ?? '')).toEqual({ errorType: 'Broken', errorMessage: 'it is' });
  });

  it('does not take a timeout for a failed task: States.TaskFailed leaves it to States.Timeout', async () => {
    const slow = invokeTask('slow', {
      TimeoutSeconds: 1,
      Retry: [{ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 3 }],
      Catch: [
        { ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' },
        { ErrorEquals: ['States.Timeout'], Next: 'Right', ResultPath: '$.error' },
      ],
      End: true,
    });
    let calls = 0;
    await open(machine({ Slow: slow, Right: { Type: 'Succeed' }, Wrong: { Type: 'Fail', Error: 'Wrong' } }), () => {
      calls++;
      return new Promise(() => {});
    });
    const { status, output } = await end(await start());
    expect(status).toBe('SUCCEEDED');
    expect(JSON.parse(output ?? '')).toMatchObject({ error: { Error: 'States.Timeout' } });
    expect(calls).toBe(1);
  });

  it('gives a callback what SendTaskSuccess and SendTaskFailure say, once', async () => {
    const asked = tokens();
    const caught = { ErrorEquals: ['Declined'], ResultPath: '$.error', Next: 'Again' };
    await open(
      machine({
        Ask: callbackTask('ask', { Catch: [caught], Next: 'Again' }),
        Again: callbackTask('ask', { ResultPath: '$.answer', End: true }),
      }),
      asked.invoke,
    );
    const executionArn = await start();
    const first = await asked.nth(1);
    await client.send(new SendTaskHeartbeatCommand({ taskToken: first }));
    await client.send(new SendTaskFailureCommand({ taskToken: first, error: 'Declined', cause: 'no' }));
    const second = await asked.nth(2);
    await client.send(new SendTaskSuccessCommand({ taskToken: second, output: '{"yes":true}' }));
    const { output } = await end(executionArn);
    expect(JSON.parse(output ?? '')).toEqual({
      id: 'a',
      error: { Error: 'Declined', Cause: 'no' },
      answer: { yes: true },
    });
    for (const taskToken of [first, second]) {
      await expect(client.send(new SendTaskSuccessCommand({ taskToken, output: '1' }))).rejects.toMatchObject({
        name: 'TaskTimedOut',
      });
      await expect(client.send(new SendTaskHeartbeatCommand({ taskToken }))).rejects.toMatchObject({
        name: 'TaskTimedOut',
      });
    }
  });

  it('takes an answer that comes before the lambda has returned', async () => {
    let taskToken = '';
    await open(machine({ Ask: callbackTask('ask', { End: true }) }), async (_name, event) => {
      taskToken = (event as { taskToken: string }).taskToken;
      await client.send(new SendTaskSuccessCommand({ taskToken, output: '"early"' }));
      return { ok: false, errorType: 'TooLate', errorMessage: 'nobody hears this' };
    });
    expect(await end(await start())).toMatchObject({ status: 'SUCCEEDED', output: '"early"' });
  });

  it('refuses tokens that are malformed, unknown, or whose output is not JSON', async () => {
    const asked = tokens();
    await open(machine({ Ask: callbackTask('ask', { End: true }) }), asked.invoke);
    await start();
    const known = await asked.nth(1);
    const unknown = `${known.slice(0, -4)}AAAA`;
    const send = (taskToken: string, output: string) => client.send(new SendTaskSuccessCommand({ taskToken, output }));
    await expect(send('nonsense', '{}')).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(send(unknown, '{}')).rejects.toMatchObject({ name: 'TaskDoesNotExist' });
    await expect(send(known, '{')).rejects.toMatchObject({ name: 'InvalidOutput' });
  });
});

describe('time', () => {
  it('waits longer than setTimeout can, and times out on the day', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.UTC(2026, 0, 1) });
    const asked = tokens();
    const ask = callbackTask('ask', {
      TimeoutSeconds: 60 * 86_400,
      Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Rest' }],
      End: true,
    });
    const days = (count: number) => vi.advanceTimersByTimeAsync(count * 86_400_000);
    states = openStates({
      dataDir,
      region: REGION,
      accountId: ACCOUNT_ID,
      stateMachines: [
        {
          name: 'test',
          arn: stateMachineArn,
          definition: machine({ Ask: ask, Rest: { Type: 'Wait', Seconds: 30 * 86_400, End: true } }),
        },
      ],
      invoke: asked.invoke,
    });
    states.resume();
    const caller = { arn: 'a', principal: 'a', accountId: ACCOUNT_ID, allows: () => true };
    const call = async (operation: string, members: unknown) => {
      const body = Buffer.from(JSON.stringify(members));
      const response = await states?.handle({ method: 'POST', path: '/', headers: {}, body, operation, caller });
      return JSON.parse(String(response?.body)) as Record<string, unknown>;
    };
    const { executionArn } = await call('StartExecution', { stateMachineArn, name: 'long', input: '{"id":"a"}' });
    const seen = async () => {
      const { events } = (await call('GetExecutionHistory', { executionArn })) as { events: { type: string }[] };
      return events.map(({ type }) => type);
    };
    await days(59);
    expect(await seen()).not.toContain('TaskTimedOut');
    await days(2);
    expect(await seen()).toContain('TaskTimedOut');
    await days(28);
    expect(await call('DescribeExecution', { executionArn })).toMatchObject({ status: 'RUNNING' });
    await days(2);
    expect(await call('DescribeExecution', { executionArn })).toMatchObject({ status: 'SUCCEEDED' });
    // Three runs of at most 20 days each have replayed it: the lambda ran once, and each event is there once.
    expect(asked.seen).toHaveLength(1);
    expect(await seen()).toEqual([
      ...['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskTimedOut'],
      ...['TaskStateExited', 'WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded'],
    ]);
  });

  it('ends an execution that runs longer than its definition allows', async () => {
    await open(machine({ Rest: { Type: 'Wait', Seconds: 3600, End: true } }, { TimeoutSeconds: 1 }));
    expect(await end(await start())).toMatchObject({ status: 'TIMED_OUT' });
  });
});

describe('executions', () => {
  const rest = machine({ Rest: { Type: 'Wait', Seconds: 3600, End: true } });
  const pass = machine({ Done: { Type: 'Pass', End: true } });

  it('are started once by name: again the same while open, refused for another input or once closed', async () => {
    await open(rest);
    const send = (input: string, name = 'one') =>
      client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
    const first = await send('{"id":1}');
    const again = await send('{"id":1}');
    expect([again.executionArn, again.startDate]).toEqual([first.executionArn, first.startDate]);
    await expect(send('{"id":2}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    const stopped = await client.send(
      new StopExecutionCommand({ executionArn: first.executionArn, error: 'Enough', cause: 'of it' }),
    );
    expect(stopped.stopDate).toBeInstanceOf(Date);
    await expect(send('{"id":1}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    expect(await end(first.executionArn ?? '')).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'of it' });
  });

  it('are redriven from the unsuccessful step, with a token of its own; those that succeeded or run are not', async () => {
    const asked = tokens();
    let broken = true;
    const invoke: Invoke = async (name, event) => {
      if (name === 'ask') return asked.invoke(name, event);
      return name === 'last' && broken
        ? { ok: false, errorType: 'Broken', errorMessage: '' }
        : { ok: true, payload: name };
    };
    const definition = machine({
      First: invokeTask('first', { ResultPath: null, Next: 'Ask' }),
      Ask: callbackTask('ask', { ResultPath: null, Next: 'Last' }),
      Last: invokeTask('last', { End: true }),
    });
    await open(definition, invoke);
    const executionArn = await start();
    const redrive = () => client.send(new RedriveExecutionCommand({ executionArn }));
    const old = await asked.nth(1);
    await expect(redrive()).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
    await client.send(new StopExecutionCommand({ executionArn }));
    expect((await redrive()).redriveDate).toBeInstanceOf(Date);
    const next = await asked.nth(2);
    const success = (taskToken: string) => client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));
    await expect(success(old)).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await success(next);
    expect(await end(executionArn)).toMatchObject({ status: 'FAILED', error: 'Broken' });
    broken = false;
    // The journal alone knows of it after a restart.
    await shut();
    await open(definition, invoke);
    await redrive();
    expect(await end(executionArn)).toMatchObject({ status: 'SUCCEEDED', redriveCount: 2 });
    await expect(redrive()).rejects.toMatchObject({ name: 'ExecutionNotRedrivable' });
    const names = types(await history(executionArn));
    expect(names.filter((type) => type === 'ExecutionRedriven')).toHaveLength(2);
    expect(names.filter((type) => type === 'TaskScheduled')).toHaveLength(5);
  });

  it('are refused for a bad name, input, ARN or machine', async () => {
    await open(rest);
    const send = (members: object) =>
      client.send(new StartExecutionCommand({ stateMachineArn, input: '{}', ...members }));
    for (const name of ['a b', 'a/b', 'a:b', 'a*', 'a"b', 'a\u0007', 'a\uD800']) {
      await expect(send({ name }), JSON.stringify(name)).rejects.toMatchObject({ name: 'InvalidName' });
    }
    for (const name of ['', 'a'.repeat(81)])
      await expect(send({ name })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(send({ name: `${'a'.repeat(78)}-.` })).resolves.toBeDefined();
    await expect(send({ input: '{' })).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
    await expect(send({ stateMachineArn: 'test' })).rejects.toMatchObject({ name: 'InvalidArn' });
    await expect(send({ stateMachineArn: `${stateMachineArn}s` })).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
    await expect(
      client.send(new DescribeExecutionCommand({ executionArn: `${stateMachineArn}:x` })),
    ).rejects.toMatchObject({
      name: 'ExecutionDoesNotExist',
    });
    const denied = new SFNClient(sdk(edge?.url ?? '', 'DENIED'));
    await expect(denied.send(new StartExecutionCommand({ stateMachineArn }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    denied.destroy();
  });

  it('are listed newest first, by status, in pages that nothing started meanwhile disturbs', async () => {
    await open(rest);
    for (const name of ['one', 'two', 'three', 'four']) await start({}, name);
    await client.send(
      new StopExecutionCommand({ executionArn: `arn:aws:states:${REGION}:${ACCOUNT_ID}:execution:test:two` }),
    );
    const list = async (members: object) => {
      const { executions, nextToken } = await client.send(new ListExecutionsCommand({ stateMachineArn, ...members }));
      return { names: executions?.map(({ name }) => name), nextToken };
    };
    const first = await list({ maxResults: 3 });
    expect(first.names).toEqual(['four', 'three', 'two']);
    await start({}, 'five');
    expect(await list({ nextToken: first.nextToken })).toEqual({ names: ['one'], nextToken: undefined });
    expect((await list({ statusFilter: 'ABORTED' })).names).toEqual(['two']);
    expect((await list({ statusFilter: 'RUNNING', maxResults: 2 })).names).toEqual(['five', 'four']);
    await expect(list({ nextToken: 'junk' })).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('show their history backwards and in pages', async () => {
    await open(pass);
    const executionArn = await start();
    await end(executionArn);
    const page = (members: object) => client.send(new GetExecutionHistoryCommand({ executionArn, ...members }));
    const first = await page({ reverseOrder: true, maxResults: 3 });
    expect(types(first.events ?? [])).toEqual(['ExecutionSucceeded', 'PassStateExited', 'PassStateEntered']);
    const { events, nextToken } = await page({ reverseOrder: true, nextToken: first.nextToken });
    expect(events).toEqual([
      expect.objectContaining({ id: 1, type: 'ExecutionStarted', executionStartedEventDetails: expect.anything() }),
    ]);
    expect(nextToken).toBeUndefined();
    expect(JSON.stringify(await page({ includeExecutionData: false }))).not.toContain('"input"');
  });

  it('go on with the definition they began with, while the next ones take the edited one', async () => {
    const asked = tokens();
    await open(
      machine({ Ask: callbackTask('ask', { ResultPath: null, Next: 'Old' }), Old: { Type: 'Fail', Error: 'Old' } }),
      asked.invoke,
    );
    const executionArn = await start({ id: 'a' }, 'before');
    const taskToken = await asked.nth(1);
    await shut();
    await open(pass, asked.invoke);
    await client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));
    expect(await end(executionArn)).toMatchObject({ status: 'FAILED', error: 'Old' });
    expect(await end(await start({}, 'after'))).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('state machines', () => {
  it('are described and listed', async () => {
    const definition = machine({ Done: { Type: 'Pass', End: true } });
    await open(definition);
    const described = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    expect(JSON.parse(described.definition ?? '')).toEqual(definition);
    const { stateMachines } = await client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toEqual([expect.objectContaining({ stateMachineArn, name: 'test', type: 'STANDARD' })]);
  });

  it.each([
    ['not valid', machine({ Done: { Type: 'Pass' } })],
    ['a Map', machine({ Each: { Type: 'Map', Iterator: machine({ Done: { Type: 'Pass', End: true } }), End: true } })],
    ['a heartbeat', machine({ Ask: callbackTask('ask', { HeartbeatSeconds: 5, End: true }) })],
    ['another service', machine({ Put: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true } })],
  ])('are refused at the start when their definition is, or has, %s', (_what, definition) => {
    const stateMachines = [{ name: 'test', arn: stateMachineArn, definition }];
    const openIt = () => openStates({ dataDir, region: REGION, accountId: ACCOUNT_ID, stateMachines, invoke: succeed });
    expect(openIt).toThrow();
  });
});
