import type { Finding } from '../types.ts';
import {
  codePoint,
  escapePointer,
  type JsonArray,
  type JsonLiteral,
  type JsonMember,
  type JsonNode,
  type JsonNumber,
  type JsonObject,
  type JsonPlace,
  type JsonString,
} from './jsonNode.ts';
import { quote } from './visible.ts';

export * from './jsonNode.ts';

/** Bounds that keep a small text from costing much. Defaults in `DEFAULT_LIMITS`. */
export interface JsonLimits {
  /** Bytes of a Uint8Array, UTF-16 code units of a string. */
  maxLength?: number;
  /** Nested arrays and objects. Never more than 256, whatever is asked for. */
  maxDepth?: number;
  /** Values of every kind, in all. */
  maxNodes?: number;
}

export type JsonResult = { ok: true; node: JsonNode; text: string } | { ok: false; findings: Finding[] };

export const DEFAULT_LIMITS: Required<JsonLimits> = { maxLength: 1_048_576, maxDepth: 64, maxNodes: 100_000 };

const DEEPEST = 256;
const MOST_DUPLICATES = 20;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const NUMBER_LIKE = /[-+.0-9A-Za-z_]+/y;
/** Neither escapes nor what must be escaped. */
const PLAIN = /^[ -[\]-\uffff]*$/;
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

class Refusal extends Error {
  readonly finding: Finding;
  constructor(finding: Finding) {
    super(finding.message);
    this.finding = finding;
  }
}

/**
 * Reads a JSON text (RFC 8259) strictly: what two parsers could read in two ways is refused, because what was approved must
 * be what KMS reads. Refused: names given twice in one object (compared after decoding), lone surrogates, U+0000, a byte
 * order mark, invalid UTF-8, comments, text after the value, and anything beyond the limits. Never throws.
 *
 * @param input UTF-8 bytes, or a string that was decoded elsewhere.
 * @returns The tree with the text it was read from, or at least one finding. Findings here carry no `aws` name.
 * @example
 * const result = parseJson('{"Version":"2012-10-17"}');
 * if (result.ok) toValue(result.node);
 */
export function parseJson(input: string | Uint8Array, limits: JsonLimits = {}): JsonResult {
  const bounds = { ...DEFAULT_LIMITS, ...limits };
  if (input.length > bounds.maxLength) {
    const unit = typeof input === 'string' ? 'characters' : 'bytes';
    const message = `The text has ${input.length} ${unit}; at most ${bounds.maxLength} are read.`;
    return { ok: false, findings: [{ code: 'JSON_TOO_LARGE', severity: 'error', message, path: '' }] };
  }
  try {
    const text = typeof input === 'string' ? input : decode(input);
    if (!text.isWellFormed()) {
      throw new Refusal({
        code: 'JSON_LONE_SURROGATE',
        severity: 'error',
        message: 'The text holds half of a surrogate pair, which is no character.',
        path: '',
      });
    }
    const parser = new Parser(text, bounds);
    const node = parser.document();
    return parser.findings.length > 0 ? { ok: false, findings: parser.findings } : { ok: true, node, text };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, findings: [error.finding] };
    throw error;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal({
      code: 'JSON_NOT_UTF8',
      severity: 'error',
      message: 'The bytes are not valid UTF-8.',
      path: '',
    });
  }
}

/** One pass over the text. Recursion is bounded by the depth limit. */
class Parser {
  readonly findings: Finding[] = [];
  readonly #text: string;
  readonly #limits: Required<JsonLimits>;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #depth = 0;
  #nodes = 0;

  constructor(text: string, limits: Required<JsonLimits>) {
    this.#text = text;
    this.#limits = { ...limits, maxDepth: Math.min(limits.maxDepth, DEEPEST) };
  }

  document(): JsonNode {
    if (this.#text.charCodeAt(0) === 0xfeff) {
      this.#refuse('JSON_BYTE_ORDER_MARK', 'The text begins with a byte order mark.', '');
    }
    this.#space('');
    if (this.#at >= this.#text.length) this.#refuse('JSON_EMPTY', 'The text holds no JSON value.', '');
    const node = this.#value('');
    this.#space('');
    if (this.#at < this.#text.length) {
      this.#refuse('JSON_TRAILING_TEXT', `${this.#seen()} follows the end of the document.`, '');
    }
    return node;
  }

  #value(pointer: string): JsonNode {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.maxNodes) {
      this.#refuse('JSON_TOO_MANY_VALUES', `More than ${this.#limits.maxNodes} values.`, pointer);
    }
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(pointer);
      case '[':
        return this.#array(pointer);
      case '"':
        return this.#string(pointer);
      case 't':
        return this.#literal(pointer, 'true', true);
      case 'f':
        return this.#literal(pointer, 'false', false);
      case 'n':
        return this.#literal(pointer, 'null', null);
      default:
        return this.#number(pointer);
    }
  }

  #object(pointer: string): JsonObject {
    const { start, line, column } = this.#enter(pointer);
    const members: JsonMember[] = [];
    const names = new Set<string>();
    if (!this.#closes('}', pointer)) {
      do {
        this.#space(pointer);
        if (this.#text[this.#at] !== '"') {
          this.#refuse('JSON_SYNTAX', `A name in double quotes must stand here, not ${this.#seen()}.`, pointer);
        }
        const name = this.#string(pointer);
        name.pointer = `${pointer}/${escapePointer(name.value)}`;
        if (names.has(name.value)) this.#duplicate(name);
        names.add(name.value);
        this.#space(pointer);
        if (this.#text[this.#at] !== ':') {
          this.#refuse(
            'JSON_SYNTAX',
            `A colon must follow the name ${quote(name.value)}, not ${this.#seen()}.`,
            name.pointer,
          );
        }
        this.#at += 1;
        this.#space(pointer);
        members.push({ name, value: this.#value(name.pointer) });
      } while (this.#more('}', pointer));
    }
    this.#depth -= 1;
    return { kind: 'object', members, pointer, start, end: this.#at, line, column };
  }

  #array(pointer: string): JsonArray {
    const { start, line, column } = this.#enter(pointer);
    const items: JsonNode[] = [];
    if (!this.#closes(']', pointer)) {
      do {
        this.#space(pointer);
        items.push(this.#value(`${pointer}/${items.length}`));
      } while (this.#more(']', pointer));
    }
    this.#depth -= 1;
    return { kind: 'array', items, pointer, start, end: this.#at, line, column };
  }

  #enter(pointer: string): Pick<JsonPlace, 'start' | 'line' | 'column'> {
    this.#depth += 1;
    if (this.#depth > this.#limits.maxDepth) {
      this.#refuse('JSON_TOO_DEEP', `Nested more than ${this.#limits.maxDepth} levels deep.`, pointer);
    }
    const start = this.#at++;
    return { start, line: this.#line, column: start - this.#lineStart + 1 };
  }

  #closes(bracket: string, pointer: string): boolean {
    this.#space(pointer);
    if (this.#text[this.#at] !== bracket) return false;
    this.#at += 1;
    return true;
  }

  #more(bracket: string, pointer: string): boolean {
    if (this.#closes(bracket, pointer)) return false;
    if (this.#text[this.#at] !== ',') {
      this.#refuse('JSON_SYNTAX', `A comma or ${bracket} must stand here, not ${this.#seen()}.`, pointer);
    }
    this.#at += 1;
    return true;
  }

  #string(pointer: string): JsonString {
    const start = this.#at;
    const line = this.#line;
    const column = start - this.#lineStart + 1;
    const quote = this.#text.indexOf('"', start + 1);
    let value = quote < 0 ? '' : this.#text.slice(start + 1, quote);
    if (quote >= 0 && PLAIN.test(value)) this.#at = quote + 1;
    else value = this.#escapedString(pointer);
    return {
      kind: 'string',
      value,
      raw: this.#text.slice(start, this.#at),
      pointer,
      start,
      end: this.#at,
      line,
      column,
    };
  }

  /** A string that is not as simple as most: it has escapes, or something is wrong with it. */
  #escapedString(pointer: string): string {
    const text = this.#text;
    const column = this.#at - this.#lineStart + 1;
    let at = this.#at + 1;
    let from = at;
    let value = '';
    for (;;) {
      const unit = text.charCodeAt(at);
      if (unit === 0x22) break;
      if (unit === 0x5c) {
        value += text.slice(from, at);
        this.#at = at;
        value += this.#escape(pointer);
        at = this.#at;
        from = at;
      } else if (unit >= 0x20) {
        at += 1;
      } else {
        this.#at = Math.min(at, text.length);
        if (at >= text.length) this.#refuse('JSON_SYNTAX', 'The text ends inside a string.', pointer);
        this.#refuse('JSON_CONTROL_CHARACTER', `The control character ${codePoint(unit)} stands in a string.`, pointer);
      }
    }
    value += text.slice(from, at);
    this.#at = at + 1;
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
    const letter = this.#text[this.#at + 1] ?? '';
    const simple = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (simple !== undefined) {
      this.#at += 2;
      return simple;
    }
    const hex = this.#text.slice(this.#at + 2, this.#at + 6);
    if (letter !== 'u' || !/^[0-9A-Fa-f]{4}$/.test(hex)) {
      this.#refuse('JSON_SYNTAX', `\\${letter} begins no escape that JSON has.`, pointer);
    }
    const unit = Number.parseInt(hex, 16);
    if (unit === 0) this.#refuse('JSON_CONTROL_CHARACTER', 'The escape \\u0000 stands in a string.', pointer);
    this.#at += 6;
    return String.fromCharCode(unit);
  }

  #number(pointer: string): JsonNumber {
    const place = this.#place(pointer);
    NUMBER_LIKE.lastIndex = this.#at;
    const word = NUMBER_LIKE.exec(this.#text)?.[0];
    if (word === undefined) this.#refuse('JSON_SYNTAX', `A value must stand here, not ${this.#seen()}.`, pointer);
    NUMBER.lastIndex = this.#at;
    const raw = NUMBER.exec(this.#text)?.[0];
    if (raw !== word || !Number.isFinite(Number(raw))) {
      this.#refuse(
        /^[-+.]?[0-9]/.test(word) ? 'JSON_NUMBER' : 'JSON_SYNTAX',
        `${quote(word)} is no JSON value.`,
        pointer,
      );
    }
    this.#at += raw.length;
    return { kind: 'number', raw, ...place, end: this.#at };
  }

  #literal(pointer: string, word: string, value: boolean | null): JsonLiteral | JsonNumber {
    const next = this.#text[this.#at + word.length] ?? '';
    // A longer word, such as "nullable", goes the way of every other unknown word.
    if (!this.#text.startsWith(word, this.#at) || /[-+.0-9A-Za-z_]/.test(next)) return this.#number(pointer);
    const place = this.#place(pointer);
    this.#at += word.length;
    return { kind: value === null ? 'null' : 'boolean', value, raw: word, ...place, end: this.#at };
  }

  #space(pointer: string): void {
    for (;;) {
      switch (this.#text.charCodeAt(this.#at)) {
        case 0x20:
        case 0x09:
          this.#at += 1;
          break;
        case 0x0d:
          this.#at += 1;
          if (this.#text.charCodeAt(this.#at) !== 0x0a) this.#newLine();
          break;
        case 0x0a:
          this.#at += 1;
          this.#newLine();
          break;
        default:
          if (this.#text[this.#at] === '/') this.#refuse('JSON_COMMENT', 'JSON has no comments.', pointer);
          return;
      }
    }
  }

  #newLine(): void {
    this.#line += 1;
    this.#lineStart = this.#at;
  }

  #place(pointer: string): JsonPlace {
    const start = this.#at;
    return { pointer, start, end: start, line: this.#line, column: start - this.#lineStart + 1 };
  }

  #duplicate(name: JsonString): void {
    if (this.findings.length >= MOST_DUPLICATES) return;
    this.findings.push({
      code: 'JSON_DUPLICATE_NAME',
      severity: 'error',
      message: `The name ${quote(name.value)} stands twice in one object; which of the two counts is left to the reader.`,
      path: name.pointer,
      line: name.line,
      column: name.column,
      fix: 'Remove one of the two.',
    });
  }

  #seen(): string {
    const point = this.#text.codePointAt(this.#at);
    return point === undefined ? 'the end of the text' : quote(String.fromCodePoint(point));
  }

  #refuse(code: string, message: string, path: string): never {
    const column = this.#at - this.#lineStart + 1;
    throw new Refusal({ code, severity: 'error', message, path, line: this.#line, column });
  }
}
