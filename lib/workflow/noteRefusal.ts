import { NONE } from '../change/facts.ts';
import { done, type RefusalCode } from '../change/refusal.ts';
import { readChange, record } from '../store/changes.ts';
import { leaveDenial } from '../store/denials.ts';
import { appendDenial, mayNoteDenial, mayNoteRefusal } from '../store/refusals.ts';

/**
 * Refusals of somebody who was understood: they belong into the history, whether the person or the moment was the wrong one. Not those of a
 * request that cannot be read, and not those that limit requests.
 */
export const TELLING: ReadonlySet<RefusalCode> = new Set([
  'OWN_CHANGE',
  'NOT_AN_APPROVER',
  'NOT_IN_GROUP',
  'NOT_A_DELEGATE',
  'NOT_YOUR_LINK',
  'NOT_YOUR_STAGE',
  'CHANGES_REQUESTED',
  'ALREADY_DECIDED',
  'ALREADY_ENDED',
  'EXPIRED',
  'BASE_MOVED',
  'NOTHING_TO_WITHDRAW',
]);

/** Who tried what they must not, and why it was refused. */
export interface Attempt {
  /** As `person` of a fact: a person, or what somebody whom nobody knows is called. */
  person: string;
  attempt: string;
  code: string;
}

/** Makes a refused attempt a fact of its change, as long as not too many are: whoever tries again and again must not fill the log. */
export async function noteRefusal(changeId: string, { person, attempt, code }: Attempt, at: string): Promise<void> {
  if ((await readChange(changeId)) === undefined) return;
  if (!(await mayNoteRefusal(changeId, person, Date.parse(at)))) return;
  await record(changeId, { person, at }, () => done({ type: 'REFUSED', attempt, code }));
}

/** What the door of an endpoint records: of the change in its path, or of none. */
export const noteAtTheDoor = (changeId: string | undefined, attempt: Attempt, at: string): Promise<void> =>
  changeId === undefined ? noteDenial(attempt, at) : noteRefusal(changeId, attempt, at);

/** As `noteRefusal`, for an attempt that is about no change; about a key, where it named one that is there. */
export async function noteDenial({ person, attempt, code }: Attempt, at: string, keyArn: string = NONE): Promise<void> {
  if (!(await mayNoteDenial(person, Date.parse(at)))) return;
  await appendDenial({ type: 'REFUSED', attempt, code, change: NONE, keyArn, person, at });
}

/** What the door of an endpoint that only reads leaves: its role may not write to the log, and another makes a fact of it. */
export const leaveAtTheDoor = (_: string | undefined, attempt: Attempt, at: string): Promise<void> =>
  leaveDenial({ ...attempt, at });
