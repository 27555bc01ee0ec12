import type { Change } from '../change/change.ts';
import { linkStands } from '../change/command.ts';
import { decide, type VerdictName } from '../change/decide.ts';
import { type Outcome, refuse } from '../change/refusal.ts';
import type { ChangeView } from '../change/view.ts';
import { readWholeChange } from '../store/changes.ts';
import { type Link, readLink, useLink, withdrawByLink } from '../store/links.ts';
import type { Session } from '../store/sessions.ts';
import { decideChange } from './decide.ts';
import { noteRefusal } from './noteRefusal.ts';
import { toView } from './view.ts';

/** What the holder of a link sees. */
export interface Review {
  change: ChangeView;
  person: string;
  /** Whether there is anything that this person may say now. */
  mayDecide: boolean;
  may: VerdictName[];
  /** With a sign-in: what the form must send back. */
  csrf?: string;
}

/** A link that works and whose rule asks for a sign-in that is not there, or is another person's. Which of the two is not said. */
export const SIGN_IN = 'sign in' as const;

type Opened = { whole: NonNullable<Awaited<ReturnType<typeof readWholeChange>>>; link: Link };

/** The link and its change while the link works: it exists, its time is not over, it was not revoked, and the change is still the version that it was made for. */
async function open(token: string, now: string): Promise<Opened | undefined> {
  const link = await readLink(token, now);
  const whole = link && (await readWholeChange(link.changeId));
  if (link === undefined || whole === undefined) return undefined;
  const { binding } = whole.change;
  const current = link.binding.after === binding.after && link.binding.base === binding.base;
  return current && linkStands(whole.change, link.person, link.issuedAt) ? { whole, link } : undefined;
}

const signedIn = ({ whole, link }: Opened, session: Session | undefined): boolean =>
  whole.change.rule.signIn !== true || session?.person === link.person;

/** The change behind a link, as its person sees it; undefined for every link that does not work, whatever the cause. Changes nothing. */
export async function openReview(
  token: string,
  now: string,
  session?: Session,
): Promise<Review | typeof SIGN_IN | undefined> {
  const opened = await open(token, now);
  if (opened === undefined) return undefined;
  if (!signedIn(opened, session)) return SIGN_IN;
  const { whole, link } = opened;
  const may = verdictsOf(whole.change, link, now);
  return {
    change: toView(whole, now),
    person: link.person,
    mayDecide: may.length > 0,
    may,
    ...(whole.change.rule.signIn === true && session !== undefined ? { csrf: session.csrf } : {}),
  };
}

/** What a link may be used for now: one decision, its withdrawal once, and comments. */
function verdictsOf(change: Change, link: Link, now: string): VerdictName[] {
  const offered: VerdictName[] =
    link.usedAt === undefined
      ? ['approve', 'reject', 'requestChanges', 'comment']
      : link.withdrawnAt === undefined
        ? ['withdraw', 'comment']
        : ['comment'];
  const { person, binding } = link;
  const may = offered.filter(
    (decision) => decide(change, { person, decision, comment: 'x', channel: 'link', binding }, now).ok,
  );
  return may.some((one) => one !== 'comment') ? may : [];
}

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
  const opened = await open(token, now);
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
    return refuse('ALREADY_DECIDED', 'This link was used already.');
  }
  const verdict = { person: link.person, decision, comment, channel: 'link', binding: { after, base } } as const;
  return decideChange(link.changeId, verdict, now, useOf(decision, token, now));
}

/** A form that is none of ours was sent to a link: a fact of its change, where there is one. */
export async function noteForeignForm(token: string, now: string): Promise<void> {
  const opened = await open(token, now);
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
