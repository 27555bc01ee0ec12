import { foreignPage } from '../lib/http/foreignPage.ts';
import { deadLinkPage } from '../lib/http/page.ts';
import { page } from '../lib/http/pageReply.ts';
import { open } from '../lib/http/stack.ts';
import { openForeign } from '../lib/workflow/openForeign.ts';

/** `GET /foreign/{token}`: a foreign write as the holder of the link sees it. Changes nothing. */
export const handler = open(async ({ params, now }) => {
  const review = await openForeign(params.token ?? '', now);
  return review === undefined ? page(404, deadLinkPage()) : page(200, foreignPage({ ...review, now }));
});
