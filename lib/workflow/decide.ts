import { wake } from '../aws/states.ts';
import type { Change } from '../change/change.ts';
import { type Answer, cancel, decide } from '../change/decide.ts';
import { done, type Outcome } from '../change/refusal.ts';
import { type Along, record } from '../store/changes.ts';
import { readTaskToken } from '../store/tokens.ts';

/** Refusals that say something about the person, not about the moment: they belong into the history. */
const TELLING = new Set(['OWN_CHANGE', 'NOT_AN_APPROVER', 'NOT_IN_GROUP']);

/** What people without a page before them answer: they decide about what stands. */
export type Verdict = Omit<Answer, 'binding'> & Partial<Pick<Answer, 'binding'>>;

/** Records somebody's decision, and wakes the state machine when it decided the change. */
export const decideChange = (id: string, verdict: Verdict, at: string, along?: Along): Promise<Outcome<Change>> =>
  act(id, verdict.decision, { person: verdict.person, at }, along, (change) =>
    decide(change, { ...verdict, binding: verdict.binding ?? change.binding }, at),
  );

/** Takes a change back, and wakes the state machine. */
export const cancelChange = (
  id: string,
  who: { person: string; admin: boolean; comment: string },
  at: string,
): Promise<Outcome<Change>> =>
  act(id, 'cancel', { person: who.person, at }, undefined, (change) => cancel(change, who));

async function act(
  id: string,
  attempt: string,
  doer: { person: string; at: string },
  along: Along | undefined,
  command: Parameters<typeof record>[2],
): Promise<Outcome<Change>> {
  const outcome = await record(id, doer, command, along);
  if (!outcome.ok) {
    const { code } = outcome.refusal;
    if (TELLING.has(code)) await record(id, doer, () => done({ type: 'REFUSED', attempt, code }));
    return outcome;
  }
  if (outcome.value.status !== 'PENDING') await wakeApproval(id).catch(() => undefined);
  return outcome;
}

/** Wakes the execution of a change; false when none waits. A wake that is lost is made up for by the sweep. */
export async function wakeApproval(id: string): Promise<boolean> {
  const taskToken = await readTaskToken(id);
  return taskToken !== undefined && (await wake(taskToken));
}
