import * as z from 'zod/mini';
import { type Status, TRANSITIONS } from '../change/change.ts';
import type { EventType } from '../change/facts.ts';
import { freeze, quietHours } from '../change/rules/schema.ts';
import type { Erased } from '../workflow/erase.ts';
import type { Gains } from '../workflow/gains.ts';
import type { AuditEvent } from '../workflow/history.ts';
import type { VerifiedLog } from '../workflow/verify.ts';
import {
  accessEntry,
  changeId,
  changeKey,
  channel,
  foreignId,
  instant,
  person,
  risk,
  says,
  setId,
  sha256,
} from './replies.ts';

const document = z.object({ document: z.string(), sha256 });

/** What every fact says, whatever happened. */
const logged = {
  change: z
    .string()
    .check(
      z.regex(/^((chg|out)_[0-9A-HJKMNP-TV-Z]{26}|none)$/),
      z.describe('out_…: something that happened to a key. none: a refused attempt that is about no change.'),
    ),
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
const trace = z.object({ caller: z.string(), writtenAt: instant, eventId: z.string() });
const live = z.exactOptional(sha256);

const holdsOfToday = z
  .object({ freeze: z.array(freeze), windows: z.array(freeze) })
  .check(z.describe('The freezes and change windows of the rules file of that moment for this key.'));

const frozenRule = z.object({
  name: z.string(),
  quorum: z.int(),
  approvers: z.array(person),
  from: z.exactOptional(z.array(z.string())),
  remindEvery: z.number().check(z.describe('Seconds.')),
  rulesSha256: sha256,
  stages: z.exactOptional(
    z.array(z.object({ name: z.string(), quorum: z.int(), from: z.array(z.string()), approvers: z.array(person) })),
  ),
  escalate: z.exactOptional(
    z.object({ after: z.number(), approvers: z.array(person), from: z.exactOptional(z.array(z.string())) }),
  ),
  signIn: z.exactOptional(z.literal(true)),
  quietHours: z.exactOptional(quietHours),
  delegates: z.exactOptional(z.record(person, z.array(person))),
  freeze: z.exactOptional(z.array(freeze)),
  windows: z.exactOptional(z.array(freeze)),
  breakGlass: z.exactOptional(z.object({ reviewers: z.array(person), remindEvery: z.number() })),
});

const proposed = {
  reason: z.string(),
  ticket: z.exactOptional(z.string()),
  binding,
  before: sha256,
  afterCanonical: sha256,
  risk,
  rule: frozenRule,
  principalIds: z.exactOptional(z.record(z.string(), z.string())),
  expiresAt: instant,
  applyBy: instant,
  applyAfter: z.exactOptional(instant),
  revertAfter: z.exactOptional(z.string()),
};

const unasked = {
  askAgain: z.exactOptional(
    z.array(person).check(z.describe('Whose answer does not count any more: they are asked anew.')),
  ),
};

/** One thing that happened, for auditors. */
export const auditEvent = says<AuditEvent>()(
  z.discriminatedUnion('type', [
    event('SUBMITTED', {
      key: changeKey,
      coAuthors: z.exactOptional(z.array(person)),
      set: z.exactOptional(z.object({ id: setId, changes: z.array(changeId), asOne: z.boolean() })),
      reverts: z.exactOptional(changeId),
      rebases: z.exactOptional(changeId),
      undoes: z.exactOptional(foreignId),
      ...proposed,
    }),
    event('VERSIONED', { version: z.int(), ...proposed }),
    event('ASKED', { people: z.exactOptional(z.array(person)), ...told }),
    event('REMINDED', told),
    event('ESCALATED', { to: z.array(person) }),
    event('CHANGES_TOLD', told),
    event('HELD_TOLD', { by: z.string(), until: z.exactOptional(instant), ...told }),
    event('LAPSE_TOLD', told),
    event('APPROVAL_GIVEN', { ...decided, onBehalfOf: z.exactOptional(person) }),
    event('APPROVAL_WITHDRAWN', { comment: z.string(), channel, ...unasked }),
    event('CHANGES_REQUESTED', { ...decided, ...unasked }),
    event('APPROVALS_LAPSED', {
      people: z.array(person),
      left: z.object({
        stages: z.array(z.array(person)),
        escalation: z.array(person),
        delegates: z.record(person, z.array(person)),
      }),
      rulesSha256: sha256,
    }),
    event('COMMENTED', { comment: z.string(), channel }),
    event('DELEGATED', { to: person, until: instant }),
    event('LINKS_REVOKED', { of: z.exactOptional(person) }),
    event('REVIEWED', { verdict: z.enum(['accept', 'object']), comment: z.string() }),
    event('REVIEW_ASKED', told),
    event('REJECTED', decided),
    event('CANCELLED', { comment: z.string() }),
    event('EXPIRED', {}),
    event('APPLY_INTENT', {
      binding,
      approvers: z.array(person),
      fence: z.int(),
      attempt: z.string(),
      today: z.exactOptional(holdsOfToday),
    }),
    event('APPLY_HELD', { by: z.string(), fence: z.int(), attempt: z.string(), today: holdsOfToday }),
    event('APPLIED', {
      before: sha256,
      after: sha256,
      live: sha256,
      put: z.boolean(),
      putAt: z.exactOptional(
        instant.check(z.describe('When it was looked at last whether it may be put, before the put.')),
      ),
    }),
    event('REVERT_INTENT', { binding, fence: z.int(), attempt: z.string() }),
    event('REVERTED', { before: sha256, after: sha256, live: sha256, put: z.boolean() }),
    event('STALE', { live: sha256, detail, by: z.exactOptional(z.string()) }),
    event('FAILED', { error: z.string(), detail, live }),
    event('UNCERTAIN', { detail, live }),
    event('CLOSED', told),
    event('BOUNCED', { to: person, bounceType: z.string(), detail }),
    event('COMPLAINED', { to: person, detail }),
    event('PERSON_ERASED', { who: person }),
    event('REFUSED', { attempt: z.string(), code: z.string() }),
    event('BASELINED', { after: sha256, canonical: sha256 }),
    event('FOREIGN_WRITE', {
      key: changeKey,
      before: sha256,
      after: sha256,
      canonical: sha256,
      foundBy: z.enum(['event', 'comparison']),
      trace: z.exactOptional(trace),
      byApplier: z.exactOptional(z.literal(true)),
      stands: z.boolean(),
      risk,
      rule: z.string(),
      approvers: z.array(person),
      signIn: z.exactOptional(z.literal(true)),
    }),
    event('FOREIGN_TRACED', { trace }),
    event('FOREIGN_TOLD', told),
    event('FOREIGN_ADOPTED', { comment: z.string(), channel }),
  ]),
);

/** `GET /audit/events`. */
export const eventList = says<{ events: AuditEvent[]; cursor: string | null }>()(
  z.object({
    events: z.array(auditEvent),
    cursor: z.nullable(z.string()).check(z.describe('For the next page; null when this is the last.')),
  }),
);

/** `GET /audit/gains`. */
export const gainsReply = says<Gains & { cursor: string | null }>()(
  z.object({
    principals: z.array(z.string()).check(z.describe('What the rules file of today maps to the person.')),
    gained: z.array(
      z.object({
        change: changeId,
        at: instant,
        keyArn: z.string(),
        status: z
          .enum(Object.keys(TRANSITIONS) as [Status, ...Status[]])
          .check(z.describe('Of the change now: REVERTED is access that was taken back.')),
        access: accessEntry,
      }),
    ),
    cursor: z.nullable(z.string()).check(z.describe('For the next page, which may be there when this one is empty.')),
  }),
);

/** `POST /people/{person}/erase`. */
export const erasedReply = says<Erased>()(
  z.object({
    seal: z.string().check(z.describe('What stands for the person in the history from now on.')),
    texts: z.int().check(z.describe('Reasons, comments and tickets of theirs that were forgotten.')),
  }),
);

/** `GET /audit/verify`. */
export const verifiedLog = says<VerifiedLog>()(
  z.object({
    ok: z.boolean().check(z.describe('True when the verdict is clean.')),
    verdict: z
      .enum(['clean', 'tampered', 'incomplete'])
      .check(z.describe('incomplete: nothing false was seen, and not everything could be read.')),
    entries: z.int().check(z.describe('Entries that held.')),
    checkpoints: z.int().check(z.describe('Checkpoints that held.')),
    firstBad: z.nullable(z.int()).check(z.describe('The first entry that cannot be trusted.')),
    why: z.nullable(z.string()),
    protectedTo: z.nullable(z.int()).check(z.describe('The newest entry that a checkpoint vouches for.')),
    outsideTo: z
      .nullable(z.int())
      .check(
        z.describe('Up to where the newest checkpoint in the bucket outside reaches; null when none can be read.'),
      ),
    dangling: z.array(z.string()).check(z.describe('Changes whose apply began and has no result: a person must look.')),
    publicKey: z.string().check(z.describe('The key of the notary: SubjectPublicKeyInfo, DER, base64.')),
  }),
);
