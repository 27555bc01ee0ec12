import { type Event, WORKFLOW } from '../change/facts.ts';
import { authorsOf } from '../change/quorum.ts';
import { done } from '../change/refusal.ts';
import { toTellOf } from '../change/set.ts';
import type { Change } from '../change/state.ts';
import type { ChangeView } from '../change/view.ts';
import type { Mail } from '../notify/mail.ts';
import { type readWholeChange, record } from '../store/changes.ts';
import { wakeApproval } from './decide.ts';
import { type Delivery, deliver } from './deliver.ts';
import { membersOf } from './set.ts';
import { viewsOf } from './setMail.ts';
import { toView } from './view.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/** Something of which the authors of a change are told once. */
export interface News {
  /** It has happened, and they do not know. */
  untold(change: Change): boolean;
  /** It may happen to this change of the same set in a moment. */
  follows(change: Change): boolean;
  /** It happened just now. */
  recent(change: Change): boolean;
  mail(view: ChangeView): Mail;
  /** About at least two changes of a set. */
  setMail(views: ChangeView[]): Mail;
  fact(view: ChangeView, delivery: Delivery): Event;
}

/** Tells the authors of a change by mail, once; of a set that is asked about as one by one mail for all of its changes. What this leaves for later the sweep brings back. */
export async function tellAuthors(whole: Whole, news: News, at: string): Promise<void> {
  const { change } = whole;
  if (!news.untold(change)) return;
  const { tell, other } = toTellOf(change, await membersOf(change), news, news.recent(change));
  if (other !== undefined) await wakeApproval(other.id).catch(() => undefined);
  const views = tell.length > 1 ? await viewsOf(tell, at) : tell.map(() => toView(whole, at));
  const [first] = views;
  if (first === undefined) return;
  const mail = views.length > 1 ? news.setMail(views) : news.mail(first);
  const delivery = await deliver(authorsOf(change).map((person) => ({ person, mail })));
  for (const view of views) {
    await record(view.id, { person: WORKFLOW, at }, (now) =>
      done(news.untold(now) ? news.fact(view, delivery) : undefined),
    );
  }
}
