import { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';

/** Longer than this and the reply counts as lost. Milliseconds. */
export const PUT_TIMEOUT = 5_000;

/** One attempt and no more: a blind retry after a lost reply could overwrite what somebody else put in between. */
const putClient = new KMSClient({
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: PUT_TIMEOUT },
});
const readClient = new KMSClient({
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
});

/** Refused before anything was done, and worth another try. */
const THROTTLED = new Set(['ThrottlingException', 'TooManyRequestsException']);

/**
 * How a put ended. `refused`: KMS said no, nothing was written. `throttled`: nothing was written, try again.
 * `unknown`: no answer, or a fault of the server: it may or may not have been written.
 */
export type PutResult =
  | { kind: 'done' }
  | { kind: 'refused'; error: string; detail: string }
  | { kind: 'throttled' }
  | { kind: 'unknown'; detail: string };

/** Puts exactly this text as the key's policy. The lockout safety check of KMS is never bypassed. */
export async function putKeyPolicy(keyArn: string, policy: string): Promise<PutResult> {
  try {
    await putClient.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: policy }));
    return { kind: 'done' };
  } catch (error) {
    return classify(error);
  }
}

function classify(thrown: unknown): PutResult {
  const error = thrown as Error & { $metadata?: { httpStatusCode?: number } };
  if (THROTTLED.has(error.name)) return { kind: 'throttled' };
  const status = error.$metadata?.httpStatusCode ?? 0;
  if (status >= 400 && status < 500) return { kind: 'refused', error: error.name, detail: error.message };
  return { kind: 'unknown', detail: `${error.name}: ${error.message}` };
}

/** The live policy, or why it cannot be read. Errors that may pass are thrown. */
export async function readLivePolicy(
  keyArn: string,
): Promise<{ ok: true; policy: string } | { ok: false; error: string; detail: string }> {
  try {
    const { Policy } = await readClient.send(new GetKeyPolicyCommand({ KeyId: keyArn }));
    return { ok: true, policy: Policy ?? '' };
  } catch (thrown) {
    const result = classify(thrown);
    if (result.kind === 'refused') return { ok: false, error: result.error, detail: result.detail };
    throw thrown;
  }
}
