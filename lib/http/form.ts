import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { done, type Outcome, refuse } from '../change/refusal.ts';
import { bodyBytes, MAX_BODY } from './body.ts';

/**
 * Reads the fields of a form that one of our own pages sent. A form that another site sent is refused (ASVS 3.5.1): a
 * browser says where it comes from in Sec-Fetch-Site, or else in Origin. A field that stands twice is no field.
 */
export function readForm(event: APIGatewayProxyEventV2): Outcome<Map<string, string>> {
  const { 'content-type': type = '', 'sec-fetch-site': site, origin, host } = event.headers;
  if (site !== undefined ? site !== 'same-origin' : origin !== undefined && !isOurs(origin, host)) {
    return refuse('NOT_IN_GROUP', 'This form was sent from another site.');
  }
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    return refuse('NOT_IN_GROUP', 'This is not a form of ours.');
  }
  const bytes = bodyBytes(event);
  if (bytes.length > MAX_BODY) return refuse('TOO_LARGE', 'The form is too large.');
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(Buffer.from(bytes).toString('utf8'))) {
    if (fields.has(name)) return refuse('BAD_REQUEST', `The field ${name} stands twice.`);
    fields.set(name, value);
  }
  return done(fields);
}

function isOurs(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
