/** What happened in an execution: a line of the journal, and most of them an event of GetExecutionHistory. */
export interface ExecutionEvent {
  /** AWS's HistoryEventType; `WaitScheduled` is ours, and not in the history. */
  type: string;
  /** Epoch milliseconds. */
  at: number;
  state?: string;
  /** Of a task: which scheduling of its state this is, counted from 1 through every entry and retry. Of a redrive: which one. */
  nth?: number;
  /** Of `TaskScheduled`: what SendTaskSuccess names it by. Never in the history. */
  token?: string;
  /** Epoch milliseconds: when a callback times out, or a wait is over. */
  until?: number;
  timeoutSeconds?: number;
  /** JSON texts. */
  input?: string;
  output?: string;
  error?: string;
  cause?: string;
}

/** One scheduling of a Task or Wait state. */
export interface ScheduledTask {
  scheduled: ExecutionEvent;
  /** The lambda of a callback task has come back: what is left is the callback. */
  submitted: boolean;
  ended: ExecutionEvent | undefined;
}

export interface Execution {
  arn: string;
  name: string;
  stateMachineArn: string;
  /** Which definition it began with: an edited one is for later executions. */
  revision: string;
  input: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** When it was last redriven; its timeout counts from there. */
  redrivenAt?: number;
  events: ExecutionEvent[];
  tasks: Map<string, ScheduledTask>;
  /** How often each kind of event was recorded of each state, so that a replay records none again. */
  passed: Map<string, number>;
  ended: ExecutionEvent | undefined;
}

/** `RUNNING` until its last event says otherwise. */
export function statusOf(execution: Execution): string {
  switch (execution.ended?.type) {
    case undefined:
      return 'RUNNING';
    case 'ExecutionSucceeded':
      return 'SUCCEEDED';
    case 'ExecutionAborted':
      return 'ABORTED';
    case 'ExecutionTimedOut':
      return 'TIMED_OUT';
    default:
      return 'FAILED';
  }
}

export function taskKey(state: string, nth: number): string {
  return `${state}#${nth}`;
}

/** Takes an event into an execution. */
export function fold(execution: Execution, event: ExecutionEvent): void {
  execution.events.push(event);
  if (event.type === 'ExecutionRedriven') redrive(execution, event);
  else if (event.state !== undefined && event.nth !== undefined)
    foldTask(execution, event, taskKey(event.state, event.nth));
  else if (event.state !== undefined) {
    const passage = `${event.type} ${event.state}`;
    execution.passed.set(passage, (execution.passed.get(passage) ?? 0) + 1);
  } else if (event.type !== 'ExecutionStarted') execution.ended = event;
}

/**
 * Goes on from the unsuccessful step: that task is scheduled anew, and the token of its last scheduling is dead. What
 * succeeded stays (API reference, RedriveExecution).
 */
function redrive(execution: Execution, event: ExecutionEvent): void {
  execution.ended = undefined;
  execution.redrivenAt = event.at;
  const entered = execution.events.findLast(({ type }) => type.endsWith('StateEntered'))?.state;
  const [key, task] = [...execution.tasks].at(-1) ?? [];
  if (key === undefined || task?.scheduled.state !== entered || task?.ended?.type === 'TaskSucceeded') return;
  if (task !== undefined) task.ended ??= event;
  execution.tasks.delete(key);
}

function foldTask(execution: Execution, event: ExecutionEvent, key: string): void {
  const task = execution.tasks.get(key);
  if (event.type === 'TaskScheduled' || event.type === 'WaitScheduled') {
    execution.tasks.set(key, { scheduled: event, submitted: false, ended: undefined });
  } else if (task && event.type === 'TaskSubmitted') task.submitted = true;
  else if (task && event.type !== 'TaskStarted') task.ended = event;
}
