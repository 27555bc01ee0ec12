import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/**
 * Cookies of ours. `__Host-` makes a browser hold them to this very host, over a secure connection, for every path (ASVS
 * 3.3.1): no other host of the domain can set or read them. Loopback counts as secure.
 */
export const SESSION_COOKIE = '__Host-session';
export const SIGN_IN_COOKIE = '__Host-signin';

/**
 * A cookie for the browser alone, no script. `Lax`, so that it comes along when a link in a mail is opened and when the
 * issuer sends the browser back; a form of another site does not send it.
 *
 * @param seconds how long it lasts; 0 takes it away
 */
export const cookie = (name: string, value: string, seconds: number): string =>
  `${name}=${value}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Lax`;

/** The value of a cookie; undefined when it is not there, or there twice. */
export function readCookie(event: APIGatewayProxyEventV2, name: string): string | undefined {
  const values = (event.cookies ?? [])
    .filter((one) => one.startsWith(`${name}=`))
    .map((one) => one.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
