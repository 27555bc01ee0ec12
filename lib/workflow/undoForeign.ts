import { isOpen } from '../change/change.ts';
import { whyNotUndone } from '../change/foreign.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { sha256 } from '../policy/document/canonical.ts';
import { readChange, readDocuments } from '../store/changes.ts';
import { readForeign, undoneBy } from '../store/foreign.ts';
import { submitChange } from './submit.ts';

/**
 * Proposes to put back what was there before a foreign write: a change like any other, checked, graded and approved as one. It
 * fits only while the foreign policy is still live.
 */
export async function undoForeign(
  id: string,
  { person, reason }: { person: string; reason: string },
  rules: Rules,
  at: string,
): Promise<Outcome<{ id: string }>> {
  const stored = id.length > 64 ? undefined : await readForeign(id);
  if (stored === undefined) return refuse('NOT_FOUND', `There is no foreign write ${id}.`);
  const { write, undo } = stored;
  const why = whyNotUndone(write);
  if (why !== undefined) return why;
  const earlier = undo === undefined ? undefined : (await readChange(undo))?.change;
  // A version of it may be about something else by now.
  if (earlier?.undoes === id && (isOpen(earlier.status) || earlier.status === 'APPLIED')) {
    return earlier.submitter === person && isOpen(earlier.status)
      ? done({ id: earlier.id })
      : refuse('ALREADY_DECIDED', `Change ${earlier.id} of ${earlier.submitter} undoes it; it is ${earlier.status}.`);
  }
  const [before = ''] = await readDocuments([write.before]);
  const submission = { key: write.key.arn, policy: before, base: write.canonical, reason, undoes: id };
  // The same press of the button again is the same change, until that one has ended.
  const idempotency = { key: `undo ${id} ${undo ?? ''}`, bodySha256: sha256(`${id}\n${reason}`) };
  const submitted = await submitChange(submission, person, rules, at, idempotency, (changeId) =>
    undoneBy(stored, changeId),
  );
  if (!submitted.ok && submitted.refusal.code === 'BASE_MOVED') {
    return refuse('NOTHING_TO_UNDO', 'The policy of this write is not live any more: there is nothing to undo.');
  }
  return submitted;
}
