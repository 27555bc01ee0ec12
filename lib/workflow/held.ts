import { hold } from '../change/push.ts';
import { holdsToday, type Rules } from '../change/rules.ts';
import { waitingAsOne } from '../change/set.ts';
import { heldMail } from '../notify/askedMail.ts';
import { heldSetMail } from '../notify/setMail.ts';
import { type News, tellAuthors } from './tellAuthors.ts';

/** That a change is approved, what holds it, and until when. */
export function heldNews(rules: Rules, at: string): News {
  const now = Date.parse(at);
  return {
    name: 'HELD',
    untold: (change) => change.heldTold !== true && hold(change, now, holdsToday(rules, change)) !== undefined,
    follows: (change) => waitingAsOne([change]).length > 0,
    since: ({ actedAt, submittedAt }) => actedAt ?? submittedAt,
    mail: (change) => heldMail({ change }),
    setMail: (changes) => heldSetMail({ changes }),
    fact: ({ held }, delivery) => ({
      type: 'HELD_TOLD',
      by: held?.by ?? '',
      ...(held?.until === undefined ? {} : { until: held.until }),
      ...delivery,
    }),
  };
}

/** Tells the authors of an approved change, once, what holds it and until when. */
export const tellHeld = (whole: Parameters<typeof tellAuthors>[0], rules: Rules, at: string): Promise<void> =>
  tellAuthors(whole, heldNews(rules, at), at);
