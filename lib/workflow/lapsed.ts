import { toTellOfLapse } from '../change/push.ts';
import { lapsedMail } from '../notify/askedMail.ts';
import { lapsedSetMail } from '../notify/setMail.ts';
import { type News, tellAuthors } from './tellAuthors.ts';

/** Tells the authors, once, whose approvals of their change count no more, and that it waits again. */
export function tellLapsed(whole: Parameters<typeof tellAuthors>[0], at: string): Promise<void> {
  const news: News = {
    name: 'LAPSED',
    untold: toTellOfLapse,
    follows: ({ status }) => status === 'APPROVED',
    since: ({ lapsed }) => lapsed?.at ?? at,
    mail: (change) => lapsedMail({ change }),
    setMail: (changes) => lapsedSetMail({ changes }),
    fact: (_, delivery) => ({ type: 'LAPSE_TOLD', ...delivery }),
  };
  return tellAuthors(whole, news, at);
}
