import type { Change } from '../change/change.ts';
import { decide } from '../change/decide.ts';
import { type Outcome, refuse } from '../change/refusal.ts';
import type { ChangeView } from '../change/view.ts';
import { readWholeChange } from '../store/changes.ts';
import { type Link, readLink, useLink } from '../store/links.ts';
import { decideChange } from './decide.ts';
import { toView } from './view.ts';

/** What the holder of a link sees. */
export interface Review {
  change: ChangeView;
  person: string;
  mayDecide: boolean;
}

/** The change behind a link, as its person sees it; undefined for every link that does not work, whatever the cause. Changes nothing. */
export async function openReview(token: string, now: string): Promise<Review | undefined> {
  const link = await readLink(token, now);
  const whole = link && (await readWholeChange(link.changeId));
  if (link === undefined || whole === undefined) return undefined;
  const answer = { person: link.person, comment: '', channel: 'link', binding: link.binding } as const;
  const mayDecide = link.usedAt === undefined && decide(whole.change, { ...answer, decision: 'approve' }, now).ok;
  return { change: toView(whole), person: link.person, mayDecide };
}

/** What was sent with the form of the page. */
export interface Form {
  decision: 'approve' | 'reject';
  comment: string;
  confirm: string;
  /** The hashes that the page held: what was before the person's eyes. */
  after?: string | undefined;
  base?: string | undefined;
}

/** Words that confirm a decision about this key: any of its aliases without `alias/`, or the first 8 characters of its id. */
const confirms = ({ key }: ChangeView, typed: string): boolean =>
  [...key.aliases.map((alias) => alias.replace(/^alias\//, '')), key.keyId.slice(0, 8)].includes(typed.trim());

/** Records the decision of a link's person, for exactly what their page showed. The link is used up with it, and by nothing else. */
export async function answerReview(token: string, form: Form, now: string): Promise<Outcome<Change> | undefined> {
  const review = await openReview(token, now);
  const link: Link | undefined = await readLink(token, now);
  if (review === undefined || link === undefined) return undefined;
  if (!confirms(review.change, form.confirm)) {
    return refuse('WRONG_CONFIRMATION', 'What you typed is not the name of the key. Nothing was decided.');
  }
  if (link.usedAt !== undefined) return refuse('ALREADY_DECIDED', 'This link was used already.');
  const { decision, comment, after = link.binding.after, base = link.binding.base } = form;
  const verdict = { person: link.person, decision, comment, channel: 'link', binding: { after, base } } as const;
  return decideChange(link.changeId, verdict, now, useLink(token, now));
}
