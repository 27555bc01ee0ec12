import { expect, it } from 'vitest';
import { fold } from '../../lib/change/change.ts';
import { standing } from '../../lib/change/quorum.ts';
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
