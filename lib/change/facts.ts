import type { Risk } from '../policy/types.ts';

/** Where a decision came in. */
export type Channel = 'api' | 'link' | 'slack';

/** What an approval is bound to: it counts for these two hashes and for nothing else. */
export interface Binding {
  /** SHA-256 of the exact bytes that were approved. */
  after: string;
  /** Hash of the canonical form of the policy that they replace. */
  base: string;
}

/** The key of a change, fixed when it is submitted: an alias that is pointed elsewhere later changes nothing. */
export interface ChangeKey {
  arn: string;
  keyId: string;
  accountId: string;
  region: string;
  aliases: string[];
}

/** The rule of the rules file that decides about a change, frozen into it. */
export interface FrozenRule {
  name: string;
  quorum: number;
  /** Persons, sorted; the submitter may be among them but never counts. */
  approvers: string[];
  /** Seconds between reminders. */
  remindEvery: number;
  /** SHA-256 of the rules file. */
  rulesSha256: string;
}

/** The part of a fact that says what happened. */
export type Event =
  | {
      type: 'SUBMITTED';
      key: ChangeKey;
      reason: string;
      ticket?: string;
      binding: Binding;
      /** SHA-256 of the exact text of the live policy when the change was submitted. */
      before: string;
      /** Hash of the canonical form of what was proposed. */
      afterCanonical: string;
      risk: Risk;
      rule: FrozenRule;
      expiresAt: string;
      /** No put starts at or after this moment. */
      applyBy: string;
    }
  | { type: 'ASKED'; mailed: string[]; slacked: string[]; failed: Undelivered[] }
  | { type: 'REMINDED'; mailed: string[]; slacked: string[]; failed: Undelivered[] }
  | { type: 'APPROVAL_GIVEN'; binding: Binding; comment: string; channel: Channel }
  | { type: 'REJECTED'; binding: Binding; comment: string; channel: Channel }
  | { type: 'CANCELLED'; comment: string }
  | { type: 'EXPIRED' }
  /** Written before the put, so that no put can be without a record. */
  | { type: 'APPLY_INTENT'; binding: Binding; approvers: string[]; fence: number; attempt: string }
  /** `put: false`: the live policy was already the approved one. `live` is the SHA-256 of the text as read back. */
  | { type: 'APPLIED'; before: string; after: string; live: string; put: boolean }
  | { type: 'STALE'; live: string; detail: string }
  | { type: 'FAILED'; error: string; detail: string; live?: string }
  | { type: 'UNCERTAIN'; detail: string; live?: string }
  | { type: 'CLOSED'; mailed: string[]; slacked: string[]; failed: Undelivered[] }
  /** A mail about the change did not arrive; `bounceType` is SES's own word, such as Permanent. */
  | { type: 'BOUNCED'; to: string; bounceType: string; detail: string }
  /** Somebody called a mail about the change spam. */
  | { type: 'COMPLAINED'; to: string; detail: string }
  /** Somebody tried what they must not. */
  | { type: 'REFUSED'; attempt: string; code: string };

export type EventType = Event['type'];

/** A message that could not be handed over. */
export interface Undelivered {
  person: string;
  channel: 'mail' | 'slack';
  error: string;
}

/** One thing that happened to a change: never altered, never removed. */
export type Fact = Event & {
  change: string;
  /** ARN of the key. */
  keyArn: string;
  /**
   * Canonical person (verified email, lower case), `countersign` for what the workflow did by itself, or
   * `slack:TEAM/USER` for a Slack user who is nobody we know.
   */
  person: string;
  /** ISO 8601, UTC, milliseconds. Self-asserted: the order is that of the log. */
  at: string;
};

/** The workflow itself, as the doer of a fact. */
export const WORKFLOW = 'countersign';
