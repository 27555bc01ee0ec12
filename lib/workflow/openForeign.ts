import type { Change } from '../change/change.ts';
import { adopt, whyNotUndone } from '../change/foreign.ts';
import { readForeign } from '../store/foreign.ts';
import { readForeignLink } from '../store/links.ts';
import { type ForeignView, viewForeign } from './foreignView.ts';
import { inForce } from './inForce.ts';

/** What the holder of a link sees. */
export interface ForeignReview {
  write: ForeignView;
  person: string;
  /** Temporary changes of the key that are in force; while this write is live they cannot be put back. */
  temporary: Change[];
  /** Why it cannot be adopted or undone by this person now; undefined when it can. */
  whyNot: { adopt?: string; undo?: string };
}

/** The foreign write behind a link; undefined for every link that does not work. Changes nothing. */
export async function openForeign(token: string, now: string): Promise<ForeignReview | undefined> {
  const link = await readForeignLink(token, now);
  const stored = link && (await readForeign(link.foreignId));
  if (link === undefined || stored === undefined || stored.write.signIn === true) return undefined;
  const may = adopt(stored.write, { person: link.person, comment: 'x', channel: 'link' });
  const undone = whyNotUndone(stored.write);
  return {
    write: await viewForeign(stored),
    person: link.person,
    temporary: await inForce(stored.write.key.arn),
    whyNot: {
      ...(may.ok ? {} : { adopt: may.refusal.detail }),
      ...(undone === undefined ? {} : { undo: undone.refusal.detail }),
    },
  };
}
