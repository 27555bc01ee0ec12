import { startApproval } from '../aws/states.ts';
import type { Change } from '../change/change.ts';
import { pushNeeded } from '../change/push.ts';
import { listUnsettled } from '../store/changes.ts';
import { wakeApproval } from './decide.ts';

/**
 * Brings back what a crash left between two steps: changes that were stored and never started, decided and never woken,
 * ended and never told. Safe at any time and any number of times; what rightly waits is left alone.
 */
export async function sweep(now: number): Promise<{ pushed: string[] }> {
  const pushed: string[] = [];
  let cursor: Awaited<ReturnType<typeof listUnsettled>>['cursor'];
  do {
    const page = await listUnsettled({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    for (const change of page.changes) if (await push(change, now)) pushed.push(change.id);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { pushed };
}

async function push(change: Change, now: number): Promise<boolean> {
  const needed = pushNeeded(change, now);
  if (needed === undefined) return false;
  if (needed === 'wake' && (await wakeApproval(change.id))) return true;
  if ((await startApproval(change.id)) === 'running') return needed === 'start';
  // Its own execution is over and the change is not: another one takes it on, under a name that two sweeps share.
  return (await startApproval(change.id, `${change.id}-${Math.floor(now / 600_000)}`)) === 'running';
}
