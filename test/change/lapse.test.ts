import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replay } from '../../lib/audit/replay.ts';
import { proveApproval } from '../../lib/change/apply.ts';
import { type Change, evolve, fold } from '../../lib/change/change.ts';
import { decide } from '../../lib/change/decide.ts';
import type { Event, Fact, FrozenRule, FrozenStage } from '../../lib/change/facts.ts';
import { lapse } from '../../lib/change/lapse.ts';
import { pushNeeded, toAsk, toTellOfLapse } from '../../lib/change/push.ts';
import { awaited, countingApprovals, havingASay } from '../../lib/change/quorum.ts';
import type { Entitled } from '../../lib/change/rules.ts';
import { AFTER, approval, BASE, BINDING, fact, minute, submitted } from '../fixtures/facts.ts';

const email = (name: string) => `${name}@example.com`;
const emails = (...names: string[]) => names.map(email);
const HASH = 'f'.repeat(64);
const told = { mailed: [], slacked: [], failed: [] };
const today = (...names: string[]): Entitled => ({ stages: [emails(...names)], escalation: [], delegates: {} });
const lapsing = (change: Change, entitled: Entitled, n = 5) => lapse(change, entitled, HASH, minute(n));
const lapsed = (change: Change, entitled: Entitled, n = 5) => {
  const event = lapsing(change, entitled, n);
  if (event === undefined) throw new Error('nothing lapsed');
  return evolve(change, fact('countersign', n, event));
};
const may = (change: Change, name: string, n: number) => {
  const answer = { person: email(name), decision: 'approve', comment: '', channel: 'api', binding: BINDING } as const;
  const outcome = decide(change, answer, minute(n));
  return outcome.ok ? outcome.value.type : outcome.refusal.code;
};

const asked = fact('countersign', 1, { type: 'ASKED', people: emails('kim', 'lee', 'sam'), ...told });
const approved = fold([submitted(), asked, approval(email('sam'), 2), approval(email('kim'), 3)]);

describe('an approval of somebody who has left the rules file since', () => {
  it('lapses when too few are left, by a fact that names them, and the others are asked anew', () => {
    expect(lapsing(approved, today('kim', 'lee'))).toEqual({
      type: 'APPROVALS_LAPSED',
      people: [email('sam')],
      left: { stages: [emails('ana', 'sam')], escalation: [], delegates: {} },
      rulesSha256: HASH,
    });
    const waits = lapsed(approved, today('kim', 'lee'));
    expect([waits.status, countingApprovals(waits)]).toEqual(['PENDING', [email('kim')]]);
    expect(waits.lapsed).toEqual({ people: [email('sam')], at: minute(5) });
    expect(toAsk(waits, minute(5))).toEqual([email('lee')]);
    expect([may(waits, 'sam', 6), may(waits, 'kim', 6), may(waits, 'lee', 6)]).toEqual([
      'NOT_AN_APPROVER',
      'ALREADY_DECIDED',
      'APPROVAL_GIVEN',
    ]);
    const again = evolve(waits, approval(email('lee'), 6));
    expect([again.status, again.lapsed]).toEqual(['APPROVED', undefined]);
    expect(lapsing(again, today('kim', 'lee'))).toBeUndefined();
  });

  it('is told to the authors once, while it waits again', () => {
    const waits = lapsed(approved, today('kim', 'lee'));
    const known = evolve(waits, fact('countersign', 6, { type: 'LAPSE_TOLD', ...told }));
    expect([waits, known, approved].map(toTellOfLapse)).toEqual([true, false, false]);
    expect(known.lapsed).toEqual({ people: [email('sam')], at: minute(5), told: true });
    expect(toTellOfLapse({ ...waits, status: 'CANCELLED' })).toBe(false);
    expect(evolve(approved, fact('countersign', 6, { type: 'LAPSE_TOLD', ...told }))).toEqual(approved);
    // Everybody is asked: that its authors are not told is for the sweep to see.
    const asks = evolve(waits, fact('countersign', 6, { type: 'ASKED', people: toAsk(waits, minute(6)), ...told }));
    expect(pushNeeded(asks, Date.parse(minute(5)) + 4_999)).toBeUndefined();
    expect(pushNeeded(asks, Date.parse(minute(5)) + 5_000)).toBe('wake');
    expect(
      pushNeeded(evolve(asks, fact('countersign', 7, { type: 'LAPSE_TOLD', ...told })), Date.parse(minute(8))),
    ).toBe(undefined);
  });

  it('is none of an approval more than was needed, of a change that waits, and of one that nobody can complete in time', () => {
    expect(lapsing(approved, today('kim', 'sam'))).toBeUndefined();
    expect(lapsing(fold([submitted(), approval(email('sam'), 2)]), today('kim', 'lee'))).toBeUndefined();
    expect(lapsing(approved, today('kim'))).toBeUndefined();
    expect(lapsing(approved, today())).toBeUndefined();
    // ana wrote it: she is in the file, and counts for nothing.
    expect(lapsing(approved, today('kim', 'ana'))).toBeUndefined();
    expect(lapsing(approved, today('kim', 'lee'), 99)).toBeDefined();
    expect(lapsing(approved, today('kim', 'lee'), 100)).toBeUndefined();
  });

  const rule: FrozenRule = {
    ...submitted().rule,
    quorum: 3,
    approvers: emails('ivy', 'kim', 'lee', 'olu', 'sam'),
    stages: [
      { name: 'owner', quorum: 1, from: ['owners'], approvers: emails('olu', 'ivy') },
      { name: 'security', quorum: 2, from: ['security'], approvers: emails('kim', 'lee', 'sam') },
    ],
    delegates: { [email('sam')]: emails('pat') },
  };
  const security = emails('kim', 'lee', 'sam');
  const staged = fold([
    submitted({ rule }),
    fact('countersign', 1, { type: 'ASKED', people: emails('ivy', 'olu', 'kim', 'lee', 'sam'), ...told }),
    fact(email('sam'), 1, { type: 'DELEGATED', to: email('pat'), until: minute(50) }),
    approval(email('olu'), 2),
    { ...approval(email('pat'), 3), onBehalfOf: email('sam') } as Fact,
    approval(email('kim'), 4),
  ]);

  it('takes with it those of the stage that it had opened', () => {
    expect(staged.status).toBe('APPROVED');
    const owners = { stages: [emails('ivy'), security], escalation: [], delegates: { [email('sam')]: emails('pat') } };
    const waits = lapsed(staged, owners);
    expect(waits.lapsed?.people).toEqual(emails('kim', 'olu', 'pat'));
    expect([waits.decisions, toAsk(waits, minute(5))]).toEqual([[], [email('ivy')]]);
    expect(toAsk(evolve(waits, approval(email('ivy'), 6)), minute(6))).toEqual(emails('kim', 'lee', 'pat', 'sam'));
  });

  it('is that of a delegate too, when the seat or the delegation is gone', () => {
    const owners = emails('ivy', 'olu');
    const noDelegate = { stages: [owners, security], escalation: [], delegates: {} };
    expect(lapsed(staged, noDelegate).lapsed?.people).toEqual([email('pat')]);
    const noSeat = {
      ...noDelegate,
      stages: [owners, emails('kim', 'lee')],
      delegates: { [email('sam')]: emails('pat') },
    };
    const waits = lapsed(staged, noSeat);
    expect([waits.lapsed?.people, awaited(waits, minute(5))]).toEqual([[email('pat')], [email('lee')]]);
  });

  it('takes out of the rule whoever left it, those it may be escalated to as well, and leaves one without stages without', () => {
    const waits = lapsed(approved, today('kim', 'lee'));
    expect(waits.rule).toStrictEqual({ ...submitted().rule, approvers: emails('kim', 'lee') });
    const escalate = { after: 60, approvers: emails('cho', 'max'), from: ['chiefs'] };
    const beyond = fold([
      submitted({ rule: { ...submitted().rule, escalate } }),
      approval(email('sam'), 2),
      approval(email('kim'), 3),
    ]);
    const left = lapsed(beyond, { ...today('kim', 'lee'), escalation: emails('cho', 'zoe') });
    expect(left.rule.escalate).toEqual({ ...escalate, approvers: emails('cho') });
  });

  it('has nobody asked where a stage, or all of them together, could not be completed', () => {
    const staying = (...stages: string[][]) => ({
      stages: stages.map((one) => emails(...one)),
      escalation: [],
      delegates: {},
    });
    expect(lapsing(staged, staying(['ivy'], ['kim', 'lee']))).toBeDefined();
    expect(lapsing(staged, staying(['ivy'], ['lee']))).toBeUndefined();
    // The stage before is complete: its people and its approvals are none of this one.
    expect(lapsing(staged, staying(['olu', 'ivy'], ['kim']))).toBeUndefined();
    const three = ['owner', 'first', 'second'].map((name, i) => ({
      name,
      quorum: 1,
      from: [],
      approvers: [emails('olu', 'ivy'), emails('sam', 'kim'), emails('lee', 'kim')][i] ?? [],
    }));
    const one = fold([
      submitted({ rule: { ...rule, stages: three } }),
      approval(email('olu'), 2),
      approval(email('sam'), 3),
      approval(email('lee'), 4),
    ]);
    expect(one.status).toBe('APPROVED');
    expect(lapsing(one, staying(['olu', 'ivy'], ['kim'], ['kim']))).toBeUndefined();
    expect(lapsing(one, staying(['olu', 'ivy'], ['kim'], ['kim', 'lee']))).toBeDefined();
    // Enough people, and none of them an owner.
    expect(lapsing(staged, staying([], ['kim', 'lee', 'sam']))).toBeUndefined();
    // Enough for each stage, and nobody counts in two.
    const [owner, people] = rule.stages as [FrozenStage, FrozenStage];
    const owners = { ...owner, approvers: emails('olu', 'kim') };
    const others = { ...people, approvers: emails('ivy', 'kim', 'lee', 'sam') };
    const said = [approval(email('olu'), 2), approval(email('sam'), 3), approval(email('ivy'), 4)];
    const shared = fold([submitted({ rule: { ...rule, stages: [owners, others] } }), ...said]);
    expect(shared.status).toBe('APPROVED');
    expect(lapsing(shared, staying(['kim'], ['kim', 'lee']))).toBeUndefined();
    expect(lapsing(shared, staying(['kim'], ['ivy', 'kim', 'lee']))).toBeDefined();
  });

  it('is judged by the verification: who left is the word of the workflow, what that means is not', () => {
    const event = lapsing(approved, today('kim', 'lee')) as Event & { type: 'APPROVALS_LAPSED' };
    const judged = (over: object, change = approved) => {
      const found = replay(change, { ...fact('countersign', 5, event), ...over } as Fact);
      return found.ok ? found.change?.status : found.why;
    };
    expect(judged({})).toBe('PENDING');
    expect(judged({ person: email('ana') })).toContain('is not for ana');
    expect(judged({}, fold([submitted(), approval(email('sam'), 2)]))).toBe('it is PENDING, and no approval can lapse');
    const others = 'it names others than those whose approvals count no more';
    for (const people of [[], emails('kim'), emails('sam', 'sam'), emails('kim', 'sam')]) {
      expect(judged({ people })).toBe(others);
    }
    expect(judged({ left: { ...event.left, stages: [emails('lee')] } })).toBe(others);
    expect(judged({ people: [], left: { ...event.left, stages: [emails('lee')] } })).toBe('enough approvals are left');
  });
});

it('whoever is left, what is approved again can be proven by the same rules file, and nobody who left counts', () => {
  const names = ['ana', 'olu', 'ivy', 'sam', 'kim', 'lee', 'pat', 'cho'];
  const some = fc.subarray(names);
  const reached = { lapsed: 0, again: 0, failed: 0 };
  fc.assert(
    fc.property(
      fc.record({
        stages: fc.array(
          fc.record({ quorum: fc.integer({ min: 1, max: 2 }), of: fc.subarray(names, { minLength: 2 }) }),
          {
            minLength: 1,
            maxLength: 2,
          },
        ),
        given: fc.array(fc.record({ from: fc.constantFrom(...names), to: fc.constantFrom(...names) }), {
          maxLength: 2,
        }),
        stay: fc.record({
          stages: fc.array(some, { minLength: 2, maxLength: 2 }),
          escalation: some,
          delegates: fc.boolean(),
        }),
        people: fc.array(fc.constantFrom(...names), { minLength: 4, maxLength: 12 }),
        more: fc.array(fc.constantFrom(...names), { maxLength: 12 }),
      }),
      ({ stages, given, stay, people, more }) => {
        const delegates = Object.fromEntries(given.map(({ from, to }) => [email(from), [email(to)]]));
        const frozen: FrozenRule = {
          ...submitted().rule,
          quorum: stages.reduce((sum, { quorum }) => sum + quorum, 0),
          approvers: [...new Set(stages.flatMap(({ of }) => emails(...of)))],
          stages: stages.map(({ quorum, of }, i) => ({ name: `${i}`, quorum, from: [], approvers: emails(...of) })),
          escalate: { after: 1, approvers: emails('cho') },
          delegates,
        };
        const entitled: Entitled = {
          stages: stay.stages.map((one) => emails(...one)),
          escalation: emails(...stay.escalation),
          delegates: stay.delegates ? delegates : {},
        };
        let n = 2;
        let change = fold([
          submitted({ rule: frozen }),
          fact('countersign', 1, { type: 'ESCALATED', to: emails('cho') }),
        ]);
        for (const { from, to } of given) {
          const until = minute(90);
          change = evolve(change, fact(email(from), 1, { type: 'DELEGATED', to: email(to), until }));
        }
        const say = (name: string) => {
          const answer = {
            person: email(name),
            decision: 'approve',
            comment: '',
            channel: 'api',
            binding: BINDING,
          } as const;
          const outcome = decide(change, answer, minute(++n));
          if (outcome.ok) change = evolve(change, fact(email(name), n, outcome.value));
        };
        const proof = () => {
          const evidence = { now: minute(n), afterSha256: AFTER, baseCanonical: BASE, today: entitled };
          return proveApproval(change, evidence);
        };
        people.forEach(say);
        const event = lapsing(change, entitled, n);
        if (change.status === 'APPROVED' && event === undefined && !proof().ok) reached.failed++;
        if (event === undefined) return;
        expect(proof().ok).toBe(false);
        reached.lapsed++;
        const before = change;
        const lapse = fact('countersign', n, event);
        change = evolve(change, lapse);
        expect(replay(before, lapse)).toEqual({ ok: true, change });
        expect(change.status).toBe('PENDING');
        expect(havingASay(before, minute(n))).toEqual(expect.arrayContaining(havingASay(change, minute(n))));
        more.forEach(say);
        if (change.status !== 'APPROVED') return;
        expect(proof().ok).toBe(true);
        reached.again++;
      },
    ),
    { numRuns: 6_000, seed: 20_261_125 },
  );
  for (const times of Object.values(reached)) expect(times).toBeGreaterThan(50);
});
