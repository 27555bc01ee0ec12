import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { deadLinkPage, PAGE_HEADERS, reviewPage } from '../../lib/http/page.ts';
import { launchBrowser } from '../fixtures/browser.ts';
import { AFTER, changeView, policyText } from '../fixtures/changeView.ts';
import { CONTRAST } from '../fixtures/contrast.ts';

const NOW = '2026-11-24T21:10:00.000Z';
/** A browser on a busy machine; nothing here waits for time to pass. */
vi.setConfig({ testTimeout: 60_000 });

const ARTIFACTS = new URL('../../artifacts/', import.meta.url).pathname;

/** security.md #27 and relatives. */
const PAYLOADS = [
  '</script><img src=x onerror=alert(1)>',
  '"><svg/onload=alert(1)>',
  '{{7*7}}',
  'javascript:alert(1)',
  "' autofocus onfocus=alert(1) x='",
  '</textarea></title></style><script>alert(1)</script>',
  '<!--<a href="https://evil.example">here</a>',
  '&lt;b&gt;&#60;img src=x&#62;',
];

let browser: Browser;
let server: Server;
let url: string;
/** What the server answers to GET /, and what it was posted. */
let markup = '';
let posted: { path: string | undefined; body: string; headers: NodeJS.Dict<string | string[]> }[] = [];

beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  browser = await launchBrowser();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      if (request.method === 'POST') posted.push({ path: request.url, body, headers: request.headers });
      const framing = request.url === '/frame';
      response.writeHead(200, framing ? { 'Content-Type': 'text/html' } : PAGE_HEADERS);
      response.end(framing ? '<iframe src="/review/token"></iframe>' : markup);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/review/token`;
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await new Promise((closed) => server.close(closed));
});

const delegate = { person: 'lee@example.com', to: 'pat@example.com', at: NOW, until: '2026-11-26T12:00:00.000Z' };
/** A second version of an emergency in two stages, escalated, with a delegate, a wish, comments and votes. */
const EVERYTHING: Partial<ChangeView> = {
  version: 2,
  coAuthors: ['ivy@example.com'],
  approval: {
    ...changeView().approval,
    quorum: 3,
    approvers: ['cho@example.com', 'kim@example.com', 'lee@example.com', 'olu@example.com', 'sam@example.com'],
    decisions: [
      { person: 'olu@example.com', decision: 'approve', comment: 'Fine for the owner.', channel: 'slack', at: NOW },
      {
        person: 'pat@example.com',
        decision: 'approve',
        comment: '',
        channel: 'link',
        at: NOW,
        onBehalfOf: 'lee@example.com',
      },
    ],
    counted: ['olu@example.com', 'pat@example.com'],
    stages: [
      { name: 'an owner', quorum: 1, approvers: ['olu@example.com'], counted: ['olu@example.com'], state: 'complete' },
      {
        name: 'two of security',
        quorum: 2,
        approvers: ['kim@example.com', 'lee@example.com', 'sam@example.com'],
        counted: ['pat@example.com'],
        state: 'waiting',
      },
    ],
    escalatedAt: NOW,
    delegations: [delegate],
  },
  changesRequested: { person: 'kim@example.com', comment: 'Not that role.\nThe batch role is enough.', at: NOW },
  breakGlass: { reviewers: ['olu@example.com', 'ivy@example.com'] },
  timeline: [
    ...changeView().timeline,
    { seq: 4, at: NOW, type: 'COMMENTED', person: 'sam@example.com', text: 'Commented, by slack: “Who owns it?”.' },
    { seq: 5, at: NOW, type: 'VERSIONED', person: 'ana@example.com', text: 'Posted version 2, at high risk.' },
    { seq: 6, at: NOW, type: 'DELEGATED', person: 'lee@example.com', text: 'Let pat@example.com stand in.' },
  ],
};

const draw = (change: ChangeView, comment?: string): string =>
  reviewPage({ change, person: 'sam@example.com', now: NOW, mayDecide: true, confirmWord: 'payments', comment });

/** Opens the page; anything that the policy of the page refused, or that ran, is in `trouble`. */
async function open(html: string, options: BrowserContextOptions = {}): Promise<{ page: Page; trouble: string[] }> {
  markup = html;
  posted = [];
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('dialog', (dialog) => {
    trouble.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => trouble.push(`${message.type()} ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) trouble.push(`request ${request.url()}`);
  });
  await page.goto(url);
  return { page, trouble };
}

/** The tags of the page with the names of their attributes, in order: what an injection would have to alter. */
const skeleton = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll('*')].filter((e) => !e.matches('.cp, mark')).map((e) => [e.tagName, ...e.getAttributeNames()].join(' '))`,
  );

function poisoned(text: string): ChangeView {
  const [first, ...rest] = AFTER.Statement;
  const document = { ...AFTER, Id: text, Statement: [{ ...first, Sid: text }, ...rest] };
  const change = changeView();
  const [gain] = change.access.gains;
  return {
    ...change,
    reason: text,
    ticket: text,
    submitter: text,
    key: { ...change.key, aliases: [`alias/${text}`] },
    after: policyText(document),
    findings: [
      {
        code: 'CODE',
        severity: 'error',
        message: text,
        path: text,
        fix: text,
        aws: text,
        documents: [{ title: text, document: text }],
      },
    ],
    access: {
      ...change.access,
      gains:
        gain === undefined ? [] : [{ ...gain, principal: text, actions: [text], when: { [text]: { [text]: [text] } } }],
      crossAccount: [text],
      summary: [text],
    },
    matrix: [{ principal: text, verb: 'decrypt', before: 'no', after: 'yes' }],
    riskReasons: [text],
    externalPolicies: [{ accountId: text, document: { [text]: text }, note: text }],
    approval: {
      rule: text,
      quorum: 2,
      approvers: [text],
      decisions: [
        { person: 'kim@example.com', decision: 'approve', comment: text, channel: 'link', at: NOW, onBehalfOf: text },
      ],
      counted: [text],
      stages: [1, 2].map((quorum) => ({ name: text, quorum, approvers: [text], counted: [text], state: 'waiting' })),
      signIn: false,
      delegations: [{ person: text, to: text, at: NOW, until: NOW }],
    },
    coAuthors: [text],
    changesRequested: { person: text, comment: text, at: NOW },
    breakGlass: { reviewers: [text] },
    held: { by: text, until: NOW, applyBy: NOW },
    timeline: [{ seq: 1, at: NOW, type: 'SUBMITTED', person: text, text }],
  };
}

describe('text that people wrote', () => {
  it.each(PAYLOADS)('is only text: %s', async (payload) => {
    const plain = await open(draw(poisoned('x'), 'x'));
    const wanted = await skeleton(plain.page);
    const { page, trouble } = await open(draw(poisoned(payload), payload));
    expect(await skeleton(page)).toEqual(wanted);
    expect(await page.textContent('blockquote')).toBe(payload);
    expect(await page.inputValue('textarea')).toBe(payload);
    expect(await page.textContent('.diff')).toContain(`"Sid": ${JSON.stringify(payload)}`);
    expect(trouble).toEqual([]);
    await Promise.all([plain.page.context().close(), page.context().close()]);
  });
});

describe('the page in a browser', () => {
  it.each([
    [360, 'light'],
    [390, 'light'],
    [1280, 'dark'],
  ] as const)('fits %d px, %s, with every fold open and shut', async (width, colorScheme) => {
    const { page, trouble } = await open(draw(changeView()), { viewport: { width, height: 844 }, colorScheme });
    const overflow = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(await overflow()).toBe(0);
    await page.screenshot({ path: `${ARTIFACTS}review-${width}-${colorScheme}.png`, fullPage: true });
    await page.evaluate(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`);
    expect(await overflow()).toBe(0);
    expect(trouble).toEqual([]);
    await page.context().close();
  });

  it('fits a phone and a desktop with everything that there can be on it, sentences before the matrix before the document', async () => {
    const whole = changeView(EVERYTHING);
    for (const width of [390, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, trouble } = await open(draw(whole), { viewport: { width, height: 844 }, colorScheme });
        const overflow = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect(await overflow()).toBe(0);
        const worst = await page.evaluate<{ ratio: number; text: string }>(CONTRAST);
        expect(worst.ratio, `${width} px, ${colorScheme}: ${worst.text}`).toBeGreaterThanOrEqual(4.5);
        await page.screenshot({ path: `${ARTIFACTS}review-everything-${width}-${colorScheme}.png`, fullPage: true });
        const text = (await page.textContent('body')) ?? '';
        const places = [
          'role settlement-batch of account',
          'Who may do what once',
          '"Sid": "Allow the settlement partner"',
        ].map((words) => text.indexOf(words));
        expect(places).toEqual([...places].sort((a, b) => a - b));
        expect(places).not.toContain(-1);
        expect(await page.textContent('.pills')).toBe('Waiting for approvalHigh riskEmergencyVersion 2');
        expect(text).toContain('pat@example.com may stand in for lee@example.com until Thu 26 Nov 2026, 12:00 UTC.');
        await page.evaluate(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`);
        expect(await overflow()).toBe(0);
        expect(trouble).toEqual([]);
        await page.context().close();
      }
    }
  });

  it('says first that an approved change is held, by what, and until when', async () => {
    const until = '2027-01-04T06:00:00.000Z';
    const held = { by: 'the freeze year end', until, applyBy: '2027-01-04T07:00:00.000Z' };
    const change = changeView({ status: 'APPROVED', held });
    for (const [width, colorScheme] of [
      [390, 'light'],
      [1280, 'dark'],
    ] as const) {
      const { page, trouble } = await open(draw(change), { viewport: { width, height: 844 }, colorScheme });
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      expect((await page.evaluate<{ ratio: number }>(CONTRAST)).ratio).toBeGreaterThanOrEqual(4.5);
      await page.screenshot({ path: `${ARTIFACTS}review-held-${width}-${colorScheme}.png`, fullPage: true });
      expect(await page.textContent('.flag')).toBe(
        'Approved, and held by the freeze year end until Mon 4 Jan 2027, 06:00 UTC: it is applied then.',
      );
      expect(await page.textContent('.pills')).toBe('Approved, and heldHigh risk');
      expect(await page.textContent('.facts')).toContain('Held untilMon 4 Jan 2027, 06:00 UTC (in 40 days 8 hours)');
      expect(await page.textContent('#decide')).toContain('It waits for its time, and is not live yet.');
      expect(trouble).toEqual([]);
      await page.context().close();
    }
  });

  it('gives every fold, field and button a target that a thumb hits', async () => {
    const { page } = await open(draw(changeView()), { viewport: { width: 360, height: 740 } });
    const heights = await page.evaluate<number[]>(
      `[...document.querySelectorAll('summary, button:not([hidden]), input:not([type=hidden]), textarea')].map((e) => e.getBoundingClientRect().height).filter((h) => h > 0)`,
    );
    expect(heights.length).toBeGreaterThan(6);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
    await page.context().close();
  });

  it('has text that stands out from its ground, in light and in dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(draw(changeView()), { colorScheme });
      const worst = await page.evaluate<{ ratio: number; text: string }>(CONTRAST);
      expect(worst.ratio, `${colorScheme}: ${worst.text}`).toBeGreaterThanOrEqual(4.5);
      await page.context().close();
    }
  });

  it('posts a decision without any script, to its own address, telling nobody the address', async () => {
    const { page } = await open(draw(changeView()), { javaScriptEnabled: false });
    await page.fill('textarea', 'Looks right.\nThanks');
    await page.fill('input[name=confirm]', 'payments');
    await page.click('button[value=approve]');
    const { before, after } = changeView();
    expect(posted.map(({ path, body }) => [path, Object.fromEntries(new URLSearchParams(body))])).toEqual([
      [
        '/review/token',
        {
          after: after.sha256,
          base: before.canonical,
          comment: 'Looks right.\r\nThanks',
          confirm: 'payments',
          decision: 'approve',
        },
      ],
    ]);
    expect(posted[0]?.headers.referer).toBeUndefined();
    await page.context().close();
  });

  it('decides nothing when Enter is pressed, and nothing without the typed word', async () => {
    const { page } = await open(draw(changeView()));
    await page.fill('input[name=confirm]', 'payments');
    await page.press('input[name=confirm]', 'Enter');
    await page.fill('input[name=confirm]', '');
    await page.click('button[value=reject]');
    expect(await page.evaluate(`document.activeElement.name`)).toBe('confirm');
    expect(posted).toEqual([]);
    await page.context().close();
  });

  it('cannot be framed, and loads nothing', async () => {
    const { page, trouble } = await open(deadLinkPage());
    expect(await page.textContent('h1')).toBe('This link does not work');
    expect(trouble).toEqual([]);
    await page.goto(url.replace('/review/token', '/frame'));
    const framed = page.frames().at(1);
    expect(framed?.url()).toBe('chrome-error://chromewebdata/');
    await page.context().close();
  });
});
