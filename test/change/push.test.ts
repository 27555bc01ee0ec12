import { describe, expect, it } from 'vitest';
import { type Change, evolve, fold } from '../../lib/change/change.ts';
import { decide } from '../../lib/change/decide.ts';
import type { Fact } from '../../lib/change/facts.ts';
import {
  escalationIsDue,
  hold,
  holdOfPut,
  pushNeeded,
  reminderAt,
  reviewDue,
  standOf,
  toAsk,
  toTellOfChanges,
  waitSeconds,
} from '../../lib/change/push.ts';
import { approval, fact, minute, submitted } from '../fixtures/facts.ts';

const ms = (n: number, seconds = 0) => Date.parse(minute(n)) + seconds * 1_000;
const told = { mailed: [], slacked: [], failed: [] };
const people = ['kim@example.com', 'lee@example.com', 'sam@example.com'];
const rule = { ...submitted().rule, escalate: { after: 1_200, approvers: ['cho@example.com'] } };
const fresh = fold([submitted()]);
const asked = evolve(fresh, fact('countersign', 1, { type: 'ASKED', people, ...told }));
const approved = evolve(evolve(asked, approval('sam@example.com', 2)), approval('kim@example.com', 3));
const closed: Change = { ...approved, status: 'APPLIED', closed: true };
const freeze = [{ name: 'year end', from: minute(0), to: minute(30) }];

describe('whom to ask', () => {
  it('is who may decide and was not asked about this version, while people are waited for', () => {
    expect(toAsk(fresh, minute(1))).toEqual(people);
    expect(toAsk(asked, minute(1))).toEqual([]);
    expect(toAsk({ ...asked, askedPeople: ['kim@example.com'] }, minute(1))).toEqual(people.slice(1));
    expect(toAsk({ ...fresh, status: 'CANCELLED' }, minute(1))).toEqual([]);
    const wish = { person: 'kim@example.com', comment: '', at: minute(1) };
    expect(toAsk({ ...fresh, changesRequested: wish }, minute(1))).toEqual([]);
    expect(toAsk({ ...fresh, changesRequested: wish, askAgain: ['lee@example.com'] }, minute(1))).toEqual([]);
    expect(toTellOfChanges({ ...fresh, changesRequested: wish })).toBe(true);
    expect(toTellOfChanges({ ...fresh, status: 'CANCELLED', changesRequested: wish })).toBe(false);
    expect(toTellOfChanges(fresh)).toBe(false);
    const wished = evolve(
      { ...fresh, changesRequested: wish },
      fact('countersign', 2, { type: 'CHANGES_TOLD', ...told }),
    );
    expect(toTellOfChanges(wished)).toBe(false);
    expect(evolve(fresh, fact('countersign', 2, { type: 'CHANGES_TOLD', ...told }))).toEqual(fresh);
  });
});

describe('who was asked in a stage that is complete', () => {
  const [olu, max, lee] = ['olu@example.com', 'max@example.com', 'lee@example.com'];
  const staged = {
    ...rule,
    stages: [
      { name: 'owner', quorum: 1, from: [], approvers: [max, olu] },
      { name: 'security', quorum: 2, from: [], approvers: people },
    ],
    quorum: 3,
    approvers: [...people, max, olu],
    escalate: { after: 1_200, approvers: [max] },
    delegates: { [lee]: [max] },
  };
  const tells = (change: Change, n: number, type: 'ASKED' | 'REMINDED' = 'ASKED') =>
    evolve(
      change,
      fact(
        'countersign',
        n,
        type === 'ASKED' ? { type, people: toAsk(change, minute(n)), ...told } : { type, ...told },
      ),
    );
  const second = tells(evolve(tells(fold([submitted({ rule: staged })]), 1), approval(olu, 2)), 3);

  it.each([
    ['an escalation', fact('countersign', 20, { type: 'ESCALATED', to: [max] })],
    ['a delegation', fact(lee, 20, { type: 'DELEGATED', to: max, until: minute(60) })],
  ])('is asked again when %s lets them decide in a later one, once', (_, entitling) => {
    expect([second.askedPeople?.includes(max), toAsk(second, minute(19))]).toEqual([true, []]);
    const entitled = evolve(second, entitling);
    expect(toAsk(entitled, minute(21))).toEqual([max]);
    expect(pushNeeded(entitled, ms(21))).toBe('wake');
    expect(toAsk(tells(entitled, 21), minute(22))).toEqual([]);
    expect(toAsk(tells(entitled, 21, 'REMINDED'), minute(22))).toEqual([]);
  });

  it('is not when they may decide there anyway', () => {
    const both = { ...second, rule: { ...staged, escalate: { after: 1_200, approvers: people } } };
    expect(toAsk(evolve(both, fact('countersign', 20, { type: 'ESCALATED', to: people })), minute(21))).toEqual([]);
  });
});

describe('who must be asked anew', () => {
  const ana = 'ana@example.com';
  const staged = {
    ...submitted().rule,
    stages: [
      { name: 'owner', quorum: 1, from: [], approvers: ['olu@example.com'] },
      { name: 'security', quorum: 2, from: [], approvers: people },
    ],
    quorum: 3,
    approvers: [...people, 'olu@example.com'],
  };
  const said = (change: Change, person: string, decision: 'approve' | 'withdraw' | 'requestChanges', n: number) => {
    const { binding } = change;
    const outcome = decide(change, { person, decision, comment: 'c', channel: 'link', binding }, minute(n));
    if (!outcome.ok) throw new Error(outcome.refusal.detail);
    return evolve(change, fact(person, n, outcome.value));
  };
  const askedAbout = (change: Change, n: number) =>
    evolve(change, fact('countersign', n, { type: 'ASKED', people: toAsk(change, minute(n)), ...told }));

  it('is who withdrew, once: then they wait like everybody else', () => {
    const withdrawn = said(said(asked, 'sam@example.com', 'approve', 2), 'sam@example.com', 'withdraw', 3);
    expect(toAsk(withdrawn, minute(3))).toEqual(['sam@example.com']);
    expect(pushNeeded(withdrawn, ms(3, 5))).toBe('wake');
    const again = askedAbout(withdrawn, 4);
    expect(toAsk(again, minute(4))).toEqual([]);
    expect(again).not.toHaveProperty('askAgain');
    // A fact of an earlier version says nothing of it, and adds up to what it added up to then.
    const { askAgain: _, ...before } = fact('sam@example.com', 3, {
      type: 'APPROVAL_WITHDRAWN',
      comment: '',
      channel: 'link',
    }) as Extract<Fact, { type: 'APPROVAL_WITHDRAWN' }>;
    const old = evolve(evolve(asked, approval('sam@example.com', 2)), before);
    expect([toAsk(old, minute(3)), old.askAgain]).toEqual([[], undefined]);
  });

  it.each(['withdraw', 'requestChanges'] as const)('is who had approved in a stage that opens anew: %s', (no) => {
    const owned = askedAbout(
      said(askedAbout(fold([submitted({ rule: staged })]), 1), 'olu@example.com', 'approve', 2),
      2,
    );
    const two = said(owned, 'sam@example.com', 'approve', 3);
    const gone = said(two, 'olu@example.com', no, 4);
    expect([...(gone.askAgain ?? [])].sort()).toEqual(['olu@example.com', 'sam@example.com']);
    expect(toAsk(gone, minute(4))).toEqual(['olu@example.com']);
    const back = said(no === 'withdraw' ? askedAbout(gone, 5) : gone, 'olu@example.com', 'approve', 6);
    // kim and lee were asked about their stage before, and their links still work.
    expect(toAsk(back, minute(6))).toEqual(['sam@example.com']);
    expect(said(back, 'sam@example.com', 'approve', 7).status).toBe('PENDING');
  });

  it('is who asked for changes, once, while they could take that back', () => {
    const wished = said(asked, 'sam@example.com', 'requestChanges', 2);
    expect(toAsk(wished, minute(2))).toEqual(['sam@example.com']);
    expect(pushNeeded(wished, ms(3))).toBe('wake');
    expect(toAsk(askedAbout(wished, 3), minute(3))).toEqual([]);
    expect(toAsk({ ...wished, status: 'CANCELLED' }, minute(2))).toEqual([]);
    // It is not their stage: an approval of theirs would be refused.
    const later = { ...wished, rule: staged };
    expect(toAsk(later, minute(2))).toEqual([]);
    // The others are enough: their wish is all that holds it up, and they need no place to take it back.
    const enough = { ...wished, rule: { ...wished.rule, quorum: 1 }, decisions: approved.decisions.slice(1) };
    expect(toAsk(enough, minute(2))).toEqual(['sam@example.com']);
  });

  it('is nobody about another version', () => {
    const withdrawn = said(said(asked, 'sam@example.com', 'approve', 2), 'sam@example.com', 'withdraw', 3);
    const { reason, binding, before, afterCanonical, risk, expiresAt, applyBy } = submitted();
    const next = { reason, binding, before, afterCanonical, risk, rule, expiresAt, applyBy };
    expect(evolve(withdrawn, fact(ana, 4, { type: 'VERSIONED', version: 2, ...next }))).not.toHaveProperty('askAgain');
  });
});

describe('what a change needs that was left alone', () => {
  it.each<[string, Change, number, ReturnType<typeof pushNeeded>]>([
    ['just submitted: nothing', fresh, ms(0, 4), undefined],
    ['and not asked for long: its start', fresh, ms(0, 5), 'start'],
    ['asked: nothing', asked, ms(2), undefined],
    ['expired: a wake, after a moment', { ...asked, toldAt: minute(95) }, ms(100, 5), 'wake'],
    ['just expired: nothing yet', { ...asked, toldAt: minute(95) }, ms(100, 4), undefined],
    ['decided: a wake', approved, ms(4), 'wake'],
    ['told how it ended: nothing', closed, ms(4), undefined],
    [
      'with somebody not asked since the last act: a wake',
      { ...asked, askedPeople: [], actedAt: minute(5) },
      ms(5, 5),
      'wake',
    ],
    ['but not at once', { ...asked, askedPeople: [], actedAt: minute(5) }, ms(5, 4), undefined],
    ['whose reminder is ten minutes late: a wake', { ...asked, rule: { ...rule, remindEvery: 60 } }, ms(12), 'wake'],
    ['a little late: nothing', { ...asked, rule: { ...rule, remindEvery: 60 } }, ms(11, 59), undefined],
    [
      'with an open review: its review',
      { ...closed, appliedAt: minute(4), rule: { ...rule, breakGlass: { reviewers: [], remindEvery: 60 } } },
      ms(5),
      'review',
    ],
  ])('%s', (_, change, now, wanted) => expect(pushNeeded(change, now)).toBe(wanted));

  it('nothing while a freeze holds it, once its authors know', () => {
    expect(pushNeeded(approved, ms(3, 4), { freeze })).toBeUndefined();
    expect(pushNeeded(approved, ms(3, 5), { freeze })).toBe('wake');
    const known = evolve(approved, fact('countersign', 4, { type: 'HELD_TOLD', by: 'the freeze year end', ...told }));
    expect(pushNeeded(known, ms(4), { freeze })).toBeUndefined();
    expect(pushNeeded(known, ms(30), { freeze })).toBe('wake');
    const withdrawn = fact('sam@example.com', 5, { type: 'APPROVAL_WITHDRAWN', comment: '', channel: 'api' });
    expect(evolve(known, withdrawn)).not.toHaveProperty('heldTold');
    expect(hold(approved, ms(4), { freeze })).toMatchObject({ name: 'the freeze year end', until: minute(30) });
    expect(hold(asked, ms(4), { freeze })).toBeUndefined();
    const emergency = { ...approved, rule: { ...rule, breakGlass: { reviewers: [], remindEvery: 60 } } };
    expect(hold(emergency, ms(4), { freeze })).toBeUndefined();
    expect(hold({ ...approved, rule: { ...rule, freeze } }, ms(4), {})).toMatchObject({ name: 'the freeze year end' });
  });
});

it('a change is held until its applyAfter, then by what else there is, and not at that moment by itself', () => {
  const later = { ...approved, applyAfter: minute(10) };
  expect(holdOfPut(later, minute(9), {})).toEqual({ name: 'applyAfter', until: minute(10) });
  expect(holdOfPut(later, minute(9), { freeze })).toEqual({ name: 'the freeze year end', until: minute(30) });
  expect(holdOfPut(later, minute(10), {})).toBeUndefined();
  expect(holdOfPut(later, minute(10), { freeze })).toEqual({ name: 'the freeze year end', until: minute(30) });
  expect(holdOfPut({ ...later, rule: { ...rule, freeze } }, minute(9), {})).toMatchObject({ until: minute(30) });
});

describe('where a change stands, for the state machine', () => {
  const temporary: Change = { ...closed, revertAfter: 'PT10M', appliedAt: minute(4), revertAt: minute(14) };
  it.each<[string, Change, number, ReturnType<typeof standOf>]>([
    ['waiting', asked, ms(4), 'PENDING'],
    ['approved', approved, ms(30), 'APPROVED'],
    ['approved, in a freeze', approved, ms(4), 'HELD'],
    ['applied for good', closed, ms(4), 'APPLIED'],
    ['applied for a time', temporary, ms(4), 'TEMPORARY'],
    ['applied for a time, and nobody knows', { ...temporary, closed: false }, ms(4), 'UNTOLD'],
    ['to be put back', temporary, ms(14), 'REVERT_DUE'],
    ['being put back', { ...temporary, status: 'REVERTING' }, ms(14), 'REVERTING'],
    ['not put back', { ...temporary, status: 'STALE' }, ms(14), 'NOT_REVERTED'],
  ])('%s', (_, change, now, stand) => expect(standOf(change, now, { freeze })).toBe(stand));

  it('one to be put back is woken for it a moment after its time, and not before', () => {
    expect(pushNeeded(temporary, ms(14, 4))).toBeUndefined();
    expect(pushNeeded(temporary, ms(14, 5))).toBe('wake');
    expect(waitSeconds(temporary, ms(4))).toBe(600);
  });
});

describe('when to look again', () => {
  const due: Change = { ...asked, rule: { ...rule, remindEvery: 1_800 } };
  it('is the next of reminder, escalation and expiry, in whole seconds, at least one', () => {
    expect(reminderAt(due)).toBe(ms(31));
    expect(reminderAt(fresh)).toBe(ms(60));
    expect(waitSeconds(due, ms(2))).toBe(18 * 60);
    expect(waitSeconds({ ...due, escalated: minute(20) }, ms(21))).toBe(600);
    expect(
      waitSeconds({ ...asked, rule: { ...rule, escalate: undefined as never, remindEvery: 86_400 } }, ms(40)),
    ).toBe(3_600);
    expect([waitSeconds(due, ms(2) + 1), waitSeconds(due, ms(20)), waitSeconds(due, ms(50))]).toEqual([1_080, 1, 1]);
    expect(waitSeconds(approved, ms(4), { freeze })).toBe(26 * 60);
    const long = [{ name: 'long', from: minute(0), to: minute(1_000) }];
    expect(waitSeconds(approved, ms(4), { freeze: long })).toBe(156 * 60);
  });
  it('is never in quiet hours', () => {
    const quietHours = { from: '12:10', to: '13:00', timeZone: 'UTC' };
    const quiet: Change = { ...due, rule: { ...due.rule, quietHours } };
    expect(reminderAt(quiet)).toBe(ms(60));
    expect([escalationIsDue(quiet, ms(59)), escalationIsDue(quiet, ms(60))]).toEqual([false, true]);
  });
  it('an escalation is due once, while people are waited for', () => {
    expect([escalationIsDue(due, ms(20, -1)), escalationIsDue(due, ms(20))]).toEqual([false, true]);
    expect(escalationIsDue({ ...due, escalated: minute(20) }, ms(21))).toBe(false);
    expect(escalationIsDue({ ...due, status: 'CANCELLED' }, ms(21))).toBe(false);
    expect(escalationIsDue(asked, ms(99))).toBe(false);
  });
  it('a review is asked for at once, and again after its time', () => {
    const open: Change = {
      ...closed,
      appliedAt: minute(4),
      rule: { ...rule, breakGlass: { reviewers: [], remindEvery: 600 } },
    };
    expect(reviewDue(open, ms(4))).toBe(true);
    const again = evolve(open, fact('countersign', 5, { type: 'REVIEW_ASKED', ...told }));
    expect([reviewDue(again, ms(15, -1)), reviewDue(again, ms(15))]).toEqual([false, true]);
    expect(reviewDue(approved, ms(99))).toBe(false);
  });
});

it('a reminder moves the next one, and who was asked is kept, each once', () => {
  const reminded = evolve(asked, fact('countersign', 40, { type: 'REMINDED', ...told }));
  expect(reminderAt(reminded)).toBe(ms(100));
  const twice = evolve(
    asked,
    fact('countersign', 5, { type: 'ASKED', people: ['cho@example.com', ...people], ...told }),
  );
  expect([...(twice.askedPeople ?? [])].sort()).toEqual(['cho@example.com', ...people]);
  const old = evolve(fresh, fact('countersign', 5, { type: 'ASKED', ...told, mailed: people }));
  expect(old.askedPeople).toEqual(people);
});
