import { mkdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { launchBrowser } from '../fixtures/browser.ts';
import { RULES, useSystem } from './system.ts';

const world = useSystem({ rules: RULES });

it('lets an approver read and approve on a phone without JavaScript, and keeps a picture of the page', async () => {
  const { ana, visitor, running } = world;
  const { body } = await ana.submit({
    key: 'alias/payments',
    edits: [
      { op: 'addUser', principal: 'arn:aws:iam::111122223333:role/Invoices' },
      { op: 'addExternalAccount', principal: '444455556666' },
    ],
    reason: 'Invoices prints what was paid, and the partner reads the receipts from their own account.',
    ticket: 'SEC-123',
  });
  const link = await visitor.link('sam@example.com', body.id);
  mkdirSync('artifacts', { recursive: true });
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1100, height: 900 } });
    const page = await context.newPage();
    await page.goto(`${running.api}${link}`);
    await page.screenshot({ path: 'artifacts/review-page.png' });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: 'artifacts/review-page-phone.png', fullPage: true });
    expect(await page.textContent('body')).toContain('role/Invoices');

    await page.fill('input[name=confirm]', 'reports');
    await page.fill('textarea[name=comment]', 'Agreed with the payments team.');
    await page.click('button[value=approve]');
    expect((await ana.change(body.id)).approval.decisions).toEqual([]);
    expect(await page.inputValue('textarea[name=comment]')).toBe('Agreed with the payments team.');

    await page.fill('input[name=confirm]', 'payments');
    await page.click('button[value=approve]');
    expect(await page.textContent('body')).toContain('Your approval is recorded.');
    await page.screenshot({ path: 'artifacts/review-page-approved.png' });
  } finally {
    await browser.close();
  }
  const applied = await ana.reaches(body.id, ['APPLIED']);
  expect(applied.approval.decisions).toMatchObject([
    { person: 'sam@example.com', channel: 'link', comment: 'Agreed with the payments team.' },
  ]);
  expect((await visitor.puts()).map(({ policy }) => policy)).toEqual([body.after.document]);
});
