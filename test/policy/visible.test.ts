import { describe, expect, it } from 'vitest';
import { firstInvisible, looksLike, quote } from '../../lib/policy/document/visible.ts';

describe('quote', () => {
  it.each([
    ['plain', '"plain"'],
    ['Clé ÿ', '"Clé ÿ"'],
    ['a\u202eb', '"a<U+202E>b"'],
    ['a\u00a0b\u00ad', '"a<U+00A0>b<U+00AD>"'],
    ['line\nbreak', '"line<U+000A>break"'],
    ['\u0430dmin', '"\u0430<U+0430>dmin"'],
    ['\u{1f511}', '"\u{1f511}<U+1F511>"'],
    ['\u{e0041}', '"<U+E0041>"'],
  ])('shows %j as %j', (text, shown) => {
    expect(quote(text)).toBe(shown);
  });
  it('cuts what is too long, never through a character', () => {
    expect(quote('a'.repeat(120))).toBe(`"${'a'.repeat(120)}"`);
    expect(quote('a'.repeat(121))).toBe(`"${'a'.repeat(120)}…"`);
    expect(quote(`${'a'.repeat(119)}\u{1f511}b`).isWellFormed()).toBe(true);
  });
});

describe('looksLike', () => {
  it.each([
    ['\u0430dmin', 'admin'],
    ['role/\u0410\u0440\u0440', 'role/App'],
    ['\u212ams:Decrypt', 'Kms:Decrypt'],
    ['ｋｍｓ:Decrypt', 'kms:Decrypt'],
    ['kms:Dec\u200brypt', 'kms:Decrypt'],
    ['kms:Decrypt\u00ad', 'kms:Decrypt'],
    ['Zoë', 'Zoe'],
  ])('sees what %j is drawn like', (text, plain) => {
    expect(looksLike(text)).toBe(plain);
  });
  it.each(['kms:Decrypt', 'ключ', '日本'])('leaves %j alone', (text) => {
    expect(looksLike(text)).toBeUndefined();
  });
});

describe('firstInvisible', () => {
  it.each([
    0x00, 0x09, 0x7f, 0x85, 0xa0, 0xad, 0x61c, 0x115f, 0x180e, 0x200b, 0x200d, 0x202e, 0x2028, 0x2066, 0x3000, 0x3164,
    0xfe0f, 0xfeff, 0xe0041,
  ])('sees U+%i', (point) => {
    expect(firstInvisible(`a${String.fromCodePoint(point)}b`)).toBe(point);
  });
  it.each(['a b', 'Größe', 'привет', '日本', '"\\'])('sees nothing in %j', (text) => {
    expect(firstInvisible(text)).toBeUndefined();
  });
});
