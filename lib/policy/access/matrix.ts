import { type ActionSet, intersection, isEmpty, minus, union } from '../actions.ts';
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
 * Over the actions of a verb that either document gives to the principal, a cell is `yes` when all of them are given outright,
 * `no` when none is, and `conditional` between: only some of them, only in some requests, or only if an IAM policy of the
 * account agrees. So a gain or a loss within a verb shows.
 */
export function matrixOf(pair: Pair, differences: readonly Difference[]): MatrixCell[] {
  const changed = new Set(differences.map(({ atom }) => atom));
  const rows: MatrixCell[][] = [];
  for (const atom of [...changed, ...pair.atoms.filter((one) => !changed.has(one))]) {
    if (rows.length === MOST_ROWS) break;
    const row = rowOf(pair, atom);
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

function rowOf(pair: Pair, atom: Atom): MatrixCell[] {
  const was = given(pair, 'before', atom);
  const is = pair.differs(atom) ? given(pair, 'after', atom) : was;
  return VERBS.map(({ verb, actions }) => {
    const either = intersection(actions, union(was.perhaps, is.perhaps));
    return { principal: atom.name, verb, before: state(was, either), after: state(is, either) };
  });
}

function state({ outright, perhaps }: Given, actions: ActionSet): MatrixCell['before'] {
  if (isEmpty(intersection(perhaps, actions))) return 'no';
  return isEmpty(minus(actions, outright)) ? 'yes' : 'conditional';
}

function given(pair: Pair, which: 'before' | 'after', atom: Atom): Given {
  const direct = sideIn(pair, which, atom, 'direct', 0);
  const total = sideIn(pair, which, atom, 'total', 0);
  return { outright: outright(direct), perhaps: possible(total) };
}
