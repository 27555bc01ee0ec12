import { isOpen, type Status } from '../change/change.ts';
import { participants, reviewersOf } from '../change/command.ts';
import { WORKFLOW } from '../change/facts.ts';
import { reviewDue } from '../change/push.ts';
import { done } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import { reviewMail } from '../notify/askedMail.ts';
import { resultMail } from '../notify/mail.ts';
import { readWholeChange, record } from '../store/changes.ts';
import { deliver, type Message } from './deliver.ts';
import { endOvertaken } from './overtaken.ts';
import { setResults } from './setMail.ts';
import { showInSlack } from './slackMessages.ts';
import { toView } from './view.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/** What a change put is the base of every other one now: those that wait on what was there before end here, before anybody is told of this one. */
async function overtakeOthers({ change, facts }: Whole, at: string): Promise<void> {
  const landed = facts.findLast((fact) => fact.type === 'APPLIED' || fact.type === 'REVERTED');
  if (landed?.type !== 'APPLIED' && landed?.type !== 'REVERTED') return;
  const [base, how] =
    landed.type === 'APPLIED' ? [change.afterCanonical, 'applied to'] : [change.binding.base, 'put back on'];
  const detail = `Change ${change.id} of ${change.submitter} was ${how} this key: the policy that this one was made for is gone. Nothing was put.`;
  const moved = { bases: [base], live: landed.live, by: change.id, detail, since: landed.at };
  await endOvertaken(change.key.arn, moved, at);
}

/** Tells everybody how a change ended, once, and asks for the review of an emergency, again and again. An open change is left alone: nothing has ended. */
export async function closeChange(id: string, rules: Rules, at: string): Promise<{ status: Status }> {
  const whole = await readWholeChange(id);
  if (whole === undefined) throw new Error(`there is no change ${id}`);
  const { status, closed } = whole.change;
  if (isOpen(status) || status === 'REVERTING' || (closed && !reviewDue(whole.change, Date.parse(at))))
    return { status };
  const view = toView(whole, at);
  if (!closed) {
    await overtakeOthers(whole, at);
    const people = participants(whole.change, at);
    const messages =
      (await setResults(whole, at)) ??
      people.map((person): Message => ({ person, mail: resultMail({ change: view, person, now: at }) }));
    const delivery = await deliver(messages, showInSlack(whole, { rules, at }));
    await record(
      id,
      { person: WORKFLOW, at },
      (change) => done(change.closed ? undefined : { type: 'CLOSED', ...delivery }),
      whole,
    );
  }
  if (reviewDue(whole.change, Date.parse(at))) {
    const messages = reviewersOf(whole.change).map(
      (person): Message => ({
        person,
        mail: reviewMail({ change: view, person, now: at }),
      }),
    );
    const delivery = await deliver(messages);
    await record(
      id,
      { person: WORKFLOW, at },
      (change) => done(reviewDue(change, Date.parse(at)) ? { type: 'REVIEW_ASKED', ...delivery } : undefined),
      whole,
    );
  }
  return { status };
}
