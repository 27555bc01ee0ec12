import { itemsOf, type JsonNode, type JsonObject, memberOf, wordOf } from '../document/json.ts';
import { parseKeyPolicy } from '../document/parse.ts';
import { appendStrings, applySplices, insertStatement, removeItems } from '../document/policyText.ts';
import type { Edit, Finding, Key, KeyPolicy, Statement } from '../types.ts';
import { consoleFinding, type EditCode } from './codes.ts';
import { classifyPrincipal, normalPrincipal, partitionOf } from './consolePrincipal.ts';
import { CONSOLE_ORDER, CONSOLE_SIDS, type ConsoleStatement, GRANT_CONDITION } from './consoleStatements.ts';
import { statementDeviation } from './defaultView.ts';

/** A document with one edit under way; every step reads the text anew, so that places are never stale. */
export interface Draft {
  text: string;
  policy: KeyPolicy;
  node: JsonObject;
  edit: Edit;
  /** `edits[2] addUser`. */
  title: string;
  key: Key;
}

/** Thrown by a step and caught in `applyEdits`: the first refusal ends the work. */
export class Refusal extends Error {
  readonly findings: Finding[];
  constructor(findings: Finding[]) {
    super();
    this.findings = findings;
  }
}

/** The draft with this text. Throws a `Refusal` when it cannot be read. */
export function read(draft: Omit<Draft, 'text' | 'policy' | 'node'>, text: string): Draft {
  const parsed = parseKeyPolicy(text, partitionOf(draft.key));
  if (!parsed.ok) throw new Refusal(parsed.findings);
  return { ...draft, text, policy: parsed.policy, node: parsed.node };
}

/** The console statement of that name when it is as the console writes it; undefined when there is none. */
export function find(draft: Draft, name: ConsoleStatement): Statement | undefined {
  const sid = CONSOLE_SIDS[name];
  const [statement, second] = draft.policy.statements.filter((candidate) => candidate.sid === sid);
  if (statement === undefined) return undefined;
  if (second !== undefined) {
    refuse(draft, {
      code: 'EDIT_STATEMENT_TWICE',
      message: `the Sid "${sid}" stands twice, so it is not clear which statement is meant.`,
      path: `${second.path}/Sid`,
      fix: 'Merge the two, or give one of them another Sid, with a whole document.',
    });
  }
  const wildcard = statement.principals.find(({ id }) => classifyPrincipal(id, draft.key).kind === 'wildcard');
  const deviation =
    statementDeviation(statement, name, draft.key) ??
    (wildcard && { reason: `It names ${JSON.stringify(wildcard.id)}.`, path: `${statement.path}/Principal` });
  if (deviation !== undefined) {
    refuse(draft, {
      code: 'EDIT_STATEMENT_UNRECOGNISED',
      message: `the statement with the Sid "${sid}" is not as the console writes it. ${deviation.reason}`,
      path: deviation.path,
      fix: 'Change it with a whole document, or give it another Sid, so that the console statement can be added beside it.',
    });
  }
  return statement;
}

/** Whether a console statement names a principal in its normal form. */
export function holds(statement: Statement, principal: string): boolean {
  return statement.principals.some(({ id }) => id === principal);
}

/** Where a statement stands in the text. */
export function nodeAt(draft: Draft, statement: Statement): JsonNode {
  return itemsOf(memberOf(draft.node, 'Statement'))[draft.policy.statements.indexOf(statement)] ?? draft.node;
}

/** The text with one more principal in a console statement. */
export function append(draft: Draft, statement: Statement, principal: string): string {
  const node = nodeAt(draft, statement);
  const list = elementOf(elementOf(node, 'Principal'), 'AWS');
  return applySplices(draft.text, [appendStrings(draft.text, node, list, [principal])]);
}

/** The text without a principal of a console statement; the last one takes the statement along. */
export function drop(draft: Draft, statement: Statement, principal: string): string {
  const list = elementOf(elementOf(nodeAt(draft, statement), 'Principal'), 'AWS');
  const isIt = (id: string): boolean => normalPrincipal(id, draft.key) === principal;
  if (!statement.principals.every(({ id }) => isIt(id))) return without(draft.text, list, isIt);
  const statements = itemsOf(memberOf(draft.node, 'Statement'));
  if (statements.length === 1) {
    refuse(draft, {
      code: 'EDIT_LEAVES_NO_STATEMENT',
      message: 'the policy would be left without any statement.',
      path: statement.path,
      fix: 'Add what shall stand instead first.',
    });
  }
  const node = nodeAt(draft, statement);
  return applySplices(
    draft.text,
    removeItems(statements, (item) => item === node),
  );
}

/** The text without some strings of a list. */
export function without(text: string, list: JsonNode, gone: (value: string) => boolean): string {
  return applySplices(
    text,
    removeItems(itemsOf(list), (item) => gone(wordOf(item))),
  );
}

/** An element that a recognised console statement has: AWS principals only, and an Action. */
export function elementOf(node: JsonNode, name: string): JsonNode {
  const value = memberOf(node, name);
  if (value === undefined) throw new Error(`${node.pointer} was recognised without ${name}`);
  return value;
}

/** The text with a console statement for one principal, at its place in the console's order. */
export function insert(draft: Draft, name: ConsoleStatement, principal: string, actions: readonly string[]): string {
  const statements = memberOf(draft.node, 'Statement');
  if (statements === undefined) {
    refuse(draft, {
      code: 'EDIT_NO_STATEMENT_ELEMENT',
      message: 'the policy has no Statement element to add to.',
      path: '',
      fix: 'Submit a whole document.',
    });
  }
  const statement = {
    Sid: CONSOLE_SIDS[name],
    Effect: 'Allow',
    Principal: { AWS: principal },
    Action: actions,
    Resource: '*',
    ...(name === 'grants' && { Condition: GRANT_CONDITION }),
  };
  return applySplices(draft.text, insertStatement(draft.text, statements, placeOf(draft.policy, name), statement));
}

/** After the last console statement that comes before it, else before the first that comes after it, else last. */
function placeOf(policy: KeyPolicy, name: ConsoleStatement): number {
  const ranks = policy.statements.map(({ sid }) => CONSOLE_ORDER.findIndex((one) => CONSOLE_SIDS[one] === sid));
  const rank = CONSOLE_ORDER.indexOf(name);
  const before = ranks.findLastIndex((other) => other !== -1 && other < rank);
  if (before !== -1) return before + 1;
  const after = ranks.findIndex((other) => other > rank);
  return after === -1 ? ranks.length : after;
}

/** Refuses an edit that would change nothing. */
export function noEffect(draft: Draft, statement: Statement | undefined, why: string, element = 'Principal'): never {
  refuse(draft, {
    code: 'EDIT_NO_EFFECT',
    message: why,
    path: statement === undefined ? '' : `${statement.path}/${element}`,
    fix: 'Leave this edit out, or look at the live policy again: it is not the one you had in mind.',
  });
}

/** Refuses an edit whose actions are not known for the key. */
export function refuseUsage(draft: Draft): never {
  refuse(draft, {
    code: 'EDIT_USAGE_UNKNOWN',
    message: `what the console lets users of a key with the usage ${draft.key.usage} do is not known.`,
    path: '',
    fix: 'Submit a whole document with the actions you mean.',
  });
}

/** Ends the work with a finding that begins with the name of the edit. */
export function refuse(
  draft: Draft,
  { code, ...found }: Pick<Finding, 'message' | 'path' | 'fix'> & { code: EditCode },
): never {
  throw new Refusal([consoleFinding(code, { ...found, message: `${draft.title}: ${found.message}` })]);
}
