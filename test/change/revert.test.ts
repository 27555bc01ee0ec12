import { describe, expect, it } from 'vitest';
import { proveApproval } from '../../lib/change/apply.ts';
import { fold } from '../../lib/change/change.ts';
import type { Event, Fact } from '../../lib/change/facts.ts';
import { hold, pushNeeded, standOf, waitSeconds } from '../../lib/change/push.ts';
import { proveRevert, type RevertEvidence, revertIsOverdue, turned, undoable } from '../../lib/change/revert.ts';
import type { Change } from '../../lib/change/state.ts';
import { timelineEntry } from '../../lib/change/timeline.ts';
import { carriedTimes, deadlines, timeFindings } from '../../lib/change/times.ts';
import { askSentencesOf, durationWords, timeSentences, wordsOf } from '../../lib/change/wording.ts';
import { changeView } from '../fixtures/changeView.ts';
import { AFTER, approval, BASE, BINDING, fact, minute, submitted } from '../fixtures/facts.ts';

const BEFORE = 'c'.repeat(64);
const CANONICAL = 'd'.repeat(64);
const TOLD = { mailed: [], slacked: [], failed: [] };
const workflow = (n: number, event: Event): Fact => fact('countersign', n, event);

const approved = [submitted({ revertAfter: 'PT30M' }), approval('sam@example.com', 1), approval('kim@example.com', 2)];
const intent = workflow(3, { type: 'APPLY_INTENT', binding: BINDING, approvers: [], fence: 1, attempt: 'a' });
const applied = [
  ...approved,
  intent,
  workflow(10, { type: 'APPLIED', before: BEFORE, after: AFTER, live: AFTER, put: true }),
];
const closed = [...applied, workflow(11, { type: 'CLOSED', ...TOLD })];
const back = { after: BEFORE, base: CANONICAL };
const reverting = [...closed, workflow(40, { type: 'REVERT_INTENT', binding: back, fence: 2, attempt: 'b' })];
const at = (n: number) => Date.parse(minute(n));
const stand = (facts: Fact[], n: number) => standOf(fold(facts), at(n), {});

describe('a temporary change', () => {
  it('is put back so long after it was applied, not after it was asked for', () => {
    expect(fold(approved).revertAt).toBeUndefined();
    expect(fold(applied)).toMatchObject({ appliedAt: minute(10), revertAt: minute(40) });
  });

  it('is told, lasts, is due, is put back, and told again', () => {
    expect(stand(applied, 11)).toBe('UNTOLD');
    expect(stand(closed, 39)).toBe('TEMPORARY');
    expect(waitSeconds(fold(closed), at(39))).toBe(60);
    expect(stand(closed, 40)).toBe('REVERT_DUE');
    expect(stand(applied, 40)).toBe('REVERT_DUE');
    expect(stand(reverting, 40)).toBe('REVERTING');
    expect(fold(reverting).closed).toBe(false);
    const reverted = [
      ...reverting,
      workflow(41, { type: 'REVERTED', before: AFTER, after: BEFORE, live: BEFORE, put: true }),
    ];
    expect(stand(reverted, 41)).toBe('REVERTED');
    expect(fold(reverted).closed).toBe(false);
  });

  it.each<[string, Event]>([
    ['STALE', { type: 'STALE', live: BASE, detail: 'It moved.' }],
    ['FAILED', { type: 'FAILED', error: 'MalformedPolicyDocumentException', detail: 'No.' }],
    ['UNCERTAIN', { type: 'UNCERTAIN', detail: 'Look.' }],
  ])('that ends as %s says that it was not put back, and is told', (status, event) => {
    const change = fold([...reverting, workflow(41, event)]);
    expect([change.status, change.closed, standOf(change, at(41), {})]).toEqual([status, false, 'NOT_REVERTED']);
    expect(wordsOf(change).title).toContain('not put back');
    // The same end of an apply is another thing.
    const other = fold([...approved, intent, workflow(41, event)]);
    expect([standOf(other, at(41), {}), wordsOf(other).title]).toEqual([
      status,
      expect.not.stringContaining('put back'),
    ]);
  });

  it('cannot be put back before it was applied, twice, or when it is for good', () => {
    const again = reverting.at(-1) as Fact;
    expect(() => fold([...approved, again])).toThrow();
    expect(() => fold([...reverting, again])).toThrow();
    expect(stand([submitted(), ...closed.slice(1)], 1_000)).toBe('APPLIED');
  });

  it('is pushed when it is overdue, and let alone while it lasts', () => {
    expect(pushNeeded(fold(closed), at(39))).toBeUndefined();
    expect(pushNeeded(fold(closed), at(41))).toBe('wake');
    expect(pushNeeded(fold(reverting), at(41))).toBe('wake');
    expect([49, 50].map((n) => revertIsOverdue(fold(closed), minute(n)))).toEqual([false, true]);
    expect(revertIsOverdue(fold(reverting), minute(50))).toBe(true);
    expect(revertIsOverdue(fold([submitted(), ...closed.slice(1)]), minute(5_000))).toBe(false);
  });

  it('keeps the review of an emergency open after it was put back', () => {
    const breakGlass = { reviewers: ['rae@example.com'], remindEvery: 60 };
    const emergency = submitted({ revertAfter: 'PT30M', rule: { ...submitted().rule, breakGlass } });
    const told = [
      emergency,
      ...reverting.slice(1),
      workflow(41, { type: 'REVERTED', before: AFTER, after: BEFORE, live: BEFORE, put: true }),
      workflow(42, { type: 'CLOSED', ...TOLD }),
    ];
    expect(pushNeeded(fold(told), at(43))).toBe('review');
    // While it lasts its reviewers are asked again too.
    const lasting = [emergency, ...closed.slice(1)];
    expect(stand(lasting, 12)).toBe('UNTOLD');
    expect(stand([...lasting, workflow(12, { type: 'REVIEW_ASKED', ...TOLD })], 12)).toBe('TEMPORARY');
    expect(stand([...lasting, workflow(12, { type: 'REVIEW_ASKED', ...TOLD })], 13)).toBe('UNTOLD');
  });

  it('is for good when a version says so, and undoes nothing when a version is another document', () => {
    const { reason, binding, before, afterCanonical, risk, rule, expiresAt, applyBy } = submitted();
    const next = { reason, binding, before, afterCanonical, risk, rule, expiresAt, applyBy };
    const change = fold([
      submitted({ revertAfter: 'PT30M', applyAfter: minute(5), reverts: 'chg_00', undoes: 'out_00' }),
      fact('ana@example.com', 1, { type: 'VERSIONED', version: 2, ...next }),
    ]);
    for (const name of ['revertAfter', 'applyAfter', 'reverts', 'undoes']) expect(change).not.toHaveProperty(name);
  });
});

describe('the proof before a policy is put back', () => {
  const evidence: RevertEvidence = {
    now: minute(40),
    beforeSha256: BEFORE,
    beforeCanonical: BASE,
    afterSha256: AFTER,
    afterCanonical: CANONICAL,
  };
  const proof = (over: Partial<RevertEvidence>, change: Change = fold(closed)) => {
    const result = proveRevert(change, { ...evidence, ...over });
    return result.ok ? result.approvers : result.error;
  };

  it('names those who approved, who may have left since', () => {
    expect(proof({})).toEqual(['kim@example.com', 'sam@example.com']);
    expect(proof({}, fold(reverting))).toHaveLength(2);
  });
  it('fails a moment too early', () => {
    expect(proof({ now: new Date(at(40) - 1).toISOString() })).toBe('TooEarly');
  });
  it('fails for other documents', () => {
    expect(proof({ beforeSha256: AFTER })).toBe('DocumentAltered');
    expect(proof({ beforeCanonical: CANONICAL })).toBe('DocumentAltered');
    expect(proof({ afterSha256: BEFORE })).toBe('BaseAltered');
    expect(proof({ afterCanonical: BASE })).toBe('BaseAltered');
  });
  it('fails for what is for good, was never applied, or is over', () => {
    expect(proof({}, fold([submitted(), ...closed.slice(1)]))).toBe('NotTemporary');
    expect(proof({}, fold(approved))).toBe('NotTemporary');
    const stale = fold([...reverting, workflow(41, { type: 'STALE', live: BASE, detail: '' })]);
    expect(proof({}, stale)).toBe('NotTemporary');
  });
  it('fails without a quorum', () => {
    expect(proof({}, { ...fold(closed), decisions: [] })).toBe('QuorumNotProven');
  });
  it('turns the change round, and round again', () => {
    const change = fold(closed);
    expect(turned(change)).toMatchObject({ before: AFTER, binding: back, afterCanonical: BASE });
    expect(turned(turned(change))).toEqual(change);
  });
});

describe('what can be undone', () => {
  const code = (facts: Fact[]) => {
    const outcome = undoable(fold(facts));
    return outcome.ok ? 'ok' : outcome.refusal.code;
  };
  it('is what was applied and not put back', () => {
    expect(code(applied)).toBe('ok');
    expect(code(approved)).toBe('NOTHING_TO_REVERT');
    expect(code(reverting)).toBe('NOTHING_TO_REVERT');
    expect(code([...reverting, workflow(41, { type: 'STALE', live: BASE, detail: '' })])).toBe('ok');
    const reverted = workflow(41, { type: 'REVERTED', before: AFTER, after: BEFORE, live: BEFORE, put: true });
    expect(code([...reverting, reverted])).toBe('NOTHING_TO_REVERT');
  });
});

describe('a time to apply', () => {
  const later = fold([submitted({ applyAfter: minute(30) }), ...approved.slice(1)]);
  const evidence = {
    afterSha256: AFTER,
    baseCanonical: BASE,
    today: { stages: [['sam@example.com', 'kim@example.com']], escalation: [], delegates: {} },
  };

  it('holds until then, and a freeze or a window longer', () => {
    expect(hold(later, at(29), {})).toEqual({ name: 'applyAfter', until: minute(30) });
    expect(hold(later, at(30), {})).toBeUndefined();
    expect(waitSeconds(later, at(29))).toBe(60);
    const freeze = [{ name: 'release', from: minute(20), to: minute(40) }];
    expect(hold(later, at(29), { freeze })).toEqual({ name: 'the freeze release', until: minute(40) });
    const windows = [{ name: 'evening', from: minute(50), to: minute(60) }];
    expect(hold(later, at(29), { freeze, windows })?.until).toBe(minute(50));
    expect(hold(later, at(61), { windows })).toEqual({ name: 'the window evening' });
    expect(waitSeconds(later, at(61), { windows })).toBe((160 - 61) * 60);
  });

  it('is proven again before the put', () => {
    expect(proveApproval(later, { ...evidence, now: minute(30) })).toMatchObject({ ok: true });
    expect(proveApproval(later, { ...evidence, now: minute(29) })).toMatchObject({ ok: false, error: 'TooEarly' });
  });

  it('does not hold a revert', () => {
    const freeze = [{ name: 'release', from: minute(0), to: minute(1_000) }];
    expect(standOf(fold(closed), at(40), { freeze, windows: freeze })).toBe('REVERT_DUE');
  });

  const rule = { name: 'default', expireAfter: 3_600 };
  const codes = (timing: object, over: object = {}) =>
    timeFindings(timing, { ...rule, ...over }, minute(0), 300).map(({ code }) => code);

  it.each([
    ['now', minute(0), ['APPLY_AFTER_PAST']],
    ['a minute from now', minute(1), []],
    ['after the expiry', minute(600), []],
    ['90 days from now', minute(90 * 1_440), []],
    ['later than that', minute(90 * 1_440 + 1), ['APPLY_AFTER_BOUNDS']],
  ])('is bounded: %s', (_, applyAfter, expected) => expect(codes({ applyAfter })).toEqual(expected));

  it.each([
    ['nothing is sent', {}, { revertAfter: 'P1D', applyAfter: minute(30) }],
    ['others are sent', { revertAfter: 'PT2H', applyAfter: minute(9) }, { revertAfter: 'PT2H', applyAfter: minute(9) }],
    ['one that is over is sent', { applyAfter: minute(1) }, { revertAfter: 'P1D', applyAfter: minute(1) }],
  ])('is carried over to what follows: %s', (_, sent, expected) =>
    expect(carriedTimes({ revertAfter: 'P1D', applyAfter: minute(30) }, sent, minute(2))).toEqual(expected),
  );

  it('that is over is not carried over', () =>
    expect(carriedTimes({ revertAfter: 'P1D', applyAfter: minute(30) }, {}, minute(30)).applyAfter).toBeUndefined());

  it('must meet a window, and is not for an emergency', () => {
    const windows = [{ name: 'evening', from: minute(50), to: minute(60) }];
    expect(codes({ applyAfter: minute(49) }, { windows })).toEqual([]);
    expect(codes({ applyAfter: minute(60) }, { windows })).toEqual(['NEVER_APPLIED']);
    const breakGlass = { reviewers: [], remindEvery: 1 };
    expect(codes({ applyAfter: minute(1) }, { breakGlass })).toEqual(['APPLY_AFTER_EMERGENCY']);
    expect(codes({}, { breakGlass, windows: [{ name: 'gone', from: minute(-9), to: minute(-1) }] })).toEqual([]);
  });

  it('moves the time by which it must be applied when it lies behind the expiry, and so does the next window', () => {
    expect(deadlines(rule, minute(0), minute(30))).toEqual({ expiresAt: minute(60), applyBy: minute(120) });
    expect(deadlines(rule, minute(0), minute(600))).toEqual({ expiresAt: minute(60), applyBy: minute(660) });
    expect(deadlines(rule, minute(0))).toEqual({ expiresAt: minute(60), applyBy: minute(120) });
    const windows = [{ name: 'night', from: minute(300), to: minute(400) }];
    expect(deadlines({ ...rule, windows }, minute(0)).applyBy).toBe(minute(360));
    expect(
      deadlines({ ...rule, windows: [{ name: 'gone', from: minute(-9), to: minute(-1) }] }, minute(0)).applyBy,
    ).toBe(minute(120));
  });

  it.each([
    ['PT299S', ['REVERT_AFTER_BOUNDS']],
    ['PT5M', []],
    ['P365D', []],
    ['P365DT1S', ['REVERT_AFTER_BOUNDS']],
  ])('lasts some minutes to a year: %s', (revertAfter, expected) => expect(codes({ revertAfter })).toEqual(expected));
});

describe('in words', () => {
  it('a duration is said in full', () => {
    expect(['P7D', 'PT90M', 'P1DT1H1M1S', 'P1W'].map(durationWords)).toEqual([
      '7 days',
      '1 hour 30 minutes',
      '1 day 1 hour 1 minute 1 second',
      '7 days',
    ]);
  });

  it('says of several changes once what all of them share', () => {
    const of = (alias: string, windows?: string[]) => ({
      key: { ...submitted().key, aliases: [`alias/${alias}`] },
      status: 'PENDING' as const,
      revertAfter: 'P7D',
      revertOverdue: false,
      ...(windows === undefined ? {} : { windows }),
    });
    const changes = [of('one'), of('two', ['night'])].map((one) => ({ ...changeView(), ...one }));
    expect(askSentencesOf(changes)).toEqual([
      'Temporary: put back after 7 days.',
      'two: Applied only in a change window: night.',
    ]);
    const urgent = changes.map((one) => ({ ...one, breakGlass: { reviewers: [] } }));
    expect(askSentencesOf(urgent)[0]).toMatch(/^Emergency: fewer people decide/);
  });

  it('says what must be read first', () => {
    const temporary = { status: 'PENDING', revertAfter: 'P7D', revertOverdue: false } as const;
    expect(timeSentences(temporary)).toEqual(['Temporary: put back after 7 days.']);
    const lasting = { ...temporary, status: 'APPLIED', revertAt: minute(40) } as const;
    expect(timeSentences(lasting)).toEqual(['Temporary: put back on Tue 24 Nov 2026, 12:40 UTC.']);
    expect(timeSentences({ ...lasting, revertOverdue: true })[0]).toMatch(/^Overdue/);
    expect(timeSentences({ ...lasting, status: 'REVERTED' })).toEqual([]);
    expect(timeSentences({ status: 'PENDING', applyAfter: minute(5), windows: ['night'], reverts: 'chg_1' })).toEqual([
      'Not applied before Tue 24 Nov 2026, 12:05 UTC, even when it is approved earlier.',
      'Applied only in a change window: night.',
      'Undoes chg_1: it puts back the policy from before that change.',
    ]);
    expect(timeSentences({ status: 'PENDING', undoes: 'out_1' })).toEqual([
      'Undoes out_1, a write outside of the workflow: it puts back the policy from before that write.',
    ]);
    expect(timeSentences({ status: 'PENDING', rebases: 'chg_1' })).toEqual([
      'Brings chg_1 onto the policy that took the place of its base; an approval of that one is none of this.',
    ]);
    const story = (part: object) => timelineEntry({ ...submitted(part), seq: 1 }).text;
    expect(story({ undoes: 'out_1' })).toContain(', to undo out_1;');
    expect(story({ rebases: 'chg_1' })).toContain(', in the place of chg_1;');
  });
});
