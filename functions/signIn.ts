import { cookie, SIGN_IN_COOKIE } from '../lib/http/cookies.ts';
import { authorizationUrl } from '../lib/http/oidc.ts';
import { deadLinkPage } from '../lib/http/page.ts';
import { page, redirect } from '../lib/http/pageReply.ts';
import { issuerOf } from '../lib/http/session.ts';
import { beginSignIn, printSignIn, returnPath, SIGN_IN_SECONDS } from '../lib/http/signIn.ts';
import { open } from '../lib/http/stack.ts';

/** `GET /signin`: sends a browser to the issuer, and remembers in a cookie of it what comes back. Stores nothing. */
export const handler = open(async ({ query }) => {
  const returnTo = returnPath(query.returnTo);
  if (returnTo === undefined || Object.keys(query).length !== 1) return page(404, deadLinkPage());
  const signIn = beginSignIn(returnTo);
  const location = await authorizationUrl(issuerOf(process.env), signIn);
  return redirect(location, [cookie(SIGN_IN_COOKIE, printSignIn(signIn), SIGN_IN_SECONDS)]);
});
