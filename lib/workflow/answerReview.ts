import type { Change } from '../change/change.ts';
import type { VerdictName } from '../change/decide.ts';
import { type Outcome, refuse } from '../change/refusal.ts';
import { type Link, useLink, withdrawByLink } from '../store/links.ts';
import type { Session } from '../store/sessions.ts';
import { decideChange } from './decide.ts';
import { noteRefusal } from './noteRefusal.ts';
import { openLink, SIGN_IN, signedIn } from './review.ts';

/** What was sent with the form of the page. */
export interface Form {
  decision: VerdictName;
  comment: string;
  confirm: string;
  csrf?: string | undefined;
  /** The hashes that the page held: what was before the person's eyes. */
  after?: string | undefined;
  base?: string | undefined;
}

/** Words that confirm a decision about this key: any of its aliases without `alias/`, or the first 8 characters of its id. */
export const confirms = ({ key }: Pick<Change, 'key'>, typed: string): boolean =>
  [...key.aliases.map((alias) => alias.replace(/^alias\//, '')), key.keyId.slice(0, 8)].includes(typed.trim());

/** Records what a link's person says, for exactly what their page showed. A link decides once, and the decision can be withdrawn by it once. */
export async function answerReview(
  token: string,
  form: Form,
  now: string,
  session?: Session,
): Promise<Outcome<Change> | typeof SIGN_IN | undefined> {
  const opened = await openLink(token, now);
  if (opened === undefined) return undefined;
  const { link, whole } = opened;
  const { decision, comment, after = link.binding.after, base = link.binding.base } = form;
  if (!signedIn(opened, session)) {
    await noteAttempt(link, decision, session === undefined ? 'SIGN_IN_NEEDED' : 'NOT_YOUR_LINK', now, session);
    return SIGN_IN;
  }
  if (whole.change.rule.signIn === true && form.csrf !== session?.csrf) {
    await noteAttempt(link, decision, 'NOT_OUR_FORM', now, session);
    return refuse('NOT_IN_GROUP', 'This form is not from your sign-in; open the page again.');
  }
  if (!confirms(whole.change, form.confirm)) {
    await noteAttempt(link, decision, 'WRONG_CONFIRMATION', now, session);
    return refuse('WRONG_CONFIRMATION', 'What you typed is not the name of the key. Nothing was decided.');
  }
  if (decision !== 'withdraw' && decision !== 'comment' && link.usedAt !== undefined) {
    await noteAttempt(link, decision, 'ALREADY_DECIDED', now, session);
    return refuse('ALREADY_DECIDED', 'This link was used already.');
  }
  const verdict = { person: link.person, decision, comment, channel: 'link', binding: { after, base } } as const;
  return decideChange(link.changeId, verdict, now, useOf(decision, token, now));
}

/** A form that is none of ours was sent to a link: a fact of its change, where there is one. */
export async function noteForeignForm(token: string, now: string): Promise<void> {
  const opened = await openLink(token, now);
  if (opened !== undefined) await noteAttempt(opened.link, 'send a form', 'NOT_OUR_FORM', now);
}

/** By whom, as far as that is certain: a link says whom it was sent to, a sign-in says who holds it. */
const noteAttempt = (link: Link, what: string, code: string, now: string, session?: Session): Promise<void> =>
  noteRefusal(
    link.changeId,
    { person: session?.person ?? `link:${link.person}`, attempt: `${what} by the link of ${link.person}`, code },
    now,
  );

function useOf(decision: VerdictName, token: string, now: string): ReturnType<typeof useLink> | undefined {
  if (decision === 'comment') return undefined;
  return decision === 'withdraw' ? withdrawByLink(token, now) : useLink(token, now);
}
