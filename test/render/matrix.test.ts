import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MatrixCell } from '../../lib/policy/types.ts';
import { MATRIX_STYLE, matrixTable } from '../../lib/render/matrix.ts';

const APP = 'arn:aws:iam::111122223333:role/service-role/App';
const cell = (
  principal: string,
  verb: MatrixCell['verb'],
  before: MatrixCell['before'],
  after: MatrixCell['after'],
) => ({
  principal,
  verb,
  before,
  after,
});
/** What a reader hears: no tags, entities decoded, nothing that is hidden from screen readers. */
const heard = (markup: string): string =>
  markup
    .replace(/<span aria-hidden="true">[^<]*<\/span>/g, '')
    .replace(/<\/t[hd]>/g, ' | ')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/ +/g, ' ');
const rowsOf = (markup: string): string[] =>
  [...markup.matchAll(/<tr>.*?<\/tr>/gs)].map(([row]) => heard(row).trim().replace(/ \|$/, ''));

describe('matrixTable', () => {
  it('says in words what every cell is, what was gained or lost, and what it was before', () => {
    const markup = matrixTable([
      cell(APP, 'read', 'yes', 'yes'),
      cell(APP, 'decrypt', 'no', 'yes'),
      cell(APP, 'grant', 'yes', 'conditional'),
      cell(APP, 'delete', 'conditional', 'no'),
      cell(APP, 'encrypt', 'no', 'conditional'),
    ]);
    expect(rowsOf(markup)).toEqual([
      'Principal | decrypt | encrypt | grant | delete | read',
      '111122223333 role/service-role/App | may gains, before: no | conditional gains, before: no | conditional loses, before: may | no loses, before: conditional | may',
    ]);
    expect(heard(markup)).toContain('2 gains, 2 losses');
    for (const seen of ['● ', '◐ ', '– ', '+', '−'])
      expect(markup.slice(markup.indexOf('<tbody>'))).toContain(seen.trim());
  });
  it('says what is gained or lost within a verb that stays conditional', () => {
    const some = cell(APP, 'decrypt', 'conditional', 'conditional');
    const markup = matrixTable([
      { ...some, within: 'gains' },
      { ...some, verb: 'grant', within: 'changes' },
      { ...some, verb: 'read' },
    ]);
    expect(rowsOf(markup).at(-1)).toBe(
      '111122223333 role/service-role/App | conditional gains in part | conditional changes in part | conditional',
    );
    expect(heard(markup)).toContain('1 gain, 0 losses, 1 change.');
  });
  it('has headers for rows and columns, and the whole ARN as title', () => {
    const markup = matrixTable([cell(APP, 'sign', 'no', 'no')]);
    expect(markup).toContain(`<th scope="row" title="${APP}">`);
    expect(markup.match(/<th scope="col">/g)).toHaveLength(2);
    expect(markup).toContain('<caption>');
    expect(heard(markup)).toContain('0 gains, 0 losses');
  });
  it('puts those who change first, and claims nothing where there is no cell', () => {
    const markup = matrixTable([
      cell('a', 'read', 'yes', 'yes'),
      cell('b', 'read', 'no', 'no'),
      cell('c', 'decrypt', 'no', 'yes'),
    ]);
    expect(rowsOf(markup).slice(1)).toEqual(['c | may gains, before: no |', 'a | | may', 'b | | no']);
    expect(heard(markup)).toContain('1 gain, 0 losses');
  });
  it('takes the last of two cells for the same place', () => {
    expect(rowsOf(matrixTable([cell('a', 'read', 'no', 'yes'), cell('a', 'read', 'no', 'no')])).at(-1)).toBe('a | no');
  });
  it.each([
    ['*', 'everyone (*)'],
    ['arn:aws:iam::444455556666:root', 'account 444455556666'],
    ['arn:aws-cn:iam::444455556666:user/Ana', '444455556666 user/Ana'],
    ['arn:aws:sts::444455556666:assumed-role/App/x', '444455556666 assumed-role/App/x'],
    ['Service:logs.us-east-1.amazonaws.com', 'Service:logs.us-east-1.amazonaws.com'],
    ['arn:aws:s3:::b', 'arn:aws:s3:::b'],
  ])('calls %s %s', (principal, name) => {
    expect(rowsOf(matrixTable([cell(principal, 'read', 'no', 'no')])).at(-1)).toBe(`${name} | no`);
  });
  it('calls two principals by their ARN when their short names would be the same', () => {
    const there = APP.replace('arn:aws:', 'arn:aws-cn:');
    const markup = matrixTable([cell(APP, 'read', 'no', 'no'), cell(there, 'read', 'no', 'no')]);
    expect(rowsOf(markup).slice(1)).toEqual([`${APP} | no`, `${there} | no`]);
  });
  it('shows what cannot be seen, and lets nothing out of its cell', () => {
    const markup = matrixTable([cell('"><script>alert(1)</script>\u202e', 'read', 'no', 'no')]);
    expect(markup).not.toContain('<script');
    expect(markup).not.toContain('\u202e');
    expect(markup).toContain('‹U+202E›');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (principal) => {
        const tags = matrixTable([cell(principal, 'read', 'no', 'yes')]).match(/<[^>]*>/g);
        const expected = matrixTable([cell('x', 'read', 'no', 'yes')]).match(/<[^>]*>/g);
        expect(tags?.map((tag) => tag.replace(/ title="[^"]*"/, ''))).toEqual(
          expected?.map((tag) => tag.replace(' title="x"', '')),
        );
      }),
    );
  });
  it('needs no inline style, and every class that it uses is styled', () => {
    const markup = matrixTable([cell(APP, 'read', 'no', 'yes'), cell(APP, 'sign', 'yes', 'no')]);
    expect(markup).not.toMatch(/ style=/);
    for (const name of ['matrix', 'gains', 'loses', 'change', 'unseen']) expect(MATRIX_STYLE).toContain(`.${name}{`);
    expect(MATRIX_STYLE).not.toMatch(/url\(|@import|</);
  });
  it('is nothing for no cells', () => expect(matrixTable([])).toBe(''));
});
