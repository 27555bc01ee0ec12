import { type JsonNode, type JsonObject, memberOf } from '../document/json.ts';
import { parseKeyPolicy } from '../document/parse.ts';
import { appendStrings, applySplices, insertStatement, removeItems } from '../document/policyText.ts';
import type { Edit, Finding, Key, KeyPolicy, Statement } from '../types.ts';
import { consoleFinding, type EditCode } from './codes.ts';
import { classifyPrincipal, normalPrincipal, partitionOf } from './consolePrincipal.ts';
import {
  actionSet,
  administratorActions,
  CONSOLE_ORDER,
  CONSOLE_SIDS,
  type ConsoleStatement,
  consoleStatementOf,
  DELETION_ACTIONS,
  GRANT_ACTIONS,
  GRANT_CONDITION,
  hasGrantsStatement,
  readAdministratorActions,
  userActions,
} from './consoleStatements.ts';
import { statementDeviation } from './defaultView.ts';
import { checkEditPrincipal } from './editPrincipal.ts';

export type EditResult = { ok: true; text: string } | { ok: false; findings: Finding[] };

/** A document with one edit under way; every step reads the text anew, so that places are never stale. */
interface Draft {
  text: string;
  policy: KeyPolicy;
  node: JsonObject;
  edit: Edit;
  /** `edits[2] addUser`. */
  title: string;
  key: Key;
}

/** Thrown by a step and caught in `applyEdits`: the first refusal ends the work. */
class Refusal extends Error {
  readonly findings: Finding[];
  constructor(findings: Finding[]) {
    super(findings[0]?.message);
    this.findings = findings;
  }
}

/**
 * Applies changes in the terms of the console's default view, one after the other, and touches nothing else: other
 * statements keep their bytes and their place, and what is added is laid out like what stands there. The policy as a whole
 * need not have a default view; the console statement that an edit is about must be as the console writes it, or absent:
 * then it is added with the console's Sid, in the console's order.
 *
 * An administrators' statement that is added does not allow deletion; that takes `allowDeletion`. Where the users'
 * statement stands without the one for grants, none is added. The last principal takes its statements along, as in the console.
 *
 * @param text The policy, as read from KMS or as proposed.
 * @param edits All principals are checked first, so that every fault of that kind is named at once.
 * @returns The new text, or why not. An edit that changes nothing is an error (EDIT_NO_EFFECT): whoever asked for it had
 * another policy in mind. Findings of the edit itself have the path ''; those about a statement point into `text` as it
 * stood before that edit. Never throws.
 */
export function applyEdits(text: string, edits: readonly Edit[], key: Key): EditResult {
  const findings = edits.flatMap((edit, index) => checkEditPrincipal(edit, index, key));
  if (findings.length > 0) return { ok: false, findings };
  try {
    return { ok: true, text: edits.reduce((now, edit, index) => applyEdit(now, edit, index, key), text) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, findings: error.findings };
    throw error;
  }
}

function applyEdit(text: string, edit: Edit, index: number, key: Key): string {
  const draft = read({ edit, title: `edits[${index}] ${edit.op}`, key }, text);
  const principal = normalPrincipal(edit.principal ?? '', key);
  switch (edit.op) {
    case 'addAdministrator':
      return addAdministrator(draft, principal);
    case 'removeAdministrator':
      return removePrincipal(draft, principal, ['administrators']);
    case 'allowDeletion':
    case 'preventDeletion':
      return setDeletion(draft, edit.op === 'allowDeletion');
    case 'addUser':
    case 'addExternalAccount':
      return addUser(draft, principal);
    case 'removeUser':
    case 'removeExternalAccount':
      return removePrincipal(draft, principal, ['users', 'grants']);
  }
}

function read(draft: Omit<Draft, 'text' | 'policy' | 'node'>, text: string): Draft {
  const parsed = parseKeyPolicy(text, partitionOf(draft.key));
  if (!parsed.ok) throw new Refusal(parsed.findings);
  return { ...draft, text, policy: parsed.policy, node: parsed.node };
}

function addAdministrator(draft: Draft, principal: string): string {
  const statement = find(draft, 'administrators');
  if (statement === undefined)
    return insert(draft, 'administrators', principal, administratorActions(draft.key, false));
  if (holds(statement, principal)) noEffect(draft, statement, `${principal} is an administrator already`);
  return append(draft, statement, principal);
}

/** Users and external accounts stand in the same two statements. */
function addUser(draft: Draft, principal: string): string {
  const users = find(draft, 'users');
  const grants = find(draft, 'grants');
  const missing = [users, grants].filter((statement) => statement !== undefined && !holds(statement, principal));
  if (users !== undefined && missing.length === 0) noEffect(draft, users, `${principal} may use the key already`);
  let { text } = draft;
  if (users === undefined) {
    const actions = userActions(draft.key);
    if (actions === undefined) refuseUsage(draft);
    text = insert(draft, 'users', principal, actions);
  }
  for (const name of ['users', 'grants'] as const) {
    const now = read(draft, text);
    const statement = find(now, name);
    if (statement !== undefined && !holds(statement, principal)) text = append(now, statement, principal);
    if (statement === undefined && users === undefined && hasGrantsStatement(draft.key)) {
      text = insert(now, name, principal, GRANT_ACTIONS);
    }
  }
  return text;
}

function removePrincipal(draft: Draft, principal: string, names: readonly ConsoleStatement[]): string {
  const statements = names.map((name) => find(draft, name));
  if (!statements.some((statement) => statement !== undefined && holds(statement, principal))) {
    const title = `"${CONSOLE_SIDS[names[0] ?? 'users']}"`;
    const where =
      statements[0] === undefined ? `the policy has no statement ${title}` : `${principal} is not in ${title}`;
    noEffect(draft, statements[0], where);
  }
  let { text } = draft;
  for (const name of names) {
    const now = read(draft, text);
    const statement = find(now, name);
    if (statement !== undefined && holds(statement, principal)) text = drop(now, statement, principal);
  }
  return text;
}

function setDeletion(draft: Draft, allow: boolean): string {
  const statement = find(draft, 'administrators');
  if (statement === undefined) {
    refuse(draft, {
      code: 'EDIT_NO_ADMINISTRATORS',
      message: `the policy has no statement "${CONSOLE_SIDS.administrators}" that could allow or prevent deletion`,
      path: '',
      fix: 'Put an addAdministrator before it.',
    });
  }
  const actions = readAdministratorActions(statement.actions, draft.key);
  if (actions.ok && actions.mayDelete === allow) {
    noEffect(draft, statement, `administrators may ${allow ? '' : 'not '}delete the key already`, 'Action');
  }
  const node = nodeAt(draft, statement);
  const list = elementOf(node, 'Action');
  if (allow) return applySplices(draft.text, [appendStrings(draft.text, node, list, DELETION_ACTIONS)]);
  const deletion = actionSet(DELETION_ACTIONS);
  return without(draft.text, list, (action) => deletion.has(action.toLowerCase()));
}

/** The console statement of that name when it is as the console writes it; undefined when there is none. */
function find(draft: Draft, name: ConsoleStatement): Statement | undefined {
  const sid = CONSOLE_SIDS[name];
  const [statement, second] = draft.policy.statements.filter((candidate) => candidate.sid === sid);
  if (statement === undefined) return undefined;
  if (second !== undefined) {
    refuse(draft, {
      code: 'EDIT_STATEMENT_TWICE',
      message: `the Sid "${sid}" stands twice, so it is not clear which statement is meant`,
      path: `${second.path}/Sid`,
      fix: 'Merge the two, or give one of them another Sid, with a whole document.',
    });
  }
  const everyone = statement.principals.some(({ id }) => classifyPrincipal(id, draft.key).kind === 'wildcard');
  const deviation =
    statementDeviation(statement, name, draft.key) ??
    (everyone ? { reason: `"${sid}" names everyone.`, path: `${statement.path}/Principal` } : undefined);
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

function holds(statement: Statement, principal: string): boolean {
  return statement.principals.some(({ id }) => id === principal);
}

function nodeAt(draft: Draft, statement: Statement): JsonNode {
  const list = memberOf(draft.node, 'Statement');
  if (list?.kind !== 'array') return list ?? draft.node;
  return list.items[draft.policy.statements.indexOf(statement)] ?? list;
}

function append(draft: Draft, statement: Statement, principal: string): string {
  const node = nodeAt(draft, statement);
  const list = elementOf(elementOf(node, 'Principal'), 'AWS');
  return applySplices(draft.text, [appendStrings(draft.text, node, list, [principal])]);
}

function drop(draft: Draft, statement: Statement, principal: string): string {
  const list = elementOf(elementOf(nodeAt(draft, statement), 'Principal'), 'AWS');
  const isIt = (id: string): boolean => normalPrincipal(id, draft.key) === principal;
  if (!statement.principals.every(({ id }) => isIt(id))) return without(draft.text, list, isIt);
  const statements = memberOf(draft.node, 'Statement');
  if (statements?.kind !== 'array' || statements.items.length === 1) {
    refuse(draft, {
      code: 'EDIT_LEAVES_NO_STATEMENT',
      message: 'the policy would be left without any statement',
      path: statement.path,
      fix: 'Add what shall stand instead first.',
    });
  }
  const index = draft.policy.statements.indexOf(statement);
  return applySplices(
    draft.text,
    removeItems(statements, (item) => item === statements.items[index]),
  );
}

function without(text: string, list: JsonNode, gone: (value: string) => boolean): string {
  if (list.kind !== 'array') return text;
  return applySplices(
    text,
    removeItems(list, (item) => item.kind === 'string' && gone(item.value)),
  );
}

/** An element that a recognised console statement has: AWS principals only, and an Action. */
function elementOf(node: JsonNode, name: string): JsonNode {
  const value = memberOf(node, name);
  if (value === undefined) throw new Error(`${node.pointer} was recognised without ${name}`);
  return value;
}

function insert(draft: Draft, name: ConsoleStatement, principal: string, actions: readonly string[]): string {
  const statements = memberOf(draft.node, 'Statement');
  if (statements === undefined) {
    refuse(draft, {
      code: 'EDIT_NO_STATEMENT_ELEMENT',
      message: 'the policy has no Statement element to add to',
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
  const ranks = policy.statements.map(({ sid }) => orderOf(sid));
  const rank = CONSOLE_ORDER.indexOf(name);
  const before = ranks.findLastIndex((other) => other !== -1 && other < rank);
  if (before !== -1) return before + 1;
  const after = ranks.findIndex((other) => other > rank);
  return after === -1 ? ranks.length : after;
}

function orderOf(sid: string | undefined): number {
  const name = consoleStatementOf(sid);
  return name === undefined ? -1 : CONSOLE_ORDER.indexOf(name);
}

function noEffect(draft: Draft, statement: Statement | undefined, why: string, element = 'Principal'): never {
  refuse(draft, {
    code: 'EDIT_NO_EFFECT',
    message: why,
    path: statement === undefined ? '' : `${statement.path}/${element}`,
    fix: 'Leave this edit out, or look at the live policy again: it is not the one you had in mind.',
  });
}

function refuseUsage(draft: Draft): never {
  refuse(draft, {
    code: 'EDIT_USAGE_UNKNOWN',
    message: `what the console lets users of a key with the usage ${draft.key.usage} do is not known`,
    path: '',
    fix: 'Submit a whole document with the actions you mean.',
  });
}

function refuse(
  draft: Draft,
  { code, ...found }: Pick<Finding, 'message' | 'path' | 'fix'> & { code: EditCode },
): never {
  const message = `${draft.title}: ${found.message}.`.replace(/\.\.$/, '.');
  throw new Refusal([consoleFinding(code, { ...found, message })]);
}
