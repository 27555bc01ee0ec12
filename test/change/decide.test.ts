import { describe, expect, it } from 'vitest';
import { type Change, fold } from '../../lib/change/change.ts';
import { cancel, decide, expire, MOST_ACTS, VERDICTS } from '../../lib/change/decide.ts';
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

const said = (outcome: ReturnType<typeof decide>) =>
  outcome.ok ? outcome.value.type : `${outcome.refusal.code} ${outcome.refusal.detail}`;
const code = (outcome: ReturnType<typeof decide>) => (outcome.ok ? outcome.value.type : outcome.refusal.code);

describe('an approval', () => {
  it('counts from an approver of the rule', () => {
    expect(code(decide(change(), answer('sam@example.com'), minute(1)))).toBe('APPROVAL_GIVEN');
  });
  it('says in whose place it was given, and nothing of that where it is their own', () => {
    const { rule } = submitted();
    const lent = { person: 'sam@example.com', to: 'pat@example.com', at: minute(0), until: minute(50) };
    const given: Change = {
      ...change(),
      rule: { ...rule, delegates: { [lent.person]: [lent.to] } },
      delegations: [lent],
    };
    const said = (person: string, to = given) => decide(to, answer(person), minute(1));
    const value = { type: 'APPROVAL_GIVEN', binding: BINDING, comment: '', channel: 'link' };
    expect(said('pat@example.com')).toStrictEqual({ ok: true, value: { ...value, onBehalfOf: 'sam@example.com' } });
    expect(said('sam@example.com')).toStrictEqual({ ok: true, value });
    // Whoever takes back their wish needs no place, and takes none.
    const wished = change(approval('kim@example.com', 1), approval('lee@example.com', 2), wish('sam@example.com', 3));
    const enough = { ...wished, status: 'PENDING' as const, decisions: approvedChange.decisions };
    expect(
      said('lee@example.com', {
        ...enough,
        changesRequested: { person: 'lee@example.com', comment: '', at: minute(3) },
      }),
    ).toStrictEqual({
      ok: true,
      value,
    });
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
    const value = { type: 'CANCELLED', comment: 'No more.' };
    expect(cancel(change(), { ...by('ada@example.com', true), comment: value.comment })).toEqual({ ok: true, value });
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

const SAM = 'sam@example.com';
const KIM = 'kim@example.com';
const approvedChange = change(approval(SAM, 1), approval(KIM, 2));
const applying = change(approval(SAM, 1), approval(KIM, 2), intent);
const ended = change(fact('ana@example.com', 1, { type: 'CANCELLED', comment: '' }));
const wish = (person: string, n: number) =>
  fact(person, n, { type: 'CHANGES_REQUESTED', binding: BINDING, comment: 'Not that role.', channel: 'api' });

describe('what everybody is told who may not', () => {
  const by = (person: string, decision: string, over: object = {}) =>
    answer(person, { decision, comment: 'c', ...over }) as Parameters<typeof decide>[1];
  const moved = { binding: { after: BASE, base: BASE } };
  const NO = 'NOT_AN_APPROVER Rule default does not name you as an approver of this change.';
  it.each<[string, Change, Parameters<typeof decide>[1], number, string]>([
    [
      'an author',
      change(),
      by('ana@example.com', 'approve'),
      1,
      'OWN_CHANGE You wrote this change; somebody else must decide. To take it back, cancel it.',
    ],
    ['an outsider', change(), by('olu@example.com', 'withdraw'), 1, NO],
    ['an outsider who comments', change(), by('olu@example.com', 'comment'), 1, NO],
    ['too late', ended, by(SAM, 'reject'), 2, 'ALREADY_ENDED This change is CANCELLED.'],
    ['a comment too late', ended, by(SAM, 'comment'), 2, 'ALREADY_ENDED This change is CANCELLED.'],
    [
      'another document',
      change(),
      by(SAM, 'withdraw', moved),
      1,
      'BASE_MOVED What you saw is not what stands now; open the change again.',
    ],
    [
      'nothing to withdraw',
      change(approval(KIM, 1)),
      by(SAM, 'withdraw'),
      2,
      'NOTHING_TO_WITHDRAW No approval of yours stands on this change.',
    ],
    ['during an apply', applying, by(SAM, 'withdraw'), 7, 'ALREADY_DECIDED This change is being applied just now.'],
    [
      'a wish during an apply',
      applying,
      by(SAM, 'requestChanges'),
      7,
      'ALREADY_DECIDED This change is being applied just now.',
    ],
    ['twice', change(approval(SAM, 1)), by(SAM, 'approve'), 2, 'ALREADY_DECIDED You have decided already.'],
    [
      'once it is approved',
      approvedChange,
      by('lee@example.com', 'approve'),
      3,
      'ALREADY_DECIDED This change is APPROVED already.',
    ],
    [
      'while changes are asked for',
      change(wish(KIM, 1)),
      by(SAM, 'approve'),
      2,
      'CHANGES_REQUESTED kim@example.com asked for changes; a new version must come first.',
    ],
    [
      'a silent wish',
      change(),
      by(SAM, 'requestChanges', { comment: ' \n' }),
      1,
      'BAD_REQUEST Say in the comment what is to be changed.',
    ],
    ['silence', change(), by(SAM, 'comment', { comment: ' \n' }), 1, 'BAD_REQUEST A comment needs words.'],
    ['at the expiry', change(), by(SAM, 'comment'), 100, `EXPIRED This change expired at ${minute(100)}.`],
    ['at applyBy', approvedChange, by(SAM, 'comment'), 160, `EXPIRED This change expired at ${minute(160)}.`],
    [
      'after 500 acts',
      { ...change(), acts: MOST_ACTS },
      by(SAM, 'comment'),
      1,
      'TOO_MANY_REQUESTS There were 500 acts on this change; cancel it and start anew.',
    ],
  ])('%s', (_, to, answered, n, words) => expect(said(decide(to, answered, minute(n)))).toBe(words));

  it('is late at the same moment, whatever they say', () => {
    for (const decision of VERDICTS) {
      const once = change(approval(KIM, 1));
      const [open, over] = [minute(99), minute(100)].map((at) => code(decide(once, by(KIM, decision), at)));
      expect([decision, open]).not.toEqual([decision, 'EXPIRED']);
      expect([decision, over]).toEqual([decision, 'EXPIRED']);
      const [still, late] = [minute(159), minute(160)].map((at) => code(decide(approvedChange, by(KIM, decision), at)));
      expect([decision, still]).not.toEqual([decision, 'EXPIRED']);
      expect([decision, late]).toEqual([decision, 'EXPIRED']);
    }
    const tired = { ...change(), acts: MOST_ACTS - 1 };
    expect(code(decide(tired, by(SAM, 'approve'), minute(1)))).toBe('APPROVAL_GIVEN');
  });
});

describe('what is no decision yet', () => {
  const by = (person: string, decision: string) =>
    answer(person, { decision, comment: 'c' }) as Parameters<typeof decide>[1];
  it('a withdrawal is for who approved, also of what is approved', () => {
    expect(decide(approvedChange, by(SAM, 'withdraw'), minute(3))).toEqual({
      ok: true,
      value: { type: 'APPROVAL_WITHDRAWN', comment: 'c', channel: 'link', askAgain: [SAM] },
    });
    const rejected = { ...change(), decisions: [{ ...approvedChange.decisions[0], person: SAM, decision: 'reject' }] };
    expect(code(decide(rejected as Change, by(SAM, 'withdraw'), minute(3)))).toBe('NOTHING_TO_WITHDRAW');
  });
  it('a comment is for authors and for everybody with a say', () => {
    for (const person of ['ana@example.com', SAM]) {
      expect(decide(applying, by(person, 'comment'), minute(7))).toEqual({
        ok: true,
        value: { type: 'COMMENTED', comment: 'c', channel: 'link' },
      });
    }
  });
  it('a wish is bound, and its person can take it back by approving, even when the others are enough', () => {
    expect(decide(change(), by(SAM, 'requestChanges'), minute(1))).toEqual({
      ok: true,
      value: { type: 'CHANGES_REQUESTED', binding: BINDING, comment: 'c', channel: 'link', askAgain: [SAM] },
    });
    expect(code(decide(change(wish(SAM, 1)), by(SAM, 'approve'), minute(2)))).toBe('APPROVAL_GIVEN');
    const held = change(approval(SAM, 1), approval(KIM, 2), wish('lee@example.com', 3));
    expect(held.status).toBe('PENDING');
    expect(decide(held, by('lee@example.com', 'approve'), minute(4))).toEqual({
      ok: true,
      value: { type: 'APPROVAL_GIVEN', binding: BINDING, comment: 'c', channel: 'link' },
    });
    const lifted = change(
      approval(SAM, 1),
      approval(KIM, 2),
      wish('lee@example.com', 3),
      approval('lee@example.com', 4),
    );
    expect(lifted.status).toBe('APPROVED');
    // Who counted for nothing there may go again: the others are still enough.
    const gone = change(
      approval(SAM, 1),
      approval(KIM, 2),
      wish('lee@example.com', 3),
      approval('lee@example.com', 4),
      fact('lee@example.com', 5, { type: 'APPROVAL_WITHDRAWN', comment: '', channel: 'api' }),
    );
    expect([gone.status, gone.decisions.length]).toEqual(['APPROVED', 2]);
  });
  it('an approval waits for its stage', () => {
    const { rule } = submitted();
    const staged = fold([
      submitted({
        rule: {
          ...rule,
          stages: [
            { name: 'first', quorum: 1, from: [], approvers: [SAM] },
            { name: 'second', quorum: 1, from: [], approvers: [KIM] },
          ],
        },
      }),
    ]);
    expect(said(decide(staged, by(KIM, 'approve'), minute(1)))).toBe(
      'NOT_YOUR_STAGE It waits for first, which does not name you; your stage, second, comes after it.',
    );
    expect(code(decide(staged, by(SAM, 'approve'), minute(1)))).toBe('APPROVAL_GIVEN');
  });
  it('a cancel says why it is refused, and nothing expires that has ended', () => {
    const who = { person: SAM, admin: false, comment: '' };
    expect(said(cancel(change(), who))).toBe('NOT_IN_GROUP Only the submitter or an admin may cancel a change.');
    expect(said(cancel(ended, { ...who, admin: true }))).toBe('ALREADY_ENDED This change is CANCELLED.');
    expect(expire(ended, minute(1_000))).toBeUndefined();
  });
});
