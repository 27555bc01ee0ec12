import type { Execution, ExecutionEvent } from './execution.ts';

const FULL = { truncated: false };

/**
 * An execution's events as GetExecutionHistory gives them: numbered from 1, oldest first. Inputs and outputs are left out
 * when `withData` is false.
 */
export function historyOf(
  execution: Execution,
  { region, roleArn, withData }: { region: string; roleArn: string; withData: boolean },
): (Record<string, unknown> & { id: number })[] {
  return execution.events
    .filter((event) => event.type !== 'WaitScheduled')
    .map((event, index) => ({
      id: index + 1,
      previousEventId: index,
      timestamp: event.at / 1000,
      type: event.type,
      ...detailsOf(event),
    }));

  function data(name: string, text: string | undefined): Record<string, unknown> {
    return text === undefined || !withData ? {} : { [name]: text, [`${name}Details`]: FULL };
  }

  function detailsOf(event: ExecutionEvent): Record<string, unknown> {
    const { type, state, error, cause } = event;
    const key = `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
    const failure = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
    if (type.endsWith('StateEntered'))
      return { stateEnteredEventDetails: { name: state, ...data('input', event.input) } };
    if (type.endsWith('StateExited'))
      return { stateExitedEventDetails: { name: state, ...data('output', event.output) } };
    if (type === 'ExecutionStarted') return { [key]: { ...data('input', event.input), roleArn } };
    if (type === 'ExecutionRedriven') return { [key]: { redriveCount: event.nth } };
    if (!type.startsWith('Task')) return { [key]: { ...data('output', event.output), ...failure } };
    const resource = { resourceType: 'lambda', resource: resourceOf(execution, event) };
    if (type === 'TaskScheduled') {
      const { timeoutSeconds, input } = event;
      const timeout = timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds };
      return { [key]: { ...resource, region, parameters: withData ? input : '{}', ...timeout } };
    }
    return { [key]: { ...resource, ...data('output', event.output), ...failure } };
  }
}

function resourceOf(execution: Execution, { state, nth }: ExecutionEvent): string {
  const token = execution.tasks.get(`${state}#${nth}`)?.scheduled.token;
  return token === undefined ? 'invoke' : 'invoke.waitForTaskToken';
}
