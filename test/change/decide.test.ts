import { describe, expect, it } from 'vitest';
import { type Change, fold } from '../../lib/change/change.ts';
import { cancel, decide, expire } from '../../lib/change/decide.ts';
import type { Fact } from '../../lib/change/facts.ts';
import { AFTER, approval, BASE, BINDING, fact, minute, submitted } from '../fixtures/facts.ts';

const change = (...facts: Fact[]): Change => fold([submitted(), ...facts]);
const answer = (person: string, over: object = {}) =>
  ({ person, decision: 'approve', comment: '', channel: 'link', binding: BINDING, ...over }) as const;
const intent = fact('countersign', 6, {
  type: 'APPLY_INTENT',
  binding: BINDING,
  approvers: [],
  fence: 1,
  attempt: 'x',
});

const code = (outcome: ReturnType<typeof decide>) => (outcome.ok ? outcome.value.type : outcome.refusal.code);

describe('an approval', () => {
  it('counts from an approver of the rule', () => {
    expect(code(decide(change(), answer('sam@example.com'), minute(1)))).toBe('APPROVAL_GIVEN');
  });
  it('is refused to the submitter, though the rule names them', () => {
    expect(code(decide(change(), answer('ana@example.com'), minute(1)))).toBe('OWN_CHANGE');
  });
  it('is refused to whom the rule does not name', () => {
    expect(code(decide(change(), answer('olu@example.com'), minute(1)))).toBe('NOT_AN_APPROVER');
  });
  it('counts until the last millisecond before the expiry, and not at it', () => {
    const last = new Date(Date.parse(minute(100)) - 1).toISOString();
    expect(code(decide(change(), answer('sam@example.com'), last))).toBe('APPROVAL_GIVEN');
    expect(code(decide(change(), answer('sam@example.com'), minute(100)))).toBe('EXPIRED');
  });
  it('is refused for another document, and for another base', () => {
    const otherAfter = answer('sam@example.com', { binding: { after: BASE, base: BASE } });
    const otherBase = answer('sam@example.com', { binding: { after: AFTER, base: AFTER } });
    expect(code(decide(change(), otherAfter, minute(1)))).toBe('BASE_MOVED');
    expect(code(decide(change(), otherBase, minute(1)))).toBe('BASE_MOVED');
  });
  it('is refused a second time to the same person', () => {
    expect(code(decide(change(approval('sam@example.com', 1)), answer('sam@example.com'), minute(2)))).toBe(
      'ALREADY_DECIDED',
    );
  });
  it('is refused when the quorum is there already', () => {
    const approved = change(approval('sam@example.com', 1), approval('kim@example.com', 2));
    expect(code(decide(approved, answer('lee@example.com'), minute(3)))).toBe('ALREADY_DECIDED');
  });
  it('is refused after the end', () => {
    const cancelled = change(fact('ana@example.com', 1, { type: 'CANCELLED', comment: '' }));
    expect(code(decide(cancelled, answer('sam@example.com'), minute(2)))).toBe('ALREADY_ENDED');
  });
});

describe('a rejection', () => {
  const reject = answer('lee@example.com', { decision: 'reject' });
  it('ends a change that waits, and one that is approved', () => {
    expect(code(decide(change(), reject, minute(1)))).toBe('REJECTED');
    const approved = change(approval('sam@example.com', 1), approval('kim@example.com', 2));
    expect(approved.status).toBe('APPROVED');
    expect(code(decide(approved, reject, minute(3)))).toBe('REJECTED');
  });
  it('may come from somebody who approved before', () => {
    const once = change(approval('lee@example.com', 1));
    expect(code(decide(once, reject, minute(2)))).toBe('REJECTED');
  });
  it('comes too late once an apply has begun', () => {
    const applying = change(approval('sam@example.com', 1), approval('kim@example.com', 2), intent);
    expect(code(decide(applying, reject, minute(7)))).toBe('ALREADY_DECIDED');
  });
  it('is refused to the submitter, who cancels instead', () => {
    expect(code(decide(change(), answer('ana@example.com', { decision: 'reject' }), minute(1)))).toBe('OWN_CHANGE');
  });
});

describe('a cancel', () => {
  const by = (person: string, admin = false) => ({ person, admin, comment: '' });
  it('is for the submitter and for admins', () => {
    expect(cancel(change(), by('ana@example.com')).ok).toBe(true);
    expect(cancel(change(), by('ada@example.com', true)).ok).toBe(true);
    expect(cancel(change(), by('sam@example.com')).ok).toBe(false);
  });
  it('comes too late once an apply has begun, and after the end', () => {
    const applying = change(approval('sam@example.com', 1), approval('kim@example.com', 2), intent);
    expect(cancel(applying, by('ana@example.com')).ok).toBe(false);
    const expired = change(fact('countersign', 101, { type: 'EXPIRED' }));
    expect(cancel(expired, by('ana@example.com')).ok).toBe(false);
  });
});

describe('expiry', () => {
  it('comes at expiresAt while undecided, at applyBy once approved, and never during an apply', () => {
    const approvals = [approval('sam@example.com', 1), approval('kim@example.com', 2)];
    expect(expire(change(), minute(99))).toBeUndefined();
    expect(expire(change(), minute(100))).toEqual({ type: 'EXPIRED' });
    expect(expire(change(...approvals), minute(100))).toBeUndefined();
    expect(expire(change(...approvals), minute(160))).toEqual({ type: 'EXPIRED' });
    expect(expire(change(...approvals, intent), minute(1_000))).toBeUndefined();
  });
});
