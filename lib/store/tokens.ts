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
