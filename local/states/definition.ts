import { createHash } from 'node:crypto';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';

/** What a state of the definition is to the runner. */
export interface StateKind {
  /** As the definition has it: `Wait` stays Wait in the history, though it runs as a task. */
  type: string;
  /** Waits for SendTaskSuccess after its lambda has run. */
  callback: boolean;
}

/** A definition, ready to run. */
export interface Definition {
  /** The text DescribeStateMachine answers with. */
  text: string;
  /** sha256 of the text: which definition an execution began with. */
  revision: string;
  states: Record<string, StateKind>;
  /** Seconds, of the whole execution. */
  timeoutSeconds: number | undefined;
  machine: StateMachine;
}

/** How the runner hands a Task or a Wait to its local handler: the Parameters as written, beside what the state asks of the clock. */
export interface TaskInput {
  Request: { FunctionName?: unknown; Payload?: unknown };
  Seconds?: unknown;
}
export interface WaitInput {
  Seconds?: unknown;
  Timestamp?: unknown;
  Input: unknown;
}

/** The library's own timer cannot be told to start in the past, so it is set to the most setTimeout takes and ours decides. */
export const LIBRARY_TIMEOUT_SECONDS = 2_147_483;

type State = Record<string, unknown> & { Type: string };

const INVOKE = /^arn:aws[a-z-]*:states:::lambda:invoke(\.waitForTaskToken)?$/;
const TYPES = ['Task', 'Wait', 'Choice', 'Pass', 'Succeed', 'Fail'];

/**
 * Makes a definition in Amazon States Language ready for the local runner. Task and Wait states reach it with their times
 * resolved against the state's input, because the library resolves TimeoutSecondsPath against the Parameters instead.
 * Throws when the definition uses what is not run here (Map, Parallel, JSONata, heartbeats, other resources).
 */
export function readDefinition(source: unknown): Definition {
  const text = typeof source === 'string' ? source : JSON.stringify(source, null, 2);
  const definition = JSON.parse(text) as {
    StartAt: string;
    States: Record<string, State>;
    TimeoutSeconds?: number;
    QueryLanguage?: string;
  };
  if ((definition.QueryLanguage ?? 'JSONPath') !== 'JSONPath')
    throw new Error('only the JSONPath query language runs locally');

  const states: Record<string, StateKind> = {};
  const prepared: Record<string, State> = {};
  for (const [name, state] of Object.entries(definition.States)) {
    if (!TYPES.includes(state.Type)) throw new Error(`state ${name}: ${state.Type} states do not run locally`);
    states[name] = { type: state.Type, callback: String(state.Resource).endsWith('.waitForTaskToken') };
    prepared[name] = state.Type === 'Task' ? readTask(name, state) : state.Type === 'Wait' ? readWait(state) : state;
  }
  return {
    text,
    revision: createHash('sha256').update(text).digest('hex'),
    states,
    timeoutSeconds: definition.TimeoutSeconds,
    machine: new StateMachine({ StartAt: definition.StartAt, States: prepared } as unknown as StateMachineDefinition, {
      validationOptions: { noValidate: true },
    }),
  };
}

/** Throws unless the definition is valid Amazon States Language. Takes a fifth of a second: once for each revision is enough. */
export function expectValid({ text }: Definition): void {
  new StateMachine(JSON.parse(text) as StateMachineDefinition);
}

function readTask(name: string, state: State): State {
  if (!INVOKE.test(String(state.Resource)))
    throw new Error(`state ${name}: ${String(state.Resource)} does not run locally`);
  if ('HeartbeatSeconds' in state || 'HeartbeatSecondsPath' in state) {
    throw new Error(`state ${name}: heartbeats do not run locally`);
  }
  const { TimeoutSeconds, TimeoutSecondsPath, Parameters, ...rest } = state;
  return {
    ...rest,
    TimeoutSeconds: LIBRARY_TIMEOUT_SECONDS,
    Parameters: {
      Request: Parameters ?? {},
      ...(TimeoutSeconds === undefined ? {} : { Seconds: TimeoutSeconds }),
      ...(TimeoutSecondsPath === undefined ? {} : { 'Seconds.$': TimeoutSecondsPath }),
    },
  };
}

/** A Wait runs as a task, for only a task can be told at each entry how much of its time is left. */
function readWait(state: State): State {
  const { Seconds, SecondsPath, Timestamp, TimestampPath, ...rest } = state;
  return {
    ...rest,
    Type: 'Task',
    TimeoutSeconds: LIBRARY_TIMEOUT_SECONDS,
    Parameters: {
      ...(Seconds === undefined ? {} : { Seconds }),
      ...(SecondsPath === undefined ? {} : { 'Seconds.$': SecondsPath }),
      ...(Timestamp === undefined ? {} : { Timestamp }),
      ...(TimestampPath === undefined ? {} : { 'Timestamp.$': TimestampPath }),
      'Input.$': '$',
    },
  };
}
