import type { Change } from '../change/change.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { firstOf, setSentence, whyAskedApart } from '../change/set.ts';
import type { ChangeSummary } from '../change/view.ts';
import { readChange, readChanges } from '../store/changes.ts';
import { toSummary } from './view.ts';

/** A set as people and programs see it. */
export interface SetView {
  id: string;
  submitter: string;
  reason: string;
  ticket?: string;
  submittedAt: string;
  /** Are the approvers asked once for all of its changes? */
  askedAsOne: boolean;
  whyNot?: string;
  /** How far it is, and what became of those that are not applied. */
  summary: string;
  changes: ChangeSummary[];
}

export const NO_SET = refuse('NOT_FOUND', 'There is no such set.');

/** The changes of a set in its order; undefined when there is no such set. */
export async function readSet(id: string): Promise<Change[] | undefined> {
  const first = await readChange(firstOf(id));
  return first?.change.set?.id === id ? membersOf(first.change) : undefined;
}

/** The changes of the set that a change belongs to, in its order; the change alone when it belongs to none. */
export async function membersOf(change: Change): Promise<Change[]> {
  if (change.set === undefined) return [change];
  const members = await readChanges(change.set.changes);
  return change.set.changes.flatMap((id) => members.get(id) ?? []);
}

/** One set, with each of its changes. */
export async function viewSet(id: string, at: string): Promise<Outcome<SetView>> {
  const members = await readSet(id);
  return members === undefined ? NO_SET : done(toSetView(members, at));
}

/** The set of a change. */
export async function viewSetOf(change: Change | undefined, at: string): Promise<Outcome<SetView>> {
  return change?.set === undefined ? NO_SET : viewSet(change.set.id, at);
}

export function toSetView(members: readonly Change[], at: string): SetView {
  const [first] = members;
  if (first?.set === undefined) throw new Error('a set has a first change');
  const whyNot = whyAskedApart(members);
  const changes = members.map((one) => toSummary(one, at));
  return {
    id: first.set.id,
    submitter: first.submitter,
    reason: first.reason,
    ...(first.ticket === undefined ? {} : { ticket: first.ticket }),
    submittedAt: first.submittedAt,
    askedAsOne: whyNot === undefined,
    ...(whyNot === undefined ? {} : { whyNot }),
    summary: setSentence(changes),
    changes,
  };
}
