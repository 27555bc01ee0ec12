import { isOpen } from '../change/change.ts';
import { WORKFLOW } from '../change/facts.ts';
import { type Moved, overtaken } from '../change/overtaken.ts';
import { done } from '../change/refusal.ts';
import { listWaiting, record } from '../store/changes.ts';
import { pages } from '../store/pages.ts';
import { wakeApproval } from './decide.ts';

/**
 * Ends every change of a key that waits on a policy which is not there any more, and wakes their executions, which tell
 * everybody and end. A decision that came first wins by the write condition: then the change is looked at as it stands. Safe any
 * number of times.
 *
 * @returns The ids of the changes that became STALE.
 */
export async function endOvertaken(keyArn: string, moved: Moved, at: string): Promise<string[]> {
  const ended: string[] = [];
  for await (const page of pages((from) => listWaiting(keyArn, { limit: 100, ...from }))) {
    for (const { id } of page.changes.filter((change) => overtaken(change, moved) !== undefined)) {
      const recorded = await record(id, { person: WORKFLOW, at }, (change) => done(overtaken(change, moved)));
      if (!recorded.ok) throw new Error(`${id}: ${recorded.refusal.detail}`);
      if (isOpen(recorded.value.status)) continue;
      ended.push(id);
      await wakeApproval(id).catch(() => undefined);
    }
  }
  return ended;
}
