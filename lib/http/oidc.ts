import { createPublicKey, type JsonWebKey, timingSafeEqual, verify } from 'node:crypto';
import { canonicalPerson, isAddress } from '../change/address.ts';
import { challengeOf, type SignIn } from './signIn.ts';

/** The issuer that people sign in at, and who we are to it. All from the deployment, nothing from a request. */
export interface Issuer {
  issuer: string;
  clientId: string;
  /** Where the issuer sends the browser back to. */
  redirectUri: string;
}

interface Metadata {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  jwks_uri: string;
}

const TIMEOUT_MS = 5_000;
const known = new Map<string, Promise<Metadata>>();

/** Seconds that the issuer's clock may be ahead of ours, or behind. */
const SKEW = 60;

async function fetchJson(url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'https:' && !['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) {
    throw new Error(`${url} is not https`);
  }
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS), ...init });
  if (!response.ok) throw new Error(`the issuer answered ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

/** What the issuer says about itself (OpenID Connect Discovery); read once, and again when it could not be read. */
function discover(issuer: string): Promise<Metadata> {
  const found = known.get(issuer);
  if (found !== undefined) return found;
  const reading = fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`).then((metadata) => {
    if (metadata.issuer !== issuer) throw new Error('the issuer calls itself something else');
    return metadata as unknown as Metadata;
  });
  known.set(issuer, reading);
  reading.catch(() => known.delete(issuer));
  return reading;
}

/** Where to send a browser so that its person signs in, afresh: `prompt=login`, since an approval deserves it. */
export async function authorizationUrl({ issuer, clientId, redirectUri }: Issuer, signIn: SignIn): Promise<string> {
  const { authorization_endpoint } = await discover(issuer);
  const url = new URL(authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid email',
    state: signIn.state,
    nonce: signIn.nonce,
    code_challenge: challengeOf(signIn.verifier),
    code_challenge_method: 'S256',
    prompt: 'login',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * The person who has signed in: exchanges the code and checks the ID token (OpenID Connect Core, 3.1.3.7): signature,
 * issuer, audience, times, nonce, and that the email is verified.
 * @throws Error that says what was wrong; it is for the log, not for the browser
 */
export async function exchange(issuer: Issuer, signIn: SignIn, code: string, now: number): Promise<string> {
  const metadata = await discover(issuer.issuer);
  const answer = await fetchJson(metadata.token_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: issuer.redirectUri,
      client_id: issuer.clientId,
      code_verifier: signIn.verifier,
    }).toString(),
  });
  const claims = await verified(String(answer.id_token), metadata.jwks_uri);
  const { iss, aud, azp, exp, iat, nonce, email, email_verified } = claims;
  const audiences = [aud].flat();
  if (iss !== issuer.issuer) throw new Error('the ID token is of another issuer');
  if (!audiences.includes(issuer.clientId)) throw new Error('the ID token is for somebody else');
  if (audiences.length > 1 && azp !== issuer.clientId) throw new Error('the ID token is for several');
  if (typeof exp !== 'number' || now / 1000 >= exp + SKEW) throw new Error('the ID token is over');
  if (typeof iat !== 'number' || iat > now / 1000 + SKEW) throw new Error('the ID token is of the future');
  if (typeof nonce !== 'string' || !same(nonce, signIn.nonce)) throw new Error('the ID token is of another sign-in');
  if (typeof email !== 'string' || !email.includes('@')) throw new Error('the ID token has no email');
  if (email_verified !== true && email_verified !== 'true') throw new Error('the email is not verified');
  if (!isAddress(canonicalPerson(email))) throw new Error('the email is not one that can be sealed');
  return canonicalPerson(email);
}

/** Are two secrets the same? Takes as long whatever differs. */
export function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

const ALGORITHMS: Readonly<Record<string, { hash: string; kty: string; dsaEncoding?: 'ieee-p1363' }>> = {
  RS256: { hash: 'sha256', kty: 'RSA' },
  ES256: { hash: 'sha256', kty: 'EC', dsaEncoding: 'ieee-p1363' },
};

async function verified(token: string, jwksUri: string): Promise<Record<string, unknown>> {
  const [header = '', payload = '', signature = '', ...rest] = token.split('.');
  if (rest.length > 0 || signature === '') throw new Error('the ID token is no signed JWT');
  const { alg = '', kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Record<string, string>;
  const algorithm = Object.hasOwn(ALGORITHMS, alg) ? ALGORITHMS[alg] : undefined;
  if (algorithm === undefined) throw new Error(`the ID token is signed with ${alg}`);
  const { keys } = (await fetchJson(jwksUri)) as { keys?: (JsonWebKey & { kid?: string; use?: string })[] };
  const key = keys?.find((one) => one.kid === kid && one.kty === algorithm.kty && (one.use ?? 'sig') === 'sig');
  if (key === undefined) throw new Error('the ID token is signed with a key that is not published');
  const publicKey = createPublicKey({ key, format: 'jwk' });
  const { dsaEncoding } = algorithm;
  const checked = verify(
    algorithm.hash,
    Buffer.from(`${header}.${payload}`),
    dsaEncoding === undefined ? publicKey : { key: publicKey, dsaEncoding },
    Buffer.from(signature, 'base64url'),
  );
  if (!checked) throw new Error('the signature of the ID token is wrong');
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
}
