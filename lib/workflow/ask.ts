import { wake } from '../aws/states.ts';
import { WORKFLOW } from '../change/facts.ts';
import { hold, isAskedAnew, reminderAt, toAsk, toTellOfChanges } from '../change/push.ts';
import { authorsOf, awaited, stagesOf } from '../change/quorum.ts';
import { done } from '../change/refusal.ts';
import { holdsToday, type Rules } from '../change/rules.ts';
import { askedBefore } from '../change/set.ts';
import type { ChangeView } from '../change/view.ts';
import { changesMail } from '../notify/askedMail.ts';
import { askMail, reminderMail } from '../notify/mail.ts';
import { readWholeChange, record } from '../store/changes.ts';
import { newLink } from '../store/links.ts';
import { put, type Write } from '../store/table.ts';
import { storeTaskToken } from '../store/tokens.ts';
import { type Delivery, deliver, type Message } from './deliver.ts';
import { tellHeld } from './held.ts';
import { tellLapsed } from './lapsed.ts';
import { membersOf } from './set.ts';
import { setMessages } from './setMail.ts';
import { showInSlack } from './slackMessages.ts';
import { mayPass, tellUnreached } from './unreached.ts';
import { toView } from './view.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/**
 * Asks those who may decide now and have not been asked, and tells the authors when changes are asked of them. The task
 * token is stored first, and then the change is looked at: a decision that came before the token was there wakes the
 * execution from here, so that none is lost between the two.
 */
export async function askApprovers(id: string, taskToken: string, rules: Rules, at: string): Promise<void> {
  await storeTaskToken(id, taskToken);
  const whole = await readWholeChange(id);
  if (whole === undefined) throw new Error(`there is no change ${id}`);
  const { change } = whole;
  // Its time is over, or it is decided: there is nobody to ask, and the look that follows says so.
  if (change.status !== 'PENDING' || at >= change.expiresAt) {
    const held = hold(change, Date.parse(at), holdsToday(rules, change)) !== undefined;
    await (held ? tellHeld(whole, rules, at) : wake(taskToken));
    return;
  }
  const view = toView(whole, at);
  if (toTellOfChanges(change)) {
    const messages = authorsOf(change).map((person) => ({
      person,
      mail: changesMail({ change: view, person, now: at }),
    }));
    const delivery = await deliver(messages);
    await record(
      id,
      { person: WORKFLOW, at },
      (now) => done(toTellOfChanges(now) ? { type: 'CHANGES_TOLD', ...delivery } : undefined),
      whole,
    );
  }
  await tellLapsed(whole, at);
  const people = toAsk(change, at);
  if (people.length === 0) return;
  const before = askedBefore(change, await membersOf(change));
  // A later stage is told when its turn comes, also where it was asked for another change of the set.
  const told = stagesOf(change.rule).length === 1 ? before : [];
  const { asked: mailed, ...delivery } = await askByLink(whole, view, people, askMail, rules, at, told);
  // A Slack user may have left since: nobody is asked by Slack alone.
  if (!change.asked && delivery.mailed.length === 0 && mayPass(delivery)) {
    throw new Error(`nobody could be asked about ${id}`);
  }
  // Whom another change of the set is still to ask is no one who was asked: the sweep comes back for them.
  const reached = people.filter((person) => mailed.includes(person) || before.includes(person));
  if (change.asked && reached.length === 0) return;
  const asked = await record(
    id,
    { person: WORKFLOW, at },
    (now) => done(now.version === change.version ? { type: 'ASKED', people: reached, ...delivery } : undefined),
    whole,
  );
  if (!asked.ok) return;
  // Who was asked about a version before was not asked about this one.
  const another = asked.value.version !== change.version;
  // A decision, a version or a stage that came while the mails went out: its own wake may have met no token yet.
  const more = toAsk(asked.value, at).some((person) => another || !people.includes(person));
  if (asked.value.status !== 'PENDING' || more) await wake(taskToken);
  // After it is known that they were asked: a warning that fails must not have everybody asked again.
  await tellUnreached({ change, view, awaited: awaited(change, at) }, delivery);
}

/** Reminds those who have not answered, when that is due, each with a new link; the secrets of the old ones are not kept. */
export async function remindApprovers(id: string, rules: Rules, at: string): Promise<void> {
  const whole = await readWholeChange(id);
  if (whole === undefined) throw new Error(`there is no change ${id}`);
  const { change } = whole;
  if (change.status !== 'PENDING' || at >= change.expiresAt || Date.parse(at) < reminderAt(change)) return;
  const view = toView(whole, at);
  const silent = change.changesRequested === undefined ? awaited(change, at) : [];
  const { asked: _, ...delivery } = await askByLink(whole, view, silent, reminderMail, rules, at);
  await record(
    id,
    { person: WORKFLOW, at },
    (now) => done(now.status === 'PENDING' ? { type: 'REMINDED', ...delivery } : undefined),
    whole,
  );
  await tellUnreached({ change, view, awaited: silent }, delivery, true);
}

/** Asks these people, but for those who were `told` already, and says who was asked by mail, reached or not. */
async function askByLink(
  whole: Whole,
  view: ChangeView,
  people: readonly string[],
  mail: typeof askMail,
  rules: Rules,
  at: string,
  told: readonly string[] = [],
): Promise<Delivery & { asked: string[] }> {
  const writes: Write[] = [];
  const links = new Map<string, string>();
  const messages = people.map((person): Message => {
    const { id: changeId, binding, expiresAt } = whole.change;
    const { token, write } = newLink({ changeId, person, binding, issuedAt: at, expiresAt });
    writes.push(write);
    const link = `${process.env.PUBLIC_URL}/review/${token}`;
    links.set(person, link);
    return { person, mail: mail({ change: view, person, link, now: at, again: isAskedAnew(whole.change, person) }) };
  });
  const forSet = await setMessages(whole, people, at, mail === reminderMail);
  await put([...writes, ...(forSet?.writes ?? [])]);
  const mails = (forSet?.messages ?? messages).filter(({ person }) => !told.includes(person));
  const delivery = await deliver(mails, showInSlack(whole, { rules, at, links, remind: mail === reminderMail }));
  return { ...delivery, asked: mails.map(({ person }) => person) };
}
