import { codePoint } from './jsonNode.ts';

/** Characters that a reader cannot see, takes for a plain space, or that turn the direction of what follows (CVE-2021-42574). */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Variation_Selector}\u115f\u1160\u2800\u3164\uffa0]|(?! )\p{Zs}/u;
const INVISIBLE_ALL = new RegExp(INVISIBLE.source, 'gu');
const LONGEST = 120;
/** Printable ASCII but for what would end the quotes, or seem to. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** The first character of a text that a reader cannot see, as a code point. */
export function firstInvisible(text: string): number | undefined {
  return INVISIBLE.exec(text)?.[0].codePointAt(0);
}

/**
 * A piece of a document for use in a message: in double quotes, at most 120 characters, with every invisible character and
 * every one beyond Latin-1 followed or replaced by its code point, so that a look-alike cannot hide in the message either. A
 * quote or backslash in it has a backslash before it, so that it cannot end its quotes and go on as a sentence of ours.
 */
export function quote(text: string): string {
  if (text.length <= LONGEST && PLAIN.test(text)) return `"${text}"`;
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, '')}…` : text;
  const shown = short
    .replace(/["\\]/g, '\\$&')
    .replace(INVISIBLE_ALL, (character) => `<${codePoint(character.codePointAt(0) ?? 0)}>`)
    .replace(/[^\0-\u00ff…]/gu, (character) => `${character}<${codePoint(character.codePointAt(0) ?? 0)}>`);
  return `"${shown}"`;
}

/** ASCII letters that some Cyrillic, Greek and other letters are drawn like. */
const LOOK_ALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    a: 'аɑα',
    A: 'АΑ',
    B: 'ВΒ',
    c: 'сϲ',
    C: 'СϹ',
    d: 'ԁ',
    e: 'еҽ',
    E: 'ЕΕ',
    g: 'ɡ',
    h: 'һ',
    H: 'НΗ',
    i: 'іɩιı',
    I: 'ІΙ',
    j: 'ј',
    J: 'Ј',
    k: 'кκ',
    K: 'КΚ',
    l: 'ⅼӏ',
    m: 'мⅿ',
    M: 'МΜ',
    N: 'Ν',
    o: 'оοσ',
    O: 'ОΟ',
    p: 'рρ',
    P: 'РΡ',
    q: 'ԛ',
    s: 'ѕ',
    S: 'Ѕ',
    T: 'ТΤ',
    u: 'υ',
    v: 'ѵν',
    w: 'ԝ',
    x: 'хχ',
    X: 'ХΧ',
    y: 'уγ',
    Y: 'УΥ',
    Z: 'Ζ',
    '*': '∗⁎',
    '/': '∕⁄',
    '-': '‐‑‒–—−',
    ':': 'ː∶',
  }).flatMap(([letter, alikes]) => [...alikes].map((alike) => [alike, letter])),
);

/** What a text looks like to a reader, in ASCII, or undefined when it does not look like ASCII at all. */
export function looksLike(text: string): string | undefined {
  // Before NFKD too: it makes another letter of some, such as the lunate sigma.
  const whole = drawn(text.replace(INVISIBLE_ALL, ''));
  const plain = drawn(whole.normalize('NFKD')).replace(/\p{M}/gu, '');
  return /^[ -~]+$/.test(plain) && plain !== text ? plain : undefined;
}

function drawn(text: string): string {
  return [...text]
    .map((character) => (Object.hasOwn(LOOK_ALIKES, character) ? LOOK_ALIKES[character] : character))
    .join('');
}
