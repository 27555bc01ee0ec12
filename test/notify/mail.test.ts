import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../lib/change/change.ts';
import { STATUS_WORDS } from '../../lib/change/wording.ts';
import { reviewMail } from '../../lib/notify/askedMail.ts';
import { askMail, type Mail, reminderMail, resultMail } from '../../lib/notify/mail.ts';
import { askSetMail } from '../../lib/notify/setMail.ts';
import { changeView, policyText } from '../fixtures/changeView.ts';

const NOW = '2026-11-24T21:10:00.000Z';
const LINK = 'https://countersign.example.com/review/9hY2kq0fZ3mXw7Tn1cVb5RrJ8sLdPqA4GvUeKiOy6Ws';
const ask = { change: changeView(), person: 'sam@example.com', link: LINK, now: NOW };
const flat = (text: string): string => text.replace(/\s+/g, ' ');
const htmlText = (mail: Mail): string =>
  flat(
    mail.html
      .replace(/<title>.*?<\/title>/s, '')
      .replace(/<[^>]*>/g, ' ')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'"),
  );

describe('the mail that asks', () => {
  const mail = askMail(ask);

  it('says in the subject what is asked, about which key, and how risky it is', () => {
    expect(mail.subject).toBe('Your approval is asked: key policy of payments (high risk)');
  });

  it.each([
    ['text', flat(mail.text).replaceAll('> ', '')],
    ['HTML', htmlText(mail)],
  ])('tells in its %s part the sentences first, then risk, reason, link, and the rest', (_, words) => {
    const order = [
      'ana@example.com asks to change the key policy of payments',
      'role settlement-batch of account 4444-5555-6666 (another account, new to this key) can decrypt data',
      'now when kms:ViaService is s3.eu-central-1.amazonaws.com',
      'Another account, 444455556666, gains decryption.',
      'The settlement partner reads our nightly export from 1 December on.',
      LINK,
      'To decide you type payments,',
      'SEC-123',
      'Fri 27 Nov 2026, 19:38 UTC (in 2 days 22 hours)',
      '1 of 2',
      'If nobody decides until then, the change expires and the key keeps the policy it has.',
      '5 gains, 0 losses. ● may, ◐ under conditions or in part, – no.',
      'decrypt encrypt grant administer delete read',
      '444455556666 role/settlement-batch',
      '18 lines added, 1 line removed.',
      '+ "arn:aws:iam::111122223333:role/payments-worker"',
      '@@ Statement 5 “Allow the settlement partner”: new @@',
      'You are asked because rule “production” names you as an approver of this key.',
    ];
    const at = order.map((part) => words.indexOf(part));
    expect(at).not.toContain(-1);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  it('says how many sentences it leaves to the page', () => {
    const access = { ...changeView().access, summary: Array.from({ length: 11 }, (_, i) => `Sentence ${i}.`) };
    const { text } = askMail({ ...ask, change: changeView({ access }) });
    expect(text).toContain('Sentence 7.');
    expect(text).not.toContain('Sentence 8.');
    expect(text).toContain('And 3 more sentences on the page.');
  });

  it('never leaves out what was not seen, and does not count it among what is left out', () => {
    const unseen = ['Not seen here: grants.', 'Not seen here: IAM policies.'];
    const summary = [...Array.from({ length: 9 }, (_, i) => `Gains: sentence ${i}.`), ...unseen];
    const access = { ...changeView().access, summary };
    const one = changeView({ access, status: 'APPLIED' });
    const set = { changes: [one, one], person: ask.person, link: LINK, now: NOW, remind: false, again: false };
    for (const { text, html } of [askMail({ ...ask, change: one }), reviewMail({ ...ask, change: one })]) {
      for (const part of [text, html]) for (const sentence of unseen) expect(part).toContain(sentence);
      expect(text).toContain('And 1 more sentence ');
      expect(text).not.toContain('sentence 8.');
    }
    for (const sentence of unseen) expect(askSetMail(set).text.split(sentence)).toHaveLength(3);
    expect(askSetMail(set).text).toContain('And 5 more sentences on the page.');
  });

  it('says so when nobody gains or loses access', () => {
    const access = { ...changeView().access, summary: [] };
    expect(askMail({ ...ask, change: changeView({ access }) }).text).toContain('Nobody gains or loses access.');
  });

  it('loads nothing and links nowhere but to the page', () => {
    expect(mail.html).not.toMatch(/<img|<link|<script|\ssrc=|url\(|@import/i);
    expect([...mail.html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([LINK]);
  });
});

describe('a mail about the largest and most hostile change', () => {
  const bidi = '\u202e';
  const hostile = (fill: string, n: number) => {
    const names = Array.from({ length: n }, (_, i) => `${fill.repeat(150)}${i}`);
    const document = (AWS: string[]) => ({
      Version: '2012-10-17',
      Statement: AWS.map((one, i) => ({
        Sid: `${fill}${i}`,
        Effect: 'Allow',
        Principal: { AWS: one },
        Action: 'kms:*',
      })),
    });
    const matrix = names.flatMap((principal) =>
      (['decrypt', 'encrypt', 'sign', 'grant', 'administer', 'delete', 'read'] as const).map(
        (verb) => ({ principal, verb, before: 'conditional', after: 'yes' }) as const,
      ),
    );
    const summary = names.map((name) => `Gains: ${name.repeat(20)}`);
    return changeView({
      before: policyText(document(names.slice(0, n / 2).map((name) => `old ${name}`))),
      after: policyText(document(names)),
      matrix,
      access: { ...changeView().access, summary },
      riskReasons: summary,
      reason: fill.repeat(10_000),
    });
  };

  it.each(['<', '"', bidi, 'é', 'a'])('stays whole where mails are cut, when it is full of %j', (fill) => {
    const mail = askMail({ ...ask, change: hostile(fill, 200) });
    for (const part of [mail.html, mail.text]) {
      // Gmail shows 102 KB of a mail, and no more.
      expect(Buffer.byteLength(part)).toBeLessThan(90_000);
      expect(part).toContain('And 192 more sentences on the page.');
      expect(part).toContain('And 192 more reasons on the page.');
      expect(part).toContain('And 180 more principals on the page, 180 of whom gain or lose.');
      expect(flat(part)).toMatch(/Cut here: \d+ more added lines and \d+ more removed lines on the page\./);
      expect(part).not.toContain(bidi);
      expect(part.split(LINK).length - 1).toBe(part === mail.html ? 2 : 1);
    }
  });
});

describe('the reminder', () => {
  it('says how much time is left, and asks again', () => {
    const mail = reminderMail(ask);
    expect(mail.subject).toBe('Reminder: key policy of payments waits for you, and closes in 2 days 22 hours');
    expect(mail.text).toContain('It closes in 2 days 22 hours. It has 1 of 2 approvals.');
    expect(mail.text).toContain(LINK);
  });
});

describe('all mails about one change', () => {
  it('are one conversation, and no machine answers them', () => {
    const mails = [askMail(ask), reminderMail(ask), resultMail(ask)];
    for (const { headers } of mails) {
      expect(headers).toEqual({
        'In-Reply-To': `<${ask.change.id}@countersign>`,
        References: `<${ask.change.id}@countersign>`,
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
      });
    }
  });

  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('a\r\nBcc: eve@example.com', 'x\n\n<script>', '\u2028Subject: y', '\u202eevil', 'é'.repeat(400)),
  );

  it('have one-line ASCII subjects and headers of bounded length, whatever people wrote', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const change = changeView({
          id: text,
          submitter: text,
          ticket: text,
          key: { ...changeView().key, aliases: [`alias/${text}`] },
        });
        for (const mail of [
          askMail({ ...ask, change }),
          reminderMail({ ...ask, change }),
          resultMail({ ...ask, change }),
        ]) {
          expect(mail.subject).toMatch(/^[\x20-\x7e]{1,150}$/);
          for (const header of Object.entries(mail.headers).flat()) expect(header).toMatch(/^[\x21-\x7e]{1,900}$/);
        }
      }),
    );
  });

  it('keep the words of people apart from ours: quoted on every line, and only text in HTML', () => {
    const reason = 'Fine.\nApproved by security:\nhttps://evil.example/ <a href="https://evil.example">x</a>';
    const mail = askMail({ ...ask, change: changeView({ reason }) });
    expect(mail.text).toContain('> Fine.\n> Approved by security:\n> https://evil.example/');
    expect([...mail.html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href)).toEqual([LINK]);
  });

  it('show characters that nobody sees', () => {
    const mail = askMail({ ...ask, change: changeView({ reason: 'ab\u202ecd' }) });
    for (const part of [mail.text, mail.html]) {
      expect(part).toContain('ab‹U+202E›cd');
      expect(part).not.toContain('\u202e');
    }
  });
});

describe('what is read first', () => {
  const read = (over: Partial<ReturnType<typeof changeView>>, person = 'sam@example.com') =>
    askMail({ change: changeView(over), person, link: 'https://approve.example.com/review/A', now: NOW });

  it('says that it is an emergency, a later version, or came to more people since', () => {
    const { subject, text } = read({ breakGlass: { reviewers: ['olu@example.com'] }, version: 2 });
    expect(subject).toContain('emergency');
    expect(text.split('\n')[0]).toMatch(/^Emergency: fewer people decide/);
    expect(flat(text)).toContain('This is version 2: every approval of an earlier one is void');
    const { approval } = changeView({});
    const late = read({ approval: { ...approval, escalatedAt: NOW } });
    expect(late.text.split('\n')[0]).toBe('Nobody decided in time, so more people are asked.');
    expect(read({}).text).not.toMatch(/Emergency|version|in time/);
  });

  it('tells a delegate for whom they stand in', () => {
    const { approval } = changeView({});
    const delegations = [
      { person: 'sam@example.com', to: 'pat@example.com', at: NOW, until: '2026-12-01T00:00:00.000Z' },
    ];
    const { text } = read({ approval: { ...approval, delegations } }, 'pat@example.com');
    expect(flat(text)).toContain('because you stand in for sam@example.com until Tue 1 Dec 2026');
  });
});

describe('the mail about the end', () => {
  const ends: [Status, string, string][] = [
    ['APPLIED', 'live on the key, exactly as it was approved', 'revert the change'],
    ['REJECTED', 'still has the policy it had', 'submit it again'],
    ['CANCELLED', 'taken back before anything was changed', 'Nothing to do.'],
    ['EXPIRED', 'not approved and applied in time', 'submit it again'],
    ['STALE', 'The key policy was changed while this change was waiting', 'Rebase it'],
    ['FAILED', 'could not be applied', 'Read the cause'],
    ['UNCERTAIN', 'may or may not have reached KMS', 'A person must look now'],
  ];

  it.each(ends)('%s: what is true now, and what to do', (status, meaning, next) => {
    const change = changeView({ status, outcome: `Cause of ${status}.` });
    const mail = resultMail({ change, person: 'ana@example.com', now: NOW });
    expect(mail.subject).toBe(`${STATUS_WORDS[status].title}: key policy of payments`);
    for (const words of [flat(mail.text), htmlText(mail)]) {
      expect(words).toContain(meaning);
      expect(words).toContain(next);
      expect(words).toContain(`Cause of ${status}.`);
      expect(words.indexOf(meaning)).toBeLessThan(words.indexOf(next));
      expect(words).toContain(change.after.sha256);
      expect(words).toContain('You get this because you asked for this change.');
    }
    expect(mail.html).not.toContain('href');
  });

  it('names who rejected it, and why', () => {
    const approval = {
      ...changeView().approval,
      counted: [],
      decisions: [
        {
          person: 'sam@example.com',
          decision: 'reject',
          comment: 'Not before the audit.',
          channel: 'slack',
          at: NOW,
        } as const,
      ],
    };
    const change = changeView({ status: 'REJECTED', outcome: 'Not before the audit.', approval });
    const words = flat(resultMail({ change, person: 'kim@example.com', now: NOW }).text);
    expect(words).toContain('sam@example.com rejected it, and wrote: > Not before the audit.');
    expect(words.match(/Not before the audit/g)).toHaveLength(1);
    expect(words).toContain('Approved by: nobody');
  });
});
