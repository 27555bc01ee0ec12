import type * as z from 'zod/mini';
import type { RefusalCode } from '../../change/refusal.ts';
import type { GroupName } from '../../change/rules.ts';

/** One operation as it is published. */
export interface Operation {
  /** The key of its function in serverless.yml. */
  id: string;
  method: 'get' | 'post';
  path: string;
  tag: 'Keys' | 'Changes' | 'Review' | 'Slack' | 'Audit' | 'Service';
  summary: string;
  /** The groups that may call it; `link`: whoever holds one; `slack`: Slack, by its signature. */
  who: GroupName[] | 'link' | 'slack' | 'anyone';
  /** Also under `/iam`, signed with SigV4. */
  iam?: true;
  body?: { name: string; schema: z.ZodMiniType; examples: Record<string, unknown>; optional?: true };
  /** Sent as application/x-www-form-urlencoded. */
  form?: { name: string; schema: z.ZodMiniType; example: unknown };
  query?: z.ZodMiniObject;
  headers?: Record<string, z.ZodMiniType>;
  /** What it answers where it succeeds: the name of a schema, `page` for HTML, `export` for a file in parts, or `away` for a redirect. */
  reply: { status: 200 | 201 | 302; schema: string };
  /** What it may refuse, beside what every operation of its kind may. */
  refusals: RefusalCode[];
}

export const EVERYBODY: GroupName[] = ['submitters', 'approvers', 'auditors', 'admins'];
export const KEY_READERS: GroupName[] = ['submitters', 'auditors'];

/** What a new change may be refused for, whoever proposes it and by whatever way. */
export const SUBMITTING: readonly RefusalCode[] = [
  'IDEMPOTENCY_CONFLICT',
  'POLICY_REFUSED',
  'TOO_MANY_REQUESTS',
  'TOO_MANY_OPEN',
  'UNAVAILABLE',
];

/** What a decision about a change may be refused for, by whatever way it comes. */
export const DECIDING: readonly RefusalCode[] = [
  'NOT_AN_APPROVER',
  'OWN_CHANGE',
  'NOT_FOUND',
  'ALREADY_DECIDED',
  'ALREADY_ENDED',
  'EXPIRED',
  'BASE_MOVED',
  'UNAVAILABLE',
];
