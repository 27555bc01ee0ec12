import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../lib/change/change.ts';
import { STATUS_WORDS } from '../../lib/change/wording.ts';
import { deadLinkPage, messagePage, PAGE_HEADERS, type ReviewPage, reviewPage } from '../../lib/http/page.ts';
import { changeView, policyText } from '../fixtures/changeView.ts';

const NOW = '2026-11-24T21:10:00.000Z';
const page = (over: Partial<ReviewPage> = {}): string =>
  reviewPage({
    change: changeView(),
    person: 'sam@example.com',
    now: NOW,
    mayDecide: true,
    confirmWord: 'payments',
    ...over,
  });
const text = (markup: string): string =>
  markup
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ');

describe('the review page', () => {
  it('tells things in the order in which a person needs them', () => {
    const words = text(page());
    const order = [
      'payments',
      'ana@example.com asked for this 1 hour 31 minutes ago, because:',
      'The settlement partner reads our nightly export',
      'SEC-123',
      'Fri 27 Nov 2026, 19:38 UTC (in 2 days 22 hours)',
      'Another account, 444455556666, gains decryption.',
      'role settlement-batch of account 4444-5555-6666',
      'role KeyAdmins and role CountersignApply',
      '444455556666 role/settlement-batch',
      'Statement 5 “Allow the settlement partner”: new',
      'The whole policy as proposed',
      'The whole policy before',
      'Warning: Statement 2',
      'Account 444455556666',
      '1 of 2 approvals',
      'kim@example.com approved 1 hour 5 minutes ago',
      'Your decision',
    ];
    const at = order.map((part) => words.indexOf(part));
    expect(at).not.toContain(-1);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  it('shows both documents whole, with the hash of their bytes', () => {
    const change = changeView();
    for (const { sha256 } of [change.before, change.after]) expect(page()).toContain(sha256);
  });

  it('shows the exact text where it is not the one laid out', () => {
    const minified = policyText('{"Statement":[],"Id":"exact-bytes"}');
    expect(text(page({ change: changeView({ after: minified }) }))).toContain(
      'The exact text, 35 bytes{&quot;Statement&quot;:[],&quot;Id&quot;:&quot;exact-bytes&quot;}',
    );
  });

  it('has a form that posts the contract’s fields and what was read', () => {
    const change = changeView();
    const form = /<form.*<\/form>/s.exec(page())?.[0] ?? '';
    expect(form).toContain('<form method="post"');
    expect(form).not.toMatch(/\saction=/);
    expect(form).toContain(`name="after" value="${change.after.sha256}"`);
    expect(form).toContain(`name="base" value="${change.before.canonical}"`);
    expect(form.match(/name="(\w+)"( value="(approve|reject)")?/g)).toEqual([
      'name="after"',
      'name="base"',
      'name="comment"',
      'name="confirm"',
      'name="decision" value="approve"',
      'name="decision" value="reject"',
    ]);
    expect(form).not.toContain('value="payments"');
  });

  it('keeps a refused comment to the letter, also a line break at its start', () => {
    expect(page({ comment: '\n<b>' })).toContain('comment-hint">\n\n&lt;b&gt;</textarea>');
  });

  it('tells what came of a refused try', () => {
    const markup = page({ notice: { tone: 'bad', text: 'You typed <paiments>.' } });
    expect(markup).toContain('<div class="notice bad" role="alert">You typed &lt;paiments&gt;.</div>');
  });

  it('offers no approval twice, but still a rejection', () => {
    const form = /<form.*<\/form>/s.exec(page({ person: 'kim@example.com' }))?.[0];
    expect(form).toContain('value="reject"');
    expect(form).not.toContain('value="approve"');
  });

  it.each<[string, Partial<ReviewPage>, string]>([
    ['has decided', { person: 'kim@example.com' }, 'You approved this change. It waits for 1 more approval.'],
    ['asked for it', { person: 'ana@example.com' }, 'You asked for this change, so somebody else must decide.'],
    ['is no approver', { person: 'eve@example.com' }, 'You cannot decide about this change from here.'],
  ])('has no form for somebody who %s', (_, over, words) => {
    const markup = page({ mayDecide: false, ...over });
    expect(markup).not.toMatch(/<form|<input|<button/);
    expect(text(markup)).toContain(words);
  });

  it.each(Object.keys(STATUS_WORDS) as Status[])(
    'says what %s means, and has a form only while it can count',
    (status) => {
      const markup = page({ change: changeView({ status, outcome: 'Cause <x> of it.' }) });
      const open = status === 'PENDING' || status === 'APPROVED';
      expect(markup.includes('<form')).toBe(open);
      expect(markup.includes('value="approve"')).toBe(status === 'PENDING');
      expect(text(markup)).toContain(STATUS_WORDS[status].title);
      expect(markup.includes('Open until')).toBe(status === 'PENDING');
      if (!open) {
        expect(text(markup)).toContain(STATUS_WORDS[status].meaning);
        expect(markup).toContain('Cause &lt;x&gt; of it.');
        expect(markup.indexOf('id="decide"')).toBeLessThan(markup.indexOf('id="risk"'));
      }
    },
  );

  it('says so when nobody gains or loses access', () => {
    const access = { gains: [], loses: [], changed: [], public: false, crossAccount: [], lockout: false, summary: [] };
    expect(text(page({ change: changeView({ access, matrix: [], riskReasons: [] }) }))).toContain(
      'Nobody gains or loses access.',
    );
  });

  it('warns of a public key and of a lockout', () => {
    const access = { ...changeView().access, public: true, lockout: true };
    const words = text(page({ change: changeView({ access }) }));
    expect(words).toContain('Anyone with an AWS account could use this key.');
    expect(words).toContain('Nobody in the account could change this policy again.');
  });

  it('does not say it twice when a sentence warns already', () => {
    const summary = ['Lockout: nobody can.', 'Public: anyone can.', 'Not seen here: grants.'];
    const markup = page({
      change: changeView({ access: { ...changeView().access, public: true, lockout: true, summary } }),
    });
    expect(markup).not.toContain('flag bad');
    expect(markup).toContain('<li><span class="tag bad">Lockout</span> nobody can.</li>');
    expect(markup).toContain('<li><span class="tag calm">Not seen here</span> grants.</li>');
  });

  it('shows errors before warnings before notes, with place, mend, answer of KMS and documents', () => {
    const finding = (severity: 'error' | 'warning' | 'info', code: string) => ({
      severity,
      code,
      message: code,
      path: '',
    });
    const findings = [
      finding('info', 'N1'),
      finding('warning', 'W1'),
      {
        ...finding('error', 'E1'),
        path: '/Statement/0',
        line: 3,
        fix: 'Do this.',
        aws: 'MalformedPolicyDocumentException',
        documents: [{ title: 'Policy for the group', document: { Version: '2012-10-17' } }],
      },
    ];
    const words = text(page({ change: changeView({ findings }) }));
    expect(words).toContain(
      'Error: E1 Do this. E1, at /Statement/0, line 3. KMS would answer MalformedPolicyDocumentException. Policy for the group{ &quot;Version&quot;: &quot;2012-10-17&quot; } Warning: W1 W1 Note: N1 N1',
    );
  });

  it('names a key without an alias by its id', () => {
    const { key } = changeView();
    const markup = page({ change: changeView({ key: { ...key, aliases: [] } }), confirmWord: undefined });
    expect(markup).toContain(`<h1 id="what">${key.keyId}</h1>`);
    expect(markup).toContain('Type <code>1234abcd</code> to confirm');
  });

  it('shows characters that nobody sees, wherever people wrote them', () => {
    const rlo = '\u202e';
    const sneaky = { Statement: [{ Sid: `a${rlo}b`, Principal: { AWS: 'arn:aws:iam::111122223333:role/\u0430pp' } }] };
    const change = changeView({
      reason: `reason${rlo}`,
      ticket: `ticket${rlo}`,
      after: policyText(sneaky),
      approval: {
        ...changeView().approval,
        decisions: [
          { person: 'kim@example.com', decision: 'approve', comment: `comment${rlo}`, channel: 'api', at: NOW },
        ],
      },
    });
    const markup = page({ change });
    expect(markup).not.toContain(rlo);
    expect(markup).not.toContain('\u0430');
    const mark = (point: string) => `<span class="cp">‹${point}›</span>`;
    for (const word of ['reason', 'ticket', 'comment', 'a']) expect(markup).toContain(word + mark('U+202E'));
    expect(markup).toContain(`role/${mark('U+0430')}pp`);
  });
});

describe('pages that only say one thing', () => {
  it('has one page for every dead link, and it names nothing', () => {
    expect(text(deadLinkPage())).toContain('This link does not work');
    expect(deadLinkPage()).not.toMatch(/<form|<input|chg_|example\.com/);
  });

  it('escapes what it says', () => {
    expect(messagePage({ title: '<b>', text: '<i>', next: '<u>' })).not.toMatch(/<[biu]>/);
  });
});

describe('the headers of every page', () => {
  const csp = PAGE_HEADERS['Content-Security-Policy'] ?? '';

  it('name the style sheet that is really in the page, and allow nothing else', () => {
    const style = /<style>(.*?)<\/style>/s.exec(page())?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(style.length).toBeGreaterThan(1_000);
    expect(csp).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    );
    for (const other of [deadLinkPage(), messagePage({ title: 'a', text: 'b' })]) {
      expect(/<style>(.*?)<\/style>/s.exec(other)?.[1]).toBe(style);
    }
  });

  it('keep the address, which holds a token, from caches, other sites and search engines', () => {
    expect(PAGE_HEADERS).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'X-Robots-Tag': expect.stringContaining('noindex'),
      'Permissions-Policy': expect.stringContaining('camera=()'),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
    });
  });

  it('are right about the page: no script, no inline style, nothing from elsewhere', () => {
    expect(page()).not.toMatch(/<script|\son\w+=|\sstyle=|<img|<link|<iframe|\ssrc=|url\(|@import|javascript:/i);
    expect([...page().matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual(['#decide']);
  });
});
