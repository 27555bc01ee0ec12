import { type ActionSet, intersection, NO_ACTIONS, namesOf, operationsIn, setOf } from '../actions.ts';
import { lowerAscii } from '../ascii.ts';
import { readOperator } from '../condition/operators.ts';
import { CRYPTOGRAPHIC, possibleFor } from '../operations.ts';
import { isSessionOf, principalForm } from '../principalForm.ts';
import { PRINCIPAL_ARN } from '../principals.ts';
import type { Guardians, Key, KeyPolicy, Statement } from '../types.ts';
import { type Abilities, abilities, abilitiesUnder, requestsFor } from './ability.ts';
import type { Circumstances } from './request.ts';

/** An Allow that lets the role that applies changes use the key, or make the grant that would let it. */
export interface ApplierUse {
  /** With its position in the document, from 0. */
  statement: { index: number; sid: string | undefined };
  /** Position of the principal in the statement, from 0. */
  principal: number;
  /** Sorted, in AWS's spelling. */
  actions: readonly string[];
  /** By its own ARN, that of a session, or a pattern on aws:PrincipalArn; otherwise as one of everyone. */
  byName: boolean;
  /** `false` when it hangs on a condition that cannot be decided here. */
  certain: boolean;
}

/** Of both documents of a change. */
export interface ApplierSides {
  applier: string;
  before: readonly ApplierUse[];
  after: readonly ApplierUse[];
}

const USE: ActionSet = setOf([...CRYPTOGRAPHIC, 'kms:CreateGrant']);

/** What is known of the requests of the applier and of the account's administrators. */
export function circumstancesOf({ applier, known }: Guardians, bypass = false): Circumstances {
  return { bypass, known: known?.administrators ?? {}, knownOf: { [applier]: known?.applier ?? {} } };
}

/**
 * The statements that let the applier itself use the key: whoever changes the policy must not be among those who use it. What its
 * IAM policies could give it through the account's root is not here: they are part of the deployment. Nor is what needs a service
 * in between, such as a grant under kms:GrantIsForAWSResource: the applier calls KMS itself.
 *
 * @param operations What each statement is about, and `of`: who can do an operation under the whole policy; so that both are
 *   worked out once.
 */
export function applierUses(
  policy: KeyPolicy,
  key: Key,
  guardians: Guardians,
  operations: readonly ActionSet[] = operationsIn(policy),
  of: (action: string) => Abilities = abilitiesUnder(policy, requestsFor(key, circumstancesOf(guardians)), operations),
): ApplierUse[] {
  const { applier } = guardians;
  const form = principalForm({ kind: 'AWS', id: applier });
  const requests = requestsFor(key, circumstancesOf(guardians));
  const denies = policy.statements.some(({ effect }) => effect === 'Deny');
  return policy.statements.flatMap((statement, index): ApplierUse[] => {
    if (statement.resources.length === 0) return [];
    const named = statement.principals.findIndex(
      (one) =>
        (one.kind === 'AWS' && one.id === applier) ||
        // Few are sessions, and only those are read.
        (one.id.includes(':assumed-role/') && isSessionOf(principalForm(one), form)),
    );
    const everyone = statement.principals.findIndex(({ kind, id }) => kind === 'AWS' && id === '*');
    const principal = named >= 0 ? named : everyone;
    if (principal < 0) return [];
    const about = operations[index] ?? NO_ACTIONS;
    const alone = abilitiesUnder({ ...policy, statements: [statement] }, requests, [about]);
    const byStatement = namesOf(intersection(about, USE))
      .filter((action) => possibleFor(action, key))
      .map((action) => ({
        action,
        given: [alone(action).of(applier).named, denies ? of(action).of(applier).named : true],
      }))
      .filter(({ given }) => !given.includes(false));
    const [first] = byStatement;
    if (first === undefined) return [];
    return [
      {
        statement: { index, sid: statement.sid },
        principal,
        actions: byStatement.map(({ action }) => action),
        byName: named >= 0 || isAmongNames(statement, policy, key, applier, first.action),
        certain: byStatement.some(({ given }) => given.every((one) => one === true)),
      },
    ];
  });
}

/** Whether conditions on aws:PrincipalArn name the callers of a statement, and the applier is surely one of them. */
function isAmongNames(statement: Statement, policy: KeyPolicy, key: Key, applier: string, action: string): boolean {
  const conditions = statement.conditions.filter((one) => lowerAscii(one.key) === PRINCIPAL_ARN);
  const names = conditions.some(({ operator }) => {
    const use = readOperator(operator);
    return use !== undefined && use.operator !== 'Null' && !use.operator.negative;
  });
  if (!names) return false;
  const alone = { ...policy, statements: [{ ...statement, conditions }] };
  return abilities(alone, key, action).of(applier).named === true;
}

/** Everything that the applier could do with the key by these statements. */
export function usesOf(uses: readonly ApplierUse[]): ActionSet {
  return setOf(uses.flatMap(({ actions }) => actions));
}
