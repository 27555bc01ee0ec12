import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { readSession, type Session } from '../store/sessions.ts';
import { readCookie, SESSION_COOKIE } from './cookies.ts';
import type { Issuer } from './oidc.ts';

/** The sign-in of the browser that sent this request, while it lasts. */
export async function sessionOf(event: APIGatewayProxyEventV2, now: string): Promise<Session | undefined> {
  const secret = readCookie(event, SESSION_COOKIE);
  return secret !== undefined && /^[\w-]{43}$/.test(secret) ? readSession(secret, now) : undefined;
}

/** The issuer of this deployment. */
export const issuerOf = (env: Readonly<Record<string, string | undefined>>): Issuer => ({
  issuer: env.OIDC_ISSUER ?? '',
  clientId: env.OIDC_CLIENT_ID ?? '',
  redirectUri: `${env.PUBLIC_URL}/callback`,
});
