import { deadLinkPage, reviewPage } from '../lib/http/page.ts';
import { page } from '../lib/http/pageReply.ts';
import { open } from '../lib/http/stack.ts';
import { openReview } from '../lib/workflow/review.ts';

/** `GET /review/{token}`: the change as the holder of the link sees it. Changes nothing. */
export const handler = open(async ({ params, now }) => {
  const review = await openReview(params.token ?? '', now);
  return review === undefined ? page(404, deadLinkPage()) : page(200, reviewPage({ ...review, now }));
});
