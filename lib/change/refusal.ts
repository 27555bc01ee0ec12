import type { Finding } from '../policy/types.ts';

/**
 * Why something was not done. The union is closed: `lib/http/problem.ts` maps each code to its HTTP status, and a code
 * never changes its meaning. `detail` names the place and the mend.
 */
export type RefusalCode =
  | 'BAD_REQUEST'
  | 'WRONG_CONFIRMATION'
  | 'NOT_SIGNED'
  | 'UNKNOWN_PERSON'
  | 'AMBIGUOUS_PERSON'
  | 'SIGN_IN_NEEDED'
  | 'NOT_YOUR_LINK'
  | 'NOT_IN_GROUP'
  | 'NOT_AN_APPROVER'
  | 'NOT_A_DELEGATE'
  | 'NOT_YOUR_STAGE'
  | 'CHANGES_REQUESTED'
  | 'NOTHING_TO_WITHDRAW'
  | 'NOTHING_TO_REVIEW'
  | 'NOTHING_TO_REVERT'
  | 'PERSON_NEEDED'
  | 'NOTHING_TO_REBASE'
  | 'NOTHING_TO_UNDO'
  | 'REBASE_CONFLICT'
  | 'OWN_CHANGE'
  | 'WRITER_UNKNOWN'
  | 'NOT_FOUND'
  | 'ALREADY_DECIDED'
  | 'ALREADY_ENDED'
  | 'EXPIRED'
  | 'BASE_MOVED'
  | 'IDEMPOTENCY_CONFLICT'
  | 'TOO_LARGE'
  | 'POLICY_REFUSED'
  | 'TOO_MANY_REQUESTS'
  | 'TOO_MANY_OPEN'
  | 'UNAVAILABLE';

export interface Refusal {
  code: RefusalCode;
  detail: string;
  /** With POLICY_REFUSED and BAD_REQUEST: each thing that is wrong, and where. */
  findings?: Finding[];
  /** With POLICY_REFUSED: the rest of what a submit would have answered. */
  more?: Record<string, unknown>;
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });

export const refuse = (code: RefusalCode, detail: string, rest: Omit<Refusal, 'code' | 'detail'> = {}) =>
  ({ ok: false, refusal: { code, detail, ...rest } }) as const;
