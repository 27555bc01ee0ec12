import { lowerAscii } from './ascii.ts';
import { readValue, valueMatches } from './conditionValues.ts';
import { ACTIONS, KEY_CONDITION_KEYS } from './data/actions.generated.ts';
import { globMatches } from './glob.ts';
import { readOperator } from './operators.ts';
import { accountOf, isSessionOf, type PrincipalForm, principalForm } from './principalForm.ts';
import type { Condition, Key, KeyPolicy, Statement } from './types.ts';

/** `true` and `false` are certain whatever the request looks like; `undefined` depends on what nobody sees here. */
export type Certain = boolean | undefined;

/**
 * Whether a user or role of the key's account can do one thing under a policy.
 *
 * - `named`: the policy itself allows it, so that no IAM policy is needed. `delegated`: the account's root is allowed it, so an
 *   IAM policy of the principal decides.
 * - Each is `true` when certain, `false` when certainly not, `undefined` when it hangs on a condition that cannot be decided.
 */
export interface Ability {
  named: Certain;
  delegated: Certain;
}

/** What one request has. A key of the map without a value is certainly absent; a key not in the map is unknown. */
type RequestContext = ReadonlyMap<string, string | null>;

/**
 * Decides who can do one thing: an explicit Deny first, then the Allows. A role's policy covers its sessions; a Deny for an
 * account's root covers everyone in the account; NotPrincipal excepts a role only together with its account.
 *
 * @param action An operation in AWS's spelling, such as `kms:PutKeyPolicy`.
 * @returns Answers for one ARN of a user or role of the key's account at a time.
 * Source: IAM User Guide, "Policy evaluation logic"; AWS KMS Developer Guide, "Default key policy".
 */
export function abilities(policy: KeyPolicy, key: Key, action: string, bypass = false): (arn: string) => Ability {
  const lower = lowerAscii(action);
  const statements = policy.statements
    .filter((statement) => isAbout(statement, lower))
    .map((statement) => ({
      statement,
      principals: statement.principals
        .filter(({ kind }) => kind === 'AWS')
        .map((principal) => ({ id: principal.id, form: principalForm(principal) })),
    }));
  const common = requestOf(key, action, bypass);
  return (arn) => {
    const who = principalForm({ kind: 'AWS', id: arn });
    const request = withCaller(common, arn, who);
    let denied: Certain = false;
    let named: Certain = false;
    let delegated: Certain = false;
    for (const { statement, principals } of statements) {
      const reach = reachOf(statement, principals, arn, who);
      if (reach.certain === false) continue;
      const holds = and(reach.certain, conditionsHold(statement.conditions, request, policy.version));
      if (statement.effect === 'Deny') denied = or(denied, holds);
      else if (reach.delegated) delegated = or(delegated, holds);
      else named = or(named, holds);
    }
    const allowed = not(denied);
    return { named: and(named, allowed), delegated: and(delegated, allowed) };
  };
}

/** Certain when any way is certain, excluded when both are. */
export function able({ named, delegated }: Ability): Certain {
  return or(named, delegated);
}

function and(a: Certain, b: Certain): Certain {
  if (a === false || b === false) return false;
  return a === undefined || b === undefined ? undefined : true;
}

function or(a: Certain, b: Certain): Certain {
  if (a === true || b === true) return true;
  return a === undefined || b === undefined ? undefined : false;
}

function not(a: Certain): Certain {
  return a === undefined ? undefined : !a;
}

function isAbout(statement: Statement, lowerAction: string): boolean {
  if (statement.actions.length === 0) return false;
  const named = statement.actions.some((pattern) => globMatches(lowerAscii(pattern), lowerAction));
  return named !== statement.notAction;
}

function reachOf(
  statement: Statement,
  principals: readonly { id: string; form: PrincipalForm }[],
  arn: string,
  who: PrincipalForm,
): { certain: Certain; delegated: boolean } {
  const account = accountOf(who);
  let itself = false;
  let root = false;
  let aSession = false;
  for (const { id, form } of principals) {
    if (id === arn || form.type === 'everyone') itself = true;
    else if (form.type === 'account') root ||= form.account === account;
    else aSession ||= isSessionOf(form, who);
  }
  if (statement.notPrincipal) {
    if (itself) return { certain: statement.effect === 'Deny' && !root ? undefined : false, delegated: false };
    return { certain: aSession ? undefined : true, delegated: false };
  }
  if (itself) return { certain: true, delegated: false };
  if (root) return { certain: true, delegated: statement.effect === 'Allow' };
  return { certain: aSession ? undefined : false, delegated: false };
}

/** Keys that a direct call by a principal never has, because they tell of services or other things in between. */
const ABSENT_IN_DIRECT_CALLS = [
  'kms:viaservice',
  'aws:calledvia',
  'aws:calledviafirst',
  'aws:calledvialast',
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:sourceowner',
  'aws:principalservicename',
  'aws:principalservicenameslist',
];

/** What every direct request for one operation on this key has, whoever makes it. */
function requestOf(key: Key, action: string, bypass: boolean): RequestContext {
  const request = new Map<string, string | null>(ABSENT_IN_DIRECT_CALLS.map((absent) => [absent, null]));
  const own = ACTIONS.find(({ name }) => name === action)?.conditionKeys ?? [];
  for (const { conditionKeys } of ACTIONS) {
    for (const name of conditionKeys) {
      if (name.startsWith('kms:') && !own.includes(name) && !KEY_CONDITION_KEYS.includes(name))
        request.set(lowerAscii(name), null);
    }
  }
  const known: Record<string, string> = {
    'aws:principalisawsservice': 'false',
    'aws:viaawsservice': 'false',
    'aws:securetransport': 'true',
    'aws:resourceaccount': key.accountId,
    'aws:requestedregion': key.region,
    'kms:keyspec': key.spec,
    'kms:keyusage': key.usage,
    'kms:keyorigin': key.origin,
    'kms:multiregion': String(key.multiRegion),
    'kms:bypasspolicylockoutsafetycheck': String(bypass),
  };
  for (const [name, value] of Object.entries(known)) request.set(name, value);
  return request;
}

function withCaller(common: RequestContext, arn: string, who: PrincipalForm): RequestContext {
  const account = accountOf(who) ?? null;
  return new Map(common)
    .set('aws:principalarn', arn)
    .set('aws:principalaccount', account)
    .set('aws:principaltype', who.type === 'role' ? 'AssumedRole' : 'User')
    .set('kms:calleraccount', account);
}

function conditionsHold(
  conditions: readonly Condition[],
  request: RequestContext,
  version: string | undefined,
): Certain {
  let all: Certain = true;
  for (const condition of conditions) all = and(all, conditionHolds(condition, request, version));
  return all;
}

function conditionHolds(
  { operator, key, values }: Condition,
  request: RequestContext,
  version: string | undefined,
): Certain {
  const use = readOperator(operator);
  const lowerKey = lowerAscii(key);
  const open = /^kms:(encryptioncontext:|recipientattestation:)/.exec(lowerKey);
  const value = open ? openKey(open[0], request) : request.get(lowerKey);
  if (use === undefined || value === undefined) return undefined;
  if (use.operator === 'Null') {
    return values.some((wanted) => lowerAscii(wanted) === String(value === null));
  }
  const { reading, type, negative } = use.operator;
  if (value === null) return negative || use.ifExists || use.quantifier === 'all';
  let matches: Certain = false;
  for (const text of values) {
    matches = or(matches, valueMatches(readValue(text, reading, version === '2012-10-17'), value, type));
  }
  return negative ? not(matches) : matches;
}

/** A key with an open end is absent when no such key can be in the request, and unknown otherwise. */
function openKey(prefix: string, request: RequestContext): null | undefined {
  for (const [name, value] of request) if (value === null && name.startsWith(`${prefix}$`)) return null;
  return undefined;
}
