import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextApplyStep, proveApproval } from '../../lib/change/apply.ts';
import { evolve, fold } from '../../lib/change/change.ts';
import { delegate, escalate, post } from '../../lib/change/command.ts';
import { cancel, decide, expire, type VerdictName } from '../../lib/change/decide.ts';
import type { Event, Fact } from '../../lib/change/facts.ts';
import { standOf } from '../../lib/change/push.ts';
import type { Outcome } from '../../lib/change/refusal.ts';
import { proveRevert, turned } from '../../lib/change/revert.ts';
import type { Change } from '../../lib/change/state.ts';
import { AFTER, BASE, BINDING, minute, submitted } from '../fixtures/facts.ts';

/**
 * Many acts on one change, legal or not, against a model that knows nothing of folds: who said yes to what stands, in
 * which stage, on whose behalf. Invariants: security.md I1, I3, I4, I7, I8, I9. Concurrency and crashes are in
 * test/story: here is what each order must mean.
 */
const PEOPLE = ['ana', 'coe', 'olu', 'ivy', 'sam', 'kim', 'pat', 'cho', 'eve'] as const;
const email = (name: string) => `${name}@example.com`;
const OWNERS = ['olu', 'ivy', 'ana'];
const SECURITY = ['sam', 'kim', 'ivy', 'coe'];
const RULE = {
  ...submitted().rule,
  name: 'staged',
  quorum: 3,
  approvers: [...new Set([...OWNERS, ...SECURITY])].map(email).sort(),
  stages: [
    { name: 'owner', quorum: 1, from: ['owners'], approvers: OWNERS.map(email) },
    { name: 'security', quorum: 2, from: ['security'], approvers: SECURITY.map(email) },
  ],
  escalate: { after: 1_200, approvers: [email('cho')] },
  delegates: { [email('sam')]: [email('pat')], [email('olu')]: [email('sam')] },
};

const person = fc.constantFrom(...PEOPLE);
const act = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('approve' as const), person }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('withdraw' as const, 'comment' as const), person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reject' as const, 'requestChanges' as const), person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('version' as const, 'cancel' as const), person }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delegate' as const), person, to: person }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      { do: 'delegate' as const, person: 'sam' as const, to: 'pat' as const },
      { do: 'delegate' as const, person: 'olu' as const, to: 'sam' as const },
    ),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tick' as const), person }) },
);

interface Yes {
  person: string;
  seat: string;
}

/** The model: the plainest account of what should be. */
class Model {
  yes: Yes[] = [];
  wish: string | undefined;
  given: { from: string; to: string; at: number; until: number }[] = [];
  escalatedAt = Number.POSITIVE_INFINITY;
  ended = false;
  expires = 100;
  since = 0;

  mayIn(stage: number, seat: string): boolean {
    if (seat === 'ana' || seat === 'coe') return false;
    return (
      [OWNERS, SECURITY][stage]?.includes(seat) === true ||
      (seat === 'cho' && this.escalatedAt < Number.POSITIVE_INFINITY)
    );
  }

  /** How far the yeses carry, one after the other. */
  stage(): { stage: number; counted: Yes[] } {
    const counted: Yes[] = [];
    let [stage, left] = [0, 1];
    for (const one of this.yes) {
      const used = counted.flatMap(({ person, seat }) => [person, seat]);
      if (stage > 1 || !this.mayIn(stage, one.seat) || used.includes(one.person) || used.includes(one.seat)) continue;
      counted.push(one);
      if (--left === 0) [stage, left] = [stage + 1, 2];
    }
    return { stage, counted };
  }

  get approved(): boolean {
    return this.stage().stage === 2 && this.wish === undefined;
  }
}

it('every order of acts means what the model says, and what is put was approved by the right people', () => {
  const reached = { approved: 0, delegated: 0, escalated: 0 };
  fc.assert(
    fc.property(fc.array(fc.record({ act, minutes: fc.nat(4) }), { minLength: 5, maxLength: 45 }), (acts) => {
      const model = new Model();
      let change = fold([submitted({ rule: RULE, coAuthors: [email('coe')] })]);
      const facts: Fact[] = [submitted({ rule: RULE, coAuthors: [email('coe')] })];
      let now = 1;
      const commit = (who: string, outcome: Outcome<Event>): boolean => {
        if (!outcome.ok) return false;
        const fact = {
          ...outcome.value,
          change: change.id,
          keyArn: change.key.arn,
          person: who,
          at: minute(now),
        } as Fact;
        facts.push(fact);
        change = evolve(change, fact);
        return true;
      };
      for (const { act: a, minutes } of acts) {
        now += minutes;
        const over = expire(change, minute(now));
        if (over !== undefined) {
          commit('countersign', { ok: true, value: over });
          expect(now >= model.expires).toBe(true);
          model.ended = true;
        }
        step(a, model, change, now, commit, reached);
        expect(change.status === 'APPROVED', JSON.stringify(a)).toBe(model.approved && !model.ended);
        expect(['PENDING', 'APPROVED'].includes(change.status)).toBe(!model.ended);
        proven(change, model, now);
      }
      expect(fold(facts)).toEqual(change);
      if (change.status === 'APPROVED') reached.approved++;
    }),
    { numRuns: 3_000, seed: 20_261_124 },
  );
  // A run that never gets anywhere would hold for nothing.
  expect(reached.approved).toBeGreaterThan(20);
  expect(reached.delegated).toBeGreaterThan(20);
  expect(reached.escalated).toBeGreaterThan(20);
});

type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

function step(
  a: Act,
  model: Model,
  change: Change,
  now: number,
  commit: (who: string, outcome: Outcome<Event>) => boolean,
  reached: { delegated: number; escalated: number },
): void {
  const who = email(a.person);
  const at = minute(now);
  const answer = (decision: VerdictName) =>
    commit(who, decide(change, { person: who, decision, comment: 'c', channel: 'api', binding: change.binding }, at));
  const author = a.person === 'ana' || a.person === 'coe';
  switch (a.do) {
    case 'approve': {
      const { stage, counted } = model.stage();
      const used = counted.flatMap(({ person, seat }) => [person, seat]);
      const seats = [
        a.person,
        ...model.given.filter((one) => one.to === a.person && now >= one.at && now < one.until).map((one) => one.from),
      ];
      const seat = seats.find((one) => model.mayIn(stage, one) && !used.includes(one));
      const may =
        !author &&
        !model.ended &&
        !model.approved &&
        now < model.expires &&
        (model.wish === undefined || model.wish === a.person) &&
        (seat !== undefined || stage === 2) &&
        !used.includes(a.person);
      expect(answer('approve'), `${a.person} in stage ${stage}`).toBe(may);
      if (!may) return;
      model.yes.push({ person: a.person, seat: seat ?? a.person });
      if (seat !== undefined && seat !== a.person) reached.delegated++;
      model.wish = undefined;
      return;
    }
    case 'withdraw': {
      const before = model.yes.length;
      if (answer('withdraw')) {
        model.yes = model.yes.filter((one) => one.person !== a.person);
        expect(model.yes.length).toBeLessThan(before);
      }
      return;
    }
    case 'requestChanges':
      if (answer('requestChanges')) {
        expect(author).toBe(false);
        model.wish = a.person;
        model.yes = model.yes.filter((one) => one.person !== a.person);
      }
      return;
    case 'reject':
      if (answer('reject')) {
        expect(author).toBe(false);
        model.ended = true;
      }
      return;
    case 'comment':
      answer('comment');
      return;
    case 'cancel':
      if (commit(who, cancel(change, { person: who, admin: false, comment: '' }))) {
        expect(a.person).toBe('ana');
        model.ended = true;
      }
      return;
    case 'version': {
      const { reason, binding, before, afterCanonical, risk } = submitted();
      const [expiresAt, applyBy] = [minute(now + 100), minute(now + 160)];
      const next = { reason, binding, before, afterCanonical, risk, rule: RULE, expiresAt, applyBy };
      if (!commit(who, post(change, who, next, at))) return;
      expect(a.person).toBe('ana');
      Object.assign(model, {
        yes: [],
        wish: undefined,
        escalatedAt: Number.POSITIVE_INFINITY,
        expires: now + 100,
        since: now,
      });
      return;
    }
    case 'delegate': {
      const until = Math.min(now + 20, model.expires);
      if (!commit(who, delegate(change, { person: who, to: email(a.to), until: minute(until) }, at))) return;
      expect([
        ['sam', 'pat'],
        ['olu', 'sam'],
      ]).toContainEqual([a.person, a.to]);
      model.given.push({ from: a.person, to: a.to, at: now, until });
      return;
    }
    case 'tick': {
      const due = escalate(change, at);
      if (due === undefined) return;
      expect(now - model.since).toBeGreaterThanOrEqual(20);
      commit('countersign', { ok: true, value: due });
      model.escalatedAt = now;
      reached.escalated++;
      return;
    }
  }
}

/** The proof before a put, with everybody still there, and with each who counted gone. */
function proven(change: Change, model: Model, now: number): void {
  const today = {
    stages: RULE.stages.map(({ approvers }) => approvers),
    escalation: RULE.escalate.approvers,
    delegates: RULE.delegates,
  };
  const evidence = { now: minute(now), afterSha256: AFTER, baseCanonical: BASE, today };
  const proof = proveApproval(change, evidence);
  expect(proof.ok).toBe(model.approved && !model.ended);
  if (!proof.ok) return;
  expect(new Set(proof.approvers).size).toBe(3);
  expect(proof.approvers).toEqual(
    model
      .stage()
      .counted.map((one) => email(one.person))
      .sort(),
  );
  // An approval more than was needed, of who took back a wish for changes, may make up for one that is gone.
  for (const one of model.yes.length > 3 ? [] : model.stage().counted) {
    const without = (list: readonly string[]) => list.filter((each) => each !== email(one.seat));
    const gone = { ...today, stages: today.stages.map(without), escalation: without(today.escalation) };
    expect(proveApproval(change, { ...evidence, today: gone }).ok, `${one.seat} is gone`).toBe(false);
  }
  expect(
    proveApproval({ ...change, binding: { ...BINDING, after: BASE } }, { ...evidence, afterSha256: BASE }).ok,
  ).toBe(false);
}

const timedStep = fc.record({
  do: fc.constantFrom('approve', 'apply', 'fail', 'revert', 'end', 'close'),
  minutes: fc.nat(25),
  live: fc.constantFrom('before', 'after', 'other'),
});

it('a change with times is put not before its first and back not before its second, in every order of steps', () => {
  const reached = { applied: 0, reverted: 0, notReverted: 0 };
  const [AFTER_CANONICAL, BEFORE] = [submitted().afterCanonical, submitted().before];
  const rule = { ...submitted().rule, quorum: 1 };
  const today = { stages: [rule.approvers], escalation: [], delegates: {} };
  fc.assert(
    fc.property(fc.array(timedStep, { minLength: 4, maxLength: 25 }), (steps) => {
      // The model: what is on the key's way, and since when.
      let model: 'waits' | 'approved' | 'putting' | 'applied' | 'returning' | 'over' = 'waits';
      let appliedAt = 0;
      let now = 1;
      const facts: Fact[] = [submitted({ rule, applyAfter: minute(20), revertAfter: 'PT40M' })];
      const add = (event: Event, person = 'countersign') =>
        facts.push({ ...event, change: 'chg_01', keyArn: submitted().keyArn, person, at: minute(now) } as Fact);
      for (const { do: act, minutes, live } of steps) {
        now += minutes;
        const change = fold(facts);
        const evidence = { now: minute(now), afterSha256: AFTER, baseCanonical: BASE, today };
        const mayApply = proveApproval(change, evidence).ok;
        const mayRevert = proveRevert(change, {
          now: minute(now),
          beforeSha256: BEFORE,
          beforeCanonical: BASE,
          afterSha256: AFTER,
          afterCanonical: AFTER_CANONICAL,
        }).ok;
        expect(mayApply).toBe((model === 'approved' || model === 'putting') && now >= 20 && now < 160);
        expect(mayRevert).toBe((model === 'applied' || model === 'returning') && now >= appliedAt + 40);
        expect(standOf(change, Date.parse(minute(now)), {}) === 'REVERT_DUE').toBe(model === 'applied' && mayRevert);
        if (act === 'approve' && model === 'waits' && now < 100) {
          add({ type: 'APPROVAL_GIVEN', binding: BINDING, comment: '', channel: 'api' }, email('sam'));
          model = 'approved';
        } else if (act === 'apply' && mayApply && model === 'approved') {
          add({ type: 'APPLY_INTENT', binding: BINDING, approvers: [email('sam')], fence: 1, attempt: 'a' });
          model = 'putting';
        } else if (act === 'end' && model === 'putting') {
          add({ type: 'APPLIED', before: BEFORE, after: AFTER, live: AFTER, put: true });
          [model, appliedAt] = ['applied', now];
          reached.applied++;
        } else if (act === 'revert' && mayRevert && model === 'applied') {
          const { binding } = turned(change);
          expect(binding).toEqual({ after: BEFORE, base: AFTER_CANONICAL });
          add({ type: 'REVERT_INTENT', binding, fence: 2, attempt: 'b' });
          model = 'returning';
        } else if (act === 'end' && model === 'returning') {
          const canonical = { before: BASE, after: AFTER_CANONICAL, other: 'f'.repeat(64) }[live];
          const next = nextApplyStep(canonical, turned(change), false);
          expect(next).toBe({ before: 'record-applied', after: 'put', other: 'record-stale' }[live]);
          if (next === 'record-stale') add({ type: 'STALE', live: canonical, detail: 'It moved.' });
          else add({ type: 'REVERTED', before: AFTER, after: BEFORE, live: BEFORE, put: next === 'put' });
          model = 'over';
          reached[next === 'record-stale' ? 'notReverted' : 'reverted']++;
        } else if (act === 'fail' && model === 'returning') {
          add({ type: 'FAILED', error: 'MalformedPolicyDocumentException', detail: 'No.' });
          model = 'over';
          reached.notReverted++;
        } else if (act === 'close' && (model === 'applied' || model === 'over')) {
          add({ type: 'CLOSED', mailed: [], slacked: [], failed: [] });
        }
      }
    }),
    { numRuns: 3_000, seed: 20_261_124 },
  );
  for (const times of Object.values(reached)) expect(times).toBeGreaterThan(20);
});
