const utf8 = new TextEncoder();

/** UTF-8 bytes of a text. */
export const bytesOf = (text: string): number => utf8.encode(text).length;

/**
 * A text as it is printed, at most `max` UTF-8 bytes of it; where it is cut, it says how many characters are left out.
 *
 * @param print How each character is printed: escaped, or with what is unseen made visible. Must work character by character.
 * @param max Of what `print` gives, without the note at the end.
 * @returns The text itself when it fits, else its beginning and `[... N more characters]`; not printed yet.
 */
export function clip(text: string, print: (text: string) => string, max: number): string {
  if (bytesOf(print(text)) <= max) return text;
  const chars = [...text];
  let bytes = 0;
  let end = 0;
  for (const char of chars) {
    bytes += bytesOf(print(char));
    if (bytes > max) break;
    end += 1;
  }
  return `${chars.slice(0, end).join('')} [... ${(chars.length - end).toLocaleString('en-US')} more characters]`;
}
