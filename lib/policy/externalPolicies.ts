import { byCodeUnit, lowerAscii, sortedSet } from './ascii.ts';
import { readOperator } from './condition/operators.ts';
import type { Action } from './data/actions.generated.ts';
import { CROSS_ACCOUNT, operationsOf, possibleFor } from './operations.ts';
import { principalForm } from './principalForm.ts';
import { CALLER_ACCOUNT, PRINCIPAL_ACCOUNT } from './principals.ts';
import type { ExternalPolicy, Key, KeyPolicy, Statement } from './types.ts';

/** Operations that a service needs to use a key for as long as it runs; the console limits them to services. */
const GRANTS = new Set(['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant']);

interface Need {
  /** The account as a whole is let in. */
  whole: boolean;
  /** Users and roles that are let in by name. */
  principals: Set<string>;
  actions: Set<string>;
  /** Only under kms:GrantIsForAWSResource. */
  grants: Set<string>;
}

/**
 * The IAM policy that each external account needs beside the key policy: a permission in the key policy reaches an identity of
 * another account only when an IAM policy of that account gives it too. The document has no Principal, its Resource is the key's
 * ARN (an alias ARN or `*` would not do), and it has those actions of the key policy that can have an effect across accounts
 * and for this key. KMS never checks that it exists.
 *
 * @param onlyNew A policy that stood before: accounts that need nothing beyond what they needed under it are left out.
 * @returns One policy for each account, sorted by account id.
 * Source: AWS KMS Developer Guide, "Allowing users in other accounts to use a KMS key", step 2.
 */
export function externalPolicies(policy: KeyPolicy, key: Key, onlyNew?: KeyPolicy): ExternalPolicy[] {
  const before = onlyNew === undefined ? new Map<string, Need>() : needsOf(onlyNew, key);
  return [...needsOf(policy, key)]
    .filter(([account, need]) => isNew(need, before.get(account)))
    .sort(([a], [b]) => byCodeUnit(a, b))
    .map(([accountId, need]) => ({ accountId, document: documentOf(need, key), note: noteOf(accountId, need) }));
}

/** What the external accounts of a policy need, by account id. */
function needsOf(policy: KeyPolicy, key: Key): Map<string, Need> {
  const needs = new Map<string, Need>();
  for (const statement of policy.statements) {
    if (statement.effect !== 'Allow' || statement.notPrincipal) continue;
    const accounts = accountsOf(statement, key);
    const actions = actionsAbroad(statement, key);
    if (actions.length === 0) continue;
    const viaServices = limitedToServices(statement);
    for (const { account, name } of accounts) {
      const need: Need = needs.get(account) ?? {
        whole: false,
        principals: new Set(),
        actions: new Set(),
        grants: new Set(),
      };
      if (name === undefined) need.whole = true;
      else need.principals.add(name);
      for (const action of actions) (viaServices && GRANTS.has(action) ? need.grants : need.actions).add(action);
      needs.set(account, need);
    }
  }
  return needs;
}

/** External accounts that a statement lets in, each with the identities that it names; `*` counts for the accounts of its condition. */
function accountsOf(statement: Statement, key: Key): { account: string; name: string | undefined }[] {
  const accounts: { account: string; name: string | undefined }[] = [];
  const add = (account: string, name?: string): void => {
    if (account !== key.accountId) accounts.push({ account, name });
  };
  for (const principal of statement.principals) {
    const form = principalForm(principal);
    if (form.type === 'account') add(form.account);
    else if (form.type === 'user' || form.type === 'role' || form.type === 'session') add(form.account, principal.id);
    else if (form.type === 'everyone') for (const account of namedAccounts(statement)) add(account);
  }
  return accounts;
}

function namedAccounts(statement: Statement): string[] {
  return statement.conditions
    .filter(({ operator, key }) => {
      const use = readOperator(operator);
      const equals = use !== undefined && use.operator !== 'Null' && use.operator.name === 'StringEquals';
      return equals && [CALLER_ACCOUNT, PRINCIPAL_ACCOUNT].includes(lowerAscii(key));
    })
    .flatMap(({ values }) => values.filter((value) => /^[0-9]{12}$/.test(value)));
}

function limitedToServices(statement: Statement): boolean {
  return statement.conditions.some(
    ({ operator, key, values }) =>
      lowerAscii(operator) === 'bool' &&
      lowerAscii(key) === 'kms:grantisforawsresource' &&
      values.every((value) => lowerAscii(value) === 'true'),
  );
}

/**
 * Actions of a statement that have an effect for another account and this key. A pattern stays as it was written when all that
 * it names has an effect; otherwise what has one is named.
 */
function actionsAbroad(statement: Statement, key: Key): string[] {
  const works = ({ name }: Action): boolean => CROSS_ACCOUNT.has(name) && possibleFor(name, key);
  if (statement.notAction) {
    const excluded = new Set(statement.actions.flatMap((pattern) => operationsOf(pattern)).map(({ name }) => name));
    return operationsOf('kms:*')
      .filter((action) => works(action) && !excluded.has(action.name))
      .map(({ name }) => name);
  }
  return statement.actions.flatMap((pattern) => {
    const named = operationsOf(pattern);
    const working = named.filter(works).map(({ name }) => name);
    return /[*?]/.test(pattern) && named.length > 0 && working.length === named.length ? [pattern] : working;
  });
}

function isNew(need: Need, before: Need | undefined): boolean {
  if (before === undefined) return true;
  const more = (now: Set<string>, then: Set<string>): boolean => [...now].some((item) => !then.has(item));
  const wider = !before.whole && (need.whole || more(need.principals, before.principals));
  return wider || more(need.actions, before.actions) || more(need.grants, before.grants);
}

function documentOf({ actions, grants }: Need, key: Key): unknown {
  const statement = (sid: string, action: Set<string>, more: object = {}): object => ({
    Sid: `${sid}${key.accountId}`,
    Effect: 'Allow',
    Action: sortedSet(action),
    Resource: key.arn,
    ...more,
  });
  const limited = { Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } } };
  return {
    Version: '2012-10-17',
    Statement: [
      ...(actions.size > 0 ? [statement('AllowUseOfKeyInAccount', actions)] : []),
      ...(grants.size > 0 ? [statement('AllowGrantsOnKeyInAccount', grants, limited)] : []),
    ],
  };
}

function noteOf(accountId: string, { whole, principals }: Need): string {
  const whom = whole
    ? 'each role or user that is to use the key'
    : `${sortedSet(principals).join(', ')}; on any other identity it has no effect`;
  return `An administrator of account ${accountId} attaches this IAM policy to ${whom}. Callers name the key by its ARN.`;
}

/**
 * The IAM policy that gives the members of an IAM group what a key policy cannot: groups are no principals. It works once the
 * key policy enables IAM policies of the account (the account's root as principal).
 *
 * @param actions Action patterns as the key policy had them; those that a key policy does not govern are left out.
 * Source: AWS KMS Developer Guide, "Changing a key policy": IAM groups are not valid principals.
 */
export function groupPolicy(groupArn: string, actions: readonly string[], key: Key): ExternalPolicy {
  const accountId = groupArn.split(':')[4] ?? '';
  const kept = actions.filter((pattern) => operationsOf(pattern).some(({ inKeyPolicy }) => inKeyPolicy));
  return {
    accountId,
    document: {
      Version: '2012-10-17',
      Statement: [
        { Sid: `AllowUseOfKeyInAccount${key.accountId}`, Effect: 'Allow', Action: sortedSet(kept), Resource: key.arn },
      ],
    },
    note: `Attach this IAM policy to the group ${groupArn}; it takes effect once the key policy enables IAM policies of account ${accountId}.`,
  };
}
