import { reviewPage, signInPage } from '../lib/http/page.ts';
import { page } from '../lib/http/pageReply.ts';
import { sessionOf } from '../lib/http/session.ts';
import { setReviewPage } from '../lib/http/setReply.ts';
import { open } from '../lib/http/stack.ts';
import { openReview, SIGN_IN } from '../lib/workflow/review.ts';
import { openSetReview } from '../lib/workflow/setReview.ts';

/** `GET /review/{token}`: the change, or the changes of a set, as the holder of the link sees them. Changes nothing. */
export const handler = open(async ({ event, params, now }) => {
  const token = params.token ?? '';
  const session = await sessionOf(event, now);
  const review = await openReview(token, now, session);
  if (review === undefined) return setReviewPage(token, now, await openSetReview(token, now, session));
  return review === SIGN_IN ? page(401, signInPage(token)) : page(200, reviewPage({ ...review, now }));
});
