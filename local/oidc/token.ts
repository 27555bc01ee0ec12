import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { OidcKeys } from './keys.ts';
import { ACCESS_TOKEN_TTL, AUDIENCE, SCOPE } from './terms.ts';

export type TokenRequest = { ok: true; email: string; groups: string[] } | { ok: false; problem: string };

/**
 * Reads `{"email":"ana@example.com","groups":["submitters"]}`. Anybody may be anybody on a laptop; only what could not be
 * told apart later is refused: a group name with a blank or bracket in it, since API Gateway writes a list as `[a b]`.
 */
export function readTokenRequest(body: string): TokenRequest {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, problem: 'the body is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, problem: 'the body is not an object' };
  const { email, groups = [], ...unknown } = value as Record<string, unknown>;
  const [extra] = Object.keys(unknown);
  if (extra !== undefined) return { ok: false, problem: `unknown field ${extra}` };
  if (typeof email !== 'string' || !/^[^\s@]{1,64}@[^\s@]{1,255}$/.test(email))
    return { ok: false, problem: 'email is not an address' };
  if (!Array.isArray(groups) || !groups.every((one) => typeof one === 'string' && /^[^\s,[\]]{1,128}$/.test(one)))
    return { ok: false, problem: 'groups is not a list of names' };
  return { ok: true, email, groups: groups as string[] };
}

/** An access token as the provider itself issues them, for a script that cannot click. */
export async function signAccessToken(
  keys: OidcKeys,
  issuer: string,
  { email, groups }: { email: string; groups: string[] },
): Promise<{ access_token: string; token_type: 'Bearer'; expires_in: number }> {
  const access_token = await new SignJWT({
    email,
    email_verified: true,
    groups,
    scope: SCOPE,
    client_id: 'countersign-local',
  })
    .setProtectedHeader({ alg: 'RS256', kid: keys.signing.kid, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(AUDIENCE)
    .setSubject(email)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ACCESS_TOKEN_TTL}s`)
    .sign(keys.signing);
  return { access_token, token_type: 'Bearer', expires_in: ACCESS_TOKEN_TTL };
}
