import { done } from '../lib/change/refusal.ts';
import { api } from '../lib/http/stack.ts';
import { leaveAtTheDoor } from '../lib/workflow/noteRefusal.ts';
import { verifyStoredLog } from '../lib/workflow/verify.ts';

/** Milliseconds; API Gateway waits for 30 s at most. */
const TIME = 25_000;

/** `GET /audit/verify`: is the history what was signed, and was each put allowed by what was before it? */
export const handler = api(
  { groups: ['auditors'], turnedAway: { attempt: 'verify the history', record: leaveAtTheDoor } },
  async () => done(await verifyStoredLog(Date.now() + TIME)),
);
