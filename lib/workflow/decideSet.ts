import type { Change } from '../change/change.ts';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { isAskedAsOne } from '../change/set.ts';
import { decideChange, type Verdict } from './decide.ts';
import { NO_SET, readSet, type SetView, viewSet } from './set.ts';

/** What became of a decision for one change of a set. */
export interface SetOutcome {
  change: string;
  recorded: boolean;
  /** Why not. */
  detail?: string;
}

/** What a decision about a set came to, change by change. */
export interface SetDecision {
  set: SetView;
  outcomes: SetOutcome[];
}

/** One who decides about a set has not been shown what is asked about by itself. */
const ASKED_APART = refuse(
  'ALREADY_DECIDED',
  'This change is asked about by itself, or has a new version: decide it by itself.',
);

/**
 * Decides about each change of a set that is asked about as one, as it stands, one after the other, each in a transaction of its own and bound to its
 * own documents. A crash in between leaves some undecided; the same decision again finishes them, since nobody counts twice.
 * Refused when not one is decided; otherwise each tells for itself.
 */
export async function decideSet(id: string, verdict: Verdict, at: string): Promise<Outcome<SetDecision>> {
  const members = await readSet(id);
  if (members === undefined) return NO_SET;
  const decided: Outcome<Change>[] = [];
  for (const member of members) {
    const one = isAskedAsOne(member)
      ? await decideChange(member.id, { ...verdict, binding: member.binding }, at)
      : ASKED_APART;
    decided.push(one);
  }
  const refused = decided.find((one) => !one.ok);
  if (refused?.ok === false && decided.every((one) => !one.ok)) return refused;
  const outcomes = decided.map(
    (one, i): SetOutcome => ({
      change: members[i]?.id ?? '',
      recorded: one.ok,
      ...(one.ok ? {} : { detail: one.refusal.detail }),
    }),
  );
  const view = await viewSet(id, at);
  return view.ok ? done({ set: view.value, outcomes }) : view;
}
