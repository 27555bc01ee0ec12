import { type ActionSet, has, intersection, minus, NO_ACTIONS, union } from '../actions.ts';
import { type ConditionId, type Conditions, FALSE, TRUE } from '../condition/conditions.ts';
import { PRINCIPAL_ARN } from '../principals.ts';
import type { Applied, Conditional } from './coverage.ts';
import { type Guard, guardOf } from './guards.ts';

/** What one document means for one atom. */
export interface Side {
  /** Allowed whatever the request, before any Deny. */
  allow: ActionSet;
  /** Denied whatever the request. */
  deny: ActionSet;
  conditional: readonly Conditional[];
  /** Actions for which a conditional statement counts. */
  open: ActionSet;
  /** All statements that can apply, conditional or not. */
  applied: readonly Conditional[];
}

/**
 * @param world The doubts that are taken to be so.
 * @param account Of the atom, when it has one.
 */
export function sideOf(
  applied: readonly Applied[],
  known: ReadonlyMap<string, string>,
  conditions: Conditions,
  world: number,
  account: string | undefined,
): Side {
  let allow = NO_ACTIONS;
  let deny = NO_ACTIONS;
  const rules: Conditional[] = [];
  for (const one of applied) {
    if ((one.doubt & ~world) !== 0) continue;
    const { rule } = one;
    const condition = residual(conditions, rule.condition, known, account);
    if (condition === FALSE) continue;
    rules.push(condition === rule.condition ? one : { rule, condition });
    if (condition !== TRUE) continue;
    if (rule.allow) allow = union(allow, rule.actions);
    else deny = union(deny, rule.actions);
  }
  const conditional: Conditional[] = [];
  let open = NO_ACTIONS;
  for (const one of rules) {
    const counts = minus(one.rule.actions, one.rule.allow ? union(deny, allow) : deny);
    if (counts.lo === 0 && counts.hi === 0) continue;
    conditional.push(one);
    open = union(open, counts);
  }
  return { allow, deny, conditional, open, applied: rules };
}

/**
 * What is left of a condition for a caller of whom some keys are known; `FALSE` when it cannot hold. An account's identities have ARNs
 * of that account; a condition that only takes others cannot hold for them.
 */
function residual(
  conditions: Conditions,
  condition: ConditionId,
  known: ReadonlyMap<string, string>,
  account: string | undefined,
): ConditionId {
  if (!conditions.aboutCaller(condition)) return condition;
  const rest = conditions.given(condition, known);
  if (account === undefined || known.has(PRINCIPAL_ARN)) return rest;
  const foreign = conditions.testsOf(rest).some((id) => {
    const test = conditions.test(id);
    return (
      test.key === PRINCIPAL_ARN &&
      !test.negative &&
      !test.absent &&
      test.values.every(({ form, text }) => form !== 'opaque' && otherAccount(text, account))
    );
  });
  return foreign ? FALSE : rest;
}

/** Whether an ARN or a pattern for ARNs is fixed as far as its account, and that is another one; a text that is no ARN has none. */
function otherAccount(pattern: string, account: string): boolean {
  const head = pattern.split(':', 5);
  return !head.some((part) => /[*?]/.test(part)) && head[4] !== account;
}

/** The actions allowed whatever the request. */
export function outright(side: Side): ActionSet {
  return minus(minus(side.allow, side.deny), side.open);
}

/** The actions allowed in some request, as far as it is not worked out whether their conditions can hold. */
export function possible(side: Side): ActionSet {
  const allowed = side.conditional.reduce((set, { rule }) => (rule.allow ? union(set, rule.actions) : set), side.allow);
  return minus(allowed, side.deny);
}

/** The guard of one action. */
export function guardFor(side: Side, action: number): Guard {
  const allows: ConditionId[] = has(side.allow, action) ? [TRUE] : [];
  const denies: ConditionId[] = [];
  for (const { rule, condition } of side.conditional) {
    if (has(rule.actions, action)) (rule.allow ? allows : denies).push(condition);
  }
  return guardOf(has(side.deny, action) ? [] : allows, denies);
}

/** The guard of one action with the Allows of one side and the Denies of another: the two ends of what doubts leave open. */
export function guardBetween(allowing: Side, denying: Side, action: number): Guard {
  const conditions = (side: Side, allow: boolean): ConditionId[] =>
    side.applied.flatMap(({ rule, condition }) => (rule.allow === allow && has(rule.actions, action) ? condition : []));
  return guardOf(conditions(allowing, true), conditions(denying, false));
}

/** A text that is equal for sides that mean the same: what is fixed, and each conditional statement. */
export function signature(side: Side): string {
  const fixed = minus(side.allow, side.deny);
  const conditional = side.conditional.map(({ rule, condition }) => {
    const counts = intersection(rule.actions, side.open);
    return `${rule.allow} ${condition} ${counts.lo} ${counts.hi}`;
  });
  return `${fixed.lo} ${fixed.hi} ${side.deny.lo} ${side.deny.hi} ${conditional.join()}`;
}
