import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  changesMail,
  heldMail,
  lapsedMail,
  reviewMail,
  undeliveredMail,
  unreachedMail,
} from '../../lib/notify/askedMail.ts';
import { askMail, type Mail, reminderMail, resultMail } from '../../lib/notify/mail.ts';
import { askSetMail, heldSetMail, lapsedSetMail } from '../../lib/notify/setMail.ts';
import { launchBrowser } from '../fixtures/browser.ts';
import { changeView } from '../fixtures/changeView.ts';
import { CONTRAST } from '../fixtures/contrast.ts';

vi.setConfig({ testTimeout: 120_000 });
const ARTIFACTS = new URL('../../artifacts/', import.meta.url).pathname;

let browser: Browser;
beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  browser = await launchBrowser();
}, 120_000);
afterAll(() => browser?.close());

const now = '2026-11-24T21:10:00.000Z';
const change = changeView();
const asked = { change, person: 'sam@example.com', link: `https://approve.example.com/review/${'A'.repeat(43)}`, now };
const changesRequested = { person: 'kim@example.com', comment: 'Not that role.\nThe batch role is enough.', at: now };
const kim = { person: 'kim@example.com' };
const approval = { ...change.approval, counted: ['kim@example.com'] };
const set = {
  id: 'set_01KAVQ7Z3M9T5W2XJ4R8C6D0EF',
  changes: [change.id, 'chg_01KAVQ7Z3M9T5W2XJ4R8C6D0EG'],
  asOne: true,
};
const held = changeView({
  set,
  status: 'APPROVED',
  approval,
  held: { by: 'the freeze year end', until: '2027-01-02T00:00:00.000Z', applyBy: '2027-01-02T01:00:00.000Z' },
});
const lapsed = changeView({ set, approval: { ...approval, lapsed: { people: ['sam@example.com'], at: now } } });
const other = { ...change.key, aliases: ['alias/partner-exchange'] };
const MAILS: [string, Mail][] = [
  ['wish', askMail({ ...asked, ...kim, change: changeView({ changesRequested }) })],
  [
    'ask-set',
    askSetMail({
      ...asked,
      changes: [changeView({ set }), changeView({ set, key: other })],
      remind: false,
      again: false,
    }),
  ],
  ['held', heldMail({ change: held })],
  ['held-set', heldSetMail({ changes: [held, { ...held, key: other }] })],
  ['lapsed', lapsedMail({ change: lapsed })],
  ['lapsed-set', lapsedSetMail({ changes: [lapsed, { ...lapsed, key: other }] })],
  ['ask', askMail(asked)],
  ['reminder', reminderMail(asked)],
  ['result', resultMail({ change: changeView({ status: 'APPLIED' }), person: 'ana@example.com', now })],
  ['changes', changesMail({ change: changeView({ changesRequested }), person: 'ana@example.com', now })],
  ['emergency', reviewMail({ change: changeView({ status: 'APPLIED' }), person: 'olu@example.com', now })],
  [
    'undelivered',
    undeliveredMail({ change, address: 'kim@example.com', what: `It did not arrive: ${'x'.repeat(120)}` }),
  ],
  ['unreached', unreachedMail({ change, people: ['kim@example.com', 'sam@example.com'], nobody: true })],
];

it.each(MAILS)(
  'the mail %s fits a phone and a desktop, and stands out from its ground in light and in dark',
  async (name, mail) => {
    for (const width of [390, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const context = await browser.newContext({
          viewport: { width, height: 844 },
          colorScheme,
          javaScriptEnabled: true,
        });
        const page = await context.newPage();
        const asksFor: string[] = [];
        page.on('request', (request) => asksFor.push(request.url()));
        await page.setContent(mail.html);
        const where = `${name} at ${width} px, ${colorScheme}`;
        expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth'), where).toBe(0);
        const worst = await page.evaluate<{ ratio: number; text: string }>(CONTRAST);
        expect(worst.ratio, `${where}: ${worst.text}`).toBeGreaterThanOrEqual(4.5);
        await page.screenshot({ path: `${ARTIFACTS}mail-${name}-${width}-${colorScheme}.png`, fullPage: true });
        expect(asksFor).toEqual([]);
        await context.close();
      }
    }
  },
);
