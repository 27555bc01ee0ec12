import { type ActionSet, intersection, isEmpty, NO_ACTIONS, operationsIn, setOf } from '../actions.ts';
import { lowerAscii } from '../ascii.ts';
import { type ConditionValue, readValue, valueMatches } from '../condition/conditionValues.ts';
import { type Operator, type OperatorUse, readOperator } from '../condition/operators.ts';
import { accountOf, isSessionOf, type PrincipalForm, principalForm } from '../principalForm.ts';
import type { Condition, Key, KeyPolicy, Statement } from '../types.ts';
import { type Circumstances, type RequestContext, requestOf } from './request.ts';

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

/** Who can do one thing. */
export interface Abilities {
  /** What one user or role of the key's account can do, by its ARN. */
  of: (arn: string) => Ability;
  /** No caller but those of `knownOf` is more certain of it than this: `false` when everyone is denied, `undefined` when everyone may be. */
  ceiling: Certain;
}

/** A statement with everything worked out that does not hang on the caller. */
interface Judged {
  deny: boolean;
  notPrincipal: boolean;
  everyone: boolean;
  ids: ReadonlySet<string>;
  rootAccounts: ReadonlySet<string | undefined>;
  sessions: readonly PrincipalForm[];
  tests: readonly JudgedTest[];
}

interface JudgedTest {
  lowerKey: string;
  use: OperatorUse | undefined;
  raw: readonly string[];
  values: readonly ConditionValue[];
  /** The values again, where variables of the request stand in them. */
  resolved?: (request: RequestContext) => readonly ConditionValue[];
}

/** What is known of the requests for one operation. */
interface Requests {
  common: RequestContext;
  /** In its place, that of some users and roles, by ARN. */
  own: ReadonlyMap<string, RequestContext>;
}

/** What is known of the requests for each operation, worked out when it is first asked. */
export function requestsFor(key: Key, circumstances: Circumstances): (action: string) => Requests {
  const knownOf = Object.entries(circumstances.knownOf ?? {});
  return onceEach((action) => ({
    common: requestOf(key, action, circumstances),
    own: new Map(knownOf.map(([arn, known]) => [arn, requestOf(key, action, { ...circumstances, known })])),
  }));
}

function onceEach<T>(make: (action: string) => T): (action: string) => T {
  const made = new Map<string, T>();
  return (action) => {
    const one = made.get(action) ?? make(action);
    made.set(action, one);
    return one;
  };
}

/**
 * Decides who can do each operation that a key policy governs, when it is first asked. What does not hang on the operation is worked
 * out once. An explicit Deny comes first, then the Allows. A role's policy covers its sessions; a Deny for an account's root
 * covers everyone in the account; NotPrincipal excepts a role only together with its account.
 *
 * @param requests What is known of the requests.
 * @param operations What each statement is about, where that is known already.
 * @returns For an operation in AWS's spelling, such as `kms:PutKeyPolicy`, who can do it.
 * Source: IAM User Guide, "Policy evaluation logic"; AWS KMS Developer Guide, "Default key policy".
 */
export function abilitiesUnder(
  policy: KeyPolicy,
  requests: (action: string) => Requests,
  operations: readonly ActionSet[] = operationsIn(policy),
): (action: string) => Abilities {
  const variables = policy.version === '2012-10-17';
  const judgements = new Map<Statement, Judged>();
  const judgedOnce = (statement: Statement): Judged => {
    const one = judgements.get(statement) ?? judged(statement, variables);
    judgements.set(statement, one);
    return one;
  };
  return onceEach((action) => {
    const asked = setOf([action]);
    const statements = policy.statements
      .filter((_, index) => !isEmpty(intersection(operations[index] ?? NO_ACTIONS, asked)))
      .map(judgedOnce);
    return abilitiesOf(statements, requests(action));
  });
}

/** Who can do one operation: `abilitiesUnder`. */
export function abilities(policy: KeyPolicy, key: Key, action: string, circumstances: Circumstances = {}): Abilities {
  return abilitiesUnder(policy, requestsFor(key, circumstances))(action);
}

function abilitiesOf(statements: readonly Judged[], { common, own }: Requests): Abilities {
  const of = (arn: string): Ability => {
    const who = principalForm({ kind: 'AWS', id: arn });
    const account = accountOf(who);
    const others = own.get(arn) ?? common;
    const request: RequestContext = (lowerKey) => {
      switch (lowerKey) {
        case 'aws:principalarn':
          return [arn];
        case 'aws:principaltype':
          return [who.type === 'role' ? 'AssumedRole' : 'User'];
        case 'aws:username':
          return who.type === 'user' ? [who.name.slice(who.name.lastIndexOf('/') + 1)] : null;
        case 'aws:tokenissuetime':
          return who.type === 'role' ? [] : others(lowerKey);
        case 'aws:principalaccount':
        case 'kms:calleraccount':
          return account === undefined ? null : [account];
        default:
          return others(lowerKey);
      }
    };
    let denied: Certain = false;
    let named: Certain = false;
    let delegated: Certain = false;
    for (const statement of statements) {
      const reach = reachOf(statement, arn, who);
      if (reach.certain === false) continue;
      const holds = and(reach.certain, testsHold(statement.tests, request));
      if (statement.deny) denied = or(denied, holds);
      else if (reach.delegated) delegated = or(delegated, holds);
      else named = or(named, holds);
    }
    const allowed = not(denied);
    return { named: and(named, allowed), delegated: and(delegated, allowed) };
  };
  const forAll = statements.filter(
    ({ deny, everyone, notPrincipal, tests }) =>
      deny &&
      everyone &&
      !notPrincipal &&
      !tests.some(({ lowerKey, resolved }) => resolved !== undefined || OF_CALLER.has(lowerKey)),
  );
  const denied = forAll.map(({ tests }) => testsHold(tests, common)).reduce(or, false);
  return { of, ceiling: not(denied) };
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

function judged({ effect, notPrincipal, principals, conditions }: Statement, variables: boolean): Judged {
  const ids = new Set<string>();
  const rootAccounts = new Set<string>();
  const sessions: PrincipalForm[] = [];
  for (const principal of principals) {
    const { kind, id } = principal;
    if (kind !== 'AWS') continue;
    // Nearly all are users and roles, of which only the ARN is looked at.
    const form = id.endsWith(':root') || id.includes(':assumed-role/') ? principalForm(principal) : undefined;
    if (form?.type === 'account') rootAccounts.add(form.account);
    else if (form?.type === 'session') sessions.push(form);
    else ids.add(id);
  }
  const tests = conditions.map((condition) => testOf(condition, variables));
  return { deny: effect === 'Deny', notPrincipal, everyone: ids.has('*'), ids, rootAccounts, sessions, tests };
}

function testOf({ operator, key, values }: Condition, variables: boolean): JudgedTest {
  const use = readOperator(operator);
  const reading = use === undefined || use.operator === 'Null' ? undefined : use.operator.reading;
  const read = (texts: readonly string[]): ConditionValue[] =>
    reading === undefined ? [] : texts.map((text) => readValue(text, reading, variables));
  return {
    lowerKey: lowerAscii(key),
    use,
    raw: values,
    values: read(values),
    ...(variables &&
      values.some((value) => value.includes('${')) && {
        resolved: (request: RequestContext) => read(values.map((value) => withVariables(value, request))),
      }),
  };
}

/** A value with the policy variables that the request is known to have in their places; others stay, and are nobody's to know. */
function withVariables(value: string, request: RequestContext): string {
  return value.replace(/\$\{([\w:/.-]+)\}/g, (variable, name: string) => {
    const values = request(lowerAscii(name));
    const only = values?.length === 1 ? values[0] : undefined;
    return only !== undefined && /^[\w:/+=,.@-]+$/.test(only) ? only : variable;
  });
}

function reachOf(statement: Judged, arn: string, who: PrincipalForm): { certain: Certain; delegated?: true } {
  const itself = statement.everyone || statement.ids.has(arn);
  const root = statement.rootAccounts.has(accountOf(who));
  const aSession = !itself && statement.sessions.some((form) => isSessionOf(form, who));
  if (statement.notPrincipal) {
    // AWS says that the account must be excepted too, and in one place only that it might have to be.
    if (itself) return { certain: statement.deny && !root && !statement.everyone ? undefined : false };
    return { certain: aSession ? undefined : true };
  }
  if (itself) return { certain: true };
  if (root) return { certain: true, delegated: true };
  return { certain: aSession ? undefined : false };
}

/** Keys whose value the caller decides. */
const OF_CALLER = new Set([
  'aws:principalarn',
  'aws:principaltype',
  'aws:principalaccount',
  'kms:calleraccount',
  'aws:username',
  'aws:tokenissuetime',
]);

function testsHold(tests: readonly JudgedTest[], request: RequestContext): Certain {
  return tests
    .map((test) => {
      const read = test.resolved === undefined ? test : { ...test, values: test.resolved(request) };
      return testHolds(read, request(test.lowerKey));
    })
    .reduce(and, true);
}

function testHolds({ use, raw, values }: JudgedTest, known: readonly string[] | null | undefined): Certain {
  if (use === undefined || known === undefined) return undefined;
  if (use.operator === 'Null') return raw.some((wanted) => lowerAscii(wanted) === String(known === null));
  const { operator } = use;
  if (known === null) return operator.negative || use.ifExists || use.quantifier === 'all';
  const [first, ...more] = known.map((value) => valueHolds(operator, values, value));
  return more.every((one) => one === first) ? first : undefined;
}

function valueHolds({ type, negative }: Operator, values: readonly ConditionValue[], value: string): Certain {
  let matches: Certain = false;
  for (const wanted of values) {
    matches = or(matches, valueMatches(wanted, value, type));
    if (matches === true) break;
  }
  return negative ? not(matches) : matches;
}
