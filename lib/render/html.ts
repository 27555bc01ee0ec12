/** Markup that is safe to send: made by `html`, or a constant of this program that `trusted` marked. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What may stand in a hole of the template. Nothing is printed for null, undefined and false. */
export type Hole = Html | string | number | null | undefined | false | readonly Hole[];

/**
 * Markup with every value escaped, for text and for attributes in quotes: html`<p title="${a}">${b}</p>`. Values that are
 * `Html` already, and lists of them, are set in as they are; there is no other way around the escape.
 */
export function html(strings: TemplateStringsArray, ...holes: Hole[]): Html {
  return new Html(strings.reduce((markup, text, i) => markup + print(holes[i - 1]) + text));
}

function print(hole: Hole): string {
  if (hole === null || hole === undefined || hole === false) return '';
  if (hole instanceof Html) return hole.toString();
  if (Array.isArray(hole)) return hole.map(print).join('');
  return escapeHtml(String(hole));
}

/** Only for constants of this program, such as the style sheet; never for anything that came from outside. */
export const trusted = (markup: string): Html => new Html(markup);

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Text made inert for HTML, in an element or in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"'`]/g, (char) => ESCAPES[char] ?? char);
