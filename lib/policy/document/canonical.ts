import { createHash } from 'node:crypto';
import { byCodeUnit, lowerAscii, sortedSet } from '../ascii.ts';
import type { Condition, KeyPolicy, Principal, Statement } from '../types.ts';

type PrincipalElement = Record<string, string[]>;
type ConditionElement = Record<string, Record<string, string[]>>;

/**
 * One text for all spellings of a policy that KMS treats as the same document. It is itself a key policy.
 *
 * Left out, because KMS gives it no meaning or may rewrite it on read: white space, order of elements, order of and
 * repetitions in principals, actions, resources and condition values, a list of one against its bare item, an account id
 * against its root ARN, `"*"` against `{"AWS":"*"}`, ASCII case of actions, condition operators and condition keys, booleans
 * and numbers against their strings, and the order of the statements (access is decided over all of them at once).
 *
 * Kept, because KMS stores and returns it unchanged and people decide by it: Version, Id, every Sid, every wildcard as it was
 * written, and a statement that stands there twice. So a document with another Sid is another document, though it gives the
 * same access; two documents with different meaning never have the same form; and what GetKeyPolicy returns has the form of
 * what was put. Two exceptions: that KMS replaces the unique id of a live principal by its ARN cannot be seen here; and the root
 * ARNs of one account id in several partitions have one form, of which KMS takes only that of its own partition.
 *
 * Sources: AWS re:Post "invalid principals"; hashicorp/terraform-provider-aws #27422, #39788 (lists reordered on read);
 * IAM User Guide, "Condition operators" (key names are not case-sensitive).
 */
export function canonicalForm(policy: KeyPolicy): string {
  const statements = policy.statements
    .map((statement) => JSON.stringify(canonicalStatement(statement)))
    .sort(byCodeUnit);
  const head = [
    ...(policy.version === undefined ? [] : [`"Version":${JSON.stringify(policy.version)}`]),
    ...(policy.id === undefined ? [] : [`"Id":${JSON.stringify(policy.id)}`]),
  ];
  return `{${[...head, `"Statement":[${statements.join(',')}]`].join(',')}}`;
}

/** Lower-case hex SHA-256 of the canonical form. */
export function canonicalHash(policy: KeyPolicy): string {
  return sha256(canonicalForm(policy));
}

/** Lower-case hex SHA-256 of the UTF-8 bytes of a text, or of bytes as they are. */
export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

function canonicalStatement(statement: Statement): Record<string, unknown> {
  const { sid, effect, principals, actions, resources, conditions } = statement;
  return {
    Sid: sid,
    Effect: effect,
    ...element('Principal', statement.notPrincipal, principals.length > 0, principalElement(principals)),
    ...element('Action', statement.notAction, actions.length > 0, sortedSet(actions.map(lowerAscii))),
    ...element('Resource', statement.notResource, resources.length > 0, sortedSet(resources)),
    ...(conditions.length > 0 && { Condition: conditionElement(conditions) }),
  };
}

/** A plain element without values says no more than a missing one, but an exception list without values excepts nobody. */
function element(name: string, not: boolean, filled: boolean, value: unknown): Record<string, unknown> {
  if (not) return { [`Not${name}`]: value };
  return filled ? { [name]: value } : {};
}

function principalElement(principals: Principal[]): PrincipalElement {
  const byKind: PrincipalElement = {};
  for (const kind of sortedSet(principals.map((principal) => principal.kind))) {
    byKind[kind] = sortedSet(principals.filter((principal) => principal.kind === kind).map(canonicalId));
  }
  return byKind;
}

/** An account's root ARN as the account id, so that the partition in which a document was read makes no difference. */
function canonicalId({ kind, id }: Principal): string {
  const account = kind === 'AWS' ? /^arn:aws[a-z-]*:iam::([0-9]{12}):root$/.exec(id)?.[1] : undefined;
  return account ?? id;
}

function conditionElement(conditions: Condition[]): ConditionElement {
  const lines = new Map<string, { operator: string; key: string; values: string[] }>();
  for (const { operator, key, values } of conditions) {
    const line = { operator: lowerAscii(operator), key: lowerAscii(key), values: sortedSet(values) };
    lines.set(JSON.stringify([line.operator, line.key, line.values]), line);
  }
  const element: Map<string, Map<string, string[]>> = new Map();
  const seen = new Map<string, number>();
  for (const [, { operator, key, values }] of [...lines].sort(([a], [b]) => byCodeUnit(a, b))) {
    const name = JSON.stringify([operator, key]);
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    const spelled = spelling(operator, key, nth);
    const block = element.get(spelled.operator) ?? new Map<string, string[]>();
    element.set(spelled.operator, block.set(spelled.key, values));
  }
  return Object.fromEntries([...element].map(([operator, block]) => [operator, Object.fromEntries(block)]));
}

/**
 * The nth spelling of an operator and key. Two lines for one operator and key, told apart only by case, both count (a request
 * must satisfy each), and an object can hold them only under two spellings: the letters of operator and key count in binary.
 */
function spelling(operator: string, key: string, nth: number): { operator: string; key: string } {
  let rest = nth;
  const raise = (text: string): string =>
    text.replace(/[a-z]/g, (letter) => {
      const raised = rest % 2 === 1;
      rest = Math.floor(rest / 2);
      return raised ? letter.toUpperCase() : letter;
    });
  return { operator: raise(operator), key: raise(key) };
}
