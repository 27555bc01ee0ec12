import { entryHash, genesis, type Head, LOG, readBody } from '../audit/chain.ts';
import { type Checkpoint, checkpointNote, readNote, signedBy } from '../audit/checkpoint.ts';
import { notaryPublicKey, signNote } from '../aws/notary.ts';
import { addCheckpoint, newestCheckpoint } from '../store/checkpoints.ts';
import { logHead, readEntries } from '../store/log.ts';

/** The log is not what the notary has signed before: nothing is signed, and a person must look. */
class NotAnExtension extends Error {
  override name = 'NotAnExtension';
}

/** How often a notary that met another one looks again; each time somebody has signed. */
const TRIES = 60;

/**
 * Signs the log as it stands, when it has grown. What is there must extend the newest checkpoint: that entry unaltered, and
 * each one after it chained to the one before, up to the head. Safe to run at any time and several at once: each ends when
 * what was there as it began is signed, by itself or by another.
 *
 * @throws Error named NotAnExtension when it does not; nothing is signed until a person has found out why
 */
export async function notarise(now: Date): Promise<{ seq: number; signed: boolean }> {
  let due: number | undefined;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const newest = await newestCheckpoint();
    const before = newest === undefined ? undefined : await trusted(newest);
    if (before !== undefined && due !== undefined && before.seq >= due) return { seq: before.seq, signed: false };
    const head = await logHead();
    due ??= head.seq;
    await extend(before ?? genesis(), head);
    if (before !== undefined && before.seq === head.seq) return { seq: head.seq, signed: false };
    // A clock that goes back must not make an honest log look tampered with.
    const time = [now.toISOString(), before?.time ?? ''].sort().at(-1) ?? '';
    const signed = await signNote(checkpointNote({ log: LOG, ...head, time }));
    if (await addCheckpoint({ seq: head.seq, ...signed }, newest)) return { seq: head.seq, signed: true };
    // Another notary was faster, perhaps with a head that was older: then what it has not seen is still to be signed.
  }
  throw new Error('too many notaries at once');
}

async function trusted(newest: { seq: number; note: string; signature: string }): Promise<Checkpoint> {
  const checkpoint = readNote(newest.note);
  if (checkpoint === undefined || checkpoint.log !== LOG || checkpoint.seq !== newest.seq) {
    throw new NotAnExtension(`the newest checkpoint, of ${newest.seq}, is not one`);
  }
  if (!signedBy(await notaryPublicKey())(newest)) {
    throw new NotAnExtension(`the newest checkpoint, of ${newest.seq}, is not signed with our key`);
  }
  return checkpoint;
}

/** Follows the chain from an entry that was signed to the head. */
async function extend(from: Head, head: Head): Promise<void> {
  if (head.seq < from.seq) throw new NotAnExtension(`the head is ${head.seq}, and ${from.seq} were signed`);
  let tail: Head = from;
  let stands = from.seq === 0;
  for await (const page of readEntries(Math.max(from.seq - 1, 0), head.seq)) {
    for (const { seq, hash, body } of page) {
      if (seq === from.seq && hash === from.hash && entryHash(body) === hash) {
        stands = true;
        continue;
      }
      const { prev, seq: own, log } = readBody(body);
      const follows = seq === tail.seq + 1 && own === seq && prev === tail.hash && log === LOG;
      if (!follows || entryHash(body) !== hash) throw new NotAnExtension(`entry ${tail.seq + 1} is not what it was`);
      tail = { seq, hash };
    }
  }
  if (!stands) throw new NotAnExtension(`entry ${from.seq}, which was signed, is gone`);
  if (tail.seq !== head.seq || tail.hash !== head.hash) {
    throw new NotAnExtension(`the head is ${head.seq}, and the chain ends at ${tail.seq}`);
  }
}
