import { type Change, isOpen } from '../change/change.ts';
import { participants } from '../change/command.ts';
import { isAskedAnew } from '../change/push.ts';
import { isAskedAsOne, isUrgent, toAskFor, waitingAsOne } from '../change/set.ts';
import type { ChangeView } from '../change/view.ts';
import { askSetMail, setResultMail } from '../notify/setMail.ts';
import { readWholeChange } from '../store/changes.ts';
import { newSetLink } from '../store/links.ts';
import { takeSetResult } from '../store/setResults.ts';
import type { Write } from '../store/table.ts';
import type { Message } from './deliver.ts';
import { membersOf, toSetView } from './set.ts';
import { toView } from './view.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/**
 * What is mailed when these people are asked about a change of a set, or reminded: one mail about all of its changes that wait,
 * and none to those whom another change of the set asks. Undefined when the change is asked about by itself.
 */
export async function setMessages(
  { change }: Whole,
  people: readonly string[],
  at: string,
  remind: boolean,
): Promise<{ messages: Message[]; writes: Write[] } | undefined> {
  if (!isAskedAsOne(change)) return undefined;
  const members = await membersOf(change);
  const waiting = waitingAsOne(members);
  if (waiting.length < 2 || !waiting.some(({ id }) => id === change.id)) return undefined;
  const changes = await viewsOf(waiting, at);
  const writes: Write[] = [];
  const messages = toAskFor(change, members, people, at).map((person): Message => {
    const made = newSetLink(
      waiting.map(({ id: changeId, binding, expiresAt }) => ({ changeId, person, binding, issuedAt: at, expiresAt })),
    );
    writes.push(...made.writes);
    const link = `${process.env.PUBLIC_URL}/review/${made.token}`;
    return { person, mail: askSetMail({ changes, person, link, now: at, remind, again: isAskedAnew(change, person) }) };
  });
  return { messages, writes };
}

/**
 * What is mailed when a change of a set has ended: nothing while others are open, and one mail about all of them by whichever
 * ends last; of two that end at the same moment, the one that takes it on first. Undefined when the change is told about by itself, now: when
 * somebody must do something about it and others are open, and when the end of a temporary one has come.
 */
export async function setResults({ change }: Whole, at: string): Promise<Message[] | undefined> {
  if (change.set?.asOne !== true || change.set.changes.length < 2) return undefined;
  if (change.appliedAt !== undefined && change.status !== 'APPLIED') return undefined;
  const members = await membersOf(change);
  if (members.some(({ status }) => isOpen(status))) return isUrgent(change) ? undefined : [];
  if (!(await takeSetResult(change.set.id, change.id))) return [];
  const set = toSetView(members, at);
  const people = new Set(members.flatMap((one) => participants(one, at)));
  return [...people].map((person): Message => ({ person, mail: setResultMail({ set, person }) }));
}

/** Changes as people see them at a moment. */
export async function viewsOf(changes: readonly Change[], at: string): Promise<ChangeView[]> {
  const wholes = await Promise.all(changes.map(({ id }) => readWholeChange(id)));
  return wholes.flatMap((whole) => (whole === undefined ? [] : [toView(whole, at)]));
}
