import fc from 'fast-check';
import { expect, it } from 'vitest';
import { proveApproval } from '../../lib/change/apply.ts';
import { type Change, evolve, fold } from '../../lib/change/change.ts';
import { cancel, decide } from '../../lib/change/decide.ts';
import { type Event, type Fact, WORKFLOW } from '../../lib/change/facts.ts';
import { done, type Outcome, refuse } from '../../lib/change/refusal.ts';
import { AFTER, BASE, minute, submitted } from '../fixtures/facts.ts';

const RULE = { ...submitted().rule, quorum: 2, approvers: ['kim@example.com', 'sam@example.com'] };
const NOES = ['reject', 'withdraw', 'cancel'] as const;

/** The table as processes see it: a read, and a write that stands only if nobody wrote since the read. */
class Table {
  change: Change;
  #version = 1;
  /** What happened, in its order. */
  readonly log: string[] = [];

  constructor() {
    this.change = fold([submitted({ rule: RULE })]);
    this.commit('sam@example.com', this.says('sam@example.com', 'approve'));
  }

  says = (person: string, decision: 'approve' | 'reject' | 'withdraw', change = this.change): Outcome<Event> =>
    decide(change, { person, decision, comment: '', channel: 'api', binding: change.binding }, minute(2));

  read = () => ({ change: this.change, version: this.#version });

  commit(person: string, outcome: Outcome<Event>, version = this.#version): boolean {
    if (!outcome.ok || version !== this.#version) return false;
    const { id: change, key } = this.change;
    this.change = evolve(this.change, { ...outcome.value, change, keyArn: key.arn, person, at: minute(2) } as Fact);
    this.#version++;
    this.log.push(outcome.value.type);
    return true;
  }
}

type Process = Generator<undefined, void>;

/** As `record`: looks, asks the command, writes; and again when another was faster. */
function* act(table: Table, person: string, command: (change: Change) => Outcome<Event>): Process {
  for (;;) {
    const { change, version } = table.read();
    yield;
    const outcome = command(change);
    if (!outcome.ok || table.commit(person, outcome, version)) return;
    yield;
  }
}

const proof = (change: Change) =>
  proveApproval(change, {
    now: minute(3),
    afterSha256: AFTER,
    baseCanonical: BASE,
    today: { stages: [RULE.approvers], escalation: [], delegates: {} },
  });

/** As the apply step: the proof, the intent in one write with it, the proof again, the put. */
function* apply(table: Table): Process {
  for (let tries = 0; tries < 6; tries++) {
    const { change, version } = table.read();
    yield;
    const proven = proof(change);
    const intent: Outcome<Event> =
      change.status === 'APPROVED' && proven.ok
        ? done({ type: 'APPLY_INTENT', binding: change.binding, approvers: proven.approvers, fence: 1, attempt: 'a' })
        : refuse('ALREADY_DECIDED', 'not now');
    if (!table.commit(WORKFLOW, intent, version)) continue;
    yield;
    const again = table.read().change;
    yield;
    if (proof(again).ok) table.log.push('PUT');
    return;
  }
}

it('#76 a no that races the last approval and the apply, in 1,000 interleavings: no put after a no that stands', () => {
  const ends = new Set<string>();
  fc.assert(
    fc.property(fc.constantFrom(...NOES), fc.array(fc.nat(2), { minLength: 30, maxLength: 30 }), (no, turns) => {
      const table = new Table();
      const nay = (change: Change): Outcome<Event> =>
        no === 'cancel'
          ? cancel(change, { person: 'ana@example.com', admin: false, comment: '' })
          : table.says('sam@example.com', no, change);
      const processes = [
        act(table, 'kim@example.com', (change) => table.says('kim@example.com', 'approve', change)),
        act(table, no === 'cancel' ? 'ana@example.com' : 'sam@example.com', nay),
        apply(table),
      ];
      for (const turn of turns) processes[turn]?.next();
      for (const process of processes) while (process.next().done !== true);
      const { log } = table;
      const said = log.findIndex((type) => ['REJECTED', 'CANCELLED', 'APPROVAL_WITHDRAWN'].includes(type));
      const put = log.indexOf('PUT');
      expect(put >= 0 && said >= 0, log.join()).toBe(false);
      expect(log.filter((type) => type === 'PUT').length).toBeLessThanOrEqual(1);
      ends.add(`${no} ${put >= 0 ? 'put' : said >= 0 ? 'no' : 'neither'}`);
    }),
    { numRuns: 1_000, seed: 76 },
  );
  // A race that always ends one way is none.
  for (const no of NOES) expect([...ends]).toEqual(expect.arrayContaining([`${no} put`, `${no} no`]));
});
