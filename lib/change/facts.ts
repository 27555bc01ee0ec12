import type { Risk } from '../policy/types.ts';
import type { Hours } from './rules/clock.ts';
import type { Freeze } from './rules/schema.ts';

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
  /** The names of their groups, as of the submit; with stages each has its own. Left out by earlier versions. */
  from?: string[];
  /** Seconds between reminders. */
  remindEvery: number;
  /** SHA-256 of the rules file. */
  rulesSha256: string;
  /** One after the other; left out: one stage of `quorum` of `approvers`. Then these two are its sum and its union. */
  stages?: FrozenStage[];
  /** Seconds without a decision after which these people may decide too. */
  escalate?: { after: number; approvers: string[]; from?: string[] };
  /** A link alone is not enough. */
  signIn?: true;
  quietHours?: Hours;
  /** Who may be asked to stand in for whom. */
  delegates?: Record<string, string[]>;
  /** Windows in which it is not applied. */
  freeze?: Freeze[];
  /** Windows of which one must be open when it is applied. Left out: at any time. */
  windows?: Freeze[];
  /** An emergency: who must look at it afterwards. */
  breakGlass?: { reviewers: string[]; remindEvery: number };
}

/** Whom a frozen rule names and the rules file of a later day does not: by stage, in the order of the rule, and by the seat that they may take. */
export interface Left {
  stages: string[][];
  escalation: string[];
  delegates: Record<string, string[]>;
}

/** One stage of a rule: so many different people of these groups, who have not counted in a stage before. */
export interface FrozenStage {
  name: string;
  quorum: number;
  /** Names of groups, as of the submit. */
  from: string[];
  approvers: string[];
}

/** When a change is applied and put back, as its submitter asked for it and its approvers saw it. */
export interface Timing {
  /** No put starts before this moment. */
  applyAfter?: string;
  /** ISO 8601 duration, as sent: so long after it was applied the before document is put back. */
  revertAfter?: string;
}

/** Changes that were submitted together. Each is applied by itself, and each has its own end. */
export interface ChangeSet {
  /** `set_` and what follows `chg_` in the id of the first. */
  id: string;
  /** The ids of all of them, in the order of the submit. */
  changes: string[];
  /** The same people decide about all of them, and are asked once for all. */
  asOne: boolean;
}

/** The part of a fact that says what happened. */
export type Event =
  | ({
      type: 'SUBMITTED';
      key: ChangeKey;
      /** The change that it proposes to undo. */
      reverts?: string;
      reason: string;
      ticket?: string;
      /** Who wrote it too: they count no more than the submitter. */
      coAuthors?: string[];
      set?: ChangeSet;
      /** The change that became STALE and that this one brings onto the policy that is live now. */
      rebases?: string;
      /** The foreign write whose policy before it this change puts back. */
      undoes?: string;
      binding: Binding;
      /** SHA-256 of the exact text of the live policy when the change was submitted. */
      before: string;
      /** Hash of the canonical form of what was proposed. */
      afterCanonical: string;
      risk: Risk;
      rule: FrozenRule;
      /** Unique ids, by ARN, of the roles and users that the live policy did not name: what the names meant to the approvers. */
      principalIds?: Record<string, string>;
      expiresAt: string;
      /** No put starts at or after this moment. */
      applyBy: string;
    } & Timing)
  /** The submitter put another document in the place of the one before: nothing that was decided about that counts. */
  | ({
      type: 'VERSIONED';
      /** 2 is the first after the submit. */
      version: number;
      reason: string;
      ticket?: string;
      binding: Binding;
      before: string;
      afterCanonical: string;
      risk: Risk;
      rule: FrozenRule;
      principalIds?: Record<string, string>;
      expiresAt: string;
      applyBy: string;
    } & Timing)
  /** `people`: whom it was for, reached or not. */
  | ({ type: 'ASKED'; people?: string[] } & Told)
  | ({ type: 'REMINDED' } & Told)
  /** From now on the people of `rule.escalate` may decide too. */
  | { type: 'ESCALATED'; to: string[] }
  /** The authors were told what was asked of them. */
  | ({ type: 'CHANGES_TOLD' } & Told)
  /** The authors were told that it is approved, what holds it, and until when; without `until` for longer than it may be applied. */
  | ({ type: 'HELD_TOLD'; by: string; until?: string } & Told)
  /** `onBehalfOf`: the approver whose place a delegate takes. */
  | { type: 'APPROVAL_GIVEN'; binding: Binding; comment: string; channel: Channel; onBehalfOf?: string }
  | ({ type: 'APPROVAL_WITHDRAWN'; comment: string; channel: Channel } & Unasked)
  | ({ type: 'CHANGES_REQUESTED'; binding: Binding; comment: string; channel: Channel } & Unasked)
  /**
   * Who approved and has left the rules file counts no more, `people`; with them goes whom theirs had opened a stage for. It waits
   * again, for those who are left. `rulesSha256`: of the rules file of that moment.
   */
  | { type: 'APPROVALS_LAPSED'; people: string[]; left: Left; rulesSha256: string }
  /** The authors were told whose approvals count no more, and that it waits again. */
  | ({ type: 'LAPSE_TOLD' } & Told)
  | { type: 'COMMENTED'; comment: string; channel: Channel }
  | { type: 'DELEGATED'; to: string; until: string }
  /** Links of this person, or of everybody, that were made before this fact are dead. */
  | { type: 'LINKS_REVOKED'; of?: string }
  /** Somebody looked at an emergency afterwards. */
  | { type: 'REVIEWED'; verdict: 'accept' | 'object'; comment: string }
  | ({ type: 'REVIEW_ASKED' } & Told)
  | { type: 'REJECTED'; binding: Binding; comment: string; channel: Channel }
  | { type: 'CANCELLED'; comment: string }
  | { type: 'EXPIRED' }
  /**
   * Written before the put, so that no put can be without a record. `today`: what the rules file of that moment had for this key,
   * of which nothing held it, and nothing of the frozen rule did. Left out by what was written before this was looked at here.
   */
  | {
      type: 'APPLY_INTENT';
      binding: Binding;
      approvers: string[];
      fence: number;
      attempt: string;
      today?: { freeze: Freeze[]; windows: Freeze[] };
    }
  /**
   * A freeze or a window, `by`, began to hold it between the intent and the put: the intent is taken back, and nothing of it was
   * put. `today`: as in the intent, of the file of this moment.
   */
  | { type: 'APPLY_HELD'; by: string; fence: number; attempt: string; today: { freeze: Freeze[]; windows: Freeze[] } }
  /**
   * `put: false`: the live policy was already the approved one. `live` is the SHA-256 of the text as read back. `putAt`: the moment
   * before the put at which it was looked at last whether it may be; left out where an earlier attempt made the put, if any.
   */
  | { type: 'APPLIED'; before: string; after: string; live: string; put: boolean; putAt?: string }
  /** Written before the put that takes a temporary change back: `binding.after` is what is about to be put, `binding.base` what must be live. */
  | { type: 'REVERT_INTENT'; binding: Binding; fence: number; attempt: string }
  /** `before`: what the change had applied; `after`: what is live again. `put: false`: it was already. */
  | { type: 'REVERTED'; before: string; after: string; live: string; put: boolean }
  /**
   * These three end an apply, or the putting back of what was applied. `by`: the change or the foreign write that moved the
   * policy under a change that waited.
   */
  | { type: 'STALE'; live: string; detail: string; by?: string }
  | { type: 'FAILED'; error: string; detail: string; live?: string }
  | { type: 'UNCERTAIN'; detail: string; live?: string }
  | ({ type: 'CLOSED' } & Told)
  /** A mail about the change did not arrive; `bounceType` is SES's own word, such as Permanent. */
  | { type: 'BOUNCED'; to: string; bounceType: string; detail: string }
  /** Somebody called a mail about the change spam. */
  | { type: 'COMPLAINED'; to: string; detail: string }
  /** What was known about a person was erased. `change` is an id of its own, of no change, and there is no key. */
  | { type: 'PERSON_ERASED'; who: string }
  /** Somebody tried what they must not. */
  | { type: 'REFUSED'; attempt: string; code: string }
  | ForeignEvent;

/** Who wrote a key's policy, as CloudTrail tells it. */
export interface Trace {
  /** ARN of the principal, with the session of a role. */
  caller: string;
  /** When KMS took it. */
  writtenAt: string;
  eventId: string;
}

/** What happens to a key outside of the workflow. `change` of such a fact is an id of its own: `out_` and a ULID. */
export type ForeignEvent =
  /** The first sight of a key: what its policy was then. */
  | { type: 'BASELINED'; after: string; canonical: string }
  /** Somebody else put the policy `after`; `before` was the last one known here. Both are SHA-256 of the exact text. */
  | {
      type: 'FOREIGN_WRITE';
      key: ChangeKey;
      before: string;
      after: string;
      canonical: string;
      /** An event of CloudTrail, or a comparison with what was known, which cannot tell by whom. */
      foundBy: 'event' | 'comparison';
      trace?: Trace;
      /** The applier's own role put it, and no change had asked for that. */
      byApplier?: true;
      /** Was it live when it was recorded? */
      stands: boolean;
      risk: Risk;
      /** The rule that would have decided about it, and its people: they may adopt it. */
      rule: string;
      approvers: string[];
      /** A link alone is not enough for them. */
      signIn?: true;
    }
  /** The event of a write that a comparison had found. */
  | { type: 'FOREIGN_TRACED'; trace: Trace }
  | ({ type: 'FOREIGN_TOLD' } & Told)
  /** Somebody took it over: it may stay. */
  | { type: 'FOREIGN_ADOPTED'; comment: string; channel: Channel };
export type EventType = Event['type'];

/** Whom a message reached, and whom it did not. */
export interface Told {
  mailed: string[];
  slacked: string[];
  failed: Undelivered[];
}

/** Who has answered, and whose answer does not count any more: the link that it was given by is spent. Left out by earlier versions. */
export interface Unasked {
  askAgain?: string[];
}

/** A message that could not be handed over. */
export interface Undelivered {
  person: string;
  channel: 'mail' | 'slack';
  error: string;
}

/** One thing that happened to a change: never altered, never removed. */
export type Fact = Event & {
  /** `none` for a refused attempt that is about no change. */
  change: string;
  /** ARN of the key; `none` where a refused attempt named no key that is there. */
  keyArn: string;
  /**
   * Canonical person (verified email, lower case), `countersign` for what the workflow did by itself, or
   * `slack:TEAM/USER`, `iam:ARN` or `oidc:SUB` for a Slack user, an IAM principal or an account of the issuer who is nobody
   * we know, or `link:PERSON` for whoever held the link of this person and did not show that it was them.
   */
  person: string;
  /** ISO 8601, UTC, milliseconds. Self-asserted: the order is that of the log. */
  at: string;
};

/** In the place of a change or a key that a refused attempt did not name. */
export const NONE = 'none';

/** The workflow itself, as the doer of a fact. */
export const WORKFLOW = 'countersign';
