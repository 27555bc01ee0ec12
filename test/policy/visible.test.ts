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
    ['S"). No access changes (statement 1, "T', String.raw`"S\"). No access changes (statement 1, \"T"`],
    ['a\\"', String.raw`"a\\\""`],
    ['role\\', String.raw`"role\\"`],
  ])('shows %j as %j', (text, shown) => {
    expect(quote(text)).toBe(shown);
  });
  it('cuts what is too long, never through a character', () => {
    expect(quote('a'.repeat(120))).toBe(`"${'a'.repeat(120)}"`);
    expect(quote('a'.repeat(121))).toBe(`"${'a'.repeat(120)}…"`);
    expect(quote('é'.repeat(120))).toBe(`"${'é'.repeat(120)}"`);
    expect(quote(`${'a'.repeat(119)}\u{1f511}b`)).toBe(`"${'a'.repeat(119)}…"`);
    expect(quote(`\u{1f511}${'a'.repeat(119)}`)).toBe(`"\u{1f511}<U+1F511>${'a'.repeat(118)}…"`);
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

// Unicode Technical Standard 39, confusables: what is drawn like the letters, stars and separators of identifiers.
describe('a look-alike', () => {
  const drawn = (alikes: string, plain: string) =>
    expect([...alikes].map((one) => looksLike(`x${one}`))).toEqual([...alikes].map(() => `x${plain}`));
  it.each([
    ...[
      ['\u0430\u0251\u03b1', 'a'],
      ['\u0410\u0391', 'A'],
      ['\u0412\u0392', 'B'],
      ['\u0441\u03f2', 'c'],
      ['\u0421\u03f9', 'C'],
    ],
    ...[
      ['\u0501', 'd'],
      ['\u0435\u04bd', 'e'],
      ['\u0415\u0395', 'E'],
      ['\u0261', 'g'],
      ['\u04bb', 'h'],
      ['\u041d\u0397', 'H'],
    ],
    ...[
      ['\u0456\u0269\u03b9\u0131', 'i'],
      ['\u0406\u0399', 'I'],
      ['\u0458', 'j'],
      ['\u0408', 'J'],
      ['\u043a\u03ba', 'k'],
    ],
    ...[
      ['\u041a\u039a', 'K'],
      ['\u217c\u04cf', 'l'],
      ['\u043c\u217f', 'm'],
      ['\u041c\u039c', 'M'],
      ['\u039d', 'N'],
    ],
    ...[
      ['\u043e\u03bf\u03c3', 'o'],
      ['\u041e\u039f', 'O'],
      ['\u0440\u03c1', 'p'],
      ['\u0420\u03a1', 'P'],
      ['\u051b', 'q'],
    ],
    ...[
      ['\u0455', 's'],
      ['\u0405', 'S'],
      ['\u0422\u03a4', 'T'],
      ['\u03c5', 'u'],
      ['\u0475\u03bd', 'v'],
      ['\u051d', 'w'],
    ],
    ...[
      ['\u0445\u03c7', 'x'],
      ['\u0425\u03a7', 'X'],
      ['\u0443\u03b3', 'y'],
      ['\u0423\u03a5', 'Y'],
      ['\u0396', 'Z'],
    ],
    ...[
      ['\u2217\u204e', '*'],
      ['\u2215\u2044', '/'],
      ['\u2010\u2011\u2012\u2013\u2014\u2212', '-'],
      ['\u02d0\u2236', ':'],
    ],
  ])('%j of %s is seen', (alikes = '', plain = '') => drawn(alikes, plain));
  it('is not the letter itself, nor one with no letter like it', () => {
    expect(looksLike('toString')).toBeUndefined();
    expect(looksLike('\u044f\u0430')).toBeUndefined();
    expect(['xя', '\u200b', ''].map(looksLike)).toEqual([undefined, undefined, undefined]);
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
