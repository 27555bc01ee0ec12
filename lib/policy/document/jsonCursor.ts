import type { Finding } from '../types.ts';
import { codePoint, type JsonPlace, type JsonString } from './jsonNode.ts';
import { quote } from './visible.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Thrown where reading ends, and caught in `parseJson`. */
export class Refusal extends Error {
  readonly finding: Finding;
  constructor(finding: Finding) {
    super(finding.message);
    this.finding = finding;
  }
}

/** A place in a JSON text that moves on: white space, strings, and the line and column of what is wrong. */
export class JsonCursor {
  readonly findings: Finding[] = [];
  protected readonly text: string;
  protected at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.text = text;
  }

  protected string(pointer: string): JsonString {
    const start = this.at;
    const line = this.#line;
    const column = start - this.#lineStart + 1;
    const value = this.#decoded(pointer);
    return {
      kind: 'string',
      value,
      raw: this.text.slice(start, this.at),
      pointer,
      start,
      end: this.at,
      line,
      column,
    };
  }

  #decoded(pointer: string): string {
    const text = this.text;
    const column = this.at - this.#lineStart + 1;
    let at = this.at + 1;
    let from = at;
    let value = '';
    let escaped = false;
    for (;;) {
      const unit = text.charCodeAt(at);
      if (unit === 0x22) break;
      if (unit === 0x5c) {
        value += text.slice(from, at);
        this.at = at;
        value += this.#escape(pointer);
        escaped = true;
        at = this.at;
        from = at;
      } else if (unit >= 0x20) {
        at += 1;
      } else {
        this.at = at;
        if (at >= text.length) this.refuse('JSON_SYNTAX', 'The text ends inside a string.', pointer);
        this.refuse('JSON_CONTROL_CHARACTER', `The control character ${codePoint(unit)} stands in a string.`, pointer);
      }
    }
    this.at = at + 1;
    if (!escaped) return text.slice(from, at);
    value += text.slice(from, at);
    // The text is well-formed: only an escape can be half of a pair.
    if (!value.isWellFormed()) {
      this.findings.push({
        code: 'JSON_LONE_SURROGATE',
        severity: 'error',
        message: 'An escape in this string is half of a surrogate pair, which is no character.',
        path: pointer,
        line: this.#line,
        column,
      });
    }
    return value;
  }

  #escape(pointer: string): string {
    const letter = this.text[this.at + 1] ?? '';
    const simple = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (simple !== undefined) {
      this.at += 2;
      return simple;
    }
    const hex = this.text.slice(this.at + 2, this.at + 6);
    if (letter !== 'u' || !/[0-9A-Fa-f]{4}/.test(hex)) {
      this.refuse('JSON_SYNTAX', `\\${letter} begins no escape that JSON has.`, pointer);
    }
    const unit = Number.parseInt(hex, 16);
    if (unit === 0) this.refuse('JSON_CONTROL_CHARACTER', 'The escape \\u0000 stands in a string.', pointer);
    this.at += 6;
    return String.fromCharCode(unit);
  }

  protected space(pointer: string): void {
    for (;;) {
      switch (this.text.charCodeAt(this.at)) {
        case 0x20:
        case 0x09:
          this.at += 1;
          break;
        case 0x0d:
          this.at += 1;
          if (this.text.charCodeAt(this.at) !== 0x0a) this.#newLine();
          break;
        case 0x0a:
          this.at += 1;
          this.#newLine();
          break;
        default:
          if (this.text[this.at] === '/') this.refuse('JSON_COMMENT', 'JSON has no comments.', pointer);
          return;
      }
    }
  }

  #newLine(): void {
    this.#line += 1;
    this.#lineStart = this.at;
  }

  protected place(pointer: string): JsonPlace {
    const start = this.at;
    return { pointer, start, end: start, line: this.#line, column: start - this.#lineStart + 1 };
  }

  protected seen(): string {
    const point = this.text.codePointAt(this.at);
    return point === undefined ? 'the end of the text' : quote(String.fromCodePoint(point));
  }

  protected refuse(code: string, message: string, path: string): never {
    const column = this.at - this.#lineStart + 1;
    throw new Refusal({ code, severity: 'error', message, path, line: this.#line, column });
  }
}
