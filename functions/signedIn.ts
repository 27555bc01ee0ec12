import { cookie, readCookie, SESSION_COOKIE, SIGN_IN_COOKIE } from '../lib/http/cookies.ts';
import { exchange, same } from '../lib/http/oidc.ts';
import { deadLinkPage } from '../lib/http/page.ts';
import { page, redirect } from '../lib/http/pageReply.ts';
import { issuerOf } from '../lib/http/session.ts';
import { readSignIn } from '../lib/http/signIn.ts';
import { logger, open } from '../lib/http/stack.ts';
import { retention } from '../lib/store/rulesFile.ts';
import { newSession } from '../lib/store/sessions.ts';

/** `GET /callback`: where the issuer sends the browser back. A sign-in that is not this browser's own, or is not whole, ends at the same page as every dead link. */
export const handler = open(async ({ event, query, now }) => {
  const signIn = readSignIn(readCookie(event, SIGN_IN_COOKIE));
  const { state = '', code = '', iss } = query;
  const issuer = issuerOf(process.env);
  const dead = { ...page(404, deadLinkPage()), cookies: [cookie(SIGN_IN_COOKIE, '', 0)] };
  if (signIn === undefined || code === '' || !same(state, signIn.state)) return dead;
  // RFC 9207: an answer of another issuer, mixed up with ours.
  if (iss !== undefined && iss !== issuer.issuer) return dead;
  try {
    const person = await exchange(issuer, signIn, code, Date.parse(now));
    const { session } = retention();
    const secret = await newSession(person, Date.parse(now), session);
    return redirect(signIn.returnTo, [cookie(SIGN_IN_COOKIE, '', 0), cookie(SESSION_COOKIE, secret, session)]);
  } catch (error) {
    logger.warn('a sign-in failed', { error: error as Error });
    return dead;
  }
});
