import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Refusal, RefusalCode } from '../change/refusal.ts';

/** Each refusal's HTTP status and title. A problem's `type` is its code: `urn:countersign:problem:own-change`. */
const PROBLEMS: Record<RefusalCode, [status: number, title: string]> = {
  BAD_REQUEST: [400, 'The request cannot be read'],
  WRONG_CONFIRMATION: [400, 'The confirmation does not match'],
  NOT_SIGNED: [401, 'Not signed'],
  UNKNOWN_PERSON: [403, 'Nobody we know'],
  AMBIGUOUS_PERSON: [403, 'Somebody, but who'],
  SIGN_IN_NEEDED: [401, 'Sign in first'],
  NOT_YOUR_LINK: [403, "Another person's link"],
  NOT_IN_GROUP: [403, 'Not allowed'],
  NOT_AN_APPROVER: [403, 'Not an approver of this change'],
  NOT_A_DELEGATE: [403, 'Not a delegate of yours'],
  OWN_CHANGE: [403, 'Your own change'],
  NOT_FOUND: [404, 'Not found'],
  NOT_YOUR_STAGE: [409, 'Not your stage now'],
  CHANGES_REQUESTED: [409, 'Changes were asked for'],
  NOTHING_TO_WITHDRAW: [409, 'Nothing to withdraw'],
  NOTHING_TO_REVIEW: [409, 'Nothing to review'],
  NOTHING_TO_REVERT: [409, 'Nothing to revert'],
  PERSON_NEEDED: [409, 'Still needed'],
  NOTHING_TO_REBASE: [409, 'Nothing to rebase'],
  NOTHING_TO_UNDO: [409, 'Nothing to undo'],
  REBASE_CONFLICT: [409, 'The change and the live policy do not fit together'],
  WRITER_UNKNOWN: [409, 'Nobody knows yet who wrote it'],
  ALREADY_DECIDED: [409, 'Decided already'],
  ALREADY_ENDED: [409, 'Ended already'],
  EXPIRED: [409, 'Expired'],
  BASE_MOVED: [409, 'What you saw is not what stands'],
  IDEMPOTENCY_CONFLICT: [409, 'Another body with the same Idempotency-Key'],
  TOO_LARGE: [413, 'Too large'],
  POLICY_REFUSED: [422, 'The policy is refused'],
  TOO_MANY_REQUESTS: [429, 'Too many requests'],
  TOO_MANY_OPEN: [429, 'Too many open changes of one key'],
  UNAVAILABLE: [503, 'Try again'],
};

export const statusOf = (code: RefusalCode): number => PROBLEMS[code][0];

/** A refusal as `application/problem+json` (RFC 9457), with the findings where a policy is refused. */
export function problem(refusal: Refusal): APIGatewayProxyStructuredResultV2 {
  const [status, title] = PROBLEMS[refusal.code];
  const retry =
    refusal.code === 'TOO_MANY_REQUESTS' ? { 'retry-after': '60' } : status === 503 ? { 'retry-after': '2' } : {};
  return {
    statusCode: status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...retry },
    body: JSON.stringify({
      type: `urn:countersign:problem:${refusal.code.toLowerCase().replaceAll('_', '-')}`,
      title,
      status,
      detail: refusal.detail,
      ...(refusal.findings === undefined ? {} : { findings: refusal.findings }),
      ...refusal.more,
    }),
  };
}

/** What went wrong inside is for the log; the caller learns that something did, and which request to name. */
export const internalProblem = (requestId: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode: 500,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  body: JSON.stringify({
    type: 'urn:countersign:problem:internal',
    title: 'Something went wrong on our side',
    status: 500,
    detail: `Nothing was half done. Try again, and name request ${requestId} when you report it.`,
  }),
});
