import type { Buffer } from 'node:buffer';

/** Who signed a request to the edge, and what their IAM policies allow. */
export interface Caller {
  /** As GetCallerIdentity gives it: `arn:aws:sts::111122223333:assumed-role/countersign-local-apply/…` or an IAM user. */
  arn: string;
  /** The IAM role or user behind it: what a key policy names. */
  principal: string;
  accountId: string;
  /** Do the identity policies allow this, Deny first? */
  allows(action: string, resource: string, context?: Record<string, string[]>): boolean;
  /** Does the session policy allow this? It limits what a key policy gives to the role, too. Left out: there is none. */
  within?(action: string, resource: string, context?: Record<string, string[]>): boolean;
}

export interface AwsRequest {
  method: string;
  /** With the query string. */
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  /** `PutKeyPolicy` of `X-Amz-Target: TrentService.PutKeyPolicy`; '' for a service told apart by its path. */
  operation: string;
  caller: Caller;
}

export interface AwsResponse {
  status: number;
  headers?: Record<string, string>;
  body: string | Buffer;
}

/** One service behind the edge port. */
export interface AwsService {
  handle(request: AwsRequest): Promise<AwsResponse>;
  close(): Promise<void>;
}

/** What a lambda came back with: its value, or the error as Lambda reports it. */
export type Invocation = { ok: true; payload: unknown } | { ok: false; errorType: string; errorMessage: string };

/** Runs a function of serverless.yml by its key there (`submit`, `apply`). */
export type Invoke = (functionName: string, event: unknown) => Promise<Invocation>;

/** An append-only file of JSON lines that survives kill -9: what `append` returned from is there at the next start. */
export interface Journal<T> {
  append(entry: T): void;
  /** Every entry in order; a torn last line, left by a crash, is dropped. */
  read(): T[];
}
