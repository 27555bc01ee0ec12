import { LOG } from '../audit/chain.ts';
import type { SignedCheckpoint } from '../audit/checkpoint.ts';
import { seqText } from './log.ts';
import { type Address, get, type Item, range, transact } from './table.ts';

/** A checkpoint as it lies in the table: under the place that it vouches for. */
export interface StoredCheckpoint extends SignedCheckpoint {
  seq: number;
}

const pk = `CHECKPOINTS#${LOG}`;
const address = (seq: number): Address => ({ pk, sk: seqText(seq) });
const NEWEST: Address = { pk, sk: 'NEWEST' };

const stored = ({ seq, note, signature }: Item): StoredCheckpoint => ({
  seq: seq as number,
  note: note as string,
  signature: signature as string,
});

/** The newest checkpoint, read consistently; undefined before the first. */
export async function newestCheckpoint(): Promise<StoredCheckpoint | undefined> {
  const item = await get(NEWEST);
  return item === undefined ? undefined : stored(item);
}

/** Every checkpoint from one place on, oldest first, read consistently. */
export async function* readCheckpoints(from: number): AsyncGenerator<StoredCheckpoint> {
  const pages = range(pk, seqText(from), seqText(999_999_999_999), ['seq', 'note', 'signature']);
  for await (const page of pages) yield* page.map(stored);
}

/** Stores a checkpoint after the newest one that its notary saw; false when another notary was faster. */
export async function addCheckpoint(
  checkpoint: StoredCheckpoint,
  after: StoredCheckpoint | undefined,
): Promise<boolean> {
  const unmoved =
    after === undefined
      ? { expression: 'attribute_not_exists(pk)' }
      : { expression: '#seq = :seq', values: { ':seq': after.seq } };
  const written = await transact([
    { put: { ...address(checkpoint.seq), ...checkpoint }, condition: { expression: 'attribute_not_exists(pk)' } },
    { put: { ...NEWEST, ...checkpoint }, condition: unmoved },
  ]);
  return written.ok;
}
