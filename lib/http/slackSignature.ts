import { createHmac, timingSafeEqual } from 'node:crypto';

/** Seconds that a request may be old, or ahead of our clock. https://docs.slack.dev/authentication/verifying-requests-from-slack */
export const SLACK_MAX_AGE = 300;

/** A request as it came in: the two headers as they stand, and the bytes before anything was decoded. */
export interface SlackSigned {
  timestamp: string;
  signature: string;
  body: Uint8Array;
}

/**
 * Did Slack sign exactly these bytes, not longer than five minutes from now, in either direction? Stricter than bolt-js,
 * which checks only the past side, reads the timestamp with Number() and signs the text of the body: here the timestamp is ten
 * digits as they were sent, and the comparison of two texts of one known form takes the same time whatever they are.
 *
 * @param secret The app's signing secret; with an empty one nothing is ever signed.
 * @param now Milliseconds since 1970.
 */
export function isSignedBySlack({ timestamp, signature, body }: SlackSigned, secret: string, now: number): boolean {
  if (secret === '' || !/^[1-9]\d{9}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return false;
  if (Math.abs(now - Number(timestamp) * 1000) > SLACK_MAX_AGE * 1000) return false;
  const digest = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex');
  return timingSafeEqual(Buffer.from(`v0=${digest}`, 'ascii'), Buffer.from(signature, 'ascii'));
}
