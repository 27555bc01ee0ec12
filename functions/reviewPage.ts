import { deadLinkPage, reviewPage, signInPage } from '../lib/http/page.ts';
import { page } from '../lib/http/pageReply.ts';
import { sessionOf } from '../lib/http/session.ts';
import { open } from '../lib/http/stack.ts';
import { openReview, SIGN_IN } from '../lib/workflow/review.ts';

/** `GET /review/{token}`: the change as the holder of the link sees it. Changes nothing. */
export const handler = open(async ({ event, params, now }) => {
  const token = params.token ?? '';
  const review = await openReview(token, now, await sessionOf(event, now));
  if (review === undefined) return page(404, deadLinkPage());
  return review === SIGN_IN ? page(401, signInPage(token)) : page(200, reviewPage({ ...review, now }));
});
