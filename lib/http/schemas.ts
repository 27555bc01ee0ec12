import * as z from 'zod/mini';
import { type Status, TRANSITIONS } from '../change/change.ts';

const text = (least: number, most: number) =>
  z
    .string()
    .check(
      z.refine(
        (value) => value.trim().length >= least && value.length <= most,
        `must have ${least} to ${most} characters`,
      ),
    );
const instant = z
  .string()
  .check(
    z.refine(
      (value) => !Number.isNaN(Date.parse(value)) && /^\d{4}-\d\d-\d\d/.test(value),
      'must be an ISO 8601 date or time',
    ),
  );
const hash = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'));

const edit = z.strictObject({
  op: z.enum([
    'addAdministrator',
    'removeAdministrator',
    'allowDeletion',
    'preventDeletion',
    'addUser',
    'removeUser',
    'addExternalAccount',
    'removeExternalAccount',
  ]),
  principal: z.exactOptional(z.string().check(z.maxLength(2048))),
});

const proposal = {
  key: text(1, 2048),
  policy: z.optional(z.string('must be a JSON object, or a string with one')),
  edits: z.optional(z.array(edit).check(z.minLength(1), z.maxLength(100))),
  copyFrom: z.optional(text(1, 2048)),
  base: z.optional(hash),
};

const oneWay = z.refine<{ policy?: unknown; edits?: unknown; copyFrom?: unknown }>(
  ({ policy, edits, copyFrom }) => [policy, edits, copyFrom].filter((way) => way !== undefined).length === 1,
  'needs exactly one of policy, edits and copyFrom',
);

/** `POST /changes`. */
export const submitBody = z
  .strictObject({ ...proposal, reason: text(1, 2000), ticket: z.optional(text(1, 200)) })
  .check(oneWay);

/** `POST /changes/preview`: a submit, where the reason may still be missing. */
export const previewBody = z
  .strictObject({ ...proposal, reason: z.optional(text(0, 2000)), ticket: z.optional(text(0, 200)) })
  .check(oneWay);

/** `POST /changes/{id}/decisions`. */
export const decisionBody = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  comment: z.optional(text(0, 2000)),
});

/** `POST /review/{token}`. */
export const reviewForm = z.strictObject({
  decision: z.enum(['approve', 'reject']),
  comment: z._default(z.string().check(z.maxLength(2000)), ''),
  confirm: z._default(z.string().check(z.maxLength(512)), ''),
});

/** `POST /changes/{id}/cancel`. */
export const cancelBody = z.strictObject({ comment: z.optional(text(0, 2000)) });

const STATUSES = Object.keys(TRANSITIONS) as [Status, ...Status[]];

const paging = {
  from: z.optional(instant),
  to: z.optional(instant),
  limit: z.optional(z.string().check(z.regex(/^([1-9]\d?|100)$/, 'must be a number from 1 to 100'))),
  cursor: z.optional(z.string().check(z.maxLength(2048))),
};

/** `GET /keys/{key}/history`. */
export const pageQuery = z.strictObject({ limit: paging.limit, cursor: paging.cursor });

/** `GET /changes`. */
export const changesQuery = z.strictObject({
  status: z.optional(z.enum(STATUSES)),
  key: z.optional(text(1, 2048)),
  submitter: z.optional(text(1, 320)),
  ...paging,
});

/** `GET /audit/events`. */
export const eventsQuery = z.strictObject({
  key: z.optional(text(1, 2048)),
  change: z.optional(text(1, 64)),
  person: z.optional(text(1, 320)),
  type: z.optional(z.string().check(z.regex(/^[A-Z_]{1,40}$/, 'must be the type of an event, such as APPLIED'))),
  ...paging,
});

/** `Idempotency-Key`. */
export const idempotencyKey = z
  .string()
  .check(z.regex(/^[\x21-\x7e]{1,255}$/, 'must have 1 to 255 visible ASCII characters'));
