import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { ExecutionError, type RunOptions, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { Invoke } from '../types.ts';
import type { Definition, TaskInput, WaitInput } from './definition.ts';
import { type Execution, type ExecutionEvent, taskKey } from './execution.ts';
import { newToken, type Store } from './store.ts';
import { at } from './timer.ts';

type Json = Parameters<StateMachine['run']>[0];
type Handler = (input: Json) => Promise<Json>;
type TaskEvent = Omit<ExecutionEvent, 'at'> & { state: string; nth: number };

/** Stands in a state's input where `$$.Task.Token` was: the library's context object is one for the whole run, a token is not. */
const TOKEN = `task-token-${randomUUID()}`;

/** The library's task timer, LIBRARY_TIMEOUT_SECONDS, must never fire: a run this old is given up and replayed. */
const LONGEST_RUN = 20 * 24 * 60 * 60 * 1000;

/**
 * Runs an execution from its beginning: what its journal already knows is answered from there, with the clock standing
 * still, and what is new is recorded before the library sees it. Calls `onEnd` when the execution has ended.
 * Returns how to give the run up, which leaves the execution as its journal has it.
 */
export function run(
  store: Store,
  execution: Execution,
  definition: Definition,
  invoke: Invoke,
  onEnd: () => void,
): () => void {
  let giveUp = replay();

  function replay(): () => void {
    let stopped = false;
    const cancels = new Set<() => void>();
    const scheduled = new Map<string, number>();
    const passed = new Map<string, number>();

    function timer(time: number, work: () => void): () => void {
      const cancel = at(time, () => {
        cancels.delete(cancel);
        work();
      });
      cancels.add(cancel);
      return () => {
        cancel();
        cancels.delete(cancel);
      };
    }

    /** The next scheduling of a state, after the library's own events up to here have been recorded. */
    async function schedule(state: string): Promise<{ nth: number; key: string }> {
      const nth = (scheduled.get(state) ?? 0) + 1;
      scheduled.set(state, nth);
      await setImmediate();
      if (stopped) await never();
      return { nth, key: taskKey(state, nth) };
    }

    /** Resolves when the task has ended, in this run or before it. */
    async function untilEnded(key: string): Promise<ExecutionEvent> {
      if (!execution.tasks.get(key)?.ended) {
        await new Promise<void>((resolve) => store.onTaskEnd(execution, key, resolve));
      }
      if (stopped) await never();
      return execution.tasks.get(key)?.ended as ExecutionEvent;
    }

    async function wait(state: string, input: WaitInput): Promise<Json> {
      const { nth, key } = await schedule(state);
      if (!execution.tasks.has(key))
        store.record(execution, { type: 'WaitScheduled', state, nth, until: endOfWait(input) });
      const until = execution.tasks.get(key)?.scheduled.until ?? 0;
      if (until > Date.now()) await new Promise<void>((resolve) => timer(until, resolve));
      return input.Input as Json;
    }

    async function task(state: string, callback: boolean, input: TaskInput): Promise<Json> {
      const { nth, key } = await schedule(state);
      if (!execution.tasks.has(key)) store.record(execution, scheduledEvent(state, nth, callback, input));
      const known = execution.tasks.get(key);
      let callOffDeadline = () => {};
      if (known && !known.ended) {
        const { FunctionName, Payload } = withToken(input.Request, known.scheduled.token);
        const name = functionName(FunctionName);
        if (callback && known.scheduled.until !== undefined) deadline(known.scheduled.until);
        if (!known.submitted) {
          store.record(execution, { type: 'TaskStarted', state, nth });
          // A lambda that was lost with the process starts anew, and so does its time.
          if (!callback && known.scheduled.timeoutSeconds !== undefined) {
            deadline(Date.now() + known.scheduled.timeoutSeconds * 1000);
          }
          if (!known.ended) void call(name, Payload ?? {});
        }
      }
      const ended = await untilEnded(key);
      callOffDeadline();
      return resultOf(ended);

      function deadline(time: number): void {
        const timeOut = () => end({ type: 'TaskTimedOut', state, nth, error: 'States.Timeout' });
        if (time <= Date.now()) timeOut();
        else callOffDeadline = timer(time, timeOut);
      }

      async function call(name: string, payload: unknown): Promise<void> {
        const result = await invoke(name, payload).catch((error: unknown) => ({
          ok: false as const,
          errorType: 'Lambda.Unknown',
          errorMessage: String(error),
        }));
        if (stopped || execution.ended || known?.ended) return;
        if (!result.ok) {
          const { errorType, errorMessage } = result;
          end({ type: 'TaskFailed', state, nth, error: errorType, cause: JSON.stringify({ errorType, errorMessage }) });
          return;
        }
        const output = JSON.stringify({ ExecutedVersion: '$LATEST', Payload: result.payload ?? null, StatusCode: 200 });
        if (callback) store.record(execution, { type: 'TaskSubmitted', state, nth, output });
        else end({ type: 'TaskSucceeded', state, nth, output });
      }
    }

    function end(event: TaskEvent): void {
      if (!stopped) store.endTask(execution, event);
    }

    const context = {
      Execution: { Id: execution.arn, Name: execution.name, StartTime: new Date(execution.startedAt).toISOString() },
      StateMachine: { Id: execution.stateMachineArn },
      Task: { Token: TOKEN },
    };
    const taskResourceLocalHandlers: Record<string, Handler> = {};
    const retryIntervalOverrides: Record<string, number> = {};
    for (const [name, { type, callback }] of Object.entries(definition.states)) {
      if (type === 'Wait') taskResourceLocalHandlers[name] = (input) => wait(name, input as unknown as WaitInput);
      if (type !== 'Task') continue;
      taskResourceLocalHandlers[name] = (input) => task(name, callback, input as unknown as TaskInput);
      // A retry that the journal knows of was waited for already; one cut short by a restart is due at once.
      Object.defineProperty(retryIntervalOverrides, name, {
        get: () =>
          (execution.tasks.get(taskKey(name, scheduled.get(name) ?? 0))?.ended?.at ?? 0) < startedAt ? 0 : undefined,
      });
    }
    const startedAt = Date.now();
    const options = { context, overrides: { taskResourceLocalHandlers, retryIntervalOverrides } } satisfies RunOptions;
    const running = definition.machine.run(JSON.parse(execution.input) as Json, options);
    const outcome = running.result.then(
      (output) => ({ type: 'ExecutionSucceeded', output: JSON.stringify(output) }),
      (error: unknown) => ({ type: 'ExecutionFailed', ...reason(error) }),
    );

    async function follow(): Promise<void> {
      for await (const event of running.eventLogs) {
        if (stopped) return;
        if (event.type !== 'StateEntered' && event.type !== 'StateExited') continue;
        const state = event.state.name;
        const type = `${definition.states[state]?.type}${event.type}`;
        const times = (passed.get(`${type} ${state}`) ?? 0) + 1;
        passed.set(`${type} ${state}`, times);
        if (times <= (execution.passed.get(`${type} ${state}`) ?? 0)) continue;
        const { input, output } = event.state;
        store.record(
          execution,
          event.type === 'StateEntered'
            ? { type, state, input: JSON.stringify(input) }
            : { type, state, output: JSON.stringify(output) },
        );
      }
      const end = await outcome;
      if (stopped) return;
      stop();
      store.record(execution, end);
      onEnd();
    }

    function stop(): void {
      stopped = true;
      for (const cancel of cancels) cancel();
      running.abort();
    }

    if (definition.timeoutSeconds !== undefined) {
      timer((execution.redrivenAt ?? execution.startedAt) + definition.timeoutSeconds * 1000, () => {
        stop();
        store.record(execution, { type: 'ExecutionTimedOut' });
        onEnd();
      });
    }
    timer(startedAt + LONGEST_RUN, () => {
      stop();
      giveUp = replay();
    });
    void follow();
    return stop;
  }

  return () => giveUp();
}

function scheduledEvent(state: string, nth: number, callback: boolean, input: TaskInput): Omit<ExecutionEvent, 'at'> {
  const timeoutSeconds = input.Seconds === undefined ? undefined : positive(input.Seconds, 'TimeoutSeconds');
  const event = { type: 'TaskScheduled', state, nth, input: JSON.stringify(withToken(input.Request, '(task token)')) };
  return {
    ...event,
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(callback ? { token: newToken() } : {}),
    ...(callback && timeoutSeconds !== undefined ? { until: Date.now() + timeoutSeconds * 1000 } : {}),
  };
}

function withToken(request: TaskInput['Request'], token: string | undefined): TaskInput['Request'] {
  const text = JSON.stringify(request);
  if (token === undefined && text.includes(TOKEN))
    throw runtimeError('only a .waitForTaskToken task has a $$.Task.Token');
  return JSON.parse(text.replaceAll(TOKEN, token ?? '')) as TaskInput['Request'];
}

/** `ask` of `{"Fn::GetAtt": ["ask", "Arn"]}`, or what stands there once that is resolved: a name or an ARN. */
function functionName(name: unknown): string {
  if (typeof name === 'string') return name;
  const [logical] = (name as { 'Fn::GetAtt'?: string[] } | undefined)?.['Fn::GetAtt'] ?? [];
  if (logical === undefined) throw runtimeError('FunctionName is missing');
  return logical;
}

function endOfWait({ Seconds, Timestamp }: WaitInput): number {
  if (Timestamp === undefined) return Date.now() + (Seconds === 0 ? 0 : positive(Seconds, 'Seconds')) * 1000;
  const time = Date.parse(String(Timestamp));
  if (Number.isNaN(time)) throw runtimeError(`Timestamp is not a timestamp: ${JSON.stringify(Timestamp)}`);
  return time;
}

function positive(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw runtimeError(`${field} is not a positive integer: ${JSON.stringify(value)}`);
}

function resultOf(ended: ExecutionEvent): Json {
  if (ended.type === 'TaskTimedOut') throw new StatesTimeoutError();
  if (ended.type === 'TaskSucceeded') return JSON.parse(ended.output ?? 'null') as Json;
  throw Object.assign(new Error(ended.cause ?? ''), { name: ended.error ?? 'States.TaskFailed' });
}

/** Neither Retry nor Catch sees it (Amazon States Language, States.Runtime): the definition is at fault. */
function runtimeError(cause: string): Error {
  return Object.assign(new Error(cause), { name: 'States.Runtime', isRetryable: false, isCatchable: false });
}

function reason(error: unknown): { error: string; cause: string } {
  const { name, message } = (error instanceof ExecutionError ? error.cause : error) as Error;
  return { error: name, cause: message };
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** The library tells a timeout from a failed task by its class, which it does not export: only a task that times out shows it. */
const StatesTimeoutError = await timeoutClass();

async function timeoutClass(): Promise<new () => Error> {
  const task = { Type: 'Task', Resource: 'never', TimeoutSeconds: 0.001, End: true };
  const machine = new StateMachine({ StartAt: 'T', States: { T: task } } as unknown as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  });
  const { result } = machine.run({}, { overrides: { taskResourceLocalHandlers: { T: never } } });
  const error = await result.then(
    () => undefined,
    (failed: Error) => failed.cause,
  );
  if (!(error instanceof Error) || error.name !== 'States.Timeout')
    throw new Error('aws-local-stepfunctions times out otherwise');
  return error.constructor as new () => Error;
}
