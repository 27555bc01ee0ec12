import { SendTaskSuccessCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';

const client = new SFNClient({
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
});
const stateMachineArn = process.env.STATE_MACHINE_ARN ?? '';

/**
 * Starts the approval of a change; its name is the change's id, so that starting it twice is starting it once. `ended`:
 * an execution of this name was there before and is over.
 */
export async function startApproval(changeId: string, name: string = changeId): Promise<'running' | 'ended'> {
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify({ changeId }) }));
    return 'running';
  } catch (error) {
    if ((error as Error).name === 'ExecutionAlreadyExists') return 'ended';
    throw error;
  }
}

/** Starts the execution that brings the Slack messages of a change up to date. Started twice, the second finds nothing to do. */
export async function startSlack(changeId: string): Promise<void> {
  const machine = process.env.SLACK_STATE_MACHINE_ARN ?? '';
  await client.send(new StartExecutionCommand({ stateMachineArn: machine, input: JSON.stringify({ changeId }) }));
}

/** Errors that mean: nobody waits on this token any more. */
const NOBODY_WAITS = new Set(['TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken']);

/** Wakes the execution that waits on this token. It carries nothing: the state machine looks into the table. False when nobody waits. */
export async function wake(taskToken: string): Promise<boolean> {
  try {
    await client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));
    return true;
  } catch (error) {
    if (NOBODY_WAITS.has((error as Error).name)) return false;
    throw error;
  }
}
