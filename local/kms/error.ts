import type { AwsResponse } from '../types.ts';

/** A refusal in KMS's own words: `name` is the error's AWS name, `message` AWS's text where one is known. */
export class KmsError extends Error {
  override readonly name: string;
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** These two spell their text with a capital M on the wire. */
const CAPITAL_MESSAGE = new Set(['AccessDeniedException', 'UnsupportedOperationException']);

/** JSON 1.1: HTTP 400 with `__type`; only KMS's own failures are 500. */
export function errorResponse(error: KmsError): AwsResponse {
  const status = error.name === 'KMSInternalException' || error.name === 'DependencyTimeoutException' ? 500 : 400;
  const text = CAPITAL_MESSAGE.has(error.name) ? { Message: error.message } : { message: error.message };
  return jsonResponse(status, { __type: error.name, ...text });
}

/** An answer in JSON 1.1. */
export function jsonResponse(status: number, value: unknown): AwsResponse {
  return { status, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(value) };
}
