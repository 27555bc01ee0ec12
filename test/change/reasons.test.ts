import { describe, expect, it } from 'vitest';
import { type Change, fold } from '../../lib/change/change.ts';
import { decide, type VerdictName } from '../../lib/change/decide.ts';
import type { Fact } from '../../lib/change/facts.ts';
import { approval, BINDING, fact, minute, submitted } from '../fixtures/facts.ts';

const [ana, ben, sam, kim, lee, pat, cho] = ['ana', 'ben', 'sam', 'kim', 'lee', 'pat', 'cho'].map(
  (name) => `${name}@example.com`,
) as [string, string, string, string, string, string, string];

/** First sam or kim, then lee or sam; pat may stand in for sam and kim, kim for sam; cho after an escalation. */
const change = (...facts: Fact[]): Change => {
  const { rule } = submitted();
  const stages = [
    { name: 'owner', quorum: 1, from: [], approvers: [kim, sam] },
    { name: 'security', quorum: 2, from: [], approvers: [kim, lee, sam] },
  ];
  return fold([
    submitted({
      coAuthors: [ben],
      rule: {
        ...rule,
        quorum: 3,
        approvers: [kim, lee, sam],
        stages,
        delegates: { [sam]: [pat, kim], [kim]: [pat], [lee]: [pat] },
        escalate: { after: 1_200, approvers: [cho] },
      },
    }),
    ...facts,
  ]);
};
const lends = (person: string, to: string, until = 90) =>
  fact(person, 1, { type: 'DELEGATED', to, until: minute(until) });
const approves = (person: string, n: number, onBehalfOf?: string) =>
  fact(person, n, {
    type: 'APPROVAL_GIVEN',
    binding: BINDING,
    comment: '',
    channel: 'api',
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
  });
const three = [approves(sam, 2), approves(kim, 3), approves(lee, 4)];
const begun = fact('countersign', 5, { type: 'APPLY_INTENT', binding: BINDING, approvers: [], fence: 1, attempt: 'x' });
const cancelled = fact(ana, 1, { type: 'CANCELLED', comment: '' });
const wish = (person: string) =>
  fact(person, 2, { type: 'CHANGES_REQUESTED', binding: BINDING, comment: 'Less.', channel: 'api' });

const said = (to: Change, person: string, decision: VerdictName, at: number) => {
  const outcome = decide(to, { person, decision, comment: 'c', channel: 'api', binding: BINDING }, minute(at));
  return outcome.ok ? outcome.value.type : `${outcome.refusal.code} ${outcome.refusal.detail}`;
};

describe('each refusal of a decision says its own reason', () => {
  it.each<[situation: string, Change, string, VerdictName, number, string]>([
    // Who may not at all.
    [
      'the submitter',
      change(),
      ana,
      'approve',
      2,
      'OWN_CHANGE You wrote this change; somebody else must decide. To take it back, cancel it.',
    ],
    [
      'a co-author, who cannot cancel it',
      change(),
      ben,
      'reject',
      2,
      'OWN_CHANGE You wrote this change; somebody else must decide.',
    ],
    [
      'the submitter of what has ended',
      change(cancelled),
      ana,
      'approve',
      2,
      'OWN_CHANGE You wrote this change; somebody else must decide.',
    ],
    [
      'an outsider',
      change(),
      'olu@example.com',
      'approve',
      2,
      'NOT_AN_APPROVER Rule default does not name you as an approver of this change.',
    ],
    [
      'a delegate whom nobody asked',
      change(),
      pat,
      'approve',
      2,
      `NOT_AN_APPROVER You may stand in for ${sam}, who has not asked you to.`,
    ],
    [
      'a delegate whose time is over',
      change(lends(sam, pat, 10)),
      pat,
      'approve',
      10,
      `NOT_AN_APPROVER You stood in for ${sam} until ${minute(10)}, and that is over.`,
    ],
    [
      'the same, who comments',
      change(lends(sam, pat, 10)),
      pat,
      'comment',
      10,
      `NOT_AN_APPROVER You stood in for ${sam} until ${minute(10)}, and that is over.`,
    ],
    [
      'whom it may be escalated to',
      change(),
      cho,
      'approve',
      2,
      'NOT_AN_APPROVER You may decide once this change is escalated, and it is not yet.',
    ],
    // Whose place is taken.
    [
      'an approver for whom a delegate approved',
      change(lends(sam, pat), approves(pat, 2, sam)),
      sam,
      'approve',
      3,
      `ALREADY_DECIDED ${pat} approved on your behalf already, and nobody counts twice.`,
    ],
    [
      'a delegate of who approved',
      change(lends(sam, pat), approves(sam, 2)),
      pat,
      'approve',
      3,
      `ALREADY_DECIDED ${sam}, for whom you stand in, has approved already.`,
    ],
    [
      'a delegate of who approved for another',
      change(lends(sam, kim), lends(kim, pat), approves(kim, 2, sam)),
      pat,
      'approve',
      3,
      `ALREADY_DECIDED ${kim}, for whom you stand in, has approved already.`,
    ],
    [
      'a second delegate',
      change(lends(sam, pat), lends(sam, kim), approves(pat, 2, sam), approves(kim, 3)),
      sam,
      'approve',
      4,
      `ALREADY_DECIDED ${pat} approved on your behalf already, and nobody counts twice.`,
    ],
    [
      'the second delegate of one',
      change(lends(kim, pat), lends(sam, kim), approves(kim, 2, sam)),
      kim,
      'approve',
      3,
      `ALREADY_DECIDED You have decided already. You approved on behalf of ${sam}, and nobody counts twice.`,
    ],
    ['twice', change(approves(sam, 2)), sam, 'approve', 3, 'ALREADY_DECIDED You have decided already.'],
    // Whose turn it is not.
    [
      'a later stage',
      change(),
      lee,
      'approve',
      2,
      'NOT_YOUR_STAGE It waits for owner, which does not name you; your stage, security, comes after it.',
    ],
    [
      'a delegate of a later stage',
      change(lends(lee, pat)),
      pat,
      'approve',
      2,
      'NOT_YOUR_STAGE It waits for owner, which does not name you; your stage, security, comes after it.',
    ],
    [
      'while changes are asked for',
      change(wish(kim)),
      sam,
      'approve',
      3,
      `CHANGES_REQUESTED ${kim} asked for changes; a new version must come first.`,
    ],
    [
      'once it is approved',
      change(lends(sam, pat), ...three),
      pat,
      'approve',
      6,
      'ALREADY_DECIDED This change is APPROVED already.',
    ],
    [
      'during the apply',
      change(...three, begun),
      sam,
      'reject',
      6,
      'ALREADY_DECIDED This change is being applied just now.',
    ],
    [
      'during an apply that takes long',
      change(...three, begun),
      sam,
      'reject',
      900,
      'ALREADY_DECIDED This change is being applied just now.',
    ],
    ['after the end', change(cancelled), sam, 'approve', 2, 'ALREADY_ENDED This change is CANCELLED.'],
    ['at the expiry', change(), sam, 'approve', 100, `EXPIRED This change expired at ${minute(100)}.`],
    // What is not there.
    [
      'nothing to withdraw',
      change(),
      sam,
      'withdraw',
      2,
      'NOTHING_TO_WITHDRAW No approval of yours stands on this change.',
    ],
    [
      'what a delegate gave',
      change(lends(sam, pat), approves(pat, 2, sam)),
      sam,
      'withdraw',
      3,
      `NOTHING_TO_WITHDRAW ${pat} approved on your behalf, and alone can take that back; you can still reject.`,
    ],
  ])('%s', (_, to, person, decision, at, words) => expect(said(to, person, decision, at)).toBe(words));

  it('an approver whose stage others completed, and who has no later one', () => {
    const { rule } = submitted();
    const stages = [
      { name: 'owner', quorum: 1, from: [], approvers: [kim, sam] },
      { name: 'security', quorum: 1, from: [], approvers: [lee] },
    ];
    const two = fold([
      submitted({ rule: { ...rule, quorum: 2, approvers: [kim, lee, sam], stages } }),
      approval(kim, 1),
    ]);
    expect(said(two, sam, 'approve', 2)).toBe(
      'NOT_YOUR_STAGE It waits for security, which does not name you; your stage, owner, was completed by others.',
    );
  });

  it('what they are told they can still do, they can', () => {
    expect(said(change(lends(sam, pat), approves(pat, 2, sam)), sam, 'reject', 3)).toBe('REJECTED');
    expect(said(change(lends(sam, pat), approves(pat, 2, sam)), pat, 'withdraw', 3)).toBe('APPROVAL_WITHDRAWN');
    expect(said(change(...three, begun), sam, 'comment', 900)).toBe('COMMENTED');
  });
});
