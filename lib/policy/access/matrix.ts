import { type ActionSet, intersection, isEmpty, minus, NO_ACTIONS, union } from '../actions.ts';
import type { Atom } from '../principals.ts';
import type { MatrixCell } from '../types.ts';
import type { Difference } from './differences.ts';
import { type Pair, sideIn } from './pair.ts';
import { outright, possible } from './sides.ts';
import { VERBS } from './verbs.ts';

/** More rows than this nobody reads; principals whose access changes come first. */
const MOST_ROWS = 40;

/**
 * Who may do what before and after, by verb, for at most 40 principals: those whose access changes, then the others that have
 * any, in the order of the documents.
 *
 * Over the actions of a verb that either document gives to the principal, and that are possible for the key, a cell is `yes` when
 * all of them are given outright, `no` when none is, and `conditional` between: only some of them, only in some requests, or only
 * if an IAM policy of the account agrees. Where that word stays the same, `within` tells what is gained or lost nevertheless.
 */
export function matrixOf(pair: Pair, differences: readonly Difference[]): MatrixCell[] {
  const changed = Map.groupBy(differences, ({ atom }) => atom);
  const rows: MatrixCell[][] = [];
  for (const atom of [...changed.keys(), ...pair.atoms.filter((one) => !changed.has(one))]) {
    if (rows.length === MOST_ROWS) break;
    const row = rowOf(pair, atom, changed.get(atom) ?? []);
    if (row.some(isAny)) rows.push(row);
  }
  const cells = rows.flat();
  const used = new Set(cells.filter(isAny).map(({ verb }) => verb));
  return cells.filter(({ verb }) => used.has(verb));
}

function isAny({ before, after }: MatrixCell): boolean {
  return before !== 'no' || after !== 'no';
}

interface Given {
  outright: ActionSet;
  perhaps: ActionSet;
}

function rowOf(pair: Pair, atom: Atom, differences: readonly Difference[]): MatrixCell[] {
  const was = given(pair, 'before', atom, undecided(differences, 'gain'));
  const is = pair.differs(atom) ? given(pair, 'after', atom, undecided(differences, 'loss')) : was;
  return VERBS.map(({ verb, actions }) => {
    const either = intersection(actions, union(was.perhaps, is.perhaps));
    const real = intersection(either, pair.key.can ?? either);
    const told = isEmpty(real) ? either : real;
    const [before, after] = [state(was, told), state(is, told)];
    const within =
      before === after ? becoming(differences.filter((one) => !isEmpty(intersection(one.actions, told)))) : {};
    return { principal: atom.name, verb, before, after, ...within };
  });
}

const BECOMES = { gain: 'gains', loss: 'loses', change: 'changes' } as const;

function becoming(differences: readonly Difference[]): Pick<MatrixCell, 'within'> {
  const [only, ...others] = new Set(differences.map(({ direction }) => BECOMES[direction]));
  return only === undefined ? {} : { within: others.length === 0 ? only : 'changes' };
}

function state({ outright, perhaps }: Given, actions: ActionSet): MatrixCell['before'] {
  if (isEmpty(intersection(perhaps, actions))) return 'no';
  return isEmpty(minus(actions, outright)) ? 'yes' : 'conditional';
}

/** What may be there before a change (but for gains) or after it (but for losses), where it is not certain that a statement counts at all. */
function undecided(differences: readonly Difference[], except: 'gain' | 'loss'): ActionSet {
  return differences
    .filter((one) => one.may && one.direction !== except)
    .reduce((all, { actions }) => union(all, actions), NO_ACTIONS);
}

function given(pair: Pair, which: 'before' | 'after', atom: Atom, doubtful: ActionSet): Given {
  const direct = sideIn(pair, which, atom, 'direct', 0);
  const total = sideIn(pair, which, atom, 'total', 0);
  return { outright: outright(direct), perhaps: union(possible(total), doubtful) };
}
