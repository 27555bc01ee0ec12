import { executionArn as firstExecution } from '../aws/executionArn.ts';
import { startApproval } from '../aws/states.ts';
import { isOpen } from '../change/change.ts';
import { escalate } from '../change/command.ts';
import { expire } from '../change/decide.ts';
import { WORKFLOW } from '../change/facts.ts';
import { lapse } from '../change/lapse.ts';
import { escalationIsDue, type Stand, standOf, waitSeconds } from '../change/push.ts';
import { done } from '../change/refusal.ts';
import { revertIsOpen } from '../change/revert.ts';
import { entitledToday, holdsToday, type Rules } from '../change/rules.ts';
import { record } from '../store/changes.ts';
import { storeExecution } from '../store/tokens.ts';

/** What the state machine learns: where the change stands, and how long it may wait; one that has been looked at often is handed on. */
export interface Looked {
  status: Stand | 'HANDED_ON';
  waitSeconds: number;
  turn: number;
}

/** After so many looks an execution hands the change on to another, so that its history has an end: docs/decisions/0032. */
export const MOST_TURNS = 200;
/** Seconds: no execution waits until it is older than this. One lives a year; what is left is for retries. */
const LONGEST_EXECUTION = 300 * 86_400;

/**
 * Where a change stands, for the state machine: expires it when its time is over, escalates it when that is due, has it wait
 * again when an approval lapsed, and says how long the wait may be.
 *
 * @param execution When it began (ISO 8601): one that is too old to wait hands the change on. Its ARN is kept at its first look,
 *   unless it is the first of the change, whose name everybody knows.
 */
export async function lookAtChange(
  id: string,
  turn: number,
  rules: Rules,
  at: string,
  { startedAt = at, executionArn }: { startedAt?: string | undefined; executionArn?: string | undefined } = {},
): Promise<Looked> {
  const looked = await record(id, { person: WORKFLOW, at }, (change) =>
    done(
      expire(change, at) ??
        (escalationIsDue(change, Date.parse(at)) ? escalate(change, at) : undefined) ??
        lapse(change, entitledToday(rules, change.rule), rules.sha256, at),
    ),
  );
  if (!looked.ok) throw new Error(`there is no change ${id}`);
  const change = looked.value;
  const another = executionArn !== undefined && executionArn !== firstExecution(id);
  if (turn === 0 && another && (!change.closed || revertIsOpen(change))) await storeExecution(id, executionArn);
  const today = holdsToday(rules, change);
  const left = LONGEST_EXECUTION - Math.floor((Date.parse(at) - Date.parse(startedAt)) / 1000);
  const wait = Math.min(waitSeconds(change, Date.parse(at), today), LONGEST_EXECUTION);
  const next = { waitSeconds: Math.max(1, Math.min(wait, left)), turn: turn + 1 };
  const goesOn = isOpen(change.status) || revertIsOpen(change);
  if (goesOn && (next.turn > MOST_TURNS || left <= 0)) {
    // Named by the minute, so that a look that is tried again starts the same one.
    await startApproval(id, `${id}-on-${Math.floor(Date.parse(at) / 60_000)}`);
    return { ...next, status: 'HANDED_ON' };
  }
  return { ...next, status: standOf(change, Date.parse(at), today) };
}
