import { transact } from './table.ts';

/**
 * Takes on to tell how a set ended, for one of its changes. The first that asks has it, and has it again whenever it asks: a
 * crash before it told anybody must not leave everybody untold.
 */
export async function takeSetResult(setId: string, changeId: string): Promise<boolean> {
  const taken = await transact([
    {
      put: { pk: `SET#${setId}`, sk: 'RESULT', by: changeId },
      condition: { expression: 'attribute_not_exists(pk) OR #by = :me', values: { ':me': changeId } },
    },
  ]);
  return taken.ok;
}
