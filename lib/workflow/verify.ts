import { readNote, signedBy } from '../audit/checkpoint.ts';
import { type Verdict, Verification } from '../audit/verify.ts';
import { archiveBucket, newestOutside } from '../aws/archive.ts';
import { notaryPublicKey } from '../aws/notary.ts';
import { readWholeLog } from './wholeLog.ts';

/** What `GET /audit/verify` answers: the verdict, flat. */
export interface VerifiedLog {
  ok: boolean;
  verdict: Verdict['verdict'];
  entries: number;
  checkpoints: number;
  /** The first entry that cannot be trusted; null when none was found. */
  firstBad: number | null;
  why: string | null;
  /** The newest entry that a checkpoint vouches for; null when the verdict is not clean. */
  protectedTo: number | null;
  /** Up to where the newest checkpoint outside reaches; null when none lies there, or it cannot be read. */
  outsideTo: number | null;
  /** Changes whose apply began and has no result. */
  dangling: string[];
  /** The notary's: SubjectPublicKeyInfo, DER, base64. */
  publicKey: string;
}

/** Milliseconds after which an entry must be covered outside: copies are made after each end, and each minute. */
const MAX_AGE = 3_600_000;

/**
 * Verifies the whole log as it is stored, and against the newest checkpoint outside. What cannot be read is never ok: an error
 * of the table or of the bucket, or a log that is too long to be read until the deadline, which an export and `countersign verify` are for.
 *
 * @param deadline milliseconds since 1970
 */
export async function verifyStoredLog(deadline: number, now: () => number = Date.now): Promise<VerifiedLog> {
  const publicKey = await notaryPublicKey();
  const isSigned = signedBy(publicKey);
  const readAt = now();
  // Before the log: what lies outside by now must be in the log by now.
  const outside = await newestOutside(archiveBucket()).then(
    (signed) => ({ signed }),
    (error: Error) => ({ error }),
  );
  const signed = 'signed' in outside ? outside.signed : undefined;
  const verification = new Verification({
    isSigned,
    outside: 'signed' in outside ? { signed, readAt, maxAge: MAX_AGE } : undefined,
  });
  try {
    for await (const record of readWholeLog()) {
      if (!verification.take(record)) break;
      if (now() >= deadline) {
        verification.unreadable(
          'there was no time to read on: export the history and verify it with countersign verify',
        );
        break;
      }
    }
  } catch (error) {
    verification.unreadable(`the log cannot be read (${(error as Error).name})`);
  }
  const outsideTo = signed === undefined || !isSigned(signed) ? null : (readNote(signed.note)?.seq ?? null);
  const verdict = verification.verdict();
  if ('error' in outside && verdict.verdict === 'clean') {
    const why = `the copies outside cannot be read (${outside.error.name})`;
    return { ...flat({ ...verdict, verdict: 'incomplete', why }), outsideTo, publicKey };
  }
  return { ...flat(verdict), outsideTo, publicKey };
}

function flat(verdict: Verdict): Omit<VerifiedLog, 'publicKey' | 'outsideTo'> {
  const { entries, checkpoints } = verdict;
  const none = { firstBad: null, why: null, protectedTo: null, dangling: [] };
  switch (verdict.verdict) {
    case 'clean': {
      const { protectedTo, dangling } = verdict;
      return { ok: true, verdict: 'clean', entries, checkpoints, ...none, protectedTo, dangling };
    }
    case 'tampered': {
      const { firstBad, why } = verdict;
      return { ok: false, verdict: 'tampered', entries, checkpoints, ...none, firstBad, why };
    }
    case 'incomplete':
      return { ok: false, verdict: 'incomplete', entries, checkpoints, ...none, why: verdict.why };
  }
}
