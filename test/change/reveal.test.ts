import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reveal, revealIdentifier, revealSentence } from '../../lib/change/reveal.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', '‹', '›', 'U+202E', '\u202e', '\u200b', '\u00ad', '\ud800', 'а', '“', '\n') }),
);

/** The way back, so that two different texts can never look alike. */
const conceal = (text: string): string =>
  text.replace(/‹U\+([0-9A-F]{4,6})›/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));

describe('revealing what a reader cannot see', () => {
  it.each([
    ['right-to-left override', 'ab\u202ecd', 'ab‹U+202E›cd'],
    ['isolates', '\u2066x\u2069', '‹U+2066›x‹U+2069›'],
    ['zero-width space and joiners', 'a\u200b\u200c\u200db', 'a‹U+200B›‹U+200C›‹U+200D›b'],
    ['byte order mark', '\ufeffa', '‹U+FEFF›a'],
    ['soft hyphen', 'a\u00adb', 'a‹U+00AD›b'],
    ['next line', 'a\u0085b', 'a‹U+0085›b'],
    ['line separator', 'a\u2028b', 'a‹U+2028›b'],
    ['Hangul filler', 'a\u3164b', 'a‹U+3164›b'],
    ['tag characters', 'a\u{e0041}b', 'a‹U+E0041›b'],
    ['escape of a terminal', 'a\u001b[31mb', 'a‹U+001B›[31mb'],
    ['carriage return', 'a\rb', 'a‹U+000D›b'],
    ['lone surrogate', 'a\ud800b', 'a‹U+D800›b'],
    ['the notation itself, written by hand', 'a‹U+202E›b', 'a‹U+2039›U+202E›b'],
  ])('shows the %s', (_, text, shown) => {
    expect(reveal(text)).toBe(shown);
  });

  it('leaves the letters of every script, line breaks and tabs in prose', () => {
    const prose = 'Für Łódź, 東京 и Москва:\n\t“Δ” is fine – really… 🙂';
    expect(reveal(prose)).toBe(prose);
  });

  it('leaves only printable ASCII in names', () => {
    expect(revealIdentifier('arn:aws:iam::111122223333:role/\u0430dmin')).toBe(
      'arn:aws:iam::111122223333:role/‹U+0430›dmin',
    );
    expect(revealIdentifier('a b\u00a0c')).toBe('a b‹U+00A0›c');
  });

  it('leaves our own punctuation in sentences, and no foreign letter', () => {
    expect(revealSentence('Statement 1 “\u0430” – yes')).toBe('Statement 1 “‹U+0430›” – yes');
  });

  it.each([
    ['reveal', reveal],
    ['revealIdentifier', revealIdentifier],
    ['revealSentence', revealSentence],
  ])('%s can be undone, so no two texts look alike', (_, show) => {
    fc.assert(fc.property(anyText, (text) => conceal(show(text)) === text));
  });

  it('never lets through what changes how the rest is read', () => {
    const dangerous = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
    fc.assert(fc.property(anyText, (text) => !dangerous.test(reveal(text).replace(/[\n\t]/g, ''))));
  });
});
