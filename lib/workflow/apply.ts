import { isDeepStrictEqual } from 'node:util';
import { principalId } from '../aws/iam.ts';
import { type LivePolicy, openLivePolicy, PUT_TIMEOUT } from '../aws/putKeyPolicy.ts';
import { nextApplyStep, proveApproval } from '../change/apply.ts';
import { type Change, fold, isOpen, type Status } from '../change/change.ts';
import { expire } from '../change/decide.ts';
import { type Event, type Fact, WORKFLOW } from '../change/facts.ts';
import { lapse } from '../change/lapse.ts';
import { holdOfPut, type Stand, standOf } from '../change/push.ts';
import { done, refuse } from '../change/refusal.ts';
import { proveRevert, revertIsDue, turned } from '../change/revert.ts';
import { entitledToday, holdsToday, type Rules } from '../change/rules.ts';
import { sha256 } from '../policy/document/canonical.ts';
import { canonicalOf } from '../policy/document/canonicalOf.ts';
import { type Along, readChange, readWholeChange, record } from '../store/changes.ts';
import { knownByChange } from '../store/foreign.ts';
import { holds, type Lease, nextLease, release, takeLease } from '../store/lease.ts';
import { sinceWords, surelyAppliedSince } from './since.ts';

/** Another attempt or another change holds the key; the state machine tries again. Its name is in the Retry of Apply. */
class LeaseHeld extends Error {
  override name = 'LeaseHeld';
}

/** Something that may pass: the state machine tries again, and finds the change as APPLYING. */
class NotNow extends Error {
  override name = 'NotNow';
}

/** How many puts one attempt makes at most. */
const MOST_PUTS = 3;
/** How often one attempt reads and proves a change that moves meanwhile: those who act at once are few. */
const MOST_LOOKS = 5;
/** The refusal of an intent or an end for another state than was looked at. */
const MOVED = 'ALREADY_DECIDED';
/** Reads that must agree before a policy counts as settled after a put that may have landed. */
const EQUAL_READS = 3;
/** Milliseconds of lease that must be left when a put starts: it can never still run when the lease is over. */
const MARGIN = PUT_TIMEOUT + 3_000;

export interface Surroundings {
  rules: Rules;
  /** Names this attempt; the lambda's request id. */
  attempt: string;
  leaseSeconds: number;
  /** How long a put may take to show in GetKeyPolicy. */
  settleSeconds: number;
  now(): Date;
  wait(milliseconds: number): Promise<void>;
  /** Called once for each put that KMS may have taken, with both documents. */
  log(record: PutRecord): void;
}

/** The structured log record of a put. */
export interface PutRecord {
  change: string;
  key: string;
  person: string;
  approvers: string[];
  before: { sha256: string; document: string };
  after: { sha256: string; document: string };
  result: string;
}

type Whole = NonNullable<Awaited<ReturnType<typeof readWholeChange>>>;
type Hold = Pick<Event & { type: 'APPLY_HELD' }, 'by' | 'today'>;
type Proof = { ok: true; approvers: string[] } | { ok: false; error: string; detail: string };

/** What differs between applying a change and putting it back; the discipline around the put is one. */
interface Job {
  /** The status while it is under way. */
  running: Status;
  /** The change and its texts as the put sees them: `after` is put where `before` is live. */
  seen(whole: Whole): Whole;
  prove(whole: Whole, around: Surroundings, at: string): Proof;
  /** What becomes of a change for which that is not proven before anything was begun. */
  unproven(change: Change, proof: Proof & { ok: false }, around: Surroundings, at: string): Event;
  /** What forbids to put it at this moment, and may pass. */
  held(change: Change, around: Surroundings, at: string): Hold | undefined;
  /** Why the policy that is live must not be put over although it is the one from before. */
  superseded(change: Change): Promise<string | undefined>;
  intent(
    change: Change,
    proof: Proof & { ok: true },
    stamp: { fence: number; attempt: string },
    around: Surroundings,
  ): Event;
  /** @param putAt when this attempt looked last whether it may put, if it put */
  result(texts: { before: string; after: string; live: string; put: boolean }, putAt: string | undefined): Event;
  /** What it means that the live policy is another. */
  moved: string;
}

const APPLY: Job = {
  running: 'APPLYING',
  seen: (whole) => whole,
  prove,
  unproven: (change, proof, { rules }, at) => {
    if (proof.error !== 'QuorumNotProven') return failed(proof);
    const why = at < change.expiresAt ? 'Too few are left who may approve it.' : 'Its time to be approved is over.';
    return (
      lapse(change, entitledToday(rules, change.rule), rules.sha256, at) ??
      failed({ ...proof, detail: `${proof.detail} ${why}` })
    );
  },
  held: (change, { rules }, at) => {
    const today = holdsToday(rules, change);
    const hold = holdOfPut(change, at, today);
    return hold && { by: hold.name, today };
  },
  superseded: async () => undefined,
  intent: (change, { approvers }, stamp, { rules }) => {
    const today = holdsToday(rules, change);
    return { type: 'APPLY_INTENT', binding: change.binding, approvers, today, ...stamp };
  },
  result: (texts, putAt) => ({ type: 'APPLIED', ...texts, ...(putAt === undefined ? {} : { putAt }) }),
  moved: 'The live policy moved after the change was submitted. Nothing was put.',
};

const REVERT: Job = {
  running: 'REVERTING',
  seen: (whole) => ({ ...whole, change: turned(whole.change), before: whole.after, after: whole.before }),
  prove: proveBack,
  unproven: (_, proof) => failed(proof),
  held: () => undefined,
  superseded: async (change) => {
    const later = await surelyAppliedSince(change);
    if (later === undefined) throw new NotNow('the index does not have the newest change of the key yet');
    return later.length === 0 ? undefined : `It was not put back. ${sinceWords(later)}`;
  },
  intent: (change, _, stamp) => ({ type: 'REVERT_INTENT', binding: turned(change).binding, ...stamp }),
  result: (texts) => ({ type: 'REVERTED', ...texts }),
  moved: 'It was not put back: the live policy is not what this change applied.',
};

/**
 * Applies an approved change, or finds out how an earlier attempt ended. May run any number of times, at once or after a
 * crash at any point. The order is what makes it safe: proof from the database, a lease on the key and the intent in one
 * transaction, the live policy compared with base and approved document, the new principals looked up again, one put of
 * exactly the approved bytes, a read back, the result and the end of the lease in one transaction.
 * See docs/decisions/0005-apply-protocol.md. A temporary change whose time is over is put back in the same way.
 */
export async function applyChange(id: string, around: Surroundings): Promise<{ status: Stand }> {
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const whole = await readWholeChange(id);
    if (whole === undefined) throw new Error(`there is no change ${id}`);
    const status = await applyAsRead(whole, around);
    if (status !== undefined) return { status };
  }
  throw new NotNow(`${id} moved each time that it was looked at`);
}

/** Undefined when the change moved after it was read, and nothing was begun. */
async function applyAsRead(whole: Whole, around: Surroundings): Promise<Stand | undefined> {
  const { change } = whole;
  const stand = (now: Change | undefined) => now && standOf(now, around.now().getTime(), holdsToday(around.rules, now));
  // One moment for all that is decided, and for the fact that says so: no deadline may lie between a look and its record.
  const at = iso(around);
  if (revertIsDue(change, at)) return stand(await perform(REVERT, 'APPLIED', whole, around, at));
  if (!isOpen(change.status) || change.status === 'PENDING') return stand(change);

  const expired = expire(change, at);
  if (expired !== undefined) return stand(await settle(change, at, expired));
  if (change.status === 'APPROVED' && APPLY.held(change, around, at) !== undefined) return 'HELD';
  const ended = await perform(APPLY, 'APPROVED', whole, around, at);
  // It was taken back, also where what held it is over by now: whoever looks next says whether it still is.
  return ended?.status === 'APPROVED' ? 'HELD' : stand(ended);
}

/**
 * Does one job on a change that stands ready for it, or on one that an earlier attempt left under way. Undefined when it is
 * another one than was proven by the time the intent is written: then there is none, and it is to be proven anew.
 */
async function perform(
  job: Job,
  ready: Status,
  whole: Whole,
  around: Surroundings,
  at: string,
): Promise<Change | undefined> {
  const { change } = whole;
  const { id } = change;
  const proof = job.prove(whole, around, at);
  if (!proof.ok && change.status === ready) {
    return settle(change, at, job.unproven(change, proof, around, at));
  }

  const next = await nextLease(change.key.arn, around.attempt, around.now().getTime(), around.leaseSeconds);
  if (next === undefined) throw new LeaseHeld(`another apply holds ${change.key.arn}`);
  if (change.status === job.running) {
    if (!(await takeLease(next.along))) throw new LeaseHeld(`another apply holds ${change.key.arn}`);
    return new Attempt(job, whole, next.lease, around, true).run();
  }
  const began = await record(
    id,
    { person: WORKFLOW, at },
    (now) =>
      now.status === ready && proof.ok && equal(now, change)
        ? done(job.intent(now, proof, { fence: next.lease.fence, attempt: around.attempt }, around))
        : refuse(MOVED, `The change is ${now.status}, and another one than was proven.`),
    { along: next.along, opened: whole.opened },
  );
  if (!began.ok && began.refusal.code === MOVED) return undefined;
  if (!began.ok) throw new LeaseHeld(began.refusal.detail);
  return new Attempt(job, whole, next.lease, around, false).run();
}

const failed = ({ error, detail }: Proof & { ok: false }): Event => ({ type: 'FAILED', error, detail });
const iso = (around: Surroundings) => around.now().toISOString();

/** A state that is not the fold of its facts proves nothing. */
function altered({ change, facts }: Whole): (Proof & { ok: false }) | undefined {
  const folded = fold(facts.map(({ seq: _, prev: __, hash: ___, ...fact }) => fact as Fact));
  return equal(folded, change)
    ? undefined
    : { ok: false, error: 'StateAltered', detail: 'The stored state is not what its facts add up to.' };
}

/** The proof that it may be applied, from the facts themselves. */
function prove(whole: Whole, around: Surroundings, at: string): Proof {
  const { change, before, after } = whole;
  const bad = altered(whole);
  if (bad !== undefined) return bad;
  return proveApproval(change, {
    now: at,
    afterSha256: sha256(after),
    baseCanonical: canonicalOf(before),
    today: entitledToday(around.rules, change.rule),
  });
}

/** The proof that it may be put back. */
function proveBack(whole: Whole, _: Surroundings, at: string): Proof {
  const { change, before, after } = whole;
  return (
    altered(whole) ??
    proveRevert(change, {
      now: at,
      beforeSha256: sha256(before),
      beforeCanonical: canonicalOf(before),
      afterSha256: sha256(after),
      afterCanonical: canonicalOf(after),
    })
  );
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What was proven of one state of a change is true of that state alone: another version, or another approval, is another one. */
const equal = (one: Change | undefined, other: Change): boolean =>
  one !== undefined && isDeepStrictEqual(plain(one), plain(other));

/**
 * The first of the roles and users that were new in the proposal whose name does not mean today what it meant to the approvers.
 * Where IAM refuses to say, that is the answer; where it does not answer, the error is thrown and the apply tried again.
 */
async function otherPrincipal({ principalIds = {} }: Change): Promise<{ error: string; detail: string } | undefined> {
  const answers = await Promise.all(
    Object.entries(principalIds).map(async ([arn, approved]) => {
      try {
        const id = await principalId(arn);
        if (id === approved) return undefined;
        return id === undefined
          ? { error: 'PrincipalGone', detail: `${arn} does not exist any more.` }
          : {
              error: 'PrincipalReplaced',
              detail: `${arn} was deleted and made anew: it was ${approved} when this was proposed, and is ${id} now. Propose it again if the new one is meant.`,
            };
      } catch (thrown) {
        const error = thrown as Error;
        if (!error.name.startsWith('AccessDenied')) throw new NotNow(`IAM does not say who ${arn} is: ${error.name}`);
        return {
          error: 'PrincipalNotSeen',
          detail: `Whether ${arn} is still who it was cannot be seen. ${error.message}`,
        };
      }
    }),
  );
  return answers.find((answer) => answer !== undefined);
}

/**
 * Records an end that needs no lease, unless another attempt has begun or ended the change meanwhile. It is an end of the change
 * as it was read: undefined when that moved since.
 */
async function settle(read: Change, at: string, event: Event): Promise<Change | undefined> {
  const settled = await record(read.id, { person: WORKFLOW, at }, (now) => {
    if (now.status !== read.status) return done(undefined);
    return equal(now, read) ? done(event) : refuse(MOVED, 'The change moved while it was looked at.');
  });
  if (settled.ok) return settled.value;
  if (settled.refusal.code === MOVED) return undefined;
  throw new NotNow(settled.refusal.detail);
}

/** One attempt that holds the lease. */
class Attempt {
  readonly #job: Job;
  readonly #whole: Whole;
  readonly #lease: Lease;
  readonly #around: Surroundings;
  /** A put of this change may have reached KMS, in this attempt or in one before. */
  #maybePut: boolean;
  /** When this attempt looked last whether it may put, before a put that may have reached KMS. */
  #putAt: string | undefined;

  constructor(job: Job, whole: Whole, lease: Lease, around: Surroundings, resumed: boolean) {
    this.#job = job;
    this.#whole = job.seen(whole);
    this.#lease = lease;
    this.#around = around;
    this.#maybePut = resumed;
  }

  async run(): Promise<Change> {
    const { key, id } = this.#whole.change;
    const opened = await openLivePolicy(key.arn, id);
    if (!opened.ok) return this.#end(this.#failed(opened.error, opened.detail));
    for (let puts = 0; ; puts++) {
      const read = await this.#read(opened.live);
      if (!read.ok) return this.#end(this.#unreadable(read));
      const { change } = this.#whole;
      switch (nextApplyStep(canonicalOf(read.policy), change, this.#maybePut)) {
        case 'record-applied':
          return this.#end(this.#applied(read.policy));
        case 'record-stale':
          return this.#end(await this.#stale(read.policy));
        case 'record-uncertain':
          return this.#end({
            type: 'UNCERTAIN',
            live: sha256(read.policy),
            detail:
              'A put may have landed, and the live policy is now a third one: somebody else wrote. A person must look at the key.',
          });
        case 'put': {
          if (puts === MOST_PUTS && !this.#maybePut) throw new NotNow('KMS throttled every put');
          if (puts === MOST_PUTS) {
            return this.#end({
              type: 'UNCERTAIN',
              live: sha256(read.policy),
              detail: `KMS did not confirm any of ${puts} puts, and the live policy is still the one before. A person must look at the key.`,
            });
          }
          const superseded = await this.#job.superseded(change);
          if (superseded !== undefined) {
            return this.#end({ type: 'STALE', live: sha256(read.policy), detail: superseded });
          }
          const refused = await this.#put(opened.live);
          if (refused !== undefined) return this.#end(refused.event, refused.at);
        }
      }
    }
  }

  /**
   * The live policy. When a put may have landed, or the policy is a third one, it is read until reads agree over the settle
   * time: KMS is eventually consistent, and one read that is behind must not end a change that somebody approved.
   */
  async #read(live: LivePolicy): ReturnType<LivePolicy['read']> {
    let read = await live.read();
    const { binding } = this.#whole.change;
    if (!this.#maybePut && read.ok && canonicalOf(read.policy) === binding.base) return read;
    for (let equal = 1; equal < EQUAL_READS && read.ok && !this.#isApproved(read.policy); ) {
      await this.#around.wait((this.#around.settleSeconds * 1000) / (EQUAL_READS - 1));
      const again = await live.read();
      equal = again.ok && canonicalOf(again.policy) === canonicalOf(read.policy) ? equal + 1 : 1;
      read = again;
    }
    return read;
  }

  #isApproved = (policy: string): boolean => canonicalOf(policy) === this.#whole.change.afterCanonical;

  /** The last gate, then the put. Gives the end, with its moment, when KMS refused or the gate is shut; otherwise the live policy must tell. */
  async #put(live: LivePolicy): Promise<{ event: Event; at: string } | undefined> {
    const { change, before, after } = this.#whole;
    const other = await otherPrincipal(change);
    if (other !== undefined) return { event: this.#failed(other.error, other.detail), at: iso(this.#around) };
    const again = await this.#again();
    if (!(await holds(this.#lease, this.#around.now, MARGIN))) {
      throw new LeaseHeld('the lease ran out before the put');
    }
    // Nothing is waited for between this and the put: the times are looked at last.
    const at = iso(this.#around);
    const proof = this.#job.prove(again, this.#around, at);
    if (!proof.ok) return { event: this.#failed(proof.error, proof.detail), at };
    const held = this.#job.held(again.change, this.#around, at);
    if (held !== undefined) return { event: this.#held(held), at };
    const result = await live.put(after);
    this.#around.log({
      change: change.id,
      key: change.key.arn,
      person: change.submitter,
      approvers: proof.approvers,
      before: { sha256: change.before, document: before },
      after: { sha256: change.binding.after, document: after },
      result: result.kind === 'refused' ? result.error : result.kind,
    });
    if (result.kind === 'refused') return { event: this.#failed(result.error, result.detail), at: iso(this.#around) };
    if (result.kind === 'throttled') await this.#around.wait(1_000);
    else {
      this.#maybePut = true;
      this.#putAt = at;
    }
    return undefined;
  }

  /** The change with its facts as they are at this moment. */
  async #again(): Promise<Whole> {
    const whole = await readWholeChange(this.#whole.change.id);
    if (whole === undefined) throw new NotNow('the change is gone');
    const { change } = this.#whole;
    const { binding, version } = this.#job.seen(whole).change;
    if (!isDeepStrictEqual([binding, version], [change.binding, change.version])) {
      throw new NotNow('another version than the one that was read stands now');
    }
    return whole;
  }

  #applied(live: string): Event {
    const { before, binding } = this.#whole.change;
    return this.#job.result({ before, after: binding.after, live: sha256(live), put: this.#maybePut }, this.#putAt);
  }

  async #stale(live: string): Promise<Event> {
    const since = await this.#job.superseded(this.#whole.change);
    return { type: 'STALE', live: sha256(live), detail: since ?? this.#job.moved };
  }

  /** A refusal ends the change as FAILED; when an earlier put may have landed, nobody can say that it did not. */
  #failed(error: string, detail: string): Event {
    return this.#maybePut
      ? { type: 'UNCERTAIN', detail: `A put may have landed before ${error}: ${detail}` }
      : { type: 'FAILED', error, detail };
  }

  /** While nothing can have landed, the intent is taken back and the change waits; after that, nobody can say. */
  #held(hold: Hold): Event {
    const { fence, attempt } = this.#lease;
    return this.#maybePut
      ? this.#failed('Held', `${hold.by} holds it since the apply began.`)
      : { type: 'APPLY_HELD', ...hold, fence, attempt };
  }

  #unreadable = ({ error, detail }: { error: string; detail: string }): Event =>
    this.#failed(error, `The live policy cannot be read. ${detail}`);

  /** What goes with a result: the end of the lease, and with a put the policy that is known from now on. */
  #along(event: Event): Along {
    const { id, key, binding, afterCanonical } = this.#whole.change;
    const { writes, refusal } = release(this.#lease);
    if (event.type !== 'APPLIED' && event.type !== 'REVERTED') return { writes, refusal };
    const known = {
      canonical: afterCanonical,
      sha256: binding.after,
      by: id,
      at: iso(this.#around),
      previous: binding.base,
    };
    return { writes: [...writes, knownByChange(key.arn, known)], refusal };
  }

  /** The result, as of the moment that it is about, and the end of the lease, together. */
  async #end(event: Event, at = iso(this.#around)): Promise<Change> {
    const { id } = this.#whole.change;
    const ended = await record(
      id,
      { person: WORKFLOW, at },
      (change) => done(change.status === this.#job.running ? event : undefined),
      { along: this.#along(event), opened: this.#whole.opened },
    );
    if (ended.ok) return ended.value;
    const now = await readChange(id);
    if (now !== undefined && now.change.status !== this.#job.running) return now.change;
    throw new LeaseHeld(ended.refusal.detail);
  }
}
