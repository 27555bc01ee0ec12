import { describe, expect, it } from 'vitest';
import { type Evidence, nextApplyStep, proveApproval } from '../../lib/change/apply.ts';
import { fold } from '../../lib/change/change.ts';
import { AFTER, approval, BASE, fact, minute, submitted } from '../fixtures/facts.ts';

const approved = fold([submitted(), approval('sam@example.com', 1), approval('kim@example.com', 2)]);
const today = (...people: string[]) => ({ stages: [people], escalation: [], delegates: {} });
const evidence: Evidence = {
  now: minute(3),
  afterSha256: AFTER,
  baseCanonical: BASE,
  today: today('kim@example.com', 'sam@example.com'),
};
const proof = (over: Partial<Evidence>, change = approved) => {
  const result = proveApproval(change, { ...evidence, ...over });
  return result.ok ? result.approvers : result.error;
};

describe('the proof before a put', () => {
  it('names those who approved', () => expect(proof({})).toEqual(['kim@example.com', 'sam@example.com']));
  it('fails for a document that is not the approved one', () =>
    expect(proof({ afterSha256: BASE })).toBe('DocumentAltered'));
  it('fails for a base that is not the one seen', () => expect(proof({ baseCanonical: AFTER })).toBe('BaseAltered'));
  it('fails when an approver has left', () =>
    expect(proof({ today: today('sam@example.com') })).toBe('QuorumNotProven'));
  it('fails at applyBy', () => {
    expect(proof({ now: new Date(Date.parse(minute(160)) - 1).toISOString() })).toHaveLength(2);
    expect(proof({ now: minute(160) })).toBe('TooLate');
  });
  it('fails for a state that only says that it is approved', () => {
    expect(proof({}, { ...approved, decisions: [] })).toBe('QuorumNotProven');
  });
  it('fails while changes are asked for, and holds during the apply', () => {
    const changesRequested = { person: 'lee@example.com', comment: '', at: minute(2) };
    expect(proof({}, { ...approved, changesRequested })).toBe('QuorumNotProven');
    expect(proof({}, { ...approved, status: 'APPLYING' })).toHaveLength(2);
  });
  it('says why, for people', () => {
    const why = (over: Partial<Evidence>, change = approved) => {
      const result = proveApproval(change, { ...evidence, ...over });
      return result.ok ? '' : result.detail;
    };
    expect(why({}, fold([submitted()]))).toBe('The change is PENDING.');
    expect(why({ now: minute(160) })).toBe(`It had to be applied before ${minute(160)}.`);
    expect(why({ afterSha256: BASE })).toBe('The stored document is not the one that was approved.');
    expect(why({ baseCanonical: AFTER })).toBe('The stored before document is not the one that the approvers saw.');
    const later = { ...approved, applyAfter: minute(4) };
    expect(proof({}, later)).toBe('TooEarly');
    expect(why({}, later)).toBe(`It must not be applied before ${minute(4)}.`);
    expect(why({ now: minute(4) }, later)).toBe('');
    expect(why({}, { ...approved, decisions: [] })).toBe('0 of 2 approvals count today.');
    const three = fold([
      submitted({ rule: { ...submitted().rule, quorum: 3 } }),
      ...['sam', 'kim', 'lee'].map((name, n) => approval(`${name}@example.com`, n + 1)),
    ]);
    expect(why({}, three)).toBe(
      '2 of 3 approvals count today. By the rules file of today that of lee@example.com does not.',
    );
    expect(why({ today: today('sam@example.com') })).toBe(
      '1 of 2 approvals count today. By the rules file of today that of kim@example.com does not.',
    );
  });
  it('fails for what is not approved', () => {
    expect(proof({}, fold([submitted()]))).toBe('NotApproved');
    expect(proof({}, fold([submitted(), fact('ana@example.com', 1, { type: 'CANCELLED', comment: '' })]))).toBe(
      'NotApproved',
    );
  });
});

describe('the next step of an apply', () => {
  const change = { binding: { after: AFTER, base: 'base' }, afterCanonical: 'after' };
  it.each([
    ['base', false, 'put'],
    ['base', true, 'put'],
    ['after', false, 'record-applied'],
    ['after', true, 'record-applied'],
    ['third', false, 'record-stale'],
    ['third', true, 'record-uncertain'],
  ] as const)('live is %s, a put may have landed: %s → %s', (live, maybePut, step) => {
    expect(nextApplyStep(live, change, maybePut)).toBe(step);
  });
});
