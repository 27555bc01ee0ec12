import { LOG } from '../audit/chain.ts';
import { get, transact } from './table.ts';

const COPIED = { pk: `ARCHIVE#${LOG}`, sk: 'COPIED' };

/** Up to which entry the log was copied outside; undefined before the first copy. */
export async function copiedTo(): Promise<number | undefined> {
  const item = await get(COPIED);
  return item === undefined ? undefined : (item.seq as number);
}

/** Notes that everything up to an entry was copied. One that was faster stands. */
export async function noteCopied(seq: number): Promise<void> {
  const condition = { expression: 'attribute_not_exists(pk) OR #seq < :seq', values: { ':seq': seq } };
  await transact([{ put: { ...COPIED, seq }, condition }]);
}
