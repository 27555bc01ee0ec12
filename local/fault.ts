import type { AwsResponse, Caller } from './types.ts';

/** An error that a local service answers on purpose, under AWS's own name for it. */
export class Fault extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Throws AccessDeniedException, in the words IAM uses, unless the caller's identity policies allow the action. */
export function demand(caller: Caller, action: string, resource: string, context?: Record<string, string[]>): void {
  if (caller.allows(action, resource, context)) return;
  throw new Fault(
    'AccessDeniedException',
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );
}

/** The answer of a service that speaks AWS JSON 1.0 or REST JSON: the value, or the fault that `work` threw. */
export async function answer(contentType: string, work: () => unknown): Promise<AwsResponse> {
  const headers = { 'content-type': contentType };
  try {
    return { status: 200, headers, body: JSON.stringify((await work()) ?? {}) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return {
      status: error.status,
      headers: { ...headers, 'x-amzn-errortype': error.code },
      body: JSON.stringify({ __type: error.code, message: error.message }),
    };
  }
}

/** The request body as a JSON object. */
export function jsonObject(body: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8') || '{}');
  } catch {
    throw new Fault('SerializationException', 'The body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Fault('SerializationException', 'The body is not a JSON object');
  }
  return value as Record<string, unknown>;
}
