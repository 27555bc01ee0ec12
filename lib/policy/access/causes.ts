import { type ActionSet, has, intersection, isEmpty, minus } from '../actions.ts';
import type { Atom } from '../principals.ts';
import { ALL_DOUBTS, type Layer, type Rule } from './coverage.ts';
import type { Ways } from './guards.ts';
import { type Pair, sideIn } from './pair.ts';
import { guardFor, type Side } from './sides.ts';

export type Direction = 'gain' | 'loss' | 'change';

/** Finds the statements behind a difference. */
export class Causes {
  readonly #pair: Pair;

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  /** The Allow statements that give what was gained, or gave what is lost. */
  allows(atom: Atom, layer: Layer, direction: Direction, action: number): Rule[] {
    const which = direction === 'loss' ? 'before' : 'after';
    const own = this.#side(which, atom, layer);
    const other = this.#side(which === 'before' ? 'after' : 'before', atom, layer);
    const giving = own.applied.filter(({ rule }) => rule.allow && has(rule.actions, action));
    if (giving.length === 1) return giving.map(({ rule }) => rule);
    const { reasoner } = this.#pair;
    const inside = reasoner.waysOf(guardFor(own, action));
    const outside = reasoner.waysOf(guardFor(other, action));
    const beyond = giving.filter(({ condition }) => this.#isBeyond(condition, inside, outside));
    return (beyond.length > 0 ? beyond : giving).map(({ rule }) => rule);
  }

  readonly #beyond = new Map<string, boolean>();

  /** Whether a condition of one guard is not surely within the other guard. */
  #isBeyond(condition: number, inside: Ways, outside: Ways): boolean {
    const key = `${condition} ${inside.id}>${outside.id}`;
    const known = this.#beyond.get(key);
    if (known !== undefined) return known;
    const { reasoner, conditions } = this.#pair;
    const beyond = !reasoner.wayWithin(conditions.testsOf(condition), inside, outside, 0);
    this.#beyond.set(key, beyond);
    return beyond;
  }

  /** The Deny statements whose going made a gain, or whose coming made a loss. */
  denies(atom: Atom, layer: Layer, direction: Direction, actions: ActionSet): Rule[] {
    if (direction === 'change') return [];
    const [own, other] = direction === 'gain' ? (['before', 'after'] as const) : (['after', 'before'] as const);
    const denying = (which: 'before' | 'after') =>
      this.#side(which, atom, layer).applied.filter(
        ({ rule }) => !rule.allow && !isEmpty(intersection(rule.actions, actions)),
      );
    const still = denying(other);
    return denying(own)
      .filter(
        ({ rule, condition }) =>
          !still.some(
            (one) =>
              one.condition === condition && isEmpty(minus(intersection(rule.actions, actions), one.rule.actions)),
          ),
      )
      .map(({ rule }) => rule);
  }

  #side(which: 'before' | 'after', atom: Atom, layer: Layer): Side {
    return sideIn(this.#pair, which, atom, layer, ALL_DOUBTS);
  }
}
