import { parseJson, toValue } from '../../lib/policy/document/json.ts';
import { type ConditionBlock, conditionHolds, matchesAction, type RequestContext } from '../iam/evaluate.ts';
import type { Iam } from '../iam.ts';
import type { Caller } from '../types.ts';
import { KmsError } from './error.ts';
import type { KmsKey } from './types.ts';

/** What another account's principals may be allowed at all (developer guide, "Allowing users in other accounts"). */
const CROSS_ACCOUNT = new Set(['DescribeKey', 'GetPublicKey', 'Sign', 'Verify']);

interface Rule {
  Effect: string;
  Principal?: '*' | Record<string, string | string[]>;
  NotPrincipal?: '*' | Record<string, string | string[]>;
  Action?: string | string[];
  NotAction?: string | string[];
  Condition?: ConditionBlock;
}

/** A key policy with the ARNs that stand for unique ids in it. */
export interface PolicyOfKey {
  text: string;
  ids: Record<string, string>;
}

export interface Access {
  caller: Caller;
  /** `kms:PutKeyPolicy` */
  action: string;
  key: Pick<KmsKey, 'arn' | 'accountId' | 'spec' | 'usage' | 'origin' | 'multiRegion'>;
  bypass?: boolean;
}

/**
 * May this caller do this under this key policy? Deny first, in the key policy and in the caller's own IAM policies; then an
 * Allow that names the caller; then one that names the account, which only lets the caller's IAM policies decide.
 * A caller from another account needs both. A condition that cannot be decided on a laptop counts as not satisfied.
 */
export function allowedBy(policy: PolicyOfKey, access: Access, iam: Pick<Iam, 'denies' | 'world'>): boolean {
  const { caller, action, key } = access;
  const context = contextOf(access);
  if (iam.denies(caller.principal, action, key.arn, context)) return false;
  let delegated = false;
  let named = false;
  for (const rule of rulesOf(policy.text)) {
    if (!coversAction(rule, action)) continue;
    if (conditionHolds(rule.Condition, { ...absentIn(rule.Condition), ...context }) !== 'yes') continue;
    if (rule.Effect === 'Deny') {
      if (deniesCaller(rule, caller, policy.ids, iam)) return false;
      continue;
    }
    const principals = awsPrincipals(rule.Principal, policy.ids, iam);
    if (namesCaller(principals, caller)) named = true;
    if (principals.includes(rootOf(caller))) delegated = true;
  }
  if (caller.within?.(action, key.arn, context) === false) return false;
  const byIam = () => caller.allows(action, key.arn, context);
  if (caller.accountId !== key.accountId) {
    return CROSS_ACCOUNT.has(action.replace('kms:', '')) && (named || delegated) && byIam();
  }
  return named || (delegated && byIam());
}

/** Throws `AccessDeniedException` when the key's policy and the caller's IAM policies do not allow the operation. */
export function authorize(
  operation: string,
  key: KmsKey,
  caller: Caller,
  iam: Pick<Iam, 'denies' | 'world'>,
  bypass = false,
): void {
  const policy = key.policies.at(-1);
  const action = `kms:${operation}`;
  if (policy === undefined || !allowedBy(policy, { caller, action, key, bypass }, iam)) {
    throw denied(caller, action, key.arn);
  }
}

/** For operations that are asked of IAM alone. Throws `AccessDeniedException`. */
export function authorizeByIam(
  operation: string,
  resource: string,
  caller: Caller,
  context: RequestContext = {},
): void {
  if (!caller.allows(`kms:${operation}`, resource, context)) {
    throw denied(caller, `kms:${operation}`, resource);
  }
}

export function denied(caller: Caller, action: string, resource: string): KmsError {
  return new KmsError(
    'AccessDeniedException',
    `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource}`,
  );
}

/** Keys whose absence is known, because nothing on the edge is called through another service or with an encryption context. */
const ABSENT = [
  'aws:SourceArn',
  'aws:SourceAccount',
  'kms:ViaService',
  'kms:GrantIsForAWSResource',
  'kms:EncryptionContextKeys',
  'kms:RequestAlias',
];

/** The encryption contexts that a condition names: no operation here has one. */
function absentIn(condition: ConditionBlock = {}): RequestContext {
  const keys = Object.values(condition).flatMap(Object.keys);
  return Object.fromEntries(keys.filter((key) => /^kms:EncryptionContext:/i.test(key)).map((key) => [key, []]));
}

function contextOf({ caller, action, key, bypass = false }: Access): RequestContext {
  return {
    ...Object.fromEntries(ABSENT.map((name) => [name, []])),
    // What a CreateGrant asks for is not decided here, so a condition on it counts as not satisfied.
    ...(action === 'kms:CreateGrant' ? {} : { 'kms:GrantOperations': [] }),
    ...(action === 'kms:PutKeyPolicy' ? { 'kms:BypassPolicyLockoutSafetyCheck': [String(bypass)] } : {}),
    'kms:CallerAccount': [caller.accountId],
    'kms:KeySpec': [key.spec],
    'kms:KeyUsage': [key.usage],
    'kms:KeyOrigin': [key.origin],
    'kms:MultiRegion': [String(key.multiRegion)],
    'aws:PrincipalArn': [caller.principal],
    'aws:PrincipalAccount': [caller.accountId],
    'aws:ResourceAccount': [key.accountId],
  };
}

function rulesOf(text: string): Rule[] {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new Error('a stored policy is JSON');
  // checkPolicy let this text in, so it has the form of a policy.
  const { Statement } = toValue(parsed.node) as { Statement: Rule | Rule[] };
  return listOf(Statement);
}

function coversAction({ Action, NotAction }: Rule, action: string): boolean {
  if (NotAction !== undefined) return !listOf(NotAction).some((pattern) => matchesAction(pattern, action));
  return listOf(Action ?? []).some((pattern) => matchesAction(pattern, action));
}

function deniesCaller(rule: Rule, caller: Caller, ids: Record<string, string>, iam: Pick<Iam, 'world'>): boolean {
  if (rule.NotPrincipal !== undefined) return !namesCaller(awsPrincipals(rule.NotPrincipal, ids, iam), caller);
  const principals = awsPrincipals(rule.Principal, ids, iam);
  return namesCaller(principals, caller) || principals.includes(rootOf(caller));
}

function namesCaller(principals: string[], caller: Caller): boolean {
  return [caller.principal, caller.arn, '*'].some((name) => principals.includes(name));
}

function awsPrincipals(element: Rule['Principal'], ids: Record<string, string>, iam: Pick<Iam, 'world'>): string[] {
  if (element === '*') return ['*'];
  return listOf(element?.AWS ?? [])
    .map((value) => (/^[0-9]{12}$/.test(value) ? `arn:aws:iam::${value}:root` : (ids[value] ?? value)))
    .filter((value) => value === '*' || iam.world.exists(value));
}

function rootOf(caller: Caller): string {
  return `arn:aws:iam::${caller.accountId}:root`;
}

function listOf<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
