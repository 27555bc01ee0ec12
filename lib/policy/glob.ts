/**
 * Whether a text is of a pattern in which `*` stands for any run of characters and `?` for one. Iterative: time is at most
 * the product of both lengths, whatever the pattern.
 */
export function globMatches(pattern: string, text: string): boolean {
  return walk(pattern, text, false);
}

/**
 * Whether every text of the pattern `narrow` is surely also of the pattern `wide`. Sound, not complete: `false` may also mean
 * that it was not seen.
 */
export function globWithin(narrow: string, wide: string): boolean {
  return walk(wide, narrow, true);
}

/** Whether no text is of both patterns, as far as their fixed beginnings and ends show it. */
export function globsDisjoint(a: string, b: string): boolean {
  return (
    differ([...fixedStart(a)], [...fixedStart(b)]) || differ([...fixedEnd(a)].reverse(), [...fixedEnd(b)].reverse())
  );
}

/** A text of the pattern: every `*` is left empty or filled in, every `?` becomes one character. */
export function globSample(pattern: string, filling: string): string {
  return pattern.replaceAll('*', filling).replaceAll('?', 'x');
}

/** When `text` is itself a pattern, its `*` can only be met by a `*`, and its `?` by a `?` or a `*`. */
function walk(pattern: string, text: string, textIsPattern: boolean): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const want = pattern[p];
    const have = text[t];
    if (want === '*') {
      star = p++;
      if (p === pattern.length) return true;
      resume = t;
    } else if (want === have || (want === '?' && !(textIsPattern && have === '*'))) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

function fixedStart(pattern: string): string {
  return pattern.replace(/\*.*/s, '');
}

function fixedEnd(pattern: string): string {
  return pattern.slice(pattern.lastIndexOf('*') + 1);
}

/** Two beginnings that no text can share. One without any `*` behind it is compared as far as the shorter one goes. */
function differ(a: readonly string[], b: readonly string[]): boolean {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i] && a[i] !== '?' && b[i] !== '?') return true;
  }
  return false;
}
