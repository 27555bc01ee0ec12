import { itemsOf, type JsonArray, type JsonNode, type JsonObject, membersOf } from './json.ts';

/** What may be written into a policy: enough for a statement. */
export type Writable = string | readonly string[] | { readonly [name: string]: Writable };

/** Replaces the half-open range of a text. */
export interface Splice {
  start: number;
  end: number;
  text: string;
}

/** How a document is laid out, read from what already stands in it. */
interface Layout {
  newline: string;
  unit: string;
  colon: string;
  comma: string;
  /** Inside brackets on one line: Jackson, and so GetKeyPolicy, writes `[ "a" ]`. */
  pad: string;
  blockObjects: boolean;
  blockArrays: boolean;
}

/** Applies splices that do not overlap, in any order; text outside of them is kept to the byte. */
export function applySplices(text: string, splices: readonly Splice[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text: replacement } of [...splices].sort((a, b) => a.start - b.start)) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}

/** A JSON string literal in ASCII, because KMS takes no character above U+00FF. */
export function literal(value: string): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Appends values to a list, or makes a list of a single string, in the list's own layout. */
export function appendStrings(text: string, statement: JsonNode, list: JsonNode, values: readonly string[]): Splice {
  const layout = layoutOf(text, statement);
  if (list.kind !== 'array') {
    const raw = text.slice(list.start, list.end);
    const items = [raw, ...values.map(literal)];
    return { start: list.start, end: list.end, text: printList(items, layout, indentAt(text, list.start)) };
  }
  const last = list.items.at(-1);
  if (last === undefined) {
    return {
      start: list.start,
      end: list.end,
      text: printList(values.map(literal), layout, indentAt(text, list.start)),
    };
  }
  const separator = separatorOf(text, list, layout.comma);
  return { start: last.end, end: last.end, text: values.map((value) => separator + literal(value)).join('') };
}

/** Writes a list of strings in the place of another, laid out like the document. */
export function replaceStrings(text: string, statement: JsonNode, list: JsonNode, values: readonly string[]): Splice {
  const printed = printList(values.map(literal), layoutOf(text, statement), indentAt(text, list.start));
  return { start: list.start, end: list.end, text: printed };
}

/** Removes items of a list with the comma that goes with each. At least one item must stay: the only one is never removed. */
export function removeItems(items: readonly JsonNode[], gone: (item: JsonNode) => boolean): Splice[] {
  const splices: Splice[] = [];
  const firstKept = items.findIndex((item) => !gone(item));
  items.forEach((item, index) => {
    if (!gone(item)) return;
    const next = items[index + 1];
    const previous = items[index - 1];
    if (index < firstKept && next !== undefined) splices.push({ start: item.start, end: next.start, text: '' });
    else if (previous !== undefined) splices.push({ start: previous.end, end: item.end, text: '' });
  });
  return splices;
}

/**
 * Writes a statement into a document as its `index`-th, laid out like its neighbours.
 *
 * @param statements The value of the Statement element: a list with at least one item, or one object.
 */
export function insertStatement(text: string, statements: JsonNode, index: number, statement: Writable): Splice[] {
  const items = itemsOf(statements);
  const neighbour = items[index - 1] ?? items[0];
  if (neighbour === undefined) {
    return [{ start: statements.start, end: statements.end, text: `[${JSON.stringify(statement)}]` }];
  }
  const layout = layoutOf(text, neighbour);
  const block = isBlock(text, neighbour);
  const printed = print(statement, layout, closingIndent(text, neighbour), block);
  const separator =
    statements.kind === 'array'
      ? separatorOf(text, statements, block ? ', ' : layout.comma)
      : `,${block ? ' ' : layout.comma.slice(1)}`;
  const [before, after] = index === 0 ? [printed + separator, ''] : ['', separator + printed];
  const inList = statements.kind === 'array';
  return [
    { start: neighbour.start, end: neighbour.start, text: inList ? before : `[${layout.pad}${before}` },
    { start: neighbour.end, end: neighbour.end, text: inList ? after : `${after}${layout.pad}]` },
  ];
}

function layoutOf(text: string, statement: JsonNode): Layout {
  const newline = isBlock(text, statement) ? (text.includes('\r\n') ? '\r\n' : '\n') : '';
  const [first, second] = membersOf(statement);
  const colon = first === undefined ? ':' : text.slice(first.name.end, first.value.start);
  const between = first && second ? text.slice(first.value.end, second.name.start) : '';
  const comma = /^,[ \t]*$/.test(between) ? between : /\s$/.test(colon) ? ', ' : ',';
  const outer = closingIndent(text, statement);
  const inner = first === undefined ? '' : indentAt(text, first.name.start);
  const unit = inner.length > outer.length && inner.startsWith(outer) ? inner.slice(outer.length) : '  ';
  const nested = membersOf(statement).map(({ value }) => value);
  const object = nested.find((value): value is JsonObject => value.kind === 'object' && value.members.length > 0);
  const lists = [...nested, ...membersOf(object).map(({ value }) => value)];
  const array = lists.find((value): value is JsonArray => value.kind === 'array' && value.items.length > 0);
  const jackson = /^\s/.test(colon);
  return {
    newline,
    unit,
    colon: /[\r\n]/.test(colon) ? ': ' : colon,
    comma,
    pad: jackson || /^\{[ \t]+"/.test(text.slice(statement.start, statement.end)) ? ' ' : '',
    blockObjects: newline !== '' && (object === undefined || isBlock(text, object)),
    blockArrays: newline !== '' && (array === undefined ? !jackson : isBlock(text, array)),
  };
}

function print(value: Writable, layout: Layout, indent: string, block = layout.blockObjects): string {
  if (typeof value === 'string') return literal(value);
  if (isList(value)) return printList(value.map(literal), layout, indent);
  const inner = indent + layout.unit;
  const members = Object.entries(value).map(
    ([name, item]) => literal(name) + layout.colon + print(item, layout, inner),
  );
  if (!block) return `{${layout.pad}${members.join(layout.comma)}${layout.pad}}`;
  return `{${layout.newline}${members.map((member) => inner + member).join(`,${layout.newline}`)}${layout.newline}${indent}}`;
}

function printList(items: readonly string[], layout: Layout, indent: string): string {
  if (!layout.blockArrays) return `[${layout.pad}${items.join(layout.comma)}${layout.pad}]`;
  const inner = indent + layout.unit;
  return `[${layout.newline}${items.map((item) => inner + item).join(`,${layout.newline}`)}${layout.newline}${indent}]`;
}

/** What stands between two items of a list; for a list of one, what its opening suggests. */
function separatorOf(text: string, list: JsonArray, comma: string): string {
  const [first, second] = list.items;
  if (first && second) return text.slice(first.end, second.start);
  const opening = text.slice(list.start + 1, first?.start);
  return /[\r\n]/.test(opening) ? `,${opening}` : comma;
}

function isBlock(text: string, node: JsonNode): boolean {
  return /[\r\n]/.test(text.slice(node.start, node.end));
}

/** What stands before a position on its line. */
function lineBefore(text: string, position: number): string {
  const lineStart = Math.max(text.lastIndexOf('\n', position - 1), text.lastIndexOf('\r', position - 1)) + 1;
  return text.slice(lineStart, position);
}

/** The white space with which the line of a position begins. */
function indentAt(text: string, position: number): string {
  const line = lineBefore(text, position);
  return line.slice(0, line.search(/[^ \t]|$/));
}

/** The indent of the line on which an object ends, where its brace stands first on that line; otherwise of that on which it begins. */
function closingIndent(text: string, node: JsonNode): string {
  const closing = lineBefore(text, node.end - 1);
  return /^[ \t]*$/.test(closing) ? closing : indentAt(text, node.start);
}

function isList(value: Writable): value is readonly string[] {
  return Array.isArray(value);
}
