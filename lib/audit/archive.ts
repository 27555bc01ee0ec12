import { type Checkpoint, type IsSigned, readNote, type SignedCheckpoint } from './checkpoint.ts';

const LAST = 999_999_999_999;
const digits = (seq: number) => String(seq).padStart(12, '0');

/** Where the copies of checkpoints lie. */
export const CHECKPOINTS = 'checkpoints/';

/**
 * The name of the copy of a checkpoint. It begins with what is left to the last possible entry: S3 lists names in ascending
 * order, so that the newest is the first (ListObjectsV2).
 */
export const checkpointKey = (seq: number): string => `${CHECKPOINTS}${digits(LAST - seq)}-${digits(seq)}.txt`;

/** The name of the copy of entries, from one up to another. */
export const entriesKey = (from: number, to: number): string => `entries/${digits(from)}-${digits(to)}.ndjson`;

/** A checkpoint as it is copied outside and kept by people: the note, and its signature on a line of its own. */
export const checkpointText = ({ note, signature }: SignedCheckpoint): string => `${note}\nSignature: ${signature}\n`;

/** The newest checkpoint outside of the system, and what is asked of it. */
export interface Outside {
  /** Undefined: nothing lies there. */
  signed: SignedCheckpoint | undefined;
  /** When it was read; before the log was. Milliseconds since 1970. */
  readAt: number;
  /** Milliseconds; an entry that was older than this then must be covered by it. */
  maxAge: number;
}

/** A checkpoint with its signature, found among whatever else a mail or a file says; undefined when there is none. */
export function readCheckpointText(text: string): SignedCheckpoint | undefined {
  const unix = text.replaceAll('\r\n', '\n');
  const [note] = /^countersign-audit\/v1\n(?:.*\n){4}/m.exec(unix) ?? [];
  const signature = /^\s*Signature: ([\w+/]+=*)$/m.exec(unix)?.[1];
  return note === undefined || signature === undefined ? undefined : { note, signature };
}

/** What the notary said outside; `why` when it did not say it. */
export function outsideCheckpoint(
  { signed }: Outside,
  isSigned: IsSigned,
): { checkpoint: Checkpoint | undefined } | { why: string } {
  if (signed === undefined) return { checkpoint: undefined };
  const checkpoint = readNote(signed.note);
  if (checkpoint === undefined || !isSigned(signed))
    return { why: 'the newest checkpoint outside is not signed with this public key' };
  return { checkpoint };
}
