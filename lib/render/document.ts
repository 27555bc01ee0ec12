import { type JsonMember, type JsonNode, type JsonObject, parseJson } from '../policy/document/json.ts';
import { DOCUMENT_ELEMENTS, STATEMENT_ELEMENTS } from '../policy/document/parse.ts';

/** One statement of a document, laid out line by line, without the comma that follows it. */
export interface StatementLines {
  sid?: string;
  lines: string[];
}

/** A policy document laid out for reading: what stands before its statements, they themselves, and what follows. */
export interface LaidOut {
  head: string[];
  statements: StatementLines[];
  tail: string[];
}

const SETS = new Set(['Action', 'NotAction']);
const RESOURCES = new Set(['Resource', 'NotResource']);

/**
 * Lays a key policy out for reading and comparing: two spaces a level, elements in the order in which AWS documents
 * them, one value a line, and a single value where a list may stand written as a list of one (the two mean the same).
 * No value is altered, dropped or reordered within its list. Text that is not a JSON object with statements comes back
 * as its own lines, all in `head`.
 */
export function layOut(document: string): LaidOut {
  const parsed = parseJson(document);
  if (!parsed.ok || parsed.node.kind !== 'object') return verbatim(document);
  const members = ordered(parsed.node, DOCUMENT_ELEMENTS);
  const at = members.findIndex((m) => m.name.value === 'Statement');
  const statement = members[at]?.value;
  if (statement === undefined) return verbatim(document);
  const items = statement.kind === 'array' ? statement.items : [statement];
  const after = members.slice(at + 1);
  const elements = (list: JsonMember[]) => list.map((m) => named(m, print(m.value, 1), 1));
  return {
    head: ['{', ...elements(members.slice(0, at)).flatMap(comma), '  "Statement": ['],
    statements: items.map(layOutStatement),
    tail: [after.length > 0 ? '  ],' : '  ]', ...separated(elements(after)), '}'],
  };
}

/** The whole document as one text, as `layOut` gives it. */
export function layOutText(document: string): string {
  const { head, statements, tail } = layOut(document);
  return [...head, ...separated(statements.map((s) => s.lines)), ...tail].join('\n');
}

const verbatim = (document: string): LaidOut => ({ head: document.split('\n'), statements: [], tail: [] });

function layOutStatement(node: JsonNode): StatementLines {
  if (node.kind !== 'object') return { lines: indentFirst(print(node, 2), 2) };
  const members = ordered(node, STATEMENT_ELEMENTS);
  const sid = members.find((m) => m.name.value === 'Sid')?.value;
  const elements = members.map((m) => named(m, element(m), 3));
  const lines = indentFirst(block('{', elements, '}', 2), 2);
  return sid?.kind === 'string' ? { sid: sid.value, lines } : { lines };
}

function element(member: JsonMember): string[] {
  const name = member.name.value;
  if (SETS.has(name)) return list(member.value, 3);
  if (RESOURCES.has(name)) return short(member.value) ?? list(member.value, 3);
  if (name === 'Principal' || name === 'NotPrincipal') return lists(member.value, 3);
  if (name === 'Condition' && member.value.kind === 'object') {
    return object(member.value, (operator) => lists(operator, 4), 3);
  }
  return print(member.value, 3);
}

/** An object whose values are lists, or anything else as it is. */
function lists(node: JsonNode, depth: number): string[] {
  if (node.kind !== 'object') return print(node, depth);
  return object(node, (value) => list(value, depth + 1), depth);
}

function list(node: JsonNode, depth: number): string[] {
  if (node.kind === 'array' || node.kind === 'object' || node.kind === 'null') return print(node, depth);
  return block('[', [indentFirst(print(node, depth + 1), depth + 1)], ']', depth);
}

/** A list of one on one line: nearly every statement of a key policy has `"Resource": ["*"]`. */
function short(node: JsonNode): string[] | undefined {
  const only = node.kind === 'array' && node.items.length === 1 ? node.items[0] : node;
  return only?.kind === 'string' ? [`[${JSON.stringify(only.value)}]`] : undefined;
}

function print(node: JsonNode, depth: number): string[] {
  switch (node.kind) {
    case 'object':
      return object(node, (value) => print(value, depth + 1), depth);
    case 'array':
      return block(
        '[',
        node.items.map((item) => indentFirst(print(item, depth + 1), depth + 1)),
        ']',
        depth,
      );
    case 'string':
      return [JSON.stringify(node.value)];
    default:
      return [node.raw];
  }
}

function object(node: JsonObject, value: (node: JsonNode) => string[], depth: number): string[] {
  return block(
    '{',
    node.members.map((m) => named(m, value(m.value), depth + 1)),
    '}',
    depth,
  );
}

function block(open: string, parts: string[][], close: string, depth: number): string[] {
  if (parts.length === 0) return [open + close];
  return [open, ...separated(parts), indent(depth) + close];
}

const named = (member: JsonMember, lines: string[], depth: number): string[] => [
  `${indent(depth)}${JSON.stringify(member.name.value)}: ${lines[0] ?? ''}`,
  ...lines.slice(1),
];

const indent = (depth: number): string => '  '.repeat(depth);

const indentFirst = ([first = '', ...rest]: string[], depth: number): string[] => [indent(depth) + first, ...rest];

const comma = (lines: string[]): string[] => [...lines.slice(0, -1), `${lines.at(-1) ?? ''},`];

const separated = (parts: string[][]): string[] =>
  parts.flatMap((lines, i) => (i === parts.length - 1 ? lines : comma(lines)));

function ordered(node: JsonObject, order: readonly string[]): JsonMember[] {
  const rank = (m: JsonMember) => {
    const at = order.indexOf(m.name.value);
    return at === -1 ? order.length : at;
  };
  return [...node.members].sort((a, b) => rank(a) - rank(b));
}
