import { Buffer } from 'node:buffer';
import type { Invocation } from '../types.ts';

export interface GatewayResponse {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

/** An answer of API Gateway's own: `{"message":"Not Found"}`. */
export function message(status: number, text: string, headers: Record<string, string> = {}): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify({ message: text })),
  };
}

/**
 * What a client gets for what a Lambda returned, payload format 2.0: with `statusCode` as it says, anything else is a 200 of
 * JSON, and what failed or cannot be read is a 500 that tells nothing.
 */
export function toResponse(invocation: Invocation): GatewayResponse {
  const broken = message(500, 'Internal Server Error');
  if (!invocation.ok) return broken;
  const { payload } = invocation;
  if (typeof payload !== 'object' || payload === null || !('statusCode' in payload)) {
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
  }
  const {
    statusCode,
    headers = {},
    cookies = [],
    body = '',
    isBase64Encoded = false,
  } = payload as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599 || typeof body !== 'string') return broken;
  if (typeof headers !== 'object' || headers === null || !Array.isArray(cookies)) return broken;
  const given: [string, string][] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) return broken;
    given.push([name.toLowerCase(), String(value)]);
  }
  const own = Object.fromEntries(given.filter(([name]) => !CONNECTION_HEADERS.has(name)));
  return {
    status,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...own,
      ...(cookies.length === 0 ? {} : { 'set-cookie': cookies.map(String) }),
    },
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** Of the connection, not of the answer: the gateway sets them. */
const CONNECTION_HEADERS = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);
