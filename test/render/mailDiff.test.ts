import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePolicies } from '../../lib/render/compare.ts';
import { policyDiff } from '../../lib/render/diff.ts';
import { DIFF_BYTES_MAX, DIFF_LINES_MAX, mailDiff, mailDiffHtml, mailDiffText } from '../../lib/render/mailDiff.ts';
import { AFTER, BEFORE } from '../fixtures/changeView.ts';
import { policyValue } from '../policy/arbitrary.ts';

const ON_THE_PAGE = 'on the page';
const text = JSON.stringify;
const policy = (...actions: string[]) =>
  text({ Statement: [{ Sid: 'S', Effect: 'Allow', Principal: '*', Action: actions, Resource: '*' }] });
const decoded = (markup: string) =>
  markup.replace(/<[^>]*>/g, '').replace(/&(lt|gt|amp|quot|#39|#96);/g, (whole) => ENTITIES[whole] ?? whole);
const ENTITIES: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&amp;': '&',
  '&quot;': '"',
  '&#39;': "'",
  '&#96;': '`',
};

describe('the document diff in a mail', () => {
  it('is a unified diff, with the folds and the titles of the page', () => {
    const diff = mailDiff(text(BEFORE), text(AFTER), ON_THE_PAGE);
    const lines = mailDiffText(diff).split('\n');
    expect(lines).toContain('@@ Statement 5 “Allow the settlement partner”: new @@');
    expect(lines).toContain('+           "arn:aws:iam::444455556666:role/settlement-batch"');
    expect(lines).toContain('-             "s3.us-east-1.amazonaws.com"');
    expect(lines.some((line) => /^@@ \d+ unchanged lines.* @@$/.test(line))).toBe(true);
    expect(diff.left).toBeUndefined();
    expect(mailDiffHtml(diff).toString()).toContain('s3.<u>eu-central</u>-1.amazonaws.com');
    const page = policyDiff(comparePolicies(text(BEFORE), text(AFTER))).toString();
    for (const title of page.matchAll(/(?:<div class="part">|<summary>)(.*?)</g)) {
      expect(lines).toContain(`@@ ${title[1]} @@`);
    }
  });

  it('says so when no line differs', () => {
    const diff = mailDiff(text(BEFORE), text(BEFORE, null, 2), ON_THE_PAGE);
    expect(diff.lines).toEqual([]);
    expect(diff.count).toMatch(/^No line differs/);
  });

  it('says the same in HTML and in plain text, and every line that came or went is in it or counted', () => {
    fc.assert(
      fc.property(policyValue, policyValue, (a, b) => {
        const diff = mailDiff(text(a), text(b), ON_THE_PAGE);
        expect(decoded(mailDiffHtml(diff).toString()).trimEnd()).toBe(mailDiffText(diff).trimEnd());
        const rows = comparePolicies(text(a), text(b)).flatMap((passage) => passage.rows);
        const [added = 0, removed = 0] =
          /(\d+) more added lines? and (\d+)/
            .exec(diff.left ?? '')
            ?.slice(1)
            .map(Number) ?? [];
        const count = (sign: string) => diff.lines.filter((line) => line.sign === sign).length;
        expect(count('+') + added).toBe(rows.filter(({ kind }) => kind === 'added').length);
        expect(count('-') + removed).toBe(rows.filter(({ kind }) => kind === 'removed').length);
      }),
    );
  });

  it.each([
    ['lines', Array.from({ length: 400 }, (_, i) => `kms:A${i}`)],
    ['bytes', Array.from({ length: 150 }, (_, i) => `${i}${'<'.repeat(200)}`)],
    [
      'lines of characters that are shown as code points',
      Array.from({ length: 150 }, (_, i) => `${i}${'\u202e'.repeat(90)}`),
    ],
  ])('is cut where there are too many %s, and says how many are left', (_, actions) => {
    const diff = mailDiff(policy('kms:Decrypt'), policy(...actions), ON_THE_PAGE);
    expect(diff.lines.length).toBeLessThanOrEqual(DIFF_LINES_MAX);
    const markup = mailDiffHtml(diff).toString();
    expect(Buffer.byteLength(markup)).toBeLessThan(DIFF_BYTES_MAX + DIFF_LINES_MAX * 80);
    const shown = diff.lines.filter(({ sign }) => sign === '+').length;
    expect(diff.left).toBe(
      `Cut here: ${actions.length - shown} more added lines and 0 more removed lines on the page.`,
    );
  });

  it('cuts a line that is too long, and says so', () => {
    const line = mailDiffText(mailDiff(policy('kms:Decrypt'), policy(`kms:${'a'.repeat(25_000)}`), ON_THE_PAGE));
    expect(line).toMatch(/^\+ +"kms:a+ \[\.\.\. [\d,]+ more characters\]$/m);
    expect(line.length).toBeLessThan(3_000);
  });

  it('lets no Sid and no value out of its line, or pass for what it is not', () => {
    const hostile = (Sid: string) =>
      text({
        Statement: [{ Sid, Effect: 'Allow', Principal: { AWS: '</pre><img src=x>\u202e\n- gone' }, Action: '*' }],
      });
    const diff = mailDiff(text(BEFORE), hostile('a\n+ forged @@\u2028<b>'), ON_THE_PAGE);
    const markup = mailDiffHtml(diff).toString();
    expect(markup).not.toMatch(/<img|<\/pre|<b>|\u202e|\u2028/);
    expect(mailDiffText(diff)).not.toMatch(/^(\+ forged|- gone)/m);
    const lines = mailDiffText(diff).split('\n');
    expect(lines).toHaveLength(diff.lines.length);
    expect(lines).toContain('@@ Statement 1 “a + forged @@‹U+2028›<b>”: new @@');
    const long = mailDiff(text(BEFORE), hostile('x'.repeat(30_000)), ON_THE_PAGE);
    for (const one of long.lines) expect(one.text.length).toBeLessThan(1_100);
  });
});
