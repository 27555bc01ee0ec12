import type { DefaultView, Key, KeyPolicy, Statement } from '../types.ts';
import { classifyPrincipal, normalPrincipal } from './consolePrincipal.ts';
import {
  ACCOUNT_ACTIONS,
  actionsDiffer,
  CONSOLE_SIDS,
  type ConsoleStatement,
  consoleStatementOf,
  GRANT_ACTIONS,
  readAdministratorActions,
  userActions,
} from './consoleStatements.ts';

/** Why something is not as the console writes it, and where. */
export interface Deviation {
  reason: string;
  /** JSON pointer. */
  path: string;
}

type Clause = (policy: KeyPolicy, key: Key) => Deviation | undefined;

/** In this order: the first that fails is the reason that is given. Inferred from the console's behaviour; AWS publishes no algorithm. */
const CLAUSES: readonly Clause[] = [version, shapes, actions, conditions, samePrincipals, principals];

/**
 * Reads a key policy as the default view of the KMS console would.
 *
 * @returns Administrators, users (ARNs) and external accounts (12-digit ids) in the order of the document, each once; or the
 * first reason why the policy has no default view, with the JSON pointer of the place.
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying.html "the default view does not support"
 */
export function readDefaultView(policy: KeyPolicy, key: Key): DefaultView {
  for (const clause of CLAUSES) {
    const deviation = clause(policy, key);
    if (deviation !== undefined) return { supported: false, ...deviation };
  }
  const administrators = statementOf(policy, 'administrators');
  const read = administrators && readAdministratorActions(administrators.actions, key);
  const users: string[] = [];
  const externalAccounts: string[] = [];
  for (const id of idsOf(statementOf(policy, 'users'), key)) {
    const principal = classifyPrincipal(id, key);
    if (principal.kind === 'externalRoot') externalAccounts.push(principal.accountId);
    else users.push(id);
  }
  return {
    supported: true,
    administrators: [...idsOf(administrators, key)],
    administratorsMayDelete: read?.ok === true && read.mayDelete,
    users,
    externalAccounts,
  };
}

/** Why a statement is not, in shape, actions and Condition, the console statement whose Sid it bears; its principals may be any ARNs. */
export function statementDeviation(statement: Statement, name: ConsoleStatement, key: Key): Deviation | undefined {
  return shapeOf(statement) ?? actionsOf(statement, name, key) ?? conditionOf(statement, name);
}

/** (a) */
function version(policy: KeyPolicy): Deviation | undefined {
  if (policy.version === '2012-10-17') return undefined;
  if (policy.version === undefined)
    return { reason: 'The Version element is missing; the console writes 2012-10-17.', path: '' };
  return { reason: `The Version is ${policy.version}; the console writes 2012-10-17.`, path: '/Version' };
}

/** (b) */
function shapes(policy: KeyPolicy): Deviation | undefined {
  if (policy.statements.length === 0) return { reason: 'The policy has no statement.', path: '' };
  const seen = new Set<ConsoleStatement>();
  for (const statement of policy.statements) {
    const name = consoleStatementOf(statement.sid);
    if (name === undefined) {
      const { sid, path } = statement;
      return sid === undefined
        ? { reason: 'A statement has no Sid; every statement of the console has one.', path }
        : { reason: `The Sid ${JSON.stringify(sid)} is none that the console writes.`, path: `${path}/Sid` };
    }
    if (seen.has(name)) {
      return { reason: `The Sid "${CONSOLE_SIDS[name]}" stands twice.`, path: `${statement.path}/Sid` };
    }
    seen.add(name);
    const deviation = shapeOf(statement);
    if (deviation !== undefined) return deviation;
  }
  return undefined;
}

function shapeOf(statement: Statement): Deviation | undefined {
  const { path } = statement;
  const title = titleOf(statement);
  if (statement.effect !== 'Allow')
    return { reason: `${title} has the Effect ${statement.effect}; the console only allows.`, path: `${path}/Effect` };
  if (statement.notResource) return { reason: `${title} has NotResource.`, path: `${path}/NotResource` };
  if (statement.resources.length === 0) return { reason: `${title} has no Resource.`, path };
  if (statement.resources.length > 1 || statement.resources[0] !== '*') {
    return { reason: `${title} has a Resource other than "*".`, path: `${path}/Resource` };
  }
  if (statement.notPrincipal) return { reason: `${title} has NotPrincipal.`, path: `${path}/NotPrincipal` };
  const other = statement.principals.find((principal) => principal.kind !== 'AWS');
  if (other !== undefined) {
    return {
      reason: `${title} has the ${other.kind} principal ${other.id}; the console writes AWS principals only.`,
      path: `${path}/Principal/${other.kind}`,
    };
  }
  return statement.principals.length === 0 ? { reason: `${title} has no principal.`, path } : undefined;
}

/** (c) */
function actions(policy: KeyPolicy, key: Key): Deviation | undefined {
  return first(policy, (statement, name) => actionsOf(statement, name, key));
}

function actionsOf(statement: Statement, name: ConsoleStatement, key: Key): Deviation | undefined {
  const title = titleOf(statement);
  if (statement.notAction) return { reason: `${title} has NotAction.`, path: `${statement.path}/NotAction` };
  if (statement.actions.length === 0) return { reason: `${title} has no Action.`, path: statement.path };
  const path = `${statement.path}/Action`;
  if (name === 'administrators') {
    const read = readAdministratorActions(statement.actions, key);
    return read.ok ? undefined : { reason: `${title}: ${read.reason}.`, path };
  }
  const expected = name === 'account' ? ACCOUNT_ACTIONS : name === 'grants' ? GRANT_ACTIONS : userActions(key);
  if (expected === undefined) {
    return { reason: `${title}: what the console writes for a key with the usage ${key.usage} is not known.`, path };
  }
  const difference = actionsDiffer(statement.actions, expected);
  if (difference === undefined) return undefined;
  const forUsage = name === 'users' ? ` for a ${key.spec} key with the usage ${key.usage}` : '';
  return { reason: `${title}: ${difference}${forUsage}.`, path };
}

/** (d) */
function conditions(policy: KeyPolicy): Deviation | undefined {
  return first(policy, conditionOf);
}

function conditionOf(statement: Statement, name: ConsoleStatement): Deviation | undefined {
  const [condition, ...more] = statement.conditions;
  const path = `${statement.path}/Condition`;
  if (name !== 'grants') {
    return condition === undefined ? undefined : { reason: `${titleOf(statement)} has a Condition.`, path };
  }
  const isBool =
    condition !== undefined &&
    more.length === 0 &&
    condition.operator.toLowerCase() === 'bool' &&
    condition.key.toLowerCase() === 'kms:grantisforawsresource' &&
    condition.values.join().toLowerCase() === 'true';
  if (isBool) return undefined;
  return {
    reason: `${titleOf(statement)} must have exactly the Condition Bool kms:GrantIsForAWSResource "true".`,
    path: condition === undefined ? statement.path : path,
  };
}

/** (e) */
function samePrincipals(policy: KeyPolicy, key: Key): Deviation | undefined {
  const grants = statementOf(policy, 'grants');
  if (grants === undefined) return undefined;
  const users = statementOf(policy, 'users');
  if (users === undefined) {
    return { reason: `"${CONSOLE_SIDS.grants}" stands without "${CONSOLE_SIDS.users}".`, path: grants.path };
  }
  const [mayGrant, mayUse] = [idsOf(grants, key), idsOf(users, key)];
  const extra = [...mayGrant].find((id) => !mayUse.has(id));
  const missing = [...mayUse].find((id) => !mayGrant.has(id));
  const path = `${grants.path}/Principal`;
  if (extra !== undefined) {
    return { reason: `${extra} is in "${CONSOLE_SIDS.grants}" but not in "${CONSOLE_SIDS.users}".`, path };
  }
  if (missing === undefined) return undefined;
  return { reason: `${missing} is in "${CONSOLE_SIDS.users}" but not in "${CONSOLE_SIDS.grants}".`, path };
}

/** (f) */
function principals(policy: KeyPolicy, key: Key): Deviation | undefined {
  return first(policy, (statement, name) => {
    const allowed: readonly string[] =
      name === 'account' ? ['ownRoot'] : name === 'administrators' ? ['ownIdentity'] : ['ownIdentity', 'externalRoot'];
    const stranger = statement.principals.find(({ id }) => !allowed.includes(classifyPrincipal(id, key).kind));
    if (stranger === undefined) return undefined;
    return {
      reason: `${titleOf(statement)}: ${stranger.id} is not ${EXPECTED[name]}.`,
      path: `${statement.path}/Principal`,
    };
  });
}

const ADMINISTRATOR = "a user or role of the key's own account";
const USER = `${ADMINISTRATOR}, nor the root of another account`;
const EXPECTED: Readonly<Record<ConsoleStatement, string>> = {
  account: "the root of the key's own account",
  administrators: ADMINISTRATOR,
  users: USER,
  grants: USER,
};

function first(
  policy: KeyPolicy,
  check: (statement: Statement, name: ConsoleStatement) => Deviation | undefined,
): Deviation | undefined {
  for (const statement of policy.statements) {
    const name = consoleStatementOf(statement.sid);
    const deviation = name && check(statement, name);
    if (deviation !== undefined) return deviation;
  }
  return undefined;
}

function statementOf(policy: KeyPolicy, name: ConsoleStatement): Statement | undefined {
  return policy.statements.find((statement) => statement.sid === CONSOLE_SIDS[name]);
}

function idsOf(statement: Statement | undefined, key: Key): Set<string> {
  return new Set(statement?.principals.map(({ id }) => normalPrincipal(id, key)));
}

function titleOf(statement: Statement): string {
  return `The statement ${JSON.stringify(statement.sid ?? statement.path)}`;
}
