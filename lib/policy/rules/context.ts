import { type Abilities, abilitiesUnder, requestsFor } from '../access/ability.ts';
import { type ApplierUse, applierUses, circumstancesOf } from '../access/applierUse.ts';
import { listed } from '../access/verbs.ts';
import { type ActionSet, actionsOf, patternSet } from '../actions.ts';
import { lowerAscii } from '../ascii.ts';
import { type Operator, type OperatorUse, readOperator } from '../condition/operators.ts';
import { escapePointer, itemsOf, type JsonNode, type JsonObject, type JsonString, memberOf } from '../document/json.ts';
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
  /** Nothing but printable ASCII and white space, and no escapes. */
  plain: boolean;
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
  form: PrincipalForm;
  /** In the key's account. */
  own: boolean;
}

/** A pattern of an Action or NotAction, held once for all places of the document where it stands. */
export interface ActionPattern {
  pattern: string;
  /** It names an operation of AWS KMS. */
  known: boolean;
  /** Those that it names of the operations that a key policy governs. */
  governed: ActionSet;
}

export interface ActionView {
  path: string;
  named: ActionPattern;
}

export interface Comparison extends OperatorUse {
  operator: Operator;
}

/** An operator with a condition key, held once for all places of the document where it stands. */
export interface ConditionTest {
  operator: string;
  key: string;
  /** Lower case. */
  lowerKey: string;
  use: OperatorUse | undefined;
  /** The same, where it compares values: not for Null. */
  compares: Comparison | undefined;
  /** Equal for tests that only upper and lower case tells apart. */
  identity: string;
}

export interface ConditionView {
  test: ConditionTest;
  values: readonly string[];
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
  operations: ActionSet;
}

/** A document with everything that several rules look at worked out once. */
export interface Context extends Subject {
  policy: KeyPolicy;
  node: JsonObject;
  statements: StatementView[];
  /** Each pattern and each test of a condition that stands in the document, and every form of its principals, once. */
  patterns: readonly ActionPattern[];
  tests: readonly ConditionTest[];
  forms: ReadonlySet<PrincipalForm['type']>;
  /** Who of the key's account can do an operation under the policy. */
  abilities: (action: string) => Abilities;
  /** What the policy lets the applier itself do with the key. */
  applierUses: readonly ApplierUse[];
}

export function contextOf(subject: Subject, policy: KeyPolicy, node: JsonObject): Context {
  const words = new Words();
  const list = memberOf(node, 'Statement');
  const nodes = list?.kind === 'array' ? list.items : [list];
  const statements = policy.statements.map((statement, index): StatementView => {
    const at = nodes[index];
    const sid = statement.sid === undefined ? '' : ` (${quote(statement.sid)})`;
    return {
      statement,
      name: `Statement ${index + 1}${sid}`,
      node: at,
      principals: principalsOf(statement, at, subject.key, words.forms),
      actions: placed(at, statement.notAction ? 'NotAction' : 'Action').map(({ pointer, value }) => ({
        path: pointer,
        named: words.pattern(value),
      })),
      conditions: statement.conditions.map((condition) => ({ test: words.test(condition), values: condition.values })),
      operations: actionsOf(statement, words.actions),
    };
  });
  const circumstances = circumstancesOf(subject.guardians, subject.request.bypass);
  const operations = statements.map((view) => view.operations);
  const abilities = abilitiesUnder(policy, requestsFor(subject.key, circumstances), operations);
  const uses = applierUses(policy, subject.key, subject.guardians, operations, abilities);
  const { patterns, tests, forms } = words;
  return {
    ...subject,
    policy,
    node,
    statements,
    patterns: [...patterns.values()],
    tests: [...tests.values()].flatMap((byKey) => [...byKey.values()]),
    forms,
    abilities,
    applierUses: uses,
  };
}

/** The words of one document: most stand there many times. */
class Words {
  readonly actions = new Map<string, ActionSet>();
  readonly patterns = new Map<string, ActionPattern>();
  /** By operator and key. */
  readonly tests = new Map<string, Map<string, ConditionTest>>();
  readonly forms = new Set<PrincipalForm['type']>();

  pattern(pattern: string): ActionPattern {
    const there = this.patterns.get(pattern);
    if (there !== undefined) return there;
    const made = {
      pattern,
      known: operationsOf(pattern).length > 0,
      governed: patternSet(pattern, this.actions),
    };
    this.patterns.set(pattern, made);
    return made;
  }

  test({ operator, key }: Condition): ConditionTest {
    const byKey = this.tests.get(operator) ?? new Map<string, ConditionTest>();
    const there = byKey.get(key);
    if (there !== undefined) return there;
    const lowerKey = lowerAscii(key);
    const identity = JSON.stringify([lowerAscii(operator), lowerKey]);
    const use = readOperator(operator);
    const compares = use && comparisonOf(use);
    const made = { operator, key, lowerKey, use, compares, identity };
    this.tests.set(operator, byKey.set(key, made));
    return made;
  }
}

function comparisonOf({ operator, ...use }: OperatorUse): Comparison | undefined {
  return operator === 'Null' ? undefined : { operator, ...use };
}

function principalsOf(
  statement: Statement,
  node: JsonNode | undefined,
  key: Key,
  forms: Set<PrincipalForm['type']>,
): PrincipalView[] {
  const element = node && memberOf(node, statement.notPrincipal ? 'NotPrincipal' : 'Principal');
  const places = element?.kind === 'object' ? element.members.flatMap(({ value }) => strings(value)) : strings(element);
  return statement.principals.map((principal, index) => {
    const form = principalForm(principal);
    forms.add(form.type);
    return {
      kind: principal.kind,
      id: principal.id,
      path: places[index]?.pointer ?? statement.path,
      form,
      own: accountOf(form) === key.accountId,
    };
  });
}

/** The pointer of a condition of a statement. */
export function conditionPath({ statement }: StatementView, { test: { operator, key } }: ConditionView): string {
  return `${statement.path}/Condition/${escapePointer(operator)}/${escapePointer(key)}`;
}

/** The strings of an element of a statement. */
export function placed(statement: JsonNode | undefined, name: string): readonly JsonString[] {
  return strings(statement && memberOf(statement, name));
}

function strings(node: JsonNode | undefined): readonly JsonString[] {
  return itemsOf(node).filter((item) => item.kind === 'string');
}

/** The node at a pointer, or its nearest ancestor when there is none. */
export function nodeAt(root: JsonNode, pointer: string): JsonNode {
  let node = root;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    const next: JsonNode | undefined = node.kind === 'array' ? node.items[Number(step)] : memberOf(node, name);
    if (next === undefined) break;
    node = next;
  }
  return node;
}

/** An English list: `a`, `a and b`, `a, b and c`; beyond eight the rest is counted. */
export function listing(items: readonly string[]): string {
  const shown = items.length > 8 ? [...items.slice(0, 7), `${items.length - 7} more`] : items;
  return listed(shown, 'and');
}
