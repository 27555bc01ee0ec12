/** The place of a value in the text that was parsed. */
export interface JsonPlace {
  /** JSON pointer (RFC 6901); '' is the whole document. */
  pointer: string;
  /** Half-open range in the text, in UTF-16 code units. */
  start: number;
  end: number;
  /** 1-based; the column counts UTF-16 code units. */
  line: number;
  column: number;
}

export interface JsonObject extends JsonPlace {
  kind: 'object';
  /** In the order of the text. */
  members: JsonMember[];
}

export interface JsonArray extends JsonPlace {
  kind: 'array';
  items: JsonNode[];
}

export interface JsonString extends JsonPlace {
  kind: 'string';
  /** Decoded. */
  value: string;
  /** As spelled in the text, quotes included. */
  raw: string;
}

export interface JsonNumber extends JsonPlace {
  kind: 'number';
  /** As spelled in the text: `1.0`, `1e2` and `100` stay apart. */
  raw: string;
}

export interface JsonLiteral extends JsonPlace {
  kind: 'boolean' | 'null';
  value: boolean | null;
  raw: string;
}

export interface JsonMember {
  /** The name; its pointer is that of the value. */
  name: JsonString;
  value: JsonNode;
}

export type JsonNode = JsonObject | JsonArray | JsonString | JsonNumber | JsonLiteral;

/** A code point as people write it: `U+00AD`. */
export function codePoint(point: number): string {
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** One step of a JSON pointer, with `~` and `/` escaped (RFC 6901). */
export function escapePointer(name: string): string {
  return name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

/** Line and column, from 1 on, of a place in a text; a line ends with LF, CR or both. */
export function lineAndColumn(text: string, at: number): { line: number; column: number } {
  const lines = text.slice(0, at).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

/** The value of an object's member, or undefined when it has none of that name or is no object. */
export function memberOf(node: JsonNode, name: string): JsonNode | undefined {
  if (node.kind !== 'object') return undefined;
  return node.members.find((member) => member.name.value === name)?.value;
}

/** The members of an object; none of anything else. */
export function membersOf(node: JsonNode | undefined): readonly JsonMember[] {
  return node?.kind === 'object' ? node.members : [];
}

/** The items of a list. What is no list is one item, as everywhere in a policy, and what is not there is none. */
export function itemsOf(node: JsonNode | undefined): readonly JsonNode[] {
  if (node === undefined) return [];
  return node.kind === 'array' ? node.items : [node];
}

/** What a string says, or a number or boolean as it is spelled: a policy takes `true` for `"true"`. */
export function wordOf(node: JsonNode): string {
  return node.kind === 'string' ? node.value : printCompact(node);
}

/**
 * The plain value of a node. Objects have no prototype, so a member named `__proto__` is only a member. Numbers become
 * doubles and integer-like names move to the front, as everywhere in JavaScript: where spelling or order matter, use the node.
 */
export function toValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object': {
      const value: Record<string, unknown> = Object.create(null);
      for (const member of node.members) value[member.name.value] = toValue(member.value);
      return value;
    }
    case 'array':
      return node.items.map(toValue);
    case 'number':
      return Number(node.raw);
    default:
      return node.value;
  }
}

/** The same document without white space: order of names, escapes and the spelling of numbers stay as they were. */
export function printCompact(node: JsonNode): string {
  switch (node.kind) {
    case 'object':
      return `{${node.members.map((member) => `${member.name.raw}:${printCompact(member.value)}`).join(',')}}`;
    case 'array':
      return `[${node.items.map(printCompact).join(',')}]`;
    default:
      return node.raw;
  }
}
