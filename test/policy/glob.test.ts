import { describe, expect, it, test } from 'vitest';
import { globMatches, globSample, globsDisjoint, globWithin } from '../../lib/policy/glob.ts';

/** All texts of up to `length` of these characters. */
function textsOf(characters: string, length: number): string[] {
  if (length === 0) return [''];
  const shorter = textsOf(characters, length - 1);
  const longest = shorter.filter((text) => text.length === length - 1);
  return [...shorter, ...longest.flatMap((text) => [...characters].map((one) => text + one))];
}
const PATTERNS = textsOf('ab*?', 4);
const TEXTS = textsOf('abc', 5);
const expression = (pattern: string): RegExp => new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);

describe('every pattern of up to four characters', () => {
  const taken = new Map(PATTERNS.map((pattern) => [pattern, TEXTS.filter((text) => expression(pattern).test(text))]));
  it('matches the texts that the same regular expression does', () => {
    for (const pattern of PATTERNS) {
      expect([pattern, TEXTS.filter((text) => globMatches(pattern, text))]).toEqual([pattern, taken.get(pattern)]);
    }
  });
  it('is within another one, or apart from it, only if that is so of all texts', () => {
    const short = PATTERNS.filter(({ length }) => length < 4);
    for (const a of short) {
      const sets = taken.get(a) ?? [];
      for (const b of short) {
        const other = expression(b);
        if (globWithin(a, b)) expect([a, b, sets.every((text) => other.test(text))]).toEqual([a, b, true]);
        if (globsDisjoint(a, b)) expect([a, b, sets.some((text) => other.test(text))]).toEqual([a, b, false]);
      }
    }
  });
});

test.each([
  ['', '', true],
  ['', '*', true],
  ['a*b', 'a*', true],
  ['a*b', '*b', true],
  ['a*b*c', 'a*c', true],
  ['a?c', 'a*c', true],
  ['a?c', '???', true],
  ['a?c', 'a?c', true],
  ['*a*', '*', true],
  ['a**b', 'a*b', true],
  ['a*', 'a?', false],
  ['*', '?', false],
  ['?', 'a', false],
  ['a', 'ab', false],
  ['ab', 'a', false],
  ['*a', 'a*', false],
])('%o within %o: %s', (narrow, wide, within) => expect(globWithin(narrow, wide)).toBe(within));

test.each([
  ['a*', 'b*', true],
  ['*a', '*b', true],
  ['xa', '*b', true],
  ['a?x*', 'b*', true],
  ['?b*', '?c*', true],
  ['*xa?', '*b?', true],
  ['?a', '?b', true],
  ['a*', 'ab*', false],
  ['?', 'a', false],
  ['a?', '?b', false],
  ['*', 'a', false],
  ['a*b', 'a', true],
  ['', 'a', false],
])('%o apart from %o: %s', (a, b, apart) => {
  expect([globsDisjoint(a, b), globsDisjoint(b, a)]).toEqual([apart, apart]);
});

it('has a text with its stars filled in', () => {
  expect(globSample('*a?*', 'xy')).toBe('xyaxxy');
  expect(globSample('*a?*', '')).toBe('ax');
});

it('takes a star of the text as any other character', () => expect(globMatches('a?', 'a*')).toBe(true));
