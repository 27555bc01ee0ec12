import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChangeView } from '../../lib/change/view.ts';
import { until } from '../../local/demo/visitor.ts';
import { launchBrowser } from '../fixtures/browser.ts';
import { addUser, RULES, refusalsOf, tableItems, useSystem } from './system.ts';

const world = useSystem({ rules: RULES, settles: true });
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

async function asked(body: object = addUser()): Promise<{ change: ChangeView; link: string; url: string }> {
  const { status, body: change } = await world.ana.submit(body);
  expect(status).toBe(201);
  const link = await world.visitor.link('sam@example.com', change.id);
  await until('the ask to be recorded', 30, async () =>
    (await world.ana.change(change.id)).timeline.some(({ type }) => type === 'ASKED') ? true : undefined,
  );
  return { change, link, url: `${world.running.api}${link}` };
}

const itemsOf = async (id: string) =>
  (await tableItems(world.running)).filter((item) => JSON.stringify(item).includes(id));

/** A page that keeps what its policy refused and what ran that must not. */
async function watched(context: BrowserContext): Promise<{ page: Page; trouble: string[] }> {
  const page = await context.newPage();
  const trouble: string[] = [];
  await page.exposeFunction('tell', (what: string) => trouble.push(what));
  await page.addInitScript(
    `document.addEventListener('securitypolicyviolation', (e) => tell('policy ' + e.violatedDirective + ' ' + e.blockedURI))`,
  );
  page.on('dialog', (dialog) => {
    trouble.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => trouble.push(`${message.type()} ${message.text()}`));
  page.on('pageerror', (error) => trouble.push(String(error)));
  return { page, trouble };
}

describe('a link in the hands of a machine', () => {
  it('#20 a scanner that looks, follows, loads everything and runs scripts for ten seconds changes nothing', async () => {
    const { change, link, url } = await asked();
    const before = await itemsOf(change.id);
    const agents = [undefined, 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36', ''];
    for (const agent of agents) {
      for (const method of ['HEAD', 'GET', 'GET', 'OPTIONS']) {
        await fetch(url, { method, ...(agent === undefined ? {} : { headers: { 'user-agent': agent } }) });
      }
    }
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(url);
    const onPage = await page.evaluate<string[]>(
      `[...document.querySelectorAll('[href], [src], [action], [formaction]')].flatMap((e) => [e.href, e.src, e.action, e.formAction].filter((u) => typeof u === 'string' && u !== ''))`,
    );
    await page.clock.runFor(10_000);
    for (const address of new Set(onPage)) await fetch(address).catch(() => undefined);
    await context.close();
    expect(await itemsOf(change.id)).toEqual(before);
    expect((await world.visitor.decide(link, { decision: 'approve', confirm: 'payments' })).status).toBe(200);
  });

  it('#21 a scanner that presses every button and sends every form approves nothing, and each attempt is a fact', async () => {
    const { change, link, url } = await asked();
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    const buttons = await page.locator('form button').count();
    expect(buttons).toBeGreaterThanOrEqual(4);
    let sent = 0;
    page.on('request', (request) => {
      if (request.method() === 'POST') sent++;
    });
    for (let i = 0; i < buttons; i++) {
      for (const typed of ['', 'yes']) {
        await page.goto(url);
        // What a program can do that looks at nothing: undo what keeps the form from going, and send it.
        const answered = page.waitForEvent('load');
        await page.evaluate(`{
          const button = document.querySelectorAll('form button')[${i}];
          for (const field of button.form.querySelectorAll('input:not([type=hidden])')) field.value = ${JSON.stringify(typed)};
          button.disabled = false;
          button.form.noValidate = true;
          button.click();
        }`);
        await answered;
      }
    }
    await context.close();
    expect(sent).toBe(2 * buttons);
    const { status, approval } = await world.ana.change(change.id);
    expect([status, approval.decisions]).toEqual(['PENDING', []]);
    const facts = await refusalsOf(world, change.id);
    expect(new Set(facts)).toEqual(new Set(['link:sam@example.com WRONG_CONFIRMATION']));
    expect(facts.length).toBeGreaterThanOrEqual(2 * (buttons - 1));
    expect((await world.visitor.decide(link, { decision: 'approve', confirm: 'payments' })).status).toBe(200);
  });

  const payloads = [
    '</script><img src=x onerror=alert(1)>',
    '"><svg/onload=alert(1)>',
    '{{7*7}}',
    'javascript:alert(1)',
  ];
  it.each(payloads)('#27 %s in a Sid and in the reason is text: no new element, nothing to report', async (payload) => {
    const policy = (sid: string) => ({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          Action: 'kms:*',
          Resource: '*',
        },
        {
          Sid: sid,
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:role/App' },
          Action: 'kms:Decrypt',
          Resource: '*',
        },
      ],
    });
    const context = await browser.newContext();
    /** The elements of the page with the names of their attributes: what an injection would have to alter. */
    const shapeOf = async (sid: string, reason: string) => {
      const { url } = await asked({ key: 'alias/payments', policy: policy(sid), reason });
      const { page, trouble } = await watched(context);
      await page.goto(url);
      const shape = await page.evaluate<string[]>(
        `[...document.querySelectorAll('*')].map((e) => [e.tagName, ...e.getAttributeNames()].join(' '))`,
      );
      return {
        shape: shape.filter((one) => !/^(MARK|SPAN|CODE)/.test(one)),
        trouble,
        text: (await page.textContent('body')) ?? '',
      };
    };
    const plain = await shapeOf('Plain', 'Plain words.');
    const hostile = await shapeOf(payload, `Because ${payload}`);
    await context.close();
    expect(hostile.text).toContain(`Because ${payload}`);
    expect(hostile.shape).toEqual(plain.shape);
    expect(hostile.trouble).toEqual([]);
  });
});
