import type { Abilities } from '../access/ability.ts';
import { type ApplierUse, applierUses, circumstancesOf, judgedOnce } from '../access/applierUse.ts';
import { lowerAscii } from '../ascii.ts';
import { type OperatorUse, readOperator } from '../condition/operators.ts';
import { ACTIONS, type Action } from '../data/actions.generated.ts';
import { escapePointer, type JsonNode, type JsonObject, memberOf } from '../document/json.ts';
import { quote } from '../document/visible.ts';
import { operationsOf } from '../operations.ts';
import { accountOf, type PrincipalForm, principalForm } from '../principalForm.ts';
import type { Condition, Finding, Guardians, Key, KeyPolicy, Principal, Statement } from '../types.ts';
import type { RuleText } from './structure.ts';

/** What PutKeyPolicy is asked besides the document. */
export interface Request {
  policyName?: string;
  /** BypassPolicyLockoutSafetyCheck. */
  bypass?: boolean;
}

/** What is known of the principals that a document may name. */
export interface World {
  /** ARNs, unique ids or bare names of principals that do not exist. */
  missing?: string[];
  /** ARN of each living principal by its unique id. */
  ids?: Record<string, string>;
}

/** All that can be judged without reading the document. */
export interface Subject {
  /** Exactly what would be sent. */
  text: string;
  /** The document as it came; another text only when white space had to go. */
  original: string;
  key: Key;
  guardians: Guardians;
  request: Request;
  world: World;
}

/** One breach of a rule, at its place. */
export type Hit = Pick<Finding, 'path' | 'message' | 'line' | 'column' | 'fix' | 'patch' | 'documents'>;

/** A rule on the text, the key or the request: it is judged though the document cannot be read. */
export interface SubjectRule extends RuleText {
  on: 'subject';
  check: (subject: Subject) => Iterable<Hit>;
}

/** A rule on the meaning of a document. */
export interface PolicyRule extends RuleText {
  on: 'policy';
  check: (context: Context) => Iterable<Hit>;
}

export interface PrincipalView extends Principal {
  path: string;
  /** As written: an account id is not yet its root ARN. */
  written: string;
  form: PrincipalForm;
  /** In the key's account. */
  own: boolean;
}

export interface ActionView {
  pattern: string;
  path: string;
  /** Operations of AWS KMS that the pattern names. */
  operations: readonly Action[];
}

export interface ConditionView extends Condition {
  path: string;
  /** Lower case. */
  lowerKey: string;
  use: OperatorUse | undefined;
}

export interface StatementView {
  statement: Statement;
  /** For messages: `Statement 2 ("Allow use of the key")`. */
  name: string;
  node: JsonNode | undefined;
  principals: PrincipalView[];
  actions: ActionView[];
  conditions: ConditionView[];
  /** Operations that a key policy governs and this statement is about; for NotAction all but the named. */
  operations: readonly Action[];
}

/** A document with everything that several rules look at worked out once. */
export interface Context extends Subject {
  policy: KeyPolicy;
  node: JsonObject;
  statements: StatementView[];
  /** Who of the key's account can do an operation under the policy. */
  abilities: (action: string) => Abilities;
  /** What the policy lets the applier itself do with the key. */
  applierUses: readonly ApplierUse[];
}

const GOVERNED = ACTIONS.filter((action) => action.inKeyPolicy);

export function contextOf(subject: Subject, policy: KeyPolicy, node: JsonObject): Context {
  const known = new Map<string, readonly Action[]>();
  const named = (pattern: string): readonly Action[] => {
    const cached = known.get(pattern);
    if (cached !== undefined) return cached;
    const operations = operationsOf(pattern);
    known.set(pattern, operations);
    return operations;
  };
  const governedBy = new Map<string, readonly Action[]>();
  const about = ({ actions: patterns, notAction }: Statement, actions: ActionView[]): readonly Action[] => {
    const written = `${notAction} ${patterns.join()}`;
    const operations = governedBy.get(written) ?? governed(actions, notAction);
    governedBy.set(written, operations);
    return operations;
  };
  const list = memberOf(node, 'Statement');
  const nodes = list?.kind === 'array' ? list.items : list === undefined ? [] : [list];
  const statements = policy.statements.map((statement, index) => {
    const at = nodes[index];
    const actions = placed(at, statement.notAction ? 'NotAction' : 'Action', statement.actions).map(
      ({ path, value }) => ({ path, pattern: value, operations: named(value) }),
    );
    const sid = statement.sid === undefined ? '' : ` (${quote(statement.sid)})`;
    return {
      statement,
      name: `Statement ${index + 1}${sid}`,
      node: at,
      principals: principalsOf(statement, at, subject.key),
      actions,
      conditions: conditionsOf(statement),
      operations: about(statement, actions),
    };
  });
  const circumstances = circumstancesOf(subject.guardians, subject.request.bypass);
  const abilities = judgedOnce(policy, subject.key, circumstances);
  const uses = applierUses(policy, subject.key, subject.guardians, abilities);
  return { ...subject, policy, node, statements, abilities, applierUses: uses };
}

function governed(actions: ActionView[], negated: boolean): readonly Action[] {
  if (actions.length === 0) return [];
  const [only] = actions;
  if (only !== undefined && actions.length === 1 && !negated)
    return only.operations.filter(({ inKeyPolicy }) => inKeyPolicy);
  const named = new Set<Action>();
  for (const { operations } of actions) for (const operation of operations) named.add(operation);
  return GOVERNED.filter((action) => named.has(action) !== negated);
}

function principalsOf(statement: Statement, node: JsonNode | undefined, key: Key): PrincipalView[] {
  const element = node && memberOf(node, statement.notPrincipal ? 'NotPrincipal' : 'Principal');
  const places: { path: string; value: string }[] = [];
  if (element?.kind === 'string') places.push({ path: element.pointer, value: element.value });
  if (element?.kind === 'object') {
    for (const { name, value } of element.members)
      places.push(...strings(value, `${element.pointer}/${escapePointer(name.value)}`));
  }
  return statement.principals.map((principal, index) => {
    const form = principalForm(principal);
    const place = places[index] ?? { path: statement.path, value: principal.id };
    return { ...principal, path: place.path, written: place.value, form, own: accountOf(form) === key.accountId };
  });
}

function conditionsOf(statement: Statement): ConditionView[] {
  return statement.conditions.map((condition) => ({
    ...condition,
    path: `${statement.path}/Condition/${escapePointer(condition.operator)}/${escapePointer(condition.key)}`,
    lowerKey: lowerAscii(condition.key),
    use: readOperator(condition.operator),
  }));
}

/** The strings of an element with the pointer of each. */
export function placed(
  statement: JsonNode | undefined,
  name: string,
  values: readonly string[],
): { path: string; value: string }[] {
  const element = statement && memberOf(statement, name);
  return element === undefined
    ? values.map((value) => ({ path: statement?.pointer ?? '', value }))
    : strings(element, element.pointer);
}

function strings(node: JsonNode, pointer: string): { path: string; value: string }[] {
  if (node.kind === 'string') return [{ path: pointer, value: node.value }];
  const items = node.kind === 'array' ? node.items : [];
  return items.filter((item) => item.kind === 'string').map(({ pointer: path, value }) => ({ path, value }));
}

/** The node at a pointer, or its nearest ancestor when there is none. */
export function nodeAt(root: JsonNode, pointer: string): JsonNode {
  let node = root;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.includes('~') ? step.replaceAll('~1', '/').replaceAll('~0', '~') : step;
    const next: JsonNode | undefined = node.kind === 'array' ? node.items[Number(step)] : memberOf(node, name);
    if (next === undefined) break;
    node = next;
  }
  return node;
}

/** An English list: `a`, `a and b`, `a, b and c`; beyond eight the rest is counted. */
export function listing(items: readonly string[]): string {
  const shown = items.length > 8 ? [...items.slice(0, 7), `${items.length - 7} more`] : items;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
