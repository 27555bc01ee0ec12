import { createHash } from 'node:crypto';
import { type JsonNode, parseJson } from '../../lib/policy/document/json.ts';
import type { World } from '../iam/world.ts';
import type { StoredPolicy } from './types.ts';

/**
 * The text that GetKeyPolicy gives for a stored policy. As with AWS it is not the text that was put: pretty-printed as Jackson
 * prints, account ids as root ARNs, unique ids of living principals as their ARNs and deleted principals as their unique ids,
 * and the AWS principal and action lists as sets, in an order of the service's own (here by hash: the same every time).
 * Order of names is kept.
 */
export function policyText({ text, ids }: StoredPolicy, world: Pick<World, 'exists' | 'uniqueIdOf'>): string {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error('a stored policy is JSON');
  return print(parsed.node, '', (value) => shownPrincipal(value, ids, world));
}

type Shown = (principal: string) => string;

const PRINCIPALS = /^\/Statement(?:\/[0-9]+)?\/(?:Not)?Principal\/AWS$/;
const ACTIONS = /^\/Statement(?:\/[0-9]+)?\/(?:Not)?Action$/;

function print(node: JsonNode, indent: string, shown: Shown): string {
  switch (node.kind) {
    case 'object': {
      if (node.members.length === 0) return '{ }';
      const inner = `${indent}  `;
      const lines = node.members.map(
        ({ name, value }) => `${inner}${quote(name.value)} : ${print(value, inner, shown)}`,
      );
      return `{\n${lines.join(',\n')}\n${indent}}`;
    }
    case 'array': {
      const items = setOf(node, shown) ?? node.items.map((item) => print(item, indent, shown));
      return items.length === 0 ? '[ ]' : `[ ${items.join(', ')} ]`;
    }
    case 'string':
      return quote(PRINCIPALS.test(node.pointer) ? shown(node.value) : node.value);
    default:
      return node.raw;
  }
}

function setOf(node: JsonNode, shown: Shown): string[] | undefined {
  if (node.kind !== 'array') return undefined;
  const principals = PRINCIPALS.test(node.pointer);
  if (!principals && !ACTIONS.test(node.pointer)) return undefined;
  const values = node.items.map((item) => (item.kind === 'string' ? item.value : ''));
  const unique = [...new Set(principals ? values.map(shown) : values)];
  const rank = (value: string) => createHash('sha256').update(value).digest('hex');
  return unique.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).map(quote);
}

function shownPrincipal(
  value: string,
  ids: Record<string, string>,
  world: Pick<World, 'exists' | 'uniqueIdOf'>,
): string {
  if (/^[0-9]{12}$/.test(value)) return `arn:aws:iam::${value}:root`;
  const arn = Object.hasOwn(ids, value) ? (ids[value] ?? value) : value;
  return /:(?:role|user)\//.test(arn) && !world.exists(arn) ? world.uniqueIdOf(arn) : arn;
}

/** Beyond U+00FF escaped, as the text must keep to the characters that a policy may have. */
function quote(value: string): string {
  return JSON.stringify(value).replace(
    /[\u0100-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}
