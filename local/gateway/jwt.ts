import { Buffer } from 'node:buffer';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { parseJson } from '../../lib/policy/document/json.ts';
import type { JwtAuthorizer } from '../serverless.ts';

export type Authorization =
  | { ok: true; authorizer: Record<string, unknown> | undefined }
  | { ok: false; status: 401 | 403; challenge?: string };

export type AuthorizeJwt = (header: string | undefined, scopes: readonly string[]) => Promise<Authorization>;

/** API Gateway caches the public key for two hours. */
const KEYS_MAX_AGE_MS = 2 * 3_600_000;

/**
 * The JWT authorizer of an HTTP API (guide, "Control access to HTTP APIs with JWT authorizers"): RSA signature by a key of the
 * issuer's `jwks_uri` that the header names, `iss`, `aud` or without it `client_id`, `exp`, `nbf`, `iat`, and one of the
 * route's scopes. 401 where the token is no good, 403 where it only lacks the scope.
 *
 * Stricter than AWS in one thing: a claim or header parameter that stands twice is refused, because two readers may not
 * agree on which one counts.
 */
export function jwtAuthorizer({ issuer, audience }: JwtAuthorizer): AuthorizeJwt {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  const keysOfIssuer = () => {
    keys ??= discover(issuer).catch((error) => {
      keys = undefined;
      throw error;
    });
    return keys;
  };

  return async (header, scopes) => {
    const token = header?.replace(/^Bearer(?: |$)/i, '').trim() ?? '';
    if (token === '') return { ok: false, status: 401, challenge: 'Bearer' };
    try {
      requireUnique(token);
      const { payload } = await jwtVerify(token, await keysOfIssuer(), {
        issuer,
        algorithms: ['RS256', 'RS384', 'RS512'],
        requiredClaims: ['exp'],
      });
      const { aud, client_id: clientId } = payload;
      const audiences = [aud ?? (typeof clientId === 'string' ? clientId : [])].flat();
      if (!audiences.some((one) => audience.includes(one))) return refuse('the token does not have a valid audience');
      if (payload.iat !== undefined && payload.iat > Date.now() / 1000 + 1)
        return refuse('the token is used before issued');
      return withScopes(payload, scopes);
    } catch (error) {
      return refuse(describe(error));
    }
  };
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  const { jwks_uri: uri } = (await response.json()) as { jwks_uri?: unknown };
  if (!response.ok || typeof uri !== 'string') throw new Error(`${issuer} has no OpenID configuration`);
  return createRemoteJWKSet(new URL(uri), { cacheMaxAge: KEYS_MAX_AGE_MS });
}

function withScopes(payload: JWTPayload, wanted: readonly string[]): Authorization {
  const held = [payload.scope ?? payload.scp ?? []].flat().flatMap((one) => String(one).split(' '));
  const scopes = wanted.filter((scope) => held.includes(scope));
  if (wanted.length > 0 && scopes.length === 0) {
    return { ok: false, status: 403, challenge: `Bearer scope="${wanted.join(' ')}" error="insufficient_scope"` };
  }
  const claims = Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, claimText(value)]));
  return { ok: true, authorizer: { jwt: { claims, scopes: wanted.length === 0 ? null : scopes } } };
}

/** Claims reach a Lambda as text, lists in the form `[a b]`, which nobody can split again for certain. */
function claimText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(claimText).join(' ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `map[${Object.entries(value)
    .map(([name, one]) => `${name}:${claimText(one)}`)
    .join(' ')}]`;
}

/** @throws where the header or the payload is not JSON in which every name stands once, or the header names no key */
function requireUnique(token: string): void {
  const parts = token.split('.');
  if (parts.length !== 3) throw new Error('invalid number of segments');
  for (const part of parts.slice(0, 2)) {
    if (!parseJson(Buffer.from(part, 'base64url')).ok) throw new Error('the token is not valid JSON');
  }
  const { kid } = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString('utf8')) as { kid?: unknown };
  if (typeof kid !== 'string' || kid === '') throw new Error('the token names no key');
}

function describe(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'iss') return 'the issuer is invalid';
  if (error instanceof errors.JWTClaimValidationFailed) return `the claim ${error.claim} is invalid`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the signing method is invalid';
  if (error instanceof errors.JWKSNoMatchingKey) return 'the key of the token is unknown';
  if (error instanceof errors.JOSEError) return 'the signature is invalid';
  if (error instanceof TypeError) return 'OIDC discovery endpoint communication error';
  return error instanceof Error ? error.message.replaceAll('"', "'") : 'the token is invalid';
}

function refuse(description: string): Authorization {
  return {
    ok: false,
    status: 401,
    challenge: `Bearer scope="" error="invalid_token" error_description="${description}"`,
  };
}
