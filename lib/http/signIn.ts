import { createHash, randomBytes } from 'node:crypto';

/** One sign-in under way. It lies in a cookie of the browser that began it, so that no other browser can end it. */
export interface SignIn {
  /** Comes back with the code: the answer belongs to this browser's question (RFC 6749, 10.12). */
  state: string;
  /** Comes back inside the ID token: it was made for this sign-in (OpenID Connect Core, 3.1.2.1). */
  nonce: string;
  /** PKCE (RFC 7636): whoever steals the code cannot exchange it. */
  verifier: string;
  /** Where to go afterwards: a review page and nothing else. */
  returnTo: string;
}

/** How long somebody may take to sign in, in seconds. */
export const SIGN_IN_SECONDS = 600;

/** The only places to come back to are review pages of ours: a path, never an address. */
const RETURN_TO = /^\/review\/[A-Za-z0-9_-]{43}$/;

/** A path of ours to come back to, or undefined when it is anything else. */
export const returnPath = (given: string | undefined): string | undefined =>
  given !== undefined && RETURN_TO.test(given) ? given : undefined;

const random = () => randomBytes(32).toString('base64url');

export const beginSignIn = (returnTo: string): SignIn => ({
  state: random(),
  nonce: random(),
  verifier: random(),
  returnTo,
});

/** What the cookie holds. */
export const printSignIn = (signIn: SignIn): string => Buffer.from(JSON.stringify(signIn)).toString('base64url');

/** What a cookie held; undefined when it is no sign-in of ours. */
export function readSignIn(text: string | undefined): SignIn | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Partial<SignIn>;
    const { state, nonce, verifier, returnTo } = value;
    if (![state, nonce, verifier].every((one) => typeof one === 'string' && /^[\w-]{43}$/.test(one))) return undefined;
    return returnPath(returnTo) === undefined ? undefined : (value as SignIn);
  } catch {
    return undefined;
  }
}

/** The PKCE challenge of a verifier, method S256. */
export const challengeOf = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');
