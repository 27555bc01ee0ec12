import { refuse } from '../change/refusal.ts';
import type { Along } from './changes.ts';
import { type Address, get, transact, type Write } from './table.ts';

/** The right to put one key's policy: held by one attempt at a time, and numbered, so that an overtaken holder can see it. */
export interface Lease {
  keyArn: string;
  /** Names the attempt that holds it. */
  attempt: string;
  /** One more than that of the holder before. */
  fence: number;
  /** Milliseconds since 1970. */
  until: number;
}

const leaseAddress = (keyArn: string): Address => ({ pk: `LEASE#${keyArn}`, sk: 'LEASE' });

const HELD = refuse('UNAVAILABLE', 'Another apply holds this key just now.').refusal;

/** The next lease on a key and the write that takes it; the write fails when the one before has not run out or another was faster. */
export async function nextLease(
  keyArn: string,
  attempt: string,
  now: number,
  seconds: number,
): Promise<{ lease: Lease; along: Along } | undefined> {
  const before = await get(leaseAddress(keyArn));
  if (before !== undefined && (before.until as number) > now) return undefined;
  const lease: Lease = { keyArn, attempt, fence: ((before?.fence as number) ?? 0) + 1, until: now + seconds * 1000 };
  const condition =
    before === undefined
      ? { expression: 'attribute_not_exists(pk)' }
      : { expression: '#fence = :fence', values: { ':fence': before.fence } };
  return { lease, along: { writes: [{ put: { ...leaseAddress(keyArn), ...lease }, condition }], refusal: HELD } };
}

/** Takes a lease outside of another transaction; false when somebody was faster. */
export const takeLease = async (along: Along): Promise<boolean> => (await transact(along.writes)).ok;

/**
 * Is it still ours, for at least `margin` milliseconds more? Read consistently. The clock is looked at after the answer: a
 * process that was stopped while it waited for one must not go by the time before.
 */
export async function holds(lease: Lease, now: () => Date, margin: number): Promise<boolean> {
  const held = await get(leaseAddress(lease.keyArn));
  return held?.fence === lease.fence && now().getTime() + margin < lease.until;
}

/** Is anybody putting this key's policy just now? Read consistently. */
export async function isLeased(keyArn: string, now: number): Promise<boolean> {
  const item = await get(leaseAddress(keyArn));
  return item !== undefined && (item.until as number) > now;
}

/** Gives the lease back together with the result; fails when it is not ours any more, so that no overtaken attempt records. */
export function release(lease: Lease): Along {
  const write: Write = {
    update: leaseAddress(lease.keyArn),
    set: { until: 0 },
    condition: { expression: '#fence = :fence', values: { ':fence': lease.fence } },
  };
  return { writes: [write], refusal: HELD };
}
