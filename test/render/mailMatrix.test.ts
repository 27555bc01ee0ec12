import { describe, expect, it } from 'vitest';
import type { MatrixCell } from '../../lib/policy/types.ts';
import { mailMatrix, mailMatrixHtml, mailMatrixText, ROWS_MAX } from '../../lib/render/mailMatrix.ts';

const ON_THE_PAGE = 'on the page';
const cell = (
  principal: string,
  verb: MatrixCell['verb'],
  before: MatrixCell['before'],
  after: MatrixCell['after'],
) => ({ principal, verb, before, after });
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

const CELLS = [
  cell('b', 'read', 'yes', 'yes'),
  cell(role('App'), 'decrypt', 'no', 'yes'),
  cell(role('App'), 'grant', 'yes', 'conditional'),
  cell(role('App'), 'read', 'conditional', 'conditional'),
  cell('b', 'administer', 'no', 'no'),
];

describe('the picture in a mail', () => {
  it('puts those who change first, and keeps each cell of the text under its verb', () => {
    const matrix = mailMatrix(CELLS, ON_THE_PAGE);
    expect(mailMatrixText(matrix)).toBe(
      [
        '  decrypt  grant  administer  read',
        '111122223333 role/App',
        '  + –→●    − ●→◐              ◐',
        'b',
        '                  –           ●',
      ].join('\n'),
    );
    expect(matrix.legend).toMatch(/^1 gain, 1 loss\. ● may, ◐ under conditions or in part, – no\./);
    expect(matrix.left).toBeUndefined();
  });

  it('says where only a part of a verb changes', () => {
    const within = (verb: MatrixCell['verb'], is: 'gains' | 'loses' | 'changes') => ({
      ...cell('a', verb, 'conditional', 'conditional'),
      within: is,
    });
    const matrix = mailMatrix(
      [within('decrypt', 'gains'), within('grant', 'loses'), within('read', 'changes')],
      ON_THE_PAGE,
    );
    expect(mailMatrixText(matrix).split('\n').at(-1)).toBe('  + ◐      − ◐    ± ◐');
    expect(matrix.legend).toMatch(/^1 gain, 1 loss, 1 change\./);
    const markup = mailMatrixHtml(matrix).toString();
    for (const said of ['+ gains in part</b><br>◐<', '− loses in part</b><br>◐<', '± changes in part</b><br>◐<'])
      expect(markup).toContain(said);
  });

  it('says the same in HTML, in words and signs, with one cell for each verb', () => {
    const markup = mailMatrixHtml(mailMatrix(CELLS, ON_THE_PAGE)).toString();
    const rows = [...markup.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
      row
        .replace(/<\/t[hd]>/g, '|')
        .replace(/<br>/g, ' ')
        .replace(/<[^>]*>/g, ''),
    );
    expect(rows).toEqual([
      'Principal|decrypt|grant|administer|read|',
      '111122223333 role/App|+ gains –→●|− loses ●→◐||◐|',
      'b|||–|●|',
    ]);
    expect(markup).not.toMatch(/ class=|<style/);
  });

  it('is cut after twenty rows, and says how many are left and how many of them change', () => {
    const changed = (n: number) => Array.from({ length: n }, (_, i) => cell(role(`r${i}`), 'decrypt', 'no', 'yes'));
    const still = [cell('still', 'read', 'yes', 'yes'), cell('quiet', 'read', 'no', 'no')];
    const left = (n: number) => mailMatrix([...still, ...changed(n)], ON_THE_PAGE);
    expect(left(ROWS_MAX + 3).rows).toHaveLength(ROWS_MAX);
    expect(left(ROWS_MAX + 3).left).toBe('And 5 more principals on the page, 3 of whom gain or lose.');
    expect(left(ROWS_MAX + 3).legend).toMatch(/^23 gains, 0 losses/);
    expect(left(ROWS_MAX + 1).left).toBe('And 3 more principals on the page, 1 of whom gains or loses.');
    expect(left(ROWS_MAX).left).toBe('And 2 more principals on the page, none of whom gain or lose.');
    expect(mailMatrixText(left(ROWS_MAX + 3))).not.toContain('r20');
  });

  it('shows what cannot be seen, and lets nothing out of its row', () => {
    const name = '"><script>x</script>\u202e\n+ forged';
    const matrix = mailMatrix([cell(name, 'read', 'no', 'yes')], ON_THE_PAGE);
    const markup = mailMatrixHtml(matrix).toString();
    expect(markup).not.toMatch(/<script|\u202e/);
    expect(markup).toContain('‹U+202E›');
    expect(mailMatrixText(matrix).split('\n')).toEqual(['  read', '"><script>x</script>‹U+202E› + forged', '  + –→●']);
  });

  it('cuts a name that is too long, and says so', () => {
    const matrix = mailMatrix([cell(`x${'<'.repeat(30_000)}`, 'read', 'no', 'yes')], ON_THE_PAGE);
    expect(mailMatrixHtml(matrix).toString().length).toBeLessThan(1_500);
    expect(mailMatrixText(matrix)).toMatch(/^x<{74} \[\.\.\. 29,926 more characters\]$/m);
  });
});
