import { randomUUID } from 'node:crypto';
import { answer, demand, Fault, jsonObject } from '../fault.ts';
import type { AwsService, Caller, Invoke } from '../types.ts';
import { type Definition, expectValid, readDefinition } from './definition.ts';
import { type Execution, statusOf } from './execution.ts';
import { historyOf } from './history.ts';
import * as member from './members.ts';
import { run } from './run.ts';
import { type OpenTask, openStore, wellFormedToken } from './store.ts';

export interface StatesOptions {
  /** The journal is `states.jsonl` in it. */
  dataDir: string;
  region: string;
  accountId: string;
  stateMachines: { name: string; arn: string; definition: unknown; roleArn?: string }[];
  /** Key in serverless.yml of each function ARN that the definitions name. */
  functionKeys?: ReadonlyMap<string, string>;
  invoke: Invoke;
}

export interface States extends AwsService {
  /** Goes on with every execution that has not ended, and runs those started from now on. Until then they are only recorded. */
  resume(): void;
}

type Members = Record<string, unknown>;
type Operation = (members: Members, caller: Caller) => unknown;

/**
 * Step Functions on this machine: the wire protocol in front of the definitions, run for real, with every execution in a
 * journal. Throws when a definition is not valid or uses what does not run locally.
 */
export function openStates({ dataDir, region, accountId, stateMachines, functionKeys, invoke }: StatesOptions): States {
  const opened = Date.now();
  const store = openStore(dataDir);
  const machines = new Map(
    stateMachines.map(({ name, arn, definition: source, roleArn }) => {
      const definition = readDefinition(source);
      if (!store.definitions.has(definition.revision)) expectValid(definition);
      return [arn, { name, arn, roleArn: roleArn ?? `arn:aws:iam::${accountId}:role/${name}`, definition }];
    }),
  );
  const runs = new Map<string, () => void>();
  let resumed = false;

  const invokeByName: Invoke = (name, event) => invoke(functionKeys?.get(name) ?? name, event);

  function go(execution: Execution): void {
    const definition = store.definitions.get(execution.revision) as Definition;
    runs.set(
      execution.arn,
      run(store, execution, definition, invokeByName, () => runs.delete(execution.arn)),
    );
  }

  function machineOf(members: Members) {
    const arn = member.arn(members, 'stateMachineArn');
    return { arn, machine: machines.get(arn) };
  }

  function knownMachine(members: Members, caller: Caller, action: string) {
    const { arn, machine } = machineOf(members);
    demand(caller, action, arn);
    if (!machine) throw new Fault('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  function knownExecution(members: Members, caller: Caller, action: string): Execution {
    const arn = member.arn(members, 'executionArn');
    demand(caller, action, arn);
    const execution = store.executions.get(arn);
    if (!execution) throw new Fault('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  function openTask(members: Members, caller: Caller, action: string): OpenTask {
    const token = member.text(members, 'taskToken', { max: 2048 });
    if (!wellFormedToken(token)) throw new Fault('InvalidToken', "Invalid Token: 'Invalid token'");
    const found = store.tasksByToken.get(token);
    if (!found) throw new Fault('TaskDoesNotExist', 'Task does not exist');
    demand(caller, action, found.execution.stateMachineArn);
    if (found.execution.ended || found.task.ended) timedOut();
    return found;
  }

  const operations: Record<string, Operation> = {
    StartExecution(members, caller) {
      const machine = knownMachine(members, caller, 'states:StartExecution');
      const name = member.executionName(members) ?? randomUUID();
      const input = member.executionInput(members);
      const arn = `arn:aws:states:${region}:${accountId}:execution:${machine.name}:${name}`;
      const before = store.executions.get(arn);
      if (before && (before.ended || before.input !== input)) {
        throw new Fault('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
      }
      const execution = before ?? store.start({ arn, name, stateMachineArn: machine.arn, input }, machine.definition);
      if (!before && resumed) go(execution);
      return { executionArn: arn, startDate: execution.startedAt / 1000 };
    },
    DescribeExecution(members, caller) {
      const execution = knownExecution(members, caller, 'states:DescribeExecution');
      const { output, error, cause } = execution.ended ?? {};
      return {
        ...summary(execution),
        input: execution.input,
        inputDetails: { included: true },
        redriveCount: redrives(execution),
        ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      };
    },
    GetExecutionHistory(members, caller) {
      const execution = knownExecution(members, caller, 'states:GetExecutionHistory');
      const roleArn = machines.get(execution.stateMachineArn)?.roleArn ?? '';
      const events = historyOf(execution, { region, roleArn, withData: members.includeExecutionData !== false });
      const reverse = members.reverseOrder === true;
      const { items, nextToken } = member.page(members, reverse ? events.reverse() : events, ({ id }) =>
        reverse ? -id : id,
      );
      return { events: items, nextToken };
    },
    ListExecutions(members, caller) {
      const machine = knownMachine(members, caller, 'states:ListExecutions');
      const status = member.statusFilter(members);
      const list = [...store.executions.values()]
        .map((execution, index) => ({ execution, position: -index }))
        .filter(({ execution: { stateMachineArn } }) => stateMachineArn === machine.arn)
        .filter(({ execution }) => status === undefined || statusOf(execution) === status)
        .reverse();
      const { items, nextToken } = member.page(members, list, ({ position }) => position);
      return { executions: items.map(({ execution }) => summary(execution)), nextToken };
    },
    StopExecution(members, caller) {
      const execution = knownExecution(members, caller, 'states:StopExecution');
      if (!execution.ended) {
        runs.get(execution.arn)?.();
        runs.delete(execution.arn);
        store.record(execution, { type: 'ExecutionAborted', ...member.failure(members) });
      }
      return { stopDate: (execution.ended?.at ?? 0) / 1000 };
    },
    RedriveExecution(members, caller) {
      const execution = knownExecution(members, caller, 'states:RedriveExecution');
      const why = notRedrivable(execution);
      if (why !== undefined) throw new Fault('ExecutionNotRedrivable', why);
      store.record(execution, { type: 'ExecutionRedriven', nth: redrives(execution) + 1 });
      if (resumed) go(execution);
      return { redriveDate: (execution.redrivenAt ?? 0) / 1000 };
    },
    SendTaskSuccess(members, caller) {
      const output = member.taskOutput(members);
      const { execution, state, nth } = openTask(members, caller, 'states:SendTaskSuccess');
      if (!store.endTask(execution, { type: 'TaskSucceeded', state, nth, output })) timedOut();
    },
    SendTaskFailure(members, caller) {
      const { execution, state, nth } = openTask(members, caller, 'states:SendTaskFailure');
      if (!store.endTask(execution, { type: 'TaskFailed', state, nth, ...member.failure(members) })) timedOut();
    },
    SendTaskHeartbeat(members, caller) {
      openTask(members, caller, 'states:SendTaskHeartbeat');
    },
    DescribeStateMachine(members, caller) {
      const { name, arn, roleArn, definition } = knownMachine(members, caller, 'states:DescribeStateMachine');
      return {
        stateMachineArn: arn,
        name,
        roleArn,
        definition: definition.text,
        status: 'ACTIVE',
        type: 'STANDARD',
        creationDate: opened / 1000,
      };
    },
    ListStateMachines(_members, caller) {
      demand(caller, 'states:ListStateMachines', '*');
      const list = [...machines.values()].map(({ name, arn }) => ({ name, stateMachineArn: arn }));
      return { stateMachines: list.map((machine) => ({ ...machine, type: 'STANDARD', creationDate: opened / 1000 })) };
    },
  };

  return {
    handle: ({ operation, body, caller }) =>
      answer('application/x-amz-json-1.0', () => {
        const perform = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
        if (!perform) throw new Fault('UnknownOperationException', `Step Functions has no ${operation} here`);
        return perform(jsonObject(body), caller);
      }),
    resume() {
      resumed = true;
      for (const execution of store.executions.values()) {
        if (!execution.ended && !runs.has(execution.arn)) go(execution);
      }
    },
    async close() {
      resumed = false;
      for (const giveUp of runs.values()) giveUp();
      runs.clear();
    },
  };
}

function summary(execution: Execution): Record<string, unknown> {
  const { arn, stateMachineArn, name, startedAt, ended } = execution;
  return {
    executionArn: arn,
    stateMachineArn,
    name,
    status: statusOf(execution),
    startDate: startedAt / 1000,
    ...(ended ? { stopDate: ended.at / 1000 } : {}),
  };
}

const redrives = ({ events }: Execution): number => events.filter(({ type }) => type === 'ExecutionRedriven').length;

/** Executions can be redriven for 14 days, in the words of AWS's redriveStatusReason. */
const REDRIVABLE_MS = 14 * 24 * 3_600_000;

function notRedrivable(execution: Execution): string | undefined {
  const status = statusOf(execution);
  if (!['FAILED', 'ABORTED', 'TIMED_OUT'].includes(status)) return `Execution is ${status} and cannot be redriven`;
  const over = Date.now() - (execution.ended?.at ?? 0) > REDRIVABLE_MS;
  return over ? 'Execution redrivable period exceeded' : undefined;
}

function timedOut(): never {
  throw new Fault('TaskTimedOut', 'Task Timed Out: the task has ended, or its time is over');
}
