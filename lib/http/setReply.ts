import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { counted, keyName } from '../change/wording.ts';
import type { SetOutcome } from '../workflow/decideSet.ts';
import type { SIGN_IN } from '../workflow/review.ts';
import type { SetReview } from '../workflow/setReview.ts';
import { deadLinkPage, type Notice, signInPage } from './page.ts';
import { page } from './pageReply.ts';
import { setPage } from './setPage.ts';

/** What a link to a set answers: its page, the sign-in that it asks for, or that it does not work. */
export function setReviewPage(
  token: string,
  now: string,
  review: SetReview | typeof SIGN_IN | undefined,
  more: { notice?: Notice; comment?: string; status?: number } = {},
): APIGatewayProxyStructuredResultV2 {
  if (review === undefined) return page(404, deadLinkPage());
  if (typeof review === 'string') return page(401, signInPage(token));
  const members = review.members.map((one) => ({ change: one.review.change, token: one.token }));
  return page(more.status ?? 200, setPage({ ...review, ...more, members, now }));
}

/** What came of a decision about a set, for the page: by the key, as the page calls it. */
export function setNotice(outcomes: readonly SetOutcome[], members: SetReview['members']): Notice {
  const recorded = outcomes.filter((one) => one.recorded).length;
  const names = new Map(members.map(({ review }) => [review.change.id, keyName(review.change.key)]));
  const rest = outcomes.flatMap(({ change, detail }) =>
    detail === undefined ? [] : [`${names.get(change) ?? change}: ${detail}`],
  );
  const text = [`Your decision is recorded for ${recorded} of ${counted(outcomes.length, 'key')}.`, ...rest].join(' ');
  return { tone: rest.length === 0 ? 'good' : 'bad', text };
}
