import { readSetLink } from '../store/links.ts';
import type { Session } from '../store/sessions.ts';
import { openReview, type Review, SIGN_IN } from './review.ts';

/** What the holder of a link to a set sees: each change as by a link of its own. */
export interface SetReview {
  members: { review: Review; token: string }[];
  person: string;
  /** Whether there is any of them that this person may approve or reject now. */
  mayDecide: boolean;
  csrf?: string;
}

/** The changes behind a link to a set; undefined for every link that does not work, whatever the cause. Changes nothing. */
export async function openSetReview(
  token: string,
  now: string,
  session?: Session,
): Promise<SetReview | typeof SIGN_IN | undefined> {
  const tokens = (await readSetLink(token, now)) ?? [];
  const opened = await Promise.all(tokens.map((one) => openReview(one, now, session)));
  if (opened.includes(SIGN_IN)) return SIGN_IN;
  const members = opened.flatMap((review, i) =>
    review === undefined || review === SIGN_IN ? [] : [{ review, token: tokens[i] ?? '' }],
  );
  const [first] = members;
  if (first === undefined) return undefined;
  return {
    members,
    person: first.review.person,
    mayDecide: members.some(({ review }) => review.may.includes('approve')),
    ...(first.review.csrf === undefined ? {} : { csrf: first.review.csrf }),
  };
}
