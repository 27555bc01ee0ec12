import { describe, expect, it } from 'vitest';
import { type Change, evolve, fold } from '../../lib/change/change.ts';
import {
  delegate,
  escalate,
  escalationAt,
  linkStands,
  type NewVersion,
  participants,
  post,
  review,
  reviewersOf,
  reviewIsOpen,
  revokeLinks,
} from '../../lib/change/command.ts';
import { MOST_ACTS } from '../../lib/change/decide.ts';
import type { Event } from '../../lib/change/facts.ts';
import type { Outcome } from '../../lib/change/refusal.ts';
import { AFTER, approval, BASE, BINDING, fact, minute, submitted } from '../fixtures/facts.ts';

const [ANA, SAM, KIM, PAT, CHO, OLU] = ['ana', 'sam', 'kim', 'pat', 'cho', 'olu'].map(
  (name) => `${name}@example.com`,
) as [string, string, string, string, string, string];
const rule = {
  ...submitted().rule,
  delegates: { [SAM]: [PAT, ANA], [OLU]: [PAT] },
  escalate: { after: 1_200, approvers: [CHO] },
};
const change = fold([submitted({ rule })]);
const approved = fold([submitted({ rule }), approval(SAM, 1), approval(KIM, 2)]);
const intent: Event = { type: 'APPLY_INTENT', binding: BINDING, approvers: [], fence: 1, attempt: 'x' };
const applying = evolve(approved, fact('countersign', 3, intent));
const ended = evolve(change, fact(ANA, 3, { type: 'CANCELLED', comment: '' }));
const tired: Change = { ...change, acts: MOST_ACTS };
const said = (outcome: Outcome<Event>) =>
  outcome.ok ? outcome.value.type : `${outcome.refusal.code} ${outcome.refusal.detail}`;

const ENDED = 'ALREADY_ENDED This change is CANCELLED.';
const APPLYING = 'ALREADY_DECIDED This change is being applied just now.';
const TIRED = 'TOO_MANY_REQUESTS There were 500 acts on this change; cancel it and start anew.';

describe('a new version', () => {
  const { reason, before, afterCanonical, risk } = submitted();
  const version: NewVersion = {
    reason,
    before,
    afterCanonical,
    risk,
    rule,
    binding: { after: BASE, base: AFTER },
    expiresAt: minute(200),
    applyBy: minute(260),
  };
  it.each<[string, Change, string, number, string]>([
    ['of its submitter', change, ANA, 1, 'VERSIONED'],
    ['of an approved change', approved, ANA, 120, 'VERSIONED'],
    ['just before the expiry', change, ANA, 99, 'VERSIONED'],
    ['just under the limit', { ...change, acts: MOST_ACTS - 1 }, ANA, 1, 'VERSIONED'],
    ['at the expiry', change, ANA, 100, `EXPIRED This change expired at ${minute(100)}.`],
    ['of somebody else', change, SAM, 1, 'NOT_IN_GROUP Only the submitter may post a new version.'],
    ['during the apply', applying, ANA, 4, APPLYING],
    ['after the end', ended, ANA, 4, ENDED],
    ['after too many acts', tired, ANA, 1, TIRED],
  ])('%s', (_, to, person, at, words) => expect(said(post(to, person, version, minute(at)))).toBe(words));

  it('is the next one, and voids all that was said about the one before', () => {
    const posted = post(approved, ANA, version, minute(5));
    expect(posted).toEqual({ ok: true, value: { type: 'VERSIONED', version: 2, ...version } });
    if (!posted.ok) return;
    const next = evolve({ ...approved, askedPeople: [SAM], escalated: minute(4) }, fact(ANA, 5, posted.value));
    expect(next).toMatchObject({ status: 'PENDING', version: 2, versionedAt: minute(5), decisions: [], acts: 3 });
    expect(next).not.toHaveProperty('askedPeople');
    expect(next).not.toHaveProperty('escalated');
    expect(post(next, ANA, version, minute(6))).toMatchObject({ value: { version: 3 } });
  });
});

describe('a delegation', () => {
  const give = (to: Change, person: string, who: string, until: number, at = 1) =>
    said(delegate(to, { person, to: who, until: minute(until) }, minute(at)));
  const NO = 'NOT_AN_APPROVER Rule default does not name you as an approver of this change.';
  const none = (who: string) => `NOT_A_DELEGATE The rules file does not let ${who} stand in for you here (delegates).`;
  const time = `BAD_REQUEST until: must be later than now and not later than ${minute(100)}.`;
  it.each<[string, string, string]>([
    ['to whom the rules file names', give(change, SAM, PAT, 50), 'DELEGATED'],
    ['to the very end', give(change, SAM, PAT, 100), 'DELEGATED'],
    ['beyond it', give(change, SAM, PAT, 101), time],
    ['until now', give(change, SAM, PAT, 1), time],
    ['of an author', give(change, ANA, PAT, 50), 'OWN_CHANGE You wrote this change, so you have no place to give.'],
    ['of no approver, whatever the rules file says of them', give(change, OLU, PAT, 50), NO],
    ['to an author', give(change, SAM, ANA, 50), `NOT_A_DELEGATE ${ANA} wrote this change, and decides for nobody.`],
    ['to nobody’s delegate', give(change, SAM, CHO, 50), none(CHO)],
    ['of who has none', give(change, KIM, PAT, 50), none(PAT)],
    ['under a rule without any', give(fold([submitted()]), SAM, PAT, 50), none(PAT)],
    ['during the apply', give(applying, SAM, PAT, 50, 4), APPLYING],
    ['after the end', give(ended, SAM, PAT, 50, 4), ENDED],
    ['after too many acts', give(tired, SAM, PAT, 50), TIRED],
  ])('%s', (_, got, wanted) => expect(got).toBe(wanted));
});

describe('revoking links', () => {
  const by = (person: string, of?: string, admin = false) => said(revokeLinks(change, { person, admin, of }));
  it('is for authors, admins, and everybody about their own', () => {
    const no = 'NOT_IN_GROUP Only an author or an admin may revoke the links of others.';
    expect([by(ANA), by(ANA, SAM), by('ada', SAM, true), by(SAM, SAM)]).toEqual(Array(4).fill('LINKS_REVOKED'));
    expect([by(SAM), by(SAM, KIM), by(PAT)]).toEqual([no, no, no]);
    expect(said(revokeLinks(ended, { person: ANA, admin: true }))).toBe(ENDED);
    const value = { type: 'LINKS_REVOKED' };
    expect(revokeLinks(change, { person: ANA, admin: false })).toStrictEqual({ ok: true, value });
    const ofSam = { ok: true, value: { ...value, of: SAM } };
    expect(revokeLinks(change, { person: ANA, admin: false, of: SAM })).toStrictEqual(ofSam);
  });
  it('kills those that were made before, of a person or of everybody', () => {
    const all = evolve(change, fact(ANA, 5, { type: 'LINKS_REVOKED' }));
    const one = evolve(change, fact(ANA, 5, { type: 'LINKS_REVOKED', of: SAM }));
    expect([all.acts, one.acts]).toEqual([1, 1]);
    const stands = (to: Change, person: string, at?: number) =>
      linkStands(to, person, at === undefined ? undefined : minute(at));
    expect([stands(change, SAM, 1), stands(change, SAM)]).toEqual([true, true]);
    expect([stands(all, SAM, 4), stands(all, SAM, 5), stands(all, SAM, 6)]).toEqual([false, false, true]);
    expect([stands(one, SAM, 5), stands(one, KIM, 5), stands(one, SAM, 6)]).toEqual([false, true, true]);
    expect([stands(all, KIM), stands(one, SAM)]).toEqual([false, false]);
  });
});

describe('an emergency', () => {
  const applied: Event = { type: 'APPLIED', before: '', after: '', live: '', put: true };
  const breakGlass = { reviewers: [ANA, KIM, OLU, SAM], remindEvery: 3_600 };
  const open = [
    approval(SAM, 1),
    approval(KIM, 2),
    fact('countersign', 3, intent),
    fact('countersign', 4, applied),
  ].reduce(evolve, fold([submitted({ rule: { ...submitted().rule, breakGlass } })]));
  const by = (person: string, comment = 'Fine.', to = open) => said(review(to, { person, verdict: 'accept', comment }));
  it('is reviewed by who neither wrote nor approved it, with words, once', () => {
    expect([reviewIsOpen(open), reviewersOf(open)]).toEqual([true, [OLU]]);
    expect(by(SAM)).toBe('NOT_AN_APPROVER You approved this change; somebody else must review it.');
    expect(by(CHO)).toBe('NOT_AN_APPROVER Rule default does not name you as a reviewer of this change.');
    expect(by(ANA)).toBe('OWN_CHANGE You wrote this change; somebody else must review it.');
    expect(by(OLU, ' ')).toBe('BAD_REQUEST A review needs words: what you looked at, and what you found.');
    expect(review(open, { person: OLU, verdict: 'object', comment: 'No.' })).toEqual({
      ok: true,
      value: { type: 'REVIEWED', verdict: 'object', comment: 'No.' },
    });
    const seen = evolve(open, fact(OLU, 6, { type: 'REVIEWED', verdict: 'accept', comment: 'Fine.' }));
    expect(seen.reviewed).toEqual({ person: OLU, verdict: 'accept', comment: 'Fine.', at: minute(6) });
    expect([reviewIsOpen(seen), by(OLU, 'Again.', seen)]).toEqual([
      false,
      'NOTHING_TO_REVIEW It was reviewed already.',
    ]);
  });
  it('is open only once it was applied, and no other change is', () => {
    const waits = fold([submitted({ rule: { ...submitted().rule, breakGlass } })]);
    expect([reviewIsOpen(waits), by(OLU, 'Fine.', waits)]).toEqual([false, 'NOTHING_TO_REVIEW It is PENDING.']);
    expect([reviewIsOpen(approved), reviewersOf(approved)]).toEqual([false, []]);
    expect(by(OLU, 'Fine.', approved)).toBe('NOTHING_TO_REVIEW This change was no emergency.');
  });
});

describe('an escalation', () => {
  it('is due at its time and not before, once, and while people are waited for', () => {
    expect(escalationAt(change)).toBe(minute(20));
    expect(escalate(change, minute(19))).toBeUndefined();
    expect(escalate(change, minute(20))).toEqual({ type: 'ESCALATED', to: [CHO] });
    expect(escalate({ ...change, escalated: minute(20) }, minute(21))).toBeUndefined();
    expect(escalate(approved, minute(30))).toBeUndefined();
    expect(escalate(fold([submitted()]), minute(30))).toBeUndefined();
    expect(escalationAt({ ...change, versionedAt: minute(10) })).toBe(minute(30));
  });
  it('tells the result to everybody with a say and to the authors, each once', () => {
    expect(participants(change, minute(1))).toEqual([ANA, KIM, 'lee@example.com', SAM]);
    expect(participants({ ...change, escalated: minute(20) }, minute(21))).toContain(CHO);
  });
});
