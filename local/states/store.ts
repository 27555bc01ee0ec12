import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openJournal } from '../journal.ts';
import { type Definition, readDefinition } from './definition.ts';
import { type Execution, type ExecutionEvent, fold, type ScheduledTask, taskKey } from './execution.ts';

type Entry =
  | { definition: string }
  | (ExecutionEvent & { execution: string; name?: string; stateMachineArn?: string; revision?: string });

export interface OpenTask {
  execution: Execution;
  state: string;
  nth: number;
  task: ScheduledTask;
}

/** Every execution there ever was, in memory and, before anybody hears of it, on disk. */
export interface Store {
  /** By ARN, in the order they were started. */
  executions: Map<string, Execution>;
  /** By revision: also those that are no longer current, while an execution may still run them. */
  definitions: Map<string, Definition>;
  tasksByToken: Map<string, OpenTask>;
  start(execution: Pick<Execution, 'arn' | 'name' | 'stateMachineArn' | 'input'>, definition: Definition): Execution;
  record(execution: Execution, event: Omit<ExecutionEvent, 'at'>): void;
  /** Ends a task, once: false when it, or its execution, had ended already. Whoever waits for it in `onTaskEnd` hears of it. */
  endTask(execution: Execution, event: Omit<ExecutionEvent, 'at'> & { state: string; nth: number }): boolean;
  onTaskEnd(execution: Execution, key: string, listener: () => void): void;
}

/** Opens the journal in `dataDir` and folds it. */
export function openStore(dataDir: string): Store {
  const journal = openJournal<Entry>(join(dataDir, 'states.jsonl'));
  const executions = new Map<string, Execution>();
  const definitions = new Map<string, Definition>();
  const tasksByToken = new Map<string, OpenTask>();
  const listeners = new Map<string, () => void>();

  function take(entry: Entry): void {
    if ('definition' in entry) {
      const definition = readDefinition(entry.definition);
      definitions.set(definition.revision, definition);
      return;
    }
    const { execution: arn, name, stateMachineArn, revision, ...event } = entry;
    if (name !== undefined && stateMachineArn !== undefined && revision !== undefined) {
      executions.set(arn, {
        arn,
        name,
        stateMachineArn,
        revision,
        input: event.input ?? '{}',
        startedAt: event.at,
        events: [],
        tasks: new Map(),
        passed: new Map(),
        ended: undefined,
      });
    }
    const execution = executions.get(arn);
    if (!execution) throw new Error(`the journal speaks of ${arn} before its start`);
    fold(execution, event);
    if (event.token !== undefined && event.state !== undefined && event.nth !== undefined) {
      const task = execution.tasks.get(taskKey(event.state, event.nth));
      if (task) tasksByToken.set(event.token, { execution, state: event.state, nth: event.nth, task });
    }
  }

  function append(entry: Entry): void {
    journal.append(entry);
    take(entry);
  }

  for (const entry of journal.read()) take(entry);

  return {
    executions,
    definitions,
    tasksByToken,
    start({ arn, name, stateMachineArn, input }, definition) {
      const { revision } = definition;
      if (!definitions.has(revision)) {
        journal.append({ definition: definition.text });
        definitions.set(revision, definition);
      }
      append({ execution: arn, type: 'ExecutionStarted', at: Date.now(), name, stateMachineArn, revision, input });
      return executions.get(arn) as Execution;
    },
    record(execution, event) {
      append({ ...event, execution: execution.arn, at: Date.now() });
    },
    endTask(execution, event) {
      const key = taskKey(event.state, event.nth);
      if (execution.ended || execution.tasks.get(key)?.ended) return false;
      append({ ...event, execution: execution.arn, at: Date.now() });
      const name = `${execution.arn} ${key}`;
      listeners.get(name)?.();
      listeners.delete(name);
      return true;
    },
    onTaskEnd(execution, key, listener) {
      listeners.set(`${execution.arn} ${key}`, listener);
    },
  };
}

/** A task token in the form that `wellFormedToken` knows. */
export function newToken(): string {
  return `AQC${randomBytes(48).toString('base64url')}`;
}

export function wellFormedToken(token: string): boolean {
  return /^AQC[\w-]{64}$/.test(token);
}
