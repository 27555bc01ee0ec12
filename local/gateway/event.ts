import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Route } from '../serverless.ts';
import { decode } from './route.ts';

export interface EventParts {
  request: IncomingMessage;
  body: Buffer;
  route: Route;
  pathParameters: Record<string, string>;
  /** `requestContext.authorizer`: `{jwt}` or `{iam}`. */
  authorizer: Record<string, unknown> | undefined;
  requestId: string;
  accountId: string;
  now: Date;
}

/**
 * The event that an HTTP API hands to a Lambda, payload format 2.0 (API Gateway guide, "Create AWS Lambda proxy integrations
 * for HTTP APIs"): header names in lower case with duplicates joined by commas, cookies apart, `rawPath` decoded, and a body
 * that is base64 unless its content type is text.
 */
export function toEvent(parts: EventParts): APIGatewayProxyEventV2 {
  const { request, body, route, pathParameters, authorizer, requestId, accountId, now } = parts;
  const { path, query } = splitTarget(request.url ?? '/');
  const { cookie, ...headers } = headersOf(request);
  const host = headers.host ?? 'localhost';
  const sourceIp = request.socket.remoteAddress ?? '127.0.0.1';
  const isBase64Encoded = body.length > 0 && !isText(headers['content-type']);
  const rawPath = decode(path) ?? path;
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath,
    rawQueryString: query,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/;\s*/) }),
    headers: {
      ...headers,
      'x-forwarded-for': [headers['x-forwarded-for'], sourceIp].filter(Boolean).join(', '),
      'x-forwarded-port': host.split(':')[1] ?? '80',
      'x-forwarded-proto': 'http',
    },
    ...(query === '' ? {} : { queryStringParameters: joined(new URLSearchParams(query)) }),
    requestContext: {
      accountId,
      apiId: 'local',
      ...(authorizer === undefined ? {} : { authorizer }),
      domainName: host,
      domainPrefix: host.split(/[.:]/)[0] ?? '',
      http: {
        method: request.method ?? '',
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: route.routeKey,
      stage: '$default',
      time: requestTime(now),
      timeEpoch: now.getTime(),
    },
    ...(Object.keys(pathParameters).length === 0 ? {} : { pathParameters }),
    ...(body.length === 0 ? {} : { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

/** `/keys/a?b=c` → path and query, both as they came. */
export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** Every header once, in lower case, duplicates joined with commas. Node would drop a second `authorization`. */
export function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [
      name,
      (values ?? []).join(name === 'cookie' ? '; ' : ','),
    ]),
  );
}

/** `24/Nov/2026:19:03:58 +0000` */
export function requestTime(at: Date): string {
  const [, day, month, year, time] = at.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

function joined(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]));
}

/** A form is not text to an HTTP API: its body comes in base64. */
function isText(contentType: string | undefined): boolean {
  return (
    contentType === undefined ||
    /^(?:text\/|application\/(?:json|xml|javascript|[^;]*\+(?:json|xml)))/i.test(contentType)
  );
}
