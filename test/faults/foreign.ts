import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../../lib/change/change.ts';
import { type Fact, WORKFLOW } from '../../lib/change/facts.ts';
import { evolveForeign, type ForeignFact, type ForeignWrite } from '../../lib/change/foreign.ts';
import { done } from '../../lib/change/refusal.ts';
import { sha256 } from '../../lib/policy/document/canonical.ts';
import { canonicalOf } from '../../lib/policy/document/canonicalOf.ts';
import type { TrailWrite } from '../../lib/workflow/trail.ts';
import { SPOKE } from '../../local/iam/spoke.ts';
import { SPOKE_SEED } from '../../local/seed.ts';
import { violations } from './invariants.ts';
import { KEYS, Lab, policyOf } from './lab.ts';
import { progress, type Share, shared } from './part.ts';
import { type Call, type Fault, type Mode, nameOf } from './proxy.ts';

/**
 * How a foreign write comes to be known, and which lambda the faults befall: the event, which Lambda hands over again when it fails;
 * the event, which is lost after the first try; a crash of everything between the record and the word of it, which reconcile finds; the
 * comparison, without an event; and the event of a key in another account.
 */
export const WAYS = ['event', 'event lost', 'reconcile', 'comparison', 'elsewhere'] as const;
export type Way = (typeof WAYS)[number];

const MINUTE = 60_000;
/** As often as Lambda tries an asynchronous call. */
const TRIES = 3;
const SPOKE_KEY = `arn:aws:kms:us-east-1:${SPOKE.accountId}:key/${SPOKE_SEED.keyId}`;
const ADMIN = 'arn:aws:sts::111122223333:assumed-role/Admin/local';
/** A rule of the lab asks these. */
const APPROVERS = ['sam@example.com', 'kim@example.com', 'lee@example.com'];

interface Rooms {
  foreign: typeof import('../../lib/workflow/foreign.ts');
  settle: typeof import('../../lib/workflow/settleForeign.ts');
  changes: typeof import('../../lib/store/changes.ts');
  store: typeof import('../../lib/store/foreign.ts');
  log: typeof import('../../lib/store/log.ts');
}

/** What is put past the workflow on a key on which a change waits, and what the lambdas about it make of that. */
export class ForeignLab {
  readonly lab: Lab;
  readonly #rooms: Rooms;
  #serial = 20_000;
  /** What the log said of foreign writes, which the alarms count. */
  #rang: string[] = [];

  private constructor(lab: Lab, rooms: Rooms) {
    this.lab = lab;
    this.#rooms = rooms;
  }

  static async open(): Promise<ForeignLab> {
    const lab = await Lab.open('trail');
    const opened = new ForeignLab(lab, {
      foreign: await import('../../lib/workflow/foreign.ts'),
      settle: await import('../../lib/workflow/settleForeign.ts'),
      changes: await import('../../lib/store/changes.ts'),
      store: await import('../../lib/store/foreign.ts'),
      log: await import('../../lib/store/log.ts'),
    });
    // The first sight of a key is a baseline.
    await opened.#compare();
    for (const way of WAYS) await opened.play(way);
    return opened;
  }

  /** One foreign write with these faults on the way, until everything that runs by the clock has run. */
  async play(way: Way, ...faults: Fault[]): Promise<{ calls: Call[]; happened: boolean; violations: string[] }> {
    const { lab } = this;
    const serial = ++this.#serial;
    const key = way === 'elsewhere' ? SPOKE_KEY : (KEYS[serial % KEYS.length] ?? '');
    const waiting = await lab.pending(key);
    // A read that is behind shows what this comparison sees: KMS may be behind for minutes, not since the story before.
    lab.proxy.forget();
    await this.#compare();
    const from = (await this.#rooms.log.logHead()).seq;
    const document = policyOf(serial, key.split(':')[4]);
    await lab.put(key, document);
    const trail: TrailWrite = {
      eventId: `event-${serial}`,
      eventName: 'PutKeyPolicy',
      keyArn: key,
      writtenAt: this.#at().replace(/\.\d+Z$/, '.000Z'),
      caller: ADMIN,
      policy: document,
    };
    this.#rang = [];
    if (way === 'reconcile') {
      await this.#rooms.foreign.takeTrailWrite(trail, lab.rules, this.#at());
      lab.ahead += MINUTE;
    }
    lab.proxy.arm(...faults);
    if (way === 'reconcile') await this.#tried(() => this.#reconcile());
    else if (way === 'comparison') await this.#tried(() => this.#compare());
    else {
      for (let tries = way === 'event lost' ? 1 : TRIES; tries > 0; tries--) {
        if (await this.#tried(() => this.#take(trail))) break;
        lab.ahead += MINUTE;
      }
    }
    const [calls, happened] = [lab.proxy.calls(), lab.proxy.happened().length > 0];
    lab.proxy.arm();
    // What comes by the clock, and an event that comes once more, or for the first time.
    for (const later of [1, 15, 1]) {
      lab.ahead += later * MINUTE;
      if (later === 15) await this.#compare();
      await this.#reconcile();
    }
    await this.#take(trail);
    await this.#reconcile();
    const found = await this.#wrong(waiting, trail, document, from);
    await this.#close(waiting.id);
    return { calls, happened, violations: found };
  }

  /**
   * A write that was put over before its event came, a comparison as late as that no read can be behind, and the same write once more
   * without an event. @returns how each of the two was found
   */
  async putTwice(): Promise<string[]> {
    const { lab } = this;
    const key = KEYS[0] ?? '';
    const [first, second] = [policyOf(++this.#serial), policyOf(++this.#serial)];
    await lab.put(key, first);
    await this.#compare();
    const from = (await this.#rooms.log.logHead()).seq;
    await lab.put(key, second);
    await lab.put(key, first);
    const writtenAt = this.#at().replace(/\.\d+Z$/, '.000Z');
    const eventId = `event-${this.#serial}`;
    await this.#take({ eventId, eventName: 'PutKeyPolicy', keyArn: key, writtenAt, caller: ADMIN, policy: second });
    lab.ahead += 15 * MINUTE;
    await this.#compare();
    await lab.put(key, second);
    await this.#compare();
    const head = await this.#rooms.log.logHead();
    const facts = await this.#rooms.log.readFacts(Array.from({ length: head.seq - from }, (_, i) => from + 1 + i));
    return facts.flatMap((fact) => (fact.type === 'FOREIGN_WRITE' ? [fact.foundBy] : []));
  }

  /** Does the whole history hang together? */
  async verify(): Promise<string[]> {
    const { verifyLog } = await import('../../lib/audit/verify.ts');
    const { readWholeLog } = await import('../../lib/workflow/wholeLog.ts');
    this.lab.proxy.arm();
    const verdict = await verifyLog(readWholeLog(), { isSigned: () => false });
    // No notary has been here: an honest log is whole, and nobody vouches for it.
    const { seq } = await this.#rooms.log.logHead();
    const whole =
      verdict.verdict === 'incomplete' && verdict.entries === seq && verdict.why.startsWith('it has no checkpoint');
    return whole ? [] : [`I17: verification says ${JSON.stringify(verdict)}`];
  }

  #at = () => this.lab.now().toISOString();
  #ring = (message: string) => this.#rang.push(message);

  async #take(trail: TrailWrite): Promise<void> {
    const at = this.#at();
    const found = await this.#rooms.foreign.takeTrailWrite(trail, this.lab.rules, at);
    if (found?.startsWith('out_')) await this.#rooms.settle.settleForeign(found, at, this.#ring);
  }

  async #compare(): Promise<void> {
    const at = this.#at();
    const { found, failed } = await this.#rooms.foreign.compareKeys(this.lab.rules, at);
    for (const id of found) await this.#rooms.settle.settleForeign(id, at, this.#ring);
    if (failed.length > 0) throw new AggregateError(failed);
  }

  #reconcile = () => this.#rooms.settle.reconcile(this.#at(), this.#ring);

  /** One run of a lambda. @returns whether it came to its end */
  async #tried(run: () => Promise<unknown>): Promise<boolean> {
    const ended = await run().then(
      () => true,
      () => false,
    );
    const died = this.lab.proxy.dead;
    this.lab.proxy.dead = false;
    return ended && !died;
  }

  /** What is wrong: the write must stand in the history once, with its caller, everybody be told, and what waited be over. */
  async #wrong(waiting: Change, trail: TrailWrite, document: string, from: number): Promise<string[]> {
    const { store, log } = this.#rooms;
    const { change, items } = await this.lab.outcome(waiting.id);
    // It waits for no close: that is not the part of these lambdas.
    const found = violations(items, await this.lab.visitor.puts()).filter((line) => !line.startsWith('I14'));
    if (change.status !== 'STALE') found.push(`I14: the change that waited is ${change.status}`);
    const head = await log.logHead();
    const facts = await log.readFacts(Array.from({ length: head.seq - from }, (_, i) => from + 1 + i));
    const wanted = { FOREIGN_WRITE: 1, FOREIGN_TOLD: 1, STALE: 1 };
    const { FOREIGN_TRACED: traced = 0, ...counted } = countBy(facts);
    if (!isDeepStrictEqual(counted, wanted)) found.push(`I26: the history got ${JSON.stringify(counted)}`);
    const write = facts.find((fact) => fact.type === 'FOREIGN_WRITE');
    if (write?.type !== 'FOREIGN_WRITE') return found;
    // A comparison knows the text as KMS gives it; an event, as it was sent.
    const same =
      write.foundBy === 'event' ? write.after === sha256(document) : write.canonical === canonicalOf(document);
    if (write.keyArn !== trail.keyArn || !same) found.push('I26: it is another write');
    if (traced !== (write.trace === undefined ? 1 : 0)) found.push(`I26: traced ${traced} times`);
    const stored = await store.readForeign(write.change);
    const own = facts.filter((fact): fact is typeof fact & ForeignFact => fact.change === write.change);
    const folded = own.reduce<ForeignWrite | undefined>((so, fact) => evolveForeign(so, plainFact(fact)), undefined);
    if (!isDeepStrictEqual(stored?.write, folded)) found.push('I15: the write is not the fold of its facts');
    if (stored?.write.trace?.caller !== ADMIN) found.push('I26: it does not say who wrote');
    const known = (await store.readKnown([trail.keyArn])).get(trail.keyArn);
    if (known?.canonical !== canonicalOf(document) || known.untraced.length > 0 || known.expected !== undefined)
      found.push(`I26: what is known of the key is ${JSON.stringify(known)}`);
    const mails = await this.lab.visitor.mails();
    for (const person of APPROVERS) {
      const mail = mails.some(
        ({ Destination, Body }) => Destination.ToAddresses.includes(person) && Body.text_part.includes(write.change),
      );
      if (!mail) found.push(`I26: ${person} was not told`);
    }
    if (!this.#rang.includes('foreign write')) found.push('I26: no alarm');
    return found;
  }

  /** Ends the story: what waits to be told is looked at by every run of reconcile. */
  async #close(id: string): Promise<void> {
    const doer = { person: WORKFLOW, at: this.#at() };
    await this.#rooms.changes.record(id, doer, () => done({ type: 'CLOSED', mailed: [], slacked: [], failed: [] }));
  }
}

const countBy = (facts: readonly Fact[]): Partial<Record<Fact['type'], number>> => {
  const counts: Partial<Record<Fact['type'], number>> = {};
  for (const { type } of facts) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
};

function plainFact<F extends object>(fact: F): F {
  const { seq: _, prev: __, hash: ___, ...rest } = fact as F & { seq?: number; prev?: string; hash?: string };
  return rest as F;
}

/** One fault at each call that a lambda makes on a way; `choose` picks the modes of the i-th call. */
export async function sweepForeign(
  opened: ForeignLab,
  way: Way,
  choose: (i: number) => readonly Mode[],
  share: Share = { part: 1, of: 1 },
  say: (line: string) => void = () => undefined,
): Promise<{ wrong: string[]; faults: number; happened: number }> {
  const { calls, violations: wrong } = await opened.play(way);
  const faults = shared(
    calls.flatMap((call, i) => choose(i).map((mode) => ({ ...call, mode }))),
    share,
  );
  const played = progress(say, `foreign writes, ${way}`, faults.length);
  let happened = 0;
  for (const fault of faults) {
    const told = await opened.play(way, fault);
    if (told.happened) happened++;
    for (const line of told.violations.map((breach) => `${way}, ${nameOf(fault)}: ${breach}`)) {
      say(line);
      wrong.push(line);
    }
    played();
  }
  return { wrong, faults: faults.length, happened };
}
