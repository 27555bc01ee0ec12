import { type Address, get, put } from './table.ts';

const tokenAddress = (changeId: string): Address => ({ pk: `CHANGE#${changeId}`, sk: 'TOKEN' });

/** Keeps the task token of the execution that waits for this change; a newer one takes its place. The token has no power: it only wakes. */
export async function storeTaskToken(changeId: string, taskToken: string): Promise<void> {
  await put([{ put: { ...tokenAddress(changeId), taskToken } }]);
}

/** The token to wake the execution of this change with, if it has waited yet. */
export async function readTaskToken(changeId: string): Promise<string | undefined> {
  return (await get(tokenAddress(changeId)))?.taskToken as string | undefined;
}

/** Sort key, beside the change. */
export const EXECUTION = 'EXECUTION';

/** Keeps which execution carries a change, where that is not its first any more. */
export const storeExecution = (changeId: string, executionArn: string): Promise<void> =>
  put([{ put: { pk: `CHANGE#${changeId}`, sk: EXECUTION, executionArn } }]);
