/**
 * Lower case for A to Z alone. `toLowerCase` also maps U+212A (the Kelvin sign) to `k`, so that `Kms:Decrypt` spelled with it
 * would pass for an action that KMS does not see in it.
 */
export function lowerAscii(text: string): string {
  return ASCII.test(text) ? text.toLowerCase() : text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const ASCII = /^[\0-\x7f]*$/;

/** Order by UTF-16 code unit, the same in every locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorted by code unit, without repetitions. */
export function sortedSet(values: Iterable<string>): string[] {
  return [...new Set(values)].sort(byCodeUnit);
}
