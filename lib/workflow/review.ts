import type { Change } from '../change/change.ts';
import { linkStands } from '../change/command.ts';
import { decide, type VerdictName } from '../change/decide.ts';
import type { ChangeView } from '../change/view.ts';
import { readWholeChange } from '../store/changes.ts';
import { type Link, readLink } from '../store/links.ts';
import type { Session } from '../store/sessions.ts';
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

export type Opened = { whole: NonNullable<Awaited<ReturnType<typeof readWholeChange>>>; link: Link };

/** The link and its change while the link works: it exists, its time is not over, it was not revoked, and the change is still the version that it was made for. */
export async function openLink(token: string, now: string): Promise<Opened | undefined> {
  const link = await readLink(token, now);
  const whole = link && (await readWholeChange(link.changeId));
  if (link === undefined || whole === undefined) return undefined;
  const { binding } = whole.change;
  const current = link.binding.after === binding.after && link.binding.base === binding.base;
  return current && linkStands(whole.change, link.person, link.issuedAt) ? { whole, link } : undefined;
}

/** Whether the one whom the link was sent to has signed in, where the rule asks for that. */
export const signedIn = ({ whole, link }: Opened, session: Session | undefined): boolean =>
  whole.change.rule.signIn !== true || session?.person === link.person;

/** The change behind a link, as its person sees it; undefined for every link that does not work, whatever the cause. Changes nothing. */
export async function openReview(
  token: string,
  now: string,
  session?: Session,
): Promise<Review | typeof SIGN_IN | undefined> {
  const opened = await openLink(token, now);
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
