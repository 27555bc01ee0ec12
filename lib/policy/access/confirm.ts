import { has } from '../actions.ts';
import { type Atom, accountOf, atomOf, CALLER_ACCOUNT, PRINCIPAL_ACCOUNT, PRINCIPAL_ARN } from '../principals.ts';
import { type Layer, statementsFor } from './coverage.ts';
import type { Confirm } from './outcomes.ts';
import type { Pair } from './pair.ts';
import { type Context, every } from './witness.ts';

/** Somebody whom no statement names; if one does after all, no more is shown of them than what it says. */
const UNNAMED = { account: '999999999990', role: 'whom-no-statement-names' };

/** A further test of a request that the guards show, for atoms of which not everything is known. */
export function confirmFor(pair: Pair, atom: Atom, world: number): Confirm | undefined {
  if (atom.kind === 'everyone' || atom.kind === 'account') return confirmOneOfMany(pair, atom, world);
  if (atom.kind !== 'session' || pair.known(atom).has(PRINCIPAL_ARN)) return undefined;
  return (_action, _inside, context) => {
    const arn = context.get(PRINCIPAL_ARN);
    return arn === undefined || (arn !== null && atomOf({ kind: 'AWS', id: arn }).role === atom.role);
  };
}

/** Answers a request by one of many callers statement by statement, as the caller that it is. */
function confirmOneOfMany(pair: Pair, atom: Atom, world: number): Confirm {
  return (action, inside, context) => {
    const { key, conditions } = pair;
    const caller = callerOf(atom, context);
    if (caller === undefined) return false;
    const layer: Layer = atom.kind === 'account' ? 'total' : 'direct';
    const request = new Map(context).set(PRINCIPAL_ARN, caller.name);
    for (const account of [PRINCIPAL_ACCOUNT, CALLER_ACCOUNT]) request.set(account, caller.account ?? null);
    const allowed = (which: 'before' | 'after'): boolean | undefined => {
      let answer: boolean | undefined = false;
      for (const { rule, doubt } of statementsFor(pair[which], caller, layer, key.accountId)) {
        if ((doubt & ~world) !== 0 || !has(rule.actions, action)) continue;
        const met = every(conditions.testsOf(rule.condition), request, conditions);
        if (met === false) continue;
        if (met === undefined) return undefined;
        if (!rule.allow) return false;
        answer = true;
      }
      return answer;
    };
    return allowed(inside) === true && allowed(inside === 'before' ? 'after' : 'before') === false;
  };
}

/** The caller that a request on `*` or on an account comes from: by its ARN if it has one, else someone whom no statement names; none when nobody has it. */
function callerOf(atom: Atom, context: Context): Atom | undefined {
  const arn = context.get(PRINCIPAL_ARN);
  // No ARN has these characters; a value with them was meant as a pattern.
  if (typeof arn === 'string' && /[*?]/.test(arn)) return undefined;
  const wanted = atom.account ?? context.get(PRINCIPAL_ACCOUNT) ?? context.get(CALLER_ACCOUNT) ?? '';
  const account = /^[0-9]{12}$/.test(wanted) ? wanted : UNNAMED.account;
  const id =
    typeof arn === 'string' && accountOf(arn) !== undefined ? arn : `arn:aws:iam::${account}:role/${UNNAMED.role}`;
  const caller = atomOf({ kind: 'AWS', id });
  return atom.account === undefined || caller.account === atom.account ? caller : undefined;
}
