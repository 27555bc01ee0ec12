import { readBody } from '../audit/chain.ts';
import { readNote } from '../audit/checkpoint.ts';
import type { LoggedEntry } from '../audit/verify.ts';
import { putCheckpoint, putEntries } from '../aws/archive.ts';
import { copiedTo, noteCopied } from '../store/archived.ts';
import { readWholeLog } from './wholeLog.ts';

/** Entries of one copy: with both documents of each, at most 3 MB. */
const AT_ONCE = 50;
const DAY = 86_400_000;

/**
 * Copies what has been signed since the last copy to a bucket where nobody can remove it: the entries, as lines of an
 * export, and then each checkpoint that vouches for them. What nobody has signed yet stays. Safe to run at any time and several at
 * once: who comes second puts the same bytes as one more version. Throws when more is said to be copied than the log has.
 *
 * @returns what was copied now, up to where copies lie, and for how many seconds the oldest entry without one has been there
 */
export async function archive(
  now: Date,
): Promise<{ copiedTo: number | null; checkpoints: number; uncoveredSeconds: number }> {
  const until = new Date(now.getTime() + Number(process.env.ARCHIVE_DAYS) * DAY);
  let waiting: LoggedEntry[] = [];
  const copy = async () => {
    const [first, last] = [waiting[0], waiting.at(-1)];
    if (first === undefined || last === undefined) return;
    await putEntries(first.seq, last.seq, waiting.map((entry) => `${JSON.stringify(entry)}\n`).join(''), until);
    waiting = [];
  };
  let checkpoints = 0;
  let copied = await copiedTo();
  let oldest: LoggedEntry | undefined;
  for await (const record of readWholeLog(copied)) {
    if (record.kind === 'entry') {
      waiting.push(record);
      oldest ??= record;
      if (waiting.length === AT_ONCE) await copy();
    } else if (record.kind === 'checkpoint') {
      const { seq } = readNote(record.note) ?? { seq: -1 };
      if (seq < 0) throw new Error('a checkpoint of the table cannot be read');
      await copy();
      await putCheckpoint(seq, record, until);
      await noteCopied(seq);
      copied = seq;
      oldest = undefined;
      checkpoints++;
    } else if (record.kind === 'head' && copied !== undefined && record.seq < copied) {
      throw new Error(`copies are said to lie up to ${copied}, and the log ends at ${record.seq}`);
    }
  }
  const since = oldest === undefined ? now.getTime() : Date.parse(readBody(oldest.body).at);
  const uncoveredSeconds = Math.max(0, Math.round((now.getTime() - since) / 1_000));
  return { copiedTo: copied ?? null, checkpoints, uncoveredSeconds };
}
