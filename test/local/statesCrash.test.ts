import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Invocation } from '../../local/types.ts';
import { ACCOUNT_ID, REGION, sdk } from './support/edge.ts';
import { type Call, type Lambdas, serveLambdas } from './support/lambdas.ts';

const stateMachineArn = `arn:aws:states:${REGION}:${ACCOUNT_ID}:stateMachine:test`;

/** As the approval's: look, ask, remind when nobody answers, look again, apply with a retry, rest, close. */
const definition = ({ backoffSeconds, restSeconds }: { backoffSeconds: number; restSeconds: number }) => ({
  StartAt: 'Look',
  States: {
    Look: {
      ...task('look'),
      ResultSelector: { 'status.$': '$.Payload.status', 'waitSeconds.$': '$.Payload.waitSeconds' },
      ResultPath: '$.change',
      Next: 'Where',
    },
    Where: {
      Type: 'Choice',
      Choices: [{ Variable: '$.change.status', StringEquals: 'PENDING', Next: 'Ask' }],
      Default: 'Apply',
    },
    Ask: {
      ...task('ask', '.waitForTaskToken'),
      TimeoutSecondsPath: '$.change.waitSeconds',
      ResultPath: null,
      Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Remind' }],
      Next: 'Look',
    },
    Remind: { ...task('remind'), ResultPath: null, Next: 'Look' },
    Apply: {
      ...task('apply'),
      ResultPath: null,
      Retry: [{ ErrorEquals: ['LeaseHeld'], IntervalSeconds: backoffSeconds, MaxAttempts: 5, BackoffRate: 1 }],
      Next: 'Rest',
    },
    Rest: { Type: 'Wait', Seconds: restSeconds, Next: 'Close' },
    Close: { ...task('close'), ResultPath: null, End: true },
  },
});

function task(name: string, kind = '') {
  const token = kind === '' ? {} : { 'taskToken.$': '$$.Task.Token' };
  return {
    Type: 'Task',
    Resource: `arn:aws:states:::lambda:invoke${kind}`,
    Parameters: { FunctionName: name, Payload: { 'id.$': '$.id', ...token } },
  };
}

let folder: string;
let aslFile: string;
let child: ChildProcess | undefined;
let client: SFNClient;
let lambdas: Lambdas;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'states-crash-'));
  aslFile = join(folder, 'asl.json');
  writeFileSync(aslFile, JSON.stringify(definition({ backoffSeconds: 1, restSeconds: 1 })));
});

afterEach(async () => {
  await kill();
  await lambdas.close();
  rmSync(folder, { recursive: true });
});

async function boot(): Promise<void> {
  const script = join(import.meta.dirname, 'support/statesProcess.ts');
  child = spawn(process.execPath, [script, join(folder, 'data'), lambdas.url, aslFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  client = new SFNClient(sdk(line.toString().trim()));
}

async function kill(): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  client.destroy();
}

async function start(): Promise<string> {
  const command = new StartExecutionCommand({ stateMachineArn, name: 'one', input: '{"id":"a"}' });
  return (await client.send(command)).executionArn ?? '';
}

function until(
  executionArn: string,
  condition: (described: DescribeExecutionCommandOutput, types: (string | undefined)[]) => void,
): Promise<void> {
  return vi.waitFor(
    async () => {
      const described = await client.send(new DescribeExecutionCommand({ executionArn }));
      const { events } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
      condition(described, events?.map(({ type }) => type) ?? []);
    },
    { timeout: 20_000, interval: 10 },
  );
}

const untilEnded = (arn: string) => until(arn, ({ status }) => expect(status).toBe('SUCCEEDED'));

/** The story: nobody answers the first question in `patience` seconds, somebody the second; the first apply finds the lease held. */
function story(call: Call, calls: Call[], patience = 1): Invocation {
  const before = (name: string) => calls.filter((other) => other !== call && other.name === name).length;
  switch (call.name) {
    case 'look':
      return {
        ok: true,
        payload: { status: decided ? 'APPROVED' : 'PENDING', waitSeconds: before('remind') === 0 ? patience : 3600 },
      };
    case 'apply':
      return before('apply') === 0
        ? { ok: false, errorType: 'LeaseHeld', errorMessage: 'held' }
        : { ok: true, payload: { status: 'APPLIED' } };
    default:
      return { ok: true, payload: null };
  }
}

let decided = false;
const names = (calls: Call[]) => calls.map(({ name }) => name);
const WHOLE = ['look', 'ask', 'remind', 'look', 'ask', 'look', 'apply', 'apply', 'close'];

describe('kill -9 of Step Functions', () => {
  beforeEach(() => {
    decided = false;
  });

  it.each(WHOLE.map((name, index) => ({ name, nth: index + 1 })))(
    'while invocation $nth, $name, is under way: it alone runs again, and the execution reaches its end',
    async ({ nth }) => {
      // The question that is killed must still be open at the next start, so that one is answered.
      const firstAnswered = nth === 2;
      const calls: Call[] = [];
      lambdas = await serveLambdas((call, index) => {
        // The answer to the one that is killed never comes.
        if (index === nth) return new Promise(() => {});
        calls.push(call);
        return story(call, calls, firstAnswered ? 3600 : 1);
      });
      await boot();
      const executionArn = await start();
      const question = firstAnswered ? 3 : nth <= 5 ? 6 : 5;
      const approve = async () => {
        const { event } = await lambdas.called(question);
        decided = true;
        await client.send(new SendTaskSuccessCommand({ taskToken: String(event.taskToken), output: '{}' }));
      };
      if (question < nth) await approve();
      const killed = await lambdas.called(nth);
      await kill();
      await boot();
      if (question > nth) await approve();
      await untilEnded(executionArn);

      expect(names(calls)).toEqual(firstAnswered ? ['look', 'ask', 'look', 'apply', 'apply', 'close'] : WHOLE);
      expect(lambdas.calls[nth]).toEqual(killed);
    },
  );

  it('after StartExecution has answered: the execution is there and runs', async () => {
    decided = true;
    const calls: Call[] = [];
    lambdas = await serveLambdas((call) => {
      calls.push(call);
      return story(call, calls);
    });
    await boot();
    const executionArn = await start();
    await kill();
    await boot();
    expect(await start()).toBe(executionArn);
    await untilEnded(executionArn);
    expect(names(calls).filter((name) => name === 'close')).toHaveLength(1);
  });

  it('between the question and the answer: nobody is asked again, and the token of before still counts', async () => {
    const calls: Call[] = [];
    lambdas = await serveLambdas((call) => {
      calls.push(call);
      if (call.name === 'look')
        return { ok: true, payload: { status: decided ? 'APPROVED' : 'PENDING', waitSeconds: 3600 } };
      return story(call, calls);
    });
    await boot();
    const executionArn = await start();
    const { event } = await lambdas.called(2);
    await until(executionArn, (_, types) => expect(types).toContain('TaskSubmitted'));
    for (const _ of [1, 2, 3]) {
      await kill();
      await boot();
    }
    decided = true;
    await client.send(new SendTaskSuccessCommand({ taskToken: String(event.taskToken), output: '{}' }));
    // Answered is durable: the next process knows it without being told.
    await kill();
    await boot();
    await untilEnded(executionArn);
    const told = names(calls).filter((name) => name === 'ask');
    expect(told).toHaveLength(1);
  });

  it('over the time of a question, and in a backoff: what is left of the clock counts, and the history has nothing twice', async () => {
    const calls: Call[] = [];
    // Nobody waits out this backoff: a retry that a restart finds waiting is due at once.
    writeFileSync(aslFile, JSON.stringify(definition({ backoffSeconds: 600, restSeconds: 3 })));
    lambdas = await serveLambdas((call) => {
      calls.push(call);
      return story(call, calls, 3);
    });
    await boot();
    const executionArn = await start();
    await until(executionArn, (_, types) => expect(types).toContain('TaskSubmitted'));
    const askedAt = Date.now();
    await kill();
    // The time of the question goes by while nothing runs.
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(askedAt + 3000), { timeout: 10_000 });
    await boot();
    const second = await lambdas.called(5);
    decided = true;
    await client.send(new SendTaskSuccessCommand({ taskToken: String(second.event.taskToken), output: '{}' }));
    await until(executionArn, (_, types) => expect(types).toContain('TaskFailed'));
    await kill();
    await boot();
    await until(executionArn, (_, types) => expect(types).toContain('WaitStateEntered'));
    await kill();
    await boot();
    await untilEnded(executionArn);
    expect(names(calls)).toEqual(WHOLE);
    const { events } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    const counts = (type: string) => events?.filter((event) => event.type === type).length;
    expect(counts('TaskStateEntered')).toBe(8);
    expect(counts('TaskStateExited')).toBe(8);
    expect(counts('ChoiceStateEntered')).toBe(3);
    expect(counts('TaskScheduled')).toBe(9);
    expect(counts('WaitStateEntered')).toBe(1);
    expect(counts('ExecutionSucceeded')).toBe(1);
  });
});
