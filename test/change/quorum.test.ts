import { describe, expect, it } from 'vitest';
import { fold } from '../../lib/change/change.ts';
import {
  awaited,
  countingApprovals,
  havingASay,
  seatCounts,
  seatFor,
  standing,
  standsInFor,
  uncountedWithout,
} from '../../lib/change/quorum.ts';
import type { Change, Decision } from '../../lib/change/state.ts';
import { BINDING, minute, submitted } from '../fixtures/facts.ts';

const [ana, coe, sam, kim, pat, cho] = ['ana', 'coe', 'sam', 'kim', 'pat', 'cho'].map(
  (name) => `${name}@example.com`,
) as [string, string, string, string, string, string];
const base: Change = {
  ...fold([submitted({ coAuthors: [coe] })]),
  escalated: minute(10),
  delegations: [
    { person: sam, to: pat, at: minute(1), until: minute(50) },
    { person: sam, to: ana, at: minute(1), until: minute(50) },
    { person: coe, to: pat, at: minute(1), until: minute(50) },
    { person: kim, to: pat, at: minute(1), until: minute(50) },
  ],
};
const change: Change = {
  ...base,
  rule: {
    ...base.rule,
    approvers: [...base.rule.approvers, coe],
    escalate: { after: 600, approvers: [cho, coe] },
    delegates: { [sam]: [pat, ana], [coe]: [pat] },
  },
};
const by = (person: string, over: Partial<Decision> = {}): Decision => ({
  person,
  decision: 'approve',
  comment: '',
  channel: 'link',
  at: minute(20),
  binding: BINDING,
  ...over,
});
const today = { stages: [[sam, kim]], escalation: [cho], delegates: { [sam]: [pat] } };
const counted = (decision: Decision, over: typeof today | undefined = undefined) =>
  standing({ ...change, decisions: [decision] }, over).counted.length;

// The guard lets none of these become a fact. Counting does not believe it.
it.each([
  ['a rejection', by(sam, { decision: 'reject' })],
  ['a co-author', by(coe)],
  ['an author in the place of an approver', by(ana, { onBehalfOf: sam })],
  ['a delegate of an author', by(pat, { onBehalfOf: coe })],
  ['somebody in the place of an approver who did not ask them to', by(cho, { onBehalfOf: sam })],
  ['a delegate whom the frozen rule does not name', by(pat, { onBehalfOf: kim })],
  ['a delegate before their time', by(pat, { onBehalfOf: sam, at: minute(0) })],
  ['a delegate after their time', by(pat, { onBehalfOf: sam, at: minute(50) })],
  ['somebody to whom it was escalated later', by(cho, { at: minute(9) })],
])('does not count %s', (_, decision) => expect(counted(decision)).toBe(0));

it.each([
  ['an approver', by(sam)],
  ['a delegate', by(pat, { onBehalfOf: sam })],
  ['somebody to whom it was escalated', by(cho)],
])('counts %s, and counts them no more when they have left since', (_, decision) => {
  expect(counted(decision)).toBe(1);
  expect(counted(decision, today)).toBe(1);
  expect(counted(decision, { stages: [[]], escalation: [], delegates: { [sam]: [pat] } })).toBe(0);
  const noDelegates = { ...today, delegates: {} };
  expect(counted(decision, noDelegates)).toBe(decision.onBehalfOf === undefined ? 1 : 0);
});

describe('one person and one place, once each', () => {
  const forSam = by(pat, { onBehalfOf: sam });
  it.each([
    ['a person twice', [by(sam), by(sam)], [sam]],
    ['an approver and their delegate', [by(sam), forSam], [sam]],
    ['a delegate and their approver', [forSam, by(sam)], [pat]],
    ['a delegate twice', [forSam, forSam], [pat]],
    ['two people', [by(sam), by(kim)], [kim, sam]],
  ])('%s', (_, decisions, people) => expect(countingApprovals({ ...change, decisions })).toEqual(people));

  it('counts a person once who stands in for two, and names both in their own place', () => {
    const both = { ...change, rule: { ...change.rule, delegates: { [sam]: [pat], [kim]: [pat] } } };
    const twice = { ...both, decisions: [forSam, by(pat, { onBehalfOf: kim })] };
    expect(standing(twice).counted).toEqual([{ person: pat, seat: sam, stage: 0 }]);
  });
});

describe('stages', () => {
  const stages = [
    { name: 'one', quorum: 1, from: [], approvers: [kim] },
    { name: 'two', quorum: 2, from: [], approvers: [sam, kim, cho] },
  ];
  const staged: Change = { ...base, rule: { ...base.rule, approvers: [kim, sam, cho], stages } };
  const with_ = (...decisions: Decision[]): Change => ({ ...staged, decisions });
  it('count in their order, nobody in two, and are over with the last', () => {
    expect(standing(with_(by(sam)))).toEqual({ counted: [], stage: 0, complete: false });
    expect(standing(with_(by(kim), by(kim), by(sam)))).toMatchObject({ stage: 1, complete: false });
    const whole = standing(with_(by(kim), by(sam), by(cho), by(pat)));
    expect([whole.stage, whole.complete, whole.counted.length]).toEqual([2, true, 3]);
  });
  it('count no more than they ask for', () => {
    const more = { ...change, decisions: [by(sam), by(kim), by(cho)] };
    expect(standing(more).counted.map(({ person }) => person)).toEqual([sam, kim]);
  });
  it('that today’s rules file has no more count nobody', () => {
    const today = { stages: [[kim]], escalation: [], delegates: {} };
    expect(standing(with_(by(kim), by(sam), by(cho)), today)).toMatchObject({ stage: 1, complete: false });
  });
  it('wait for those who may and have not', () => {
    expect(awaited(with_(), minute(20))).toEqual([kim]);
    expect(awaited(with_(by(kim)), minute(20))).toEqual([cho, sam]);
    expect(awaited(with_(by(kim), by(sam), by(cho)), minute(20))).toEqual([]);
  });
  it('never count a place before the escalation, or of one of which the rule says nothing', () => {
    const { escalate: _, ...rule } = change.rule;
    const plain = { ...change, rule: { ...rule, approvers: [sam] } };
    expect(seatCounts(plain, cho, 0, minute(20))).toBe(false);
    expect(seatCounts(plain, sam, 1, minute(20))).toBe(false);
    const { escalated: __, ...waiting } = change;
    expect(seatCounts(waiting, cho, 0, minute(20))).toBe(false);
    expect(seatCounts(change, cho, 0, minute(10))).toBe(true);
    const early = { ...today, escalation: [cho] };
    expect(standing({ ...waiting, decisions: [by(cho)] }, early).counted).toEqual([]);
  });
  it('entitle nobody today by an escalation that never was', () => {
    const { escalated: _, ...waiting } = change;
    const now = { stages: [[]], escalation: [sam], delegates: {} };
    expect(standing({ ...waiting, decisions: [by(sam)] }, now).counted).toEqual([]);
    expect(standing({ ...change, decisions: [by(sam)] }, now).counted).toHaveLength(1);
    const none = { stages: [[sam]], escalation: [], delegates: {} };
    expect(standing({ ...change, decisions: [by(pat, { onBehalfOf: sam })] }, none).counted).toEqual([]);
  });
});

describe('what is missing without somebody', () => {
  const stages = [
    { name: 'one', quorum: 1, from: [], approvers: [sam] },
    { name: 'two', quorum: 2, from: [], approvers: [kim, cho, pat] },
  ];
  const staged: Change = { ...base, rule: { ...base.rule, approvers: [sam, kim, cho, pat], stages } };
  it('is theirs, and what theirs had opened a stage for, sorted', () => {
    const decisions = [by(sam), by(kim), by(cho)];
    expect(uncountedWithout({ ...staged, decisions }, sam)).toEqual([cho, kim, sam]);
    expect(uncountedWithout({ ...staged, decisions }, kim)).toEqual([kim]);
  });
  it('is never that of one whose approval counts already, also where they stand in for another', () => {
    const lent = { person: kim, to: pat, at: minute(1), until: minute(50) };
    const given = { ...staged, rule: { ...staged.rule, delegates: { [kim]: [pat] } }, delegations: [lent] };
    expect(seatFor({ ...given, decisions: [by(sam), by(pat)] }, pat, minute(20))).toBe(kim);
    expect(awaited({ ...given, decisions: [by(sam), by(pat)] }, minute(20))).toEqual([cho, kim]);
    const { delegations: _, ...none } = given;
    expect(standsInFor(none, pat, kim, minute(20))).toBe(false);
  });
});

describe('who has a say', () => {
  it('approvers, those it was escalated to, and delegates in their time; never an author; each once, sorted', () => {
    expect(havingASay(change, minute(20))).toEqual([cho, kim, 'lee@example.com', pat, sam]);
    expect(havingASay(change, minute(50))).toEqual([cho, kim, 'lee@example.com', sam]);
    const { escalated: _, delegations: __, ...plain } = change;
    expect(havingASay(plain, minute(20))).toEqual([kim, 'lee@example.com', sam]);
  });
  it('nobody in the place of an author, or of one who has no say', () => {
    const only = (seat: string) => ({
      ...change,
      rule: { ...change.rule, delegates: { [seat]: [pat] } },
      delegations: [{ person: seat, to: pat, at: minute(1), until: minute(50) }],
    });
    expect(havingASay(only(coe), minute(20))).not.toContain(pat);
    expect(havingASay(only('olu@example.com'), minute(20))).not.toContain(pat);
    expect(havingASay(only(kim), minute(20))).toContain(pat);
  });
  it('who has none has no place, and a delegate takes their own before another’s', () => {
    const { rule, delegations: _, ...rest } = change;
    expect(seatFor({ ...rest, rule }, pat, minute(20))).toBeUndefined();
    expect(seatFor(change, pat, minute(20))).toBe(sam);
    expect(seatFor(change, pat, minute(50))).toBeUndefined();
    expect(seatFor(change, kim, minute(20))).toBe(kim);
    const own = { ...change, rule: { ...rule, approvers: [pat, sam] } };
    expect(seatFor(own, pat, minute(20))).toBe(pat);
    // A place that was given to somebody else is nobody else's.
    expect(seatFor(change, cho, minute(5))).toBeUndefined();
    expect(standsInFor(change, pat, sam, minute(1))).toBe(true);
    expect(standsInFor(change, cho, sam, minute(20))).toBe(false);
    expect(standsInFor({ ...change, rule: base.rule }, pat, sam, minute(20))).toBe(false);
    const given = { ...change, rule: { ...rule, delegates: { [sam]: [pat, cho] } } };
    expect(standsInFor(given, cho, sam, minute(20))).toBe(false);
    expect(standsInFor({ ...change, delegations: [] }, pat, sam, minute(20))).toBe(false);
    const other = {
      ...change,
      rule: { ...rule, delegates: { [kim]: [pat] } },
      delegations: [{ person: sam, to: pat, at: minute(1), until: minute(50) }],
    };
    expect(standsInFor(other, pat, kim, minute(20))).toBe(false);
  });
});
