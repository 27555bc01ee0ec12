import { signedBy } from '../audit/checkpoint.ts';
import { type Verdict, Verification } from '../audit/verify.ts';
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
  /** Changes whose apply began and has no result. */
  dangling: string[];
  /** The notary's: SubjectPublicKeyInfo, DER, base64. */
  publicKey: string;
}

/**
 * Verifies the whole log as it is stored. What cannot be read is never ok: an error of the table, or a log that is too long
 * to be read until the deadline, which an export and `countersign verify` are for.
 *
 * @param deadline milliseconds since 1970
 */
export async function verifyStoredLog(deadline: number, now: () => number = Date.now): Promise<VerifiedLog> {
  const publicKey = await notaryPublicKey();
  const verification = new Verification({ isSigned: signedBy(publicKey) });
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
  return { ...flat(verification.verdict()), publicKey };
}

function flat(verdict: Verdict): Omit<VerifiedLog, 'publicKey'> {
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
