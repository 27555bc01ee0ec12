import { authorsOf } from '../change/quorum.ts';
import type { Change } from '../change/state.ts';
import type { ChangeView } from '../change/view.ts';
import { unreachedMail } from '../notify/askedMail.ts';
import { type Delivery, deliver, MAIL_STOPPED } from './deliver.ts';

/** To whom a delivery sent no mail because none arrives there. */
const stopped = ({ failed }: Pick<Delivery, 'failed'>): string[] =>
  failed.filter(({ error }) => error === MAIL_STOPPED).map(({ person }) => person);

/** Did a mail fail for a cause that may pass, so that sending it again makes sense? */
export const mayPass = ({ failed }: Pick<Delivery, 'failed'>): boolean =>
  failed.some(({ channel, error }) => channel === 'mail' && error !== MAIL_STOPPED);

/**
 * Tells the authors of a change whom no mail reaches, and loudly when nobody is left of those it waits for. With
 * `onlyNobody`, only the latter: that somebody is not reached was said when they were asked.
 */
export async function tellUnreached(
  { change, view, awaited }: { change: Change; view: ChangeView; awaited: readonly string[] },
  delivery: Delivery,
  onlyNobody = false,
): Promise<void> {
  const people = stopped(delivery).sort();
  const nobody = awaited.length > 0 && awaited.every((person) => people.includes(person));
  if (people.length === 0 || (onlyNobody && !nobody)) return;
  const mail = unreachedMail({ change: view, people, nobody });
  const told = await deliver(authorsOf(change).map((person) => ({ person, mail })));
  if (told.mailed.length === 0 && mayPass(told)) throw new Error(`no author of ${change.id} could be warned`);
}
