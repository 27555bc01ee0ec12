import { type Event, WORKFLOW } from '../change/facts.ts';
import { GRACE } from '../change/push.ts';
import { authorsOf } from '../change/quorum.ts';
import { done } from '../change/refusal.ts';
import { toTellOf } from '../change/set.ts';
import type { Change } from '../change/state.ts';
import type { ChangeView } from '../change/view.ts';
import type { Mail } from '../notify/mail.ts';
import { type readWholeChange, record } from '../store/changes.ts';
import { takeTelling } from '../store/setResults.ts';
import { type Delivery, deliver } from './deliver.ts';
import { membersOf } from './set.ts';
import { viewsOf } from './setMail.ts';
import { toView } from './view.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/** Something of which the authors of a change are told once. */
export interface News {
  /** Names it in the table. */
  name: string;
  /** It has happened, and they do not know. */
  untold(change: Change): boolean;
  /** It may happen to this change of the same set in a moment. */
  follows(change: Change): boolean;
  /** When it happened, or when what led to it did: ISO 8601. */
  since(change: Change): string;
  mail(view: ChangeView): Mail;
  /** About at least two changes of a set. */
  setMail(views: ChangeView[]): Mail;
  fact(view: ChangeView, delivery: Delivery): Event;
}

/** Tells the authors of a change by mail, once; of a set that is asked about as one by one mail for all of its changes. What this leaves for later the sweep brings back. */
export async function tellAuthors(whole: Whole, news: News, at: string): Promise<void> {
  const { change } = whole;
  if (!news.untold(change)) return;
  const recent = Date.parse(at) < Date.parse(news.since(change)) + GRACE;
  const tell = toTellOf(change, await membersOf(change), news, recent);
  // Two that come last at once see the same changes, and one of them tells.
  const newest = tell.map(news.since).sort().at(-1);
  if (
    change.set !== undefined &&
    tell.length > 1 &&
    !(await takeTelling(change.set.id, change.id, `${news.name}#${newest}`))
  )
    return;
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
