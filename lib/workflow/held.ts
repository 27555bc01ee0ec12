import { type Event, WORKFLOW } from '../change/facts.ts';
import { authorsOf } from '../change/quorum.ts';
import { done } from '../change/refusal.ts';
import { heldMail } from '../notify/askedMail.ts';
import { type readWholeChange, record } from '../store/changes.ts';
import { deliver } from './deliver.ts';
import { toView } from './view.ts';

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;

/** Tells the authors of an approved change, once, what holds it and until when. */
export async function tellHeld(whole: Whole, at: string): Promise<void> {
  const { change } = whole;
  const view = toView(whole, at);
  if (view.held === undefined || change.heldTold) return;
  const mail = heldMail({ change: view });
  const delivery = await deliver(authorsOf(change).map((person) => ({ person, mail })));
  const { by, until } = view.held;
  const told: Event = { type: 'HELD_TOLD', by, ...(until === undefined ? {} : { until }), ...delivery };
  await record(
    change.id,
    { person: WORKFLOW, at },
    (now) => done(now.status === 'APPROVED' && !now.heldTold ? told : undefined),
    whole,
  );
}
