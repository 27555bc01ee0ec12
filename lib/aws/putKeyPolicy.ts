import { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { type Credentials, type OutOfReach, placeOf, reach } from './accounts.ts';

/** Longer than this and the reply counts as lost. Milliseconds. */
export const PUT_TIMEOUT = 5_000;

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

/** The policy of one key, for one apply. */
export interface LivePolicy {
  /** Puts exactly this text as the key's policy. The lockout safety check of KMS is never bypassed. */
  put(policy: string): Promise<PutResult>;
  /** The live policy, or why it cannot be read. Errors that may pass are thrown. */
  read(): Promise<{ ok: true; policy: string } | { ok: false; error: string; detail: string }>;
}

/**
 * Opens the policy of a key where it lives. In another account that is a session of its apply role, named after the change
 * and good for this one key alone. It is begun here and outlasts the attempt: a put never waits for STS, whose answer
 * could come after the lease.
 */
export async function openLivePolicy(
  keyArn: string,
  changeId: string,
): Promise<{ ok: true; live: LivePolicy } | OutOfReach> {
  const reached = await reach(placeOf(keyArn), {
    role: 'applyRole',
    sessionName: changeId,
    policy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['kms:GetKeyPolicy', 'kms:PutKeyPolicy'], Resource: keyArn }],
    },
  });
  if (!reached.ok) return reached;
  const { region, credentials } = reached.place;
  const where = { region, ...(credentials === undefined ? {} : { credentials }) };
  // One attempt and no more: a blind retry after a lost reply could overwrite what somebody else put in between.
  const putClient = clientFor(where, 1, PUT_TIMEOUT);
  const readClient = clientFor(where, 4, 5_000);
  return {
    ok: true,
    live: {
      put: async (policy) => {
        try {
          await putClient.send(new PutKeyPolicyCommand({ KeyId: keyArn, Policy: policy }));
          return { kind: 'done' };
        } catch (error) {
          return classify(error);
        }
      },
      read: async () => {
        try {
          const { Policy } = await readClient.send(new GetKeyPolicyCommand({ KeyId: keyArn }));
          return { ok: true, policy: Policy ?? '' };
        } catch (thrown) {
          const result = classify(thrown);
          if (result.kind === 'refused') return { ok: false, error: result.error, detail: result.detail };
          throw thrown;
        }
      },
    },
  };
}

const clientFor = (where: { region: string; credentials?: Credentials }, maxAttempts: number, requestTimeout: number) =>
  new KMSClient({
    ...where,
    maxAttempts,
    requestHandler: { connectionTimeout: 2_000, requestTimeout, throwOnRequestTimeout: true },
  });

function classify(thrown: unknown): PutResult {
  const error = thrown as Error & { $metadata?: { httpStatusCode?: number } };
  if (THROTTLED.has(error.name)) return { kind: 'throttled' };
  const status = error.$metadata?.httpStatusCode ?? 0;
  if (status >= 400 && status < 500) return { kind: 'refused', error: error.name, detail: error.message };
  return { kind: 'unknown', detail: `${error.name}: ${error.message}` };
}
