import { JsonCursor } from './jsonCursor.ts';
import {
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

/** Bounds that keep a small text from costing much. Defaults in `DEFAULT_LIMITS`. */
export interface JsonLimits {
  /** Bytes of a Uint8Array, UTF-16 code units of a string. */
  maxLength?: number;
  /** Nested arrays and objects. Never more than 256, whatever is asked for. */
  maxDepth?: number;
  /** Values of every kind, in all. */
  maxNodes?: number;
}

const DEEPEST = 256;
const MOST_DUPLICATES = 20;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const NUMBER_LIKE = /[-+.0-9A-Za-z_]+/y;

/** The names of one object. Most have few, which are found faster in a list than in a set. */
class Names {
  static readonly #FEW = 12;
  readonly #list: string[] = [];
  #set: Set<string> | undefined;

  /** False when the name is there already. */
  add(name: string): boolean {
    if (this.#set === undefined && this.#list.length === Names.#FEW) this.#set = new Set(this.#list);
    if (this.#set?.has(name) ?? this.#list.includes(name)) return false;
    if (this.#set === undefined) this.#list.push(name);
    else this.#set.add(name);
    return true;
  }
}

/** One pass over the text. Recursion is bounded by the depth limit. */
export class JsonParser extends JsonCursor {
  readonly #limits: Required<JsonLimits>;
  #depth = 0;
  #nodes = 0;

  constructor(text: string, limits: Required<JsonLimits>) {
    super(text);
    this.#limits = { ...limits, maxDepth: Math.min(limits.maxDepth, DEEPEST) };
  }

  document(): JsonNode {
    if (this.text.charCodeAt(0) === 0xfeff) {
      this.refuse('JSON_BYTE_ORDER_MARK', 'The text begins with a byte order mark.', '');
    }
    this.space('');
    if (this.at >= this.text.length) this.refuse('JSON_EMPTY', 'The text holds no JSON value.', '');
    const node = this.#value('');
    this.space('');
    if (this.at < this.text.length) {
      this.refuse('JSON_TRAILING_TEXT', `${this.seen()} follows the end of the document.`, '');
    }
    return node;
  }

  #value(pointer: string): JsonNode {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.maxNodes) {
      this.refuse('JSON_TOO_MANY_VALUES', `More than ${this.#limits.maxNodes} values.`, pointer);
    }
    switch (this.text[this.at]) {
      case '{':
        return this.#object(pointer);
      case '[':
        return this.#array(pointer);
      case '"':
        return this.string(pointer);
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
    const names = new Names();
    if (!this.#closes('}', pointer)) {
      do {
        this.space(pointer);
        if (this.text[this.at] !== '"') {
          this.refuse('JSON_SYNTAX', `A name in double quotes must stand here, not ${this.seen()}.`, pointer);
        }
        const name = this.string(pointer);
        name.pointer = `${pointer}/${escapePointer(name.value)}`;
        if (!names.add(name.value)) this.#duplicate(name);
        this.space(pointer);
        if (this.text[this.at] !== ':') {
          this.refuse(
            'JSON_SYNTAX',
            `A colon must follow the name ${quote(name.value)}, not ${this.seen()}.`,
            name.pointer,
          );
        }
        this.at += 1;
        this.space(pointer);
        members.push({ name, value: this.#value(name.pointer) });
      } while (this.#more('}', pointer));
    }
    this.#depth -= 1;
    return { kind: 'object', members, pointer, start, end: this.at, line, column };
  }

  #array(pointer: string): JsonArray {
    const { start, line, column } = this.#enter(pointer);
    const items: JsonNode[] = [];
    if (!this.#closes(']', pointer)) {
      do {
        this.space(pointer);
        items.push(this.#value(`${pointer}/${items.length}`));
      } while (this.#more(']', pointer));
    }
    this.#depth -= 1;
    return { kind: 'array', items, pointer, start, end: this.at, line, column };
  }

  #enter(pointer: string): JsonPlace {
    this.#depth += 1;
    if (this.#depth > this.#limits.maxDepth) {
      this.refuse('JSON_TOO_DEEP', `Nested more than ${this.#limits.maxDepth} levels deep.`, pointer);
    }
    const place = this.place(pointer);
    this.at += 1;
    return place;
  }

  #closes(bracket: string, pointer: string): boolean {
    this.space(pointer);
    if (this.text[this.at] !== bracket) return false;
    this.at += 1;
    return true;
  }

  #more(bracket: string, pointer: string): boolean {
    if (this.#closes(bracket, pointer)) return false;
    if (this.text[this.at] !== ',') {
      this.refuse('JSON_SYNTAX', `A comma or ${bracket} must stand here, not ${this.seen()}.`, pointer);
    }
    this.at += 1;
    return true;
  }

  #number(pointer: string): JsonNumber {
    const place = this.place(pointer);
    NUMBER_LIKE.lastIndex = this.at;
    const word = NUMBER_LIKE.exec(this.text)?.[0];
    if (word === undefined) this.refuse('JSON_SYNTAX', `A value must stand here, not ${this.seen()}.`, pointer);
    NUMBER.lastIndex = this.at;
    const raw = NUMBER.exec(this.text)?.[0];
    if (raw !== word || !Number.isFinite(Number(raw))) {
      this.refuse(
        /^[-+.]?[0-9]/.test(word) ? 'JSON_NUMBER' : 'JSON_SYNTAX',
        `${quote(word)} is no JSON value.`,
        pointer,
      );
    }
    this.at += raw.length;
    return { kind: 'number', raw, ...place, end: this.at };
  }

  #literal(pointer: string, word: string, value: boolean | null): JsonLiteral | JsonNumber {
    const next = this.text[this.at + word.length] ?? '';
    // A longer word, such as "nullable", goes the way of every other unknown word.
    if (!this.text.startsWith(word, this.at) || /[-+.0-9A-Za-z_]/.test(next)) return this.#number(pointer);
    const place = this.place(pointer);
    this.at += word.length;
    return { kind: value === null ? 'null' : 'boolean', value, raw: word, ...place, end: this.at };
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
}
