import { STRUCTURE, type StructureCode } from '../rules/structure.ts';
import type { Condition, Finding, JsonPatch, KeyPolicy, Principal, Statement } from '../types.ts';
import {
  itemsOf,
  type JsonNode,
  type JsonObject,
  type JsonString,
  memberOf,
  membersOf,
  parseJson,
  toValue,
  wordOf,
} from './json.ts';
import { quote } from './visible.ts';

export type ParseResult =
  | { ok: true; policy: KeyPolicy; node: JsonObject; text: string; findings: [] }
  | { ok: false; findings: Finding[] };

/** Characters that PutKeyPolicy takes at all, by the API model; the quota of 32,768 bytes is a rule of its own. */
export const MAX_CHARACTERS = 131_072;

/** The elements of a policy, and those of a statement, in the order in which AWS documents them. */
export const DOCUMENT_ELEMENTS = ['Version', 'Id', 'Statement'];
export const STATEMENT_ELEMENTS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];
const PRINCIPAL_TYPES = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const;

/**
 * Reads a key policy. Only what leaves no meaning is refused here: text that is not strict JSON, elements that the policy
 * language does not have, values of the wrong type, an Effect that is neither Allow nor Deny. What KMS would refuse though it
 * can be understood, such as a statement without a principal, is read (as an empty list) and left to the rules, so that an
 * old document on a live key can still be compared.
 *
 * @param input UTF-8 bytes or text, at most 131,072 of them.
 * @param partition Partition of the root ARN that an account id stands for.
 * @returns The policy with its syntax tree, or every reason why it cannot be read, with positions. Never throws.
 */
export function parseKeyPolicy(input: string | Uint8Array, partition = 'aws'): ParseResult {
  const json = parseJson(input, { maxLength: MAX_CHARACTERS, maxDepth: 32, maxNodes: 65_536 });
  if (!json.ok) return { ok: false, findings: json.findings.map((finding) => withRule(ofPolicy(input, finding))) };
  const { node, text } = json;
  const reader = new Reader(partition);
  if (node.kind !== 'object') {
    reader.refuse('DOCUMENT_NOT_OBJECT', node, `The document is ${article(node)}, not an object.`);
    return { ok: false, findings: reader.findings };
  }
  const policy = reader.document(node);
  if (reader.findings.length > 0) return { ok: false, findings: reader.findings };
  return { ok: true, policy, node, text, findings: [] };
}

/** What is empty never reaches the JSON parser of KMS: its length is refused first. */
const ofPolicy = (input: string | Uint8Array, finding: Finding): Finding =>
  finding.code === 'JSON_EMPTY' && input.length === 0
    ? { ...finding, code: 'POLICY_EMPTY', message: 'The key policy is empty.' }
    : finding;

function withRule(finding: Finding): Finding {
  const rule = Object.hasOwn(STRUCTURE, finding.code)
    ? STRUCTURE[finding.code as StructureCode]
    : STRUCTURE.JSON_SYNTAX;
  return { fix: rule.fix, aws: rule.aws, ...finding };
}

class Reader {
  readonly findings: Finding[] = [];
  readonly #partition: string;

  constructor(partition: string) {
    this.#partition = partition;
  }

  document(node: JsonObject): KeyPolicy {
    this.#known(node, DOCUMENT_ELEMENTS, 'A key policy');
    const version = this.#string(node, 'Version');
    const id = this.#string(node, 'Id');
    const statements: Statement[] = [];
    for (const item of itemsOf(memberOf(node, 'Statement'))) {
      if (item.kind === 'object') statements.push(this.#statement(item));
      else this.refuse('ELEMENT_TYPE', item, `${quote(item.pointer)} is ${article(item)}; a statement is an object.`);
    }
    return { ...(version !== undefined && { version }), ...(id !== undefined && { id }), statements };
  }

  #statement(node: JsonObject): Statement {
    this.#known(node, STATEMENT_ELEMENTS, 'A statement');
    const sid = this.#string(node, 'Sid');
    const principal = this.#either(node, 'Principal', 'NotPrincipal');
    const action = this.#either(node, 'Action', 'NotAction');
    const resource = this.#either(node, 'Resource', 'NotResource');
    const condition = memberOf(node, 'Condition');
    return {
      path: node.pointer,
      ...(sid !== undefined && { sid }),
      effect: this.#effect(node),
      principals: principal.value === undefined ? [] : this.#principals(principal.value),
      notPrincipal: principal.not,
      actions: action.value === undefined ? [] : this.#strings(action.value),
      notAction: action.not,
      resources: resource.value === undefined ? [] : this.#strings(resource.value),
      notResource: resource.not,
      conditions: condition === undefined ? [] : this.#conditions(condition),
    };
  }

  #effect(statement: JsonObject): 'Allow' | 'Deny' {
    const node = memberOf(statement, 'Effect');
    if (node?.kind === 'string' && (node.value === 'Allow' || node.value === 'Deny')) return node.value;
    const almost = node?.kind === 'string' && /^(allow|deny)$/i.test(node.value);
    const value = almost ? node.value.charAt(0).toUpperCase() + node.value.slice(1).toLowerCase() : undefined;
    const patch: JsonPatch[] | undefined =
      value === undefined ? undefined : [{ op: 'replace', path: `${statement.pointer}/Effect`, value }];
    const is = node?.kind === 'string' ? quote(node.value) : node === undefined ? 'missing' : article(node);
    const message = `Effect of ${quote(statement.pointer)} is ${is}; it must be exactly Allow or Deny.`;
    this.refuse('EFFECT_INVALID', node ?? statement, message, patch);
    return 'Deny';
  }

  /** One of two elements that exclude each other. */
  #either(node: JsonObject, name: string, not: string): { value: JsonNode | undefined; not: boolean } {
    const plain = memberOf(node, name);
    const negated = memberOf(node, not);
    if (plain !== undefined && negated !== undefined) {
      this.refuse('ELEMENTS_EXCLUSIVE', negated, `${quote(node.pointer)} has both ${name} and ${not}.`);
    }
    return { value: plain ?? negated, not: negated !== undefined };
  }

  #principals(node: JsonNode): Principal[] {
    if (wordOf(node) === '*') return [{ kind: 'AWS', id: '*' }];
    if (node.kind !== 'object') {
      const message = `${quote(node.pointer)} is ${article(node)}; write an object such as {"AWS": "arn:aws:iam::111122223333:role/Name"}.`;
      const word = wordOf(node);
      const meant = /^(arn:|[0-9]{12}$)/.test(word) ? { AWS: word } : undefined;
      this.refuse('ELEMENT_TYPE', node, message, meant && [{ op: 'replace', path: node.pointer, value: meant }]);
    }
    const principals: Principal[] = [];
    for (const { name, value } of membersOf(node)) {
      const kind = PRINCIPAL_TYPES.find((type) => type === name.value);
      if (kind === undefined) {
        const types = PRINCIPAL_TYPES.join(', ');
        const message = `${quote(name.value)} is no principal type (${types}).`;
        this.refuse('PRINCIPAL_TYPE_UNKNOWN', name, message, respelt(node, name, value, PRINCIPAL_TYPES));
        continue;
      }
      for (const id of this.#strings(value)) principals.push({ kind, id: kind === 'AWS' ? this.#account(id) : id });
    }
    return principals;
  }

  #account(id: string): string {
    return /^[0-9]{12}$/.test(id) ? `arn:${this.#partition}:iam::${id}:root` : id;
  }

  #conditions(node: JsonNode): Condition[] {
    if (node.kind !== 'object') {
      this.refuse('ELEMENT_TYPE', node, `${quote(node.pointer)} is ${article(node)}; a Condition is an object.`);
    }
    const conditions: Condition[] = [];
    for (const { name: operator, value: block } of membersOf(node)) {
      if (block.kind !== 'object') {
        const message = `${quote(block.pointer)} is ${article(block)}; it must be an object of condition keys.`;
        this.refuse('ELEMENT_TYPE', block, message);
      }
      for (const { name: key, value } of membersOf(block)) {
        conditions.push({ operator: operator.value, key: key.value, values: this.#conditionValues(value) });
      }
    }
    return conditions;
  }

  #conditionValues(node: JsonNode): string[] {
    if (node.kind === 'string') return [node.value];
    const values: string[] = [];
    for (const item of itemsOf(node)) {
      if (item.kind === 'string') values.push(item.value);
      else if (item.kind === 'boolean' || item.kind === 'number') values.push(item.raw);
      else
        this.refuse('ELEMENT_TYPE', item, `${quote(item.pointer)} is ${article(item)}; a condition value is a string.`);
    }
    return values;
  }

  /** A string or a list of strings. */
  #strings(node: JsonNode): string[] {
    if (node.kind === 'string') return [node.value];
    const values: string[] = [];
    for (const item of itemsOf(node)) {
      if (item.kind === 'string') values.push(item.value);
      else {
        const message = `${quote(item.pointer)} is ${article(item)}; it must be a string.`;
        const word = wordOf(item);
        const isAccount = /^[0-9]{12}$/.test(word);
        const patch: JsonPatch[] = [{ op: 'replace', path: item.pointer, value: word }];
        this.refuse('ELEMENT_TYPE', item, message, isAccount ? patch : undefined);
      }
    }
    return values;
  }

  #string(node: JsonObject, name: string): string | undefined {
    const value = memberOf(node, name);
    if (value === undefined || value.kind === 'string') return value?.value;
    this.refuse('ELEMENT_TYPE', value, `${quote(value.pointer)} is ${article(value)}; it must be a string.`);
    return undefined;
  }

  #known(node: JsonObject, elements: readonly string[], owner: string): void {
    for (const { name, value } of node.members) {
      if (elements.includes(name.value)) continue;
      const meant = elements.find((element) => element.toLowerCase() === name.value.toLowerCase());
      const hint = meant === undefined ? '' : ` It is written ${meant}.`;
      const message = `${owner} has no element ${quote(name.value)}.${hint}`;
      this.refuse('ELEMENT_UNKNOWN', name, message, respelt(node, name, value, elements));
    }
  }

  refuse(code: StructureCode, node: JsonNode, message: string, patch?: JsonPatch[]): void {
    const { severity, aws, fix } = STRUCTURE[code];
    const { pointer: path, line, column } = node;
    this.findings.push({ code, severity, message, path, line, column, fix, aws, ...(patch && { patch }) });
  }
}

/** The patch for a name in the wrong case, where the right one does not stand there already. */
function respelt(
  node: JsonNode,
  { value: written, pointer }: JsonString,
  value: JsonNode,
  names: readonly string[],
): JsonPatch[] | undefined {
  const meant = names.find((name) => name.toLowerCase() === written.toLowerCase());
  if (meant === undefined || memberOf(node, meant) !== undefined) return undefined;
  return [
    { op: 'remove', path: pointer },
    { op: 'add', path: `${node.pointer}/${meant}`, value: toValue(value) },
  ];
}

function article(node: JsonNode): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'array':
    case 'object':
      return `an ${node.kind}`;
    default:
      return `a ${node.kind}`;
  }
}
