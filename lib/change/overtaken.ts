import type { Change } from './change.ts';
import type { Event } from './facts.ts';

/** What moved the policy of a key. */
export interface Moved {
  /** Canonical hashes on which a change may still wait: the live policy, and what is known to have been put last. */
  bases: readonly string[];
  /** SHA-256 of the live text. */
  live: string;
  /** The change or the foreign write behind it. */
  by: string;
  /** For people. */
  detail: string;
  /** ISO 8601: what was written later was written with it before the eyes. Left out: everything counts. */
  since?: string;
}

/** The end of a change that waits for people while its base is gone. One that is being applied is left alone: its own compare decides. */
export function overtaken(change: Change, { bases, live, by, detail, since }: Moved): Event | undefined {
  if (change.status !== 'PENDING' && change.status !== 'APPROVED') return undefined;
  if (change.id === by || bases.includes(change.binding.base)) return undefined;
  if (since !== undefined && (change.versionedAt ?? change.submittedAt) >= since) return undefined;
  return { type: 'STALE', live, detail, by };
}
