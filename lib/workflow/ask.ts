import { startApproval, wake } from '../aws/states.ts';
import { isOpen, type Status } from '../change/change.ts';
import { escalate, participants, reviewersOf } from '../change/command.ts';
import { expire } from '../change/decide.ts';
import { WORKFLOW } from '../change/facts.ts';
import { lapse } from '../change/lapse.ts';
import {
  escalationIsDue,
  hold,
  isAskedAnew,
  reminderAt,
  reviewDue,
  type Stand,
  standOf,
  toAsk,
  toTellOfChanges,
  waitSeconds,
} from '../change/push.ts';
import { authorsOf, awaited, stagesOf } from '../change/quorum.ts';
import { done } from '../change/refusal.ts';
import { revertIsOpen } from '../change/revert.ts';
import { entitledToday, holdsToday, type Rules } from '../change/rules.ts';
import { askedBefore } from '../change/set.ts';
import type { ChangeView } from '../change/view.ts';
import { changesMail, reviewMail } from '../notify/askedMail.ts';
import { askMail, reminderMail, resultMail } from '../notify/mail.ts';
import { readWholeChange, record } from '../store/changes.ts';
import { newLink } from '../store/links.ts';
import { put, type Write } from '../store/table.ts';
import { storeTaskToken } from '../store/tokens.ts';
import { type Delivery, deliver, type Message } from './deliver.ts';
import { tellHeld } from './held.ts';
import { endOvertaken } from './overtaken.ts';
import { membersOf } from './set.ts';
import { setMessages, setResults } from './setMail.ts';
import { showInSlack } from './slackMessages.ts';
import { mayPass, tellUnreached } from './unreached.ts';
import { toView } from './view.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/** The state machine asked about a change that is not there: nothing can go on. */
const missing = (id: string) => new Error(`there is no change ${id}`);

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
 * @param startedAt When this execution began (ISO 8601): one that is too old to wait hands the change on.
 */
export async function lookAtChange(
  id: string,
  turn: number,
  rules: Rules,
  at: string,
  startedAt: string = at,
): Promise<Looked> {
  const looked = await record(id, { person: WORKFLOW, at }, (change) =>
    done(
      expire(change, at) ??
        (escalationIsDue(change, Date.parse(at)) ? escalate(change, at) : undefined) ??
        lapse(change, entitledToday(rules, change.rule), rules.sha256, at),
    ),
  );
  if (!looked.ok) throw missing(id);
  const change = looked.value;
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

/**
 * Asks those who may decide now and have not been asked, and tells the authors when changes are asked of them. The task
 * token is stored first, and then the change is looked at: a decision that came before the token was there wakes the
 * execution from here, so that none is lost between the two.
 */
export async function askApprovers(id: string, taskToken: string, rules: Rules, at: string): Promise<void> {
  await storeTaskToken(id, taskToken);
  const whole = await readWholeChange(id);
  if (whole === undefined) throw missing(id);
  const { change } = whole;
  // Its time is over, or it is decided: there is nobody to ask, and the look that follows says so.
  if (change.status !== 'PENDING' || at >= change.expiresAt) {
    const held = hold(change, Date.parse(at), holdsToday(rules, change)) !== undefined;
    await (held ? tellHeld(whole, at) : wake(taskToken));
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
    () => done({ type: 'ASKED', people: reached, ...delivery }),
    whole,
  );
  if (!asked.ok) return;
  // A decision, a version or a stage that came while the mails went out: its own wake may have met no token yet.
  const more = toAsk(asked.value, at).some((person) => !people.includes(person));
  if (asked.value.status !== 'PENDING' || more) await wake(taskToken);
  // After it is known that they were asked: a warning that fails must not have everybody asked again.
  await tellUnreached({ change, view, awaited: awaited(change, at) }, delivery);
}

/** Reminds those who have not answered, when that is due, each with a new link; the secrets of the old ones are not kept. */
export async function remindApprovers(id: string, rules: Rules, at: string): Promise<void> {
  const whole = await readWholeChange(id);
  if (whole === undefined) throw missing(id);
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
  if (whole === undefined) throw missing(id);
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
