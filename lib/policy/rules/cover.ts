import { isSessionOf } from '../principalForm.ts';
import type { ConditionView, PrincipalView, StatementView } from './context.ts';

/** Whether a Deny surely applies to everyone and under every condition that an Allow names; actions are not compared. */
export function alwaysCovers(deny: StatementView, allow: StatementView): boolean {
  if (deny.statement.notPrincipal || allow.statement.notPrincipal || allow.principals.length === 0) return false;
  return (
    deny.conditions.every((condition) => allow.conditions.some((given) => sameTest(condition, given))) &&
    allow.principals.every((principal) => deny.principals.some((by) => includes(by, principal)))
  );
}

/** Whether a principal of a Deny speaks of the other too: an account's root ARN denies everyone in the account. */
function includes(wide: PrincipalView, narrow: PrincipalView): boolean {
  if (wide.form.type === 'everyone') return true;
  if (wide.kind !== narrow.kind) return false;
  if (wide.form.type === 'account') return 'account' in narrow.form && narrow.form.account === wide.form.account;
  return wide.id === narrow.id || isSessionOf(narrow.form, wide.form);
}

function sameTest(a: ConditionView, b: ConditionView): boolean {
  return (
    a.test.identity === b.test.identity &&
    a.values.length === b.values.length &&
    a.values.every((value) => b.values.includes(value))
  );
}
