import * as z from 'zod/mini';
import type { EventType } from '../change/facts.ts';
import type { AuditEvent } from '../workflow/history.ts';
import { changeId, changeKey, channel, instant, person, risk, says, sha256 } from './replies.ts';

const document = z.object({ document: z.string(), sha256 });

/** What every fact says, whatever happened. */
const logged = {
  change: changeId,
  keyArn: z.string(),
  person,
  at: instant,
  seq: z.int().check(z.describe('Its place in the log.')),
  prev: sha256,
  hash: sha256.check(z.describe('Of this entry, the one before it included.')),
  documents: z.exactOptional(z.object({ before: document, after: document })),
};

const event = <T extends EventType, S extends z.core.$ZodLooseShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), ...shape, ...logged });

const binding = z.object({ after: sha256, base: sha256 });
const decided = { binding, comment: z.string(), channel };
const told = {
  mailed: z.array(z.string()),
  slacked: z.array(z.string()),
  failed: z.array(z.object({ person, channel: z.enum(['mail', 'slack']), error: z.string() })),
};
const detail = z.string();
const live = z.exactOptional(sha256);

const frozenRule = z.object({
  name: z.string(),
  quorum: z.int(),
  approvers: z.array(person),
  remindEvery: z.number().check(z.describe('Seconds.')),
  rulesSha256: sha256,
});

/** One thing that happened, for auditors. */
export const auditEvent = says<AuditEvent>()(
  z.discriminatedUnion('type', [
    event('SUBMITTED', {
      key: changeKey,
      reason: z.string(),
      ticket: z.exactOptional(z.string()),
      binding,
      before: sha256,
      afterCanonical: sha256,
      risk,
      rule: frozenRule,
      expiresAt: instant,
      applyBy: instant,
    }),
    event('ASKED', told),
    event('REMINDED', told),
    event('APPROVAL_GIVEN', decided),
    event('REJECTED', decided),
    event('CANCELLED', { comment: z.string() }),
    event('EXPIRED', {}),
    event('APPLY_INTENT', { binding, approvers: z.array(person), fence: z.int(), attempt: z.string() }),
    event('APPLIED', { before: sha256, after: sha256, live: sha256, put: z.boolean() }),
    event('STALE', { live: sha256, detail }),
    event('FAILED', { error: z.string(), detail, live }),
    event('UNCERTAIN', { detail, live }),
    event('CLOSED', told),
    event('BOUNCED', { to: person, bounceType: z.string(), detail }),
    event('COMPLAINED', { to: person, detail }),
    event('REFUSED', { attempt: z.string(), code: z.string() }),
  ]),
);

/** `GET /audit/events`. */
export const eventList = says<{ events: AuditEvent[]; cursor: string | null }>()(
  z.object({
    events: z.array(auditEvent),
    cursor: z.nullable(z.string()).check(z.describe('For the next page; null when this is the last.')),
  }),
);
