import { wake } from '../aws/states.ts';
import type { Change } from '../change/change.ts';
import { delegate, review, revokeLinks } from '../change/command.ts';
import { type Answer, cancel, decide } from '../change/decide.ts';
import { toAsk, toTellOfChanges } from '../change/push.ts';
import type { Outcome } from '../change/refusal.ts';
import { type Along, record } from '../store/changes.ts';
import { readTaskToken } from '../store/tokens.ts';
import { followInSlack } from './followInSlack.ts';
import { noteRefusal, TELLING } from './noteRefusal.ts';

/** What people without a page before them answer: they decide about what stands. */
export type Verdict = Omit<Answer, 'binding'> & Partial<Pick<Answer, 'binding'>>;

/** Records what somebody says to a change, and wakes the state machine when that asks for something to be done. */
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

/** Lets another decide in an approver's place for a time; the state machine asks them. */
export const delegateChange = (
  id: string,
  who: { person: string; to: string; until: string },
  at: string,
): Promise<Outcome<Change>> =>
  act(id, 'delegate', { person: who.person, at }, undefined, (change) => delegate(change, who, at));

/** Makes links dead that were made before. */
export const revokeChangeLinks = (
  id: string,
  who: { person: string; admin: boolean; of?: string | undefined },
  at: string,
): Promise<Outcome<Change>> =>
  act(id, 'revoke links', { person: who.person, at }, undefined, (change) => revokeLinks(change, who));

/** Looks at an emergency afterwards. */
export const reviewChange = (
  id: string,
  who: { person: string; verdict: 'accept' | 'object'; comment: string },
  at: string,
): Promise<Outcome<Change>> =>
  act(id, 'review', { person: who.person, at }, undefined, (change) => review(change, who));

/** One act of a person on a change. A refusal that tells something is a fact; what asks for something to be done wakes the state machine. */
export async function act(
  id: string,
  attempt: string,
  doer: { person: string; at: string },
  along: Along | undefined,
  command: Parameters<typeof record>[2],
): Promise<Outcome<Change>> {
  const outcome = await record(id, doer, command, { along });
  if (!outcome.ok) {
    const { code } = outcome.refusal;
    if (TELLING.has(code)) await noteRefusal(id, { person: doer.person, attempt, code }, doer.at);
    return outcome;
  }
  await Promise.all([
    asksForSomething(outcome.value, doer.at) ? wakeApproval(id).catch(() => undefined) : undefined,
    followInSlack(id),
  ]);
  return outcome;
}

const asksForSomething = (change: Change, at: string): boolean =>
  !change.closed && (change.status !== 'PENDING' || toAsk(change, at).length > 0 || toTellOfChanges(change));

/** Wakes the execution of a change; false when none waits. A wake that is lost is made up for by the sweep. */
export async function wakeApproval(id: string): Promise<boolean> {
  const taskToken = await readTaskToken(id);
  return taskToken !== undefined && (await wake(taskToken));
}
