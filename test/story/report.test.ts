import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Gains } from '../../lib/workflow/gains.ts';
import type { VerifiedLog } from '../../lib/workflow/verify.ts';
import { until } from '../../local/demo/visitor.ts';
import { launchBrowser } from '../fixtures/browser.ts';
import { expectReply } from '../http/replies.ts';
import { addUser, RULES, useSystem } from './system.ts';

const ROBOT = 'arn:aws:iam::111122223333:role/Robot';
const world = useSystem({
  rules: `${RULES}iam:\n  ${ROBOT}: { person: Robot@example.com, groups: [submitters] }\n`,
});
const report = (query: string) => world.audrey.get(`/audit/report?${query}`);
const HOSTILE = '<script>alert(1)</script> the app needs it';

it('is a page of the period: changes, approvers, exceptions, and whether the history verifies', async () => {
  const { ana, sam, kim, audrey } = world;
  const { body: one } = await ana.submit({ ...addUser(), reason: HOSTILE });
  await sam.send('POST', `/changes/${one.id}/decisions`, { decision: 'approve' });
  await ana.reaches(one.id, ['APPLIED']);
  const { body: two } = await ana.submit(addUser('alias/reports'));
  expect((await ana.send('POST', `/changes/${two.id}/decisions`, { decision: 'approve' })).status).toBe(403);
  await kim.send('POST', `/changes/${two.id}/decisions`, { decision: 'reject', comment: 'Not this one.' });
  await ana.reaches(two.id, ['REJECTED']);
  await until('everything to be signed', 90, async () => {
    const { body } = await audrey.get<VerifiedLog>('/audit/verify');
    return body.ok && body.entries > 8 && body.protectedTo === body.entries ? body : undefined;
  });

  const { status, headers, text } = await report('from=2026-01-01');
  expect(status).toBe(200);
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(text).not.toContain('<script');
  for (const said of [
    '&lt;script&gt;',
    'The history is clean',
    'countersign-audit/v1',
    one.id,
    two.id,
    'OWN_CHANGE',
    'Emergencies that nobody has reviewed yet: 0',
  ]) {
    expect(text).toContain(said);
  }
  expect(text).toMatch(/sam@example\.com<\/td>/);
  expect(text).toContain('rejected by kim@example.com');
  expect(text).toContain('Exceptions: 1<');

  const earlier = (await report('from=2020-01-01&to=2020-12-31')).text;
  expect(earlier).not.toContain(one.id);
  expect(earlier).toContain('Changes that were submitted: 0');
  for (const query of ['', 'from=yesterday', 'from=2099-01-01', 'from=2026-01-02&to=2026-01-01']) {
    expect(JSON.parse((await report(query)).text)).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^Query parameter from: /),
    });
  }
  expect((await ana.get('/audit/report?from=2026-01-01')).status).toBe(403);

  mkdirSync('artifacts', { recursive: true });
  writeFileSync('artifacts/report.html', text);
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1200, height: 900 } });
    const page = await context.newPage();
    const { 'content-length': _, ...safe } = Object.fromEntries(headers);
    await page.route('**/report', (route) => route.fulfill({ status: 200, headers: safe, body: text }));
    await page.goto('http://report.test/report');
    await page.screenshot({ path: 'artifacts/report.png', fullPage: true });
    // Wide enough for an address: its letters once stood one below the other.
    const lines = `[...document.querySelectorAll('.exceptions td:nth-child(3)')].map((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return range.getClientRects().length;
    })`;
    expect(await page.evaluate(lines)).toEqual([1]);
    await page.emulateMedia({ media: 'print' });
    await page.screenshot({ path: 'artifacts/report-print.png', fullPage: true });
    expect(await page.locator('table').count()).toBe(3);
    await page.setViewportSize({ width: 390, height: 844 });
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    expect(wide).toBeLessThanOrEqual(390);
  } finally {
    await browser.close();
  }
}, 180_000);

it('tells which changes gave access to the roles that the rules map to a person, and only those', async () => {
  const { ana, sam, audrey } = world;
  const edits = [{ op: 'addUser', principal: ROBOT }];
  const { body } = await ana.submit({ key: 'alias/partner-exchange', edits, reason: 'The robot reads receipts.' });
  await sam.send('POST', `/changes/${body.id}/decisions`, { decision: 'approve' });
  const { key } = await ana.reaches(body.id, ['APPLIED']);
  const gains = async (person: string) => {
    const answer = await audrey.get<Gains>(`/audit/gains?person=${encodeURIComponent(person)}`);
    expectReply('auditGains', 200, answer.body);
    return answer.body;
  };
  const { principals, gained } = await gains('robot@example.com');
  expect(principals).toEqual([ROBOT]);
  for (const one of gained) {
    expect(one).toMatchObject({ change: body.id, keyArn: key.arn, status: 'APPLIED', access: { principal: ROBOT } });
  }
  expect(gained.flatMap(({ access }) => access.actions)).toContain('kms:Decrypt');
  expect(await gains('sam@example.com')).toEqual({ principals: [], gained: [], cursor: null });
  expect((await ana.get('/audit/gains?person=robot%40example.com')).status).toBe(403);
});
