import { startApproval } from '../aws/states.ts';
import type { Change } from '../change/change.ts';
import { lapse } from '../change/lapse.ts';
import { pushNeeded } from '../change/push.ts';
import { revertIsOverdue } from '../change/revert.ts';
import { entitledToday, holdsToday, type Rules } from '../change/rules.ts';
import { listUnsettled } from '../store/changes.ts';
import { pages } from '../store/pages.ts';
import { wakeApproval } from './decide.ts';
import { sweepSlack } from './sweepSlack.ts';

/**
 * Brings back what a crash left between two steps: changes that were stored and never started, decided and never woken,
 * ended and never told. Safe at any time and any number of times; what rightly waits is left alone. One that cannot be
 * helped holds up no other.
 *
 * @param tellOverdue Gets the temporary changes that should have been put back long since, or none; also when others cannot be helped
 * @throws Error that says how many could not be helped, after the others were, so that the alarm on this function rings
 */
export async function sweep(
  now: number,
  rules: Rules,
  tellOverdue: (changes: string[]) => void,
): Promise<{ pushed: string[]; overdue: string[]; slack: string[] }> {
  const pushed: string[] = [];
  const overdue: string[] = [];
  const failed: unknown[] = [];
  for await (const page of pages((from) => listUnsettled({ limit: 100, ...from }))) {
    for (const change of page.changes) {
      if (revertIsOverdue(change, new Date(now).toISOString())) overdue.push(change.id);
      try {
        if (await push(change, now, rules)) pushed.push(change.id);
      } catch (error) {
        failed.push(error);
      }
    }
  }
  tellOverdue(overdue);
  const slack = await sweepSlack();
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} changes could not be helped`);
  return { pushed, overdue, slack };
}

const minute = (now: number) => Math.floor(now / 60_000);

async function push(change: Change, now: number, rules: Rules): Promise<boolean> {
  const lapsed = lapse(change, entitledToday(rules, change.rule), rules.sha256, new Date(now).toISOString());
  const needed = lapsed === undefined ? pushNeeded(change, now, holdsToday(rules, change)) : 'wake';
  if (needed === undefined) return false;
  // Its own execution is over long since; one more asks the reviewers, and Close sees that it is their time.
  if (needed === 'review') return (await startApproval(change.id, `${change.id}-review-${minute(now)}`)) === 'running';
  if (needed === 'wake' && (await wakeApproval(change.id))) return true;
  if ((await startApproval(change.id)) === 'running') return needed === 'start';
  // Its own execution is over and the change is not: another one takes it on, under a name that two sweeps share.
  return (await startApproval(change.id, `${change.id}-${Math.floor(now / 600_000)}`)) === 'running';
}
