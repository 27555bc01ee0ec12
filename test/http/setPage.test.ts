import { describe, expect, it } from 'vitest';
import type { Change } from '../../lib/change/change.ts';
import type { ChangeView } from '../../lib/change/view.ts';
import { foreignPage } from '../../lib/http/foreignPage.ts';
import { setPage } from '../../lib/http/setPage.ts';
import { setNotice } from '../../lib/http/setReply.ts';
import { foreignMail } from '../../lib/notify/foreignMail.ts';
import { askSetMail, setResultMail } from '../../lib/notify/setMail.ts';
import { changeView } from '../fixtures/changeView.ts';

const NOW = '2026-11-24T21:10:00.000Z';
const PERSON = 'sam@example.com';
const words = (markup: string): string =>
  markup
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ');
const flat = (text: string): string => text.replace(/\s+/g, ' ');

const grant = {
  grantee: 'arn:aws:iam::111122223333:role/Batch',
  operations: ['Decrypt'],
  issuingAccount: '111122223333',
  count: 1,
  unconstrained: 1,
  different: 0,
  constraints: [],
};
const seen = {
  principals: { ids: {}, missing: [], notSeen: [{ principal: 'role/New', why: 'AWS did not answer in time.' }] },
  grants: { total: 1, complete: true, groups: [grant] },
  accessAnalyzer: [{ check: 'CheckNoPublicAccess', findings: [] }],
};
/** Two changes of a set; the second as given. */
const members = (over: Partial<ChangeView> = {}): ChangeView[] => [
  changeView(),
  changeView({ id: 'chg_02', key: { ...changeView().key, aliases: ['alias/reports'] }, ...over }),
];

describe('what approvers of a set read', () => {
  const page = (changes: ChangeView[]) =>
    words(
      setPage({
        members: changes.map((change) => ({ change, token: 't' })),
        person: PERSON,
        now: NOW,
        mayDecide: true,
      }),
    );
  const mail = (changes: ChangeView[]) =>
    flat(askSetMail({ changes, person: PERSON, link: 'https://x', now: NOW, remind: false, again: false }).text);

  it('says that one of them is an emergency', () => {
    const changes = members({ breakGlass: { reviewers: [] } });
    for (const text of [page(changes), mail(changes)])
      expect(text).toContain('reports: Emergency: fewer people decide');
  });

  it('says what access there is past each policy, and what AWS did not say', () => {
    const changes = members({ preflight: seen });
    for (const text of [page(changes), mail(changes)]) {
      expect(text).toContain('1 grant gives access past this policy');
    }
    expect(page(changes)).toContain('Whether role/New exists was not seen. AWS did not answer in time.');
    expect(page(changes)).toContain('IAM Access Analyzer, CheckNoPublicAccess: it found nothing.');
  });

  it('names the keys about which a decision was not recorded', () => {
    const [, second] = members();
    const review = { change: second, person: PERSON, mayDecide: false, may: [] };
    const outcomes = [{ change: 'chg_02', recorded: false, detail: 'This change is STALE.' }];
    const notice = setNotice(outcomes, [{ review: review as never, token: 't' }]);
    expect(notice).toEqual({
      tone: 'bad',
      text: 'Your decision is recorded for 0 of 1 key. reports: This change is STALE.',
    });
  });
});

it('the result of a set counts a temporary change that is over as applied, and says when the others are put back', () => {
  const over = { status: 'STALE', revertAt: '2026-11-24T20:00:00.000Z', outcome: 'It was not put back.' } as const;
  const [first] = members();
  const lasting = { ...first, status: 'APPLIED', revertAt: '2026-12-01T08:00:00.000Z' } as ChangeView;
  const changes = [lasting, ...members(over).slice(1)];
  const set = { id: 'set_01', submitter: 'ana@example.com', reason: 'Both.', changes };
  const { subject, text } = setResultMail({ set, person: PERSON });
  expect(subject).toMatch(/^2 of 2 applied/);
  expect(flat(text)).toContain('ITS TIME IS OVER: REPORTS Stale: not put back.');
  expect(flat(text)).toContain('and put back on Tue 1 Dec 2026, 08:00 UTC');
});

it('the page of a foreign write says what is, and nothing of a proposal, and with the mail what it means for access for a time', () => {
  const { key, before, after, access, matrix, risk } = changeView();
  const write = {
    ...{ id: 'out_1', key, before, after, access, matrix, risk, foundAt: NOW, foundBy: 'event' as const },
    ...{ stands: true, rule: 'default', approvers: [PERSON] },
  };
  const temporary = [{ id: 'chg_9', submitter: 'ana@example.com', revertAt: '2026-12-01T08:00:00.000Z' }] as Change[];
  const page = (over: Change[]) => words(foreignPage({ write, person: PERSON, now: NOW, whyNot: {}, temporary: over }));
  const text = page(temporary);
  const warned = 'chg_9 of ana@example.com is in force for a time and is to be put back on Tue 1 Dec 2026, 08:00 UTC';
  const mail = foreignMail({ write, person: PERSON, now: NOW, temporary });
  for (const one of [text, flat(mail.text)]) expect(one).toContain(warned);
  expect(page([])).not.toContain('in force for a time');
  expect(text).toContain('Who may do what since it was written');
  expect(text).toContain('The whole policy as it was written');
  expect(text).toContain('What changed in the document');
  expect(text).not.toMatch(/as proposed|once this is applied/);
});
