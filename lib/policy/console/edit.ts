import { appendStrings, applySplices } from '../document/policyText.ts';
import type { Edit, Finding, Key } from '../types.ts';
import { normalPrincipal } from './consolePrincipal.ts';
import {
  actionSet,
  administratorActions,
  CONSOLE_SIDS,
  type ConsoleStatement,
  DELETION_ACTIONS,
  GRANT_ACTIONS,
  hasGrantsStatement,
  readAdministratorActions,
  userActions,
} from './consoleStatements.ts';
import {
  append,
  type Draft,
  drop,
  elementOf,
  find,
  holds,
  insert,
  nodeAt,
  noEffect,
  Refusal,
  read,
  refuse,
  refuseUsage,
  without,
} from './editDraft.ts';
import { checkEditPrincipal } from './editPrincipal.ts';

export type EditResult = { ok: true; text: string } | { ok: false; findings: Finding[] };

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

function addAdministrator(draft: Draft, principal: string): string {
  const statement = find(draft, 'administrators');
  if (statement === undefined)
    return insert(draft, 'administrators', principal, administratorActions(draft.key, false));
  if (holds(statement, principal)) noEffect(draft, statement, `${principal} is an administrator already.`);
  return append(draft, statement, principal);
}

/** Users and external accounts stand in the same two statements. */
function addUser(draft: Draft, principal: string): string {
  const users = find(draft, 'users');
  const grants = find(draft, 'grants');
  const missing = [users, grants].filter((statement) => statement !== undefined && !holds(statement, principal));
  if (users !== undefined && missing.length === 0) noEffect(draft, users, `${principal} may use the key already.`);
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

function removePrincipal(
  draft: Draft,
  principal: string,
  names: readonly [ConsoleStatement, ...ConsoleStatement[]],
): string {
  const statements = names.map((name) => find(draft, name));
  if (!statements.some((statement) => statement !== undefined && holds(statement, principal))) {
    const title = `"${CONSOLE_SIDS[names[0]]}"`;
    const where =
      statements[0] === undefined ? `the policy has no statement ${title}.` : `${principal} is not in ${title}.`;
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
      message: `the policy has no statement "${CONSOLE_SIDS.administrators}" that could allow or prevent deletion.`,
      path: '',
      fix: 'Put an addAdministrator before it.',
    });
  }
  const actions = readAdministratorActions(statement.actions, draft.key);
  if (actions.ok && actions.mayDelete === allow) {
    noEffect(draft, statement, `administrators may ${allow ? '' : 'not '}delete the key already.`, 'Action');
  }
  const node = nodeAt(draft, statement);
  const list = elementOf(node, 'Action');
  if (allow) return applySplices(draft.text, [appendStrings(draft.text, node, list, DELETION_ACTIONS)]);
  const deletion = actionSet(DELETION_ACTIONS);
  return without(draft.text, list, (action) => deletion.has(action.toLowerCase()));
}
