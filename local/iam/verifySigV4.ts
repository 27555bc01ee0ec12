import { createHash, createHmac, type Hash, type Hmac, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AccessKey } from './keys.ts';

export interface SignedRequest {
  method: string;
  /** As it came, with the query string: still encoded. */
  path: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface VerifyOptions {
  /** `execute-api` by default. */
  service?: string;
  /** `us-east-1` by default. */
  region?: string;
  now?: Date;
}

export type SigV4Code =
  | 'MissingAuthenticationToken'
  | 'IncompleteSignature'
  | 'InvalidClientTokenId'
  | 'SignatureDoesNotMatch'
  | 'RequestExpired';

export type SigV4Result = { ok: true; accessKeyId: string } | { ok: false; code: SigV4Code; message: string };

const MAX_SKEW_MS = 15 * 60_000;

/**
 * Checks an AWS Signature Version 4 in the `Authorization` header as API Gateway does for `aws_iam` routes: the scope, the
 * clock (15 minutes both ways), `host` and every `x-amz-` header signed, the body's hash, and the signature itself.
 *
 * Stricter than AWS in one thing: the query must be sent in the canonical order in which it was signed (SDKs send it so).
 * SigV4 sorts the query before signing, so a reordered one would verify, while repeated names reach a handler in wire order.
 *
 * @param keyOf The key for an access key id, undefined when there is none.
 */
export async function verifySigV4(
  request: SignedRequest,
  keyOf: (accessKeyId: string) => AccessKey | undefined,
  { service = 'execute-api', region = 'us-east-1', now = new Date() }: VerifyOptions = {},
): Promise<SigV4Result> {
  const authorization = request.headers.authorization;
  if (authorization === undefined) return refuse('MissingAuthenticationToken', 'Missing Authentication Token');
  const match =
    /^AWS4-HMAC-SHA256 Credential=([\w-]{1,128})\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    );
  if (match === null)
    return refuse('IncompleteSignature', 'The Authorization header is no AWS4-HMAC-SHA256 signature.');
  const [, accessKeyId = '', day, scopeRegion, scopeService, signedNames = '', signature = ''] = match;
  const key = keyOf(accessKeyId);
  if (key === undefined)
    return refuse('InvalidClientTokenId', 'The security token included in the request is invalid.');

  const signed = new Set(signedNames.split(';'));
  const unsigned = Object.keys(request.headers).find((name) => name.startsWith('x-amz-') && !signed.has(name));
  if (!signed.has('host') || unsigned !== undefined) {
    return refuse('SignatureDoesNotMatch', `The header ${unsigned ?? 'host'} must be signed.`);
  }
  const stamp = request.headers['x-amz-date'] ?? '';
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  const date = parts === null ? new Date(Number.NaN) : new Date(isoOf(parts));
  if (Number.isNaN(date.getTime())) return refuse('IncompleteSignature', 'X-Amz-Date must be YYYYMMDDTHHMMSSZ.');
  if (Math.abs(now.getTime() - date.getTime()) > MAX_SKEW_MS) {
    return refuse('RequestExpired', `Signature expired: ${stamp} is more than 15 minutes from now.`);
  }
  if (day !== stamp.slice(0, 8) || scopeRegion !== region || scopeService !== service) {
    return refuse('SignatureDoesNotMatch', `Credential should be scoped to ${stamp.slice(0, 8)}/${region}/${service}.`);
  }
  if (key.sessionToken !== undefined && request.headers['x-amz-security-token'] !== key.sessionToken) {
    return refuse('InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  const claimed = request.headers['x-amz-content-sha256'];
  if (claimed !== undefined && claimed !== createHash('sha256').update(request.body).digest('hex')) {
    return refuse('SignatureDoesNotMatch', 'X-Amz-Content-Sha256 is not the hash of the body.');
  }
  const [path = '', rawQuery = ''] = splitOnce(request.path, '?');
  const query = parseQuery(rawQuery);
  // SigV4 normalizes the path; a path that changes under that would be routed as another one than was signed.
  if (query === undefined || /\/(\/|\.{1,2}(\/|$))/.test(path)) {
    return refuse('SignatureDoesNotMatch', 'The path or the query is not in canonical form.');
  }
  const headers: Record<string, string> = {};
  for (const name of signed) {
    const value = request.headers[name];
    if (value === undefined) return refuse('SignatureDoesNotMatch', `The signed header ${name} is missing.`);
    headers[name] = value;
  }
  const signer = new SignatureV4({
    service,
    region,
    credentials: { accessKeyId, secretAccessKey: key.secretAccessKey },
    sha256: Sha256,
    applyChecksum: false,
  });
  const again = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: headers.host ?? '',
      path,
      query,
      headers,
      body: request.body,
    },
    { signingDate: date, signableHeaders: signed },
  );
  // The signature covers the list of signed headers too, so a header that the signer would leave out makes another one.
  const expected = /Signature=([0-9a-f]{64})$/.exec(again.headers.authorization ?? '')?.[1] ?? '';
  const same = expected.length === signature.length && timingSafeEqual(Buffer.from(expected), Buffer.from(signature));
  return same
    ? { ok: true, accessKeyId }
    : refuse('SignatureDoesNotMatch', 'The request signature we calculated does not match the signature you provided.');
}

function refuse(code: SigV4Code, message: string): SigV4Result {
  return { ok: false, code, message };
}

function isoOf([, year, month, day, hour, minute, second]: RegExpExecArray): string {
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** The decoded query, or undefined when it is malformed or not sorted by encoded name and value. */
function parseQuery(raw: string): Record<string, string[]> | undefined {
  const query: Record<string, string[]> = Object.create(null);
  let last = '';
  try {
    for (const pair of raw.split('&').filter((part) => part !== '')) {
      const [name, value] = splitOnce(pair, '=').map(decodeURIComponent) as [string, string];
      // The zero byte sorts a name before every longer one, as comparing names alone would.
      const order = `${encodeURIComponent(name)}\0${encodeURIComponent(value)}`;
      if (order < last) return undefined;
      last = order;
      query[name] = [...(query[name] ?? []), value];
    }
  } catch {
    return undefined;
  }
  return query;
}

/** node:crypto in the shape that the signer wants. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error('each signature makes its own hashes');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}
