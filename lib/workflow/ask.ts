import { wake } from '../aws/states.ts';
import { isOpen, type Status } from '../change/change.ts';
import { expire } from '../change/decide.ts';
import { WORKFLOW } from '../change/facts.ts';
import { waitSeconds } from '../change/push.ts';
import { done } from '../change/refusal.ts';
import type { Rules } from '../change/rules.ts';
import type { ChangeView } from '../change/view.ts';
import { askMail, reminderMail, resultMail } from '../notify/mail.ts';
import { askMessage, resultMessage } from '../notify/slack.ts';
import { readChange, readWholeChange, record } from '../store/changes.ts';
import { newLink } from '../store/links.ts';
import { transact, type Write } from '../store/table.ts';
import { storeTaskToken } from '../store/tokens.ts';
import { type Delivery, deliver, type Message } from './deliver.ts';
import { toView } from './view.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/** The state machine asked about a change that is not there: nothing can go on. */
const missing = (id: string) => new Error(`there is no change ${id}`);

/** Where a change stands, for the state machine: expires it when its time is over, and says how long the wait may be. */
export async function lookAtChange(id: string, at: string): Promise<{ status: Status; waitSeconds: number }> {
  const looked = await record(id, { person: WORKFLOW, at }, (change) => done(expire(change, at)));
  if (!looked.ok) throw missing(id);
  return { status: looked.value.status, waitSeconds: waitSeconds(looked.value, Date.parse(at)) };
}

/**
 * Asks the approvers of a change, once. The task token is stored first, and then the change is looked at: a decision that
 * came before the token was there wakes the execution from here, so that none is lost between the two.
 */
export async function askApprovers(id: string, taskToken: string, rules: Rules, at: string): Promise<void> {
  await storeTaskToken(id, taskToken);
  const whole = await readWholeChange(id);
  if (whole === undefined) throw missing(id);
  if (whole.change.status !== 'PENDING') {
    await wake(taskToken);
    return;
  }
  if (whole.change.asked) return;
  const view = toView(whole);
  const delivery = await askByLink(whole, view, view.approval.approvers, askMail, rules, at);
  if (delivery.mailed.length + delivery.slacked.length === 0) throw new Error(`nobody could be asked about ${id}`);
  await record(id, { person: WORKFLOW, at }, () => done({ type: 'ASKED', ...delivery }));
}

/** Reminds those who have not answered, each with a new link; the secrets of the old ones are not kept. */
export async function remindApprovers(id: string, rules: Rules, at: string): Promise<void> {
  const whole = await readWholeChange(id);
  if (whole === undefined) throw missing(id);
  if (whole.change.status !== 'PENDING' || at >= whole.change.expiresAt) return;
  const answered = new Set(whole.change.decisions.map((decision) => decision.person));
  const view = toView(whole);
  const silent = view.approval.approvers.filter((person) => !answered.has(person));
  const delivery = await askByLink(whole, view, silent, reminderMail, rules, at);
  await record(id, { person: WORKFLOW, at }, (change) =>
    done(change.status === 'PENDING' ? { type: 'REMINDED', ...delivery } : undefined),
  );
}

async function askByLink(
  { change }: Whole,
  view: ChangeView,
  people: readonly string[],
  mail: typeof askMail,
  rules: Rules,
  at: string,
): Promise<Delivery> {
  const writes: Write[] = [];
  const messages = people.map((person): Message => {
    const { id: changeId, binding, expiresAt } = change;
    const { token, write } = newLink({ changeId, person, binding, expiresAt });
    writes.push(write);
    const link = `${process.env.PUBLIC_URL}/review/${token}`;
    return { person, mail: mail({ change: view, person, link, now: at }), slack: askMessage(view, link) };
  });
  for (let from = 0; from < writes.length; from += 100) await transact(writes.slice(from, from + 100));
  return deliver(messages, rules, mail === askMail ? askMessage(view) : undefined);
}

/** Tells the submitter and the approvers how a change ended, once. */
export async function closeChange(id: string, rules: Rules, at: string): Promise<{ status: Status }> {
  const stored = await readChange(id);
  if (stored === undefined) throw missing(id);
  const { status, closed } = stored.change;
  if (closed || isOpen(status)) return { status };
  const whole = await readWholeChange(id);
  if (whole === undefined) throw missing(id);
  const view = toView(whole);
  const people = [...new Set([view.submitter, ...view.approval.approvers])];
  const messages = people.map((person): Message => ({ person, mail: resultMail({ change: view, person, now: at }) }));
  const delivery = await deliver(messages, rules, resultMessage(view));
  await record(id, { person: WORKFLOW, at }, (change) =>
    done(change.closed ? undefined : { type: 'CLOSED', ...delivery }),
  );
  return { status };
}
