import { transact } from './table.ts';

/**
 * Takes on to tell how a set ended, for one of its changes. The first that asks has it, and has it again whenever it asks: a
 * crash before it told anybody must not leave everybody untold.
 */
export const takeSetResult = (setId: string, changeId: string): Promise<boolean> => take(setId, changeId, 'RESULT');

/** The same for something that happened to some of its changes: `what`, and when it happened to the last of them. */
export const takeTelling = (setId: string, changeId: string, what: string): Promise<boolean> =>
  take(setId, changeId, `TOLD#${what}`);

async function take(setId: string, changeId: string, sk: string): Promise<boolean> {
  const taken = await transact([
    {
      put: { pk: `SET#${setId}`, sk, by: changeId },
      condition: { expression: 'attribute_not_exists(pk) OR #by = :me', values: { ':me': changeId } },
    },
  ]);
  return taken.ok;
}
