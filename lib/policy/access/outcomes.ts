import { type ActionSet, bit, indexesOf, minus, NO_ACTIONS, union } from '../actions.ts';
import { byCodeUnit } from '../ascii.ts';
import type { Conditions } from '../condition/conditions.ts';
import type { Guard, Reasoner, Ways } from './guards.ts';
import { guardFor, type Side, signature } from './sides.ts';
import { type Context, findWitness } from './witness.ts';

/** 0: surely not. 1: maybe. 2: a request shows it. */
export type Level = 0 | 1 | 2;

/** What changes for one atom and a set of actions. */
export interface Outcome {
  gain: Level;
  loss: Level;
  /** Ways (lists of tests) that the after document has and the before document does not surely have; `[[]]` is any request. */
  gained: readonly (readonly number[])[];
  /** The same the other way round. */
  lost: readonly (readonly number[])[];
}

export interface Change {
  /** Empty where conditions decide about all of them. */
  actions: ActionSet;
  outcome: Outcome;
}

const GAIN: Outcome = { gain: 2, loss: 0, gained: [[]], lost: [] };
const LOSS: Outcome = { gain: 0, loss: 2, gained: [], lost: [[]] };

/** Tells whether a request that the guards show is really taken by one document and not by the other. */
export type Confirm = (action: number, inside: 'before' | 'after', context: Context) => boolean;

/** Compares what two documents mean for an atom; equal pairs are worked out once. */
export class Outcomes {
  readonly #reasoner: Reasoner;
  readonly #sides = new Map<string, readonly Change[]>();
  readonly #guards = new Map<string, Outcome | undefined>();
  readonly #ways = new Map<string, readonly (readonly number[])[]>();

  constructor(reasoner: Reasoner) {
    this.#reasoner = reasoner;
  }

  /** @param confirm Only for atoms that stand for many callers. */
  compare(before: Side, after: Side, confirm?: Confirm): readonly Change[] {
    const was = signature(before);
    const is = signature(after);
    if (was === is) return [];
    if (confirm !== undefined) return this.#changes(before, after, confirm);
    const key = `${was}>${is}`;
    const known = this.#sides.get(key);
    if (known !== undefined) return known;
    const changes = this.#changes(before, after);
    this.#sides.set(key, changes);
    return changes;
  }

  #changes(before: Side, after: Side, confirm?: Confirm): Change[] {
    const open = union(before.open, after.open);
    const changes = new Map<Outcome, ActionSet>(
      fixedChanges(before, after).map(({ actions, outcome }) => [outcome, minus(actions, open)]),
    );
    for (const action of indexesOf(open)) {
      const outcome = this.#guard(guardFor(before, action), guardFor(after, action), action, confirm);
      if (outcome !== undefined) changes.set(outcome, union(changes.get(outcome) ?? NO_ACTIONS, bit(action)));
    }
    return [...changes].map(([outcome, actions]) => ({ actions, outcome }));
  }

  #guard(before: Guard, after: Guard, action: number, confirm?: Confirm): Outcome | undefined {
    const was = this.#reasoner.waysOf(before);
    const is = this.#reasoner.waysOf(after);
    if (was.id === is.id) return undefined;
    if (confirm !== undefined) return this.#outcome(was, is, (inside, context) => confirm(action, inside, context));
    const key = JSON.stringify([was.id, is.id]);
    const outcome = this.#guards.get(key) ?? this.#outcome(was, is);
    this.#guards.set(key, outcome);
    return outcome;
  }

  #outcome(
    was: Ways,
    is: Ways,
    confirm: (inside: 'before' | 'after', context: Context) => boolean = () => true,
  ): Outcome | undefined {
    const gained = this.#beyond(is, was);
    const lost = this.#beyond(was, is);
    if (gained.length === 0 && lost.length === 0) return undefined;
    const swapped = gained.length > 0 && lost.length > 0;
    const level = (ways: readonly (readonly number[])[], inside: 'before' | 'after'): Level => {
      const [of, not] = inside === 'after' ? [is, was] : [was, is];
      const shown = (some: readonly (readonly number[])[]): boolean =>
        findWitness({ ...of, ways: some }, not, this.#reasoner, (context) => confirm(inside, context)) !== undefined;
      if (ways.length === 0) return 0;
      // Ways are told one by one, and each must be certain; a change is told without them.
      return (swapped ? shown(ways) : ways.every((way) => shown([way]))) ? 2 : 1;
    };
    return { gain: level(gained, 'after'), loss: level(lost, 'before'), gained, lost };
  }

  /** The ways of one guard that the other does not surely have, less the values that it has. */
  #beyond(inside: Ways, outside: Ways): readonly (readonly number[])[] {
    const key = JSON.stringify([inside.id, outside.id]);
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const beyond = inside.ways
      .filter((way) => !this.#reasoner.wayWithin(way, inside, outside))
      .flatMap((way) => this.#reduced(way, inside, outside));
    const ways = joined(this.#reasoner.widest(beyond), this.#reasoner.conditions);
    this.#ways.set(key, ways);
    return ways;
  }

  /** One way less the values of one test that the other guard has; none when it has them all. */
  #reduced(way: readonly number[], inside: Ways, outside: Ways): (readonly number[])[] {
    const { conditions } = this.#reasoner;
    for (const id of conditions.ordered(way)) {
      const test = conditions.test(id);
      if (test.quantifier === 'all' || test.values.length < 2 || test.values.length > 64) continue;
      const rest = way.filter((other) => other !== id);
      const kept = test.values.filter((value) => {
        const single = [...rest, conditions.withValues(test, [value]).id];
        return !this.#reasoner.wayWithin(single, inside, outside, 0);
      });
      if (kept.length === 0) return [];
      if (kept.length < test.values.length) return [[...rest, conditions.withValues(test, kept).id]];
    }
    return [way];
  }
}

/** More ways, or longer ones, are left as they are: nobody reads them one by one. */
const MOST_JOINED = 16;

/** What two tests have in common that differ in their values alone. */
const ALIKE = ['key', 'operator', 'quantifier', 'negative', 'absent'] as const;

/** Ways that differ in the values of one test alone are one way with the values of all. */
function joined(ways: readonly (readonly number[])[], conditions: Conditions): readonly (readonly number[])[] {
  if (ways.length > MOST_JOINED || ways.some((way) => way.length > MOST_JOINED)) return ways;
  const text = (way: readonly number[]): string =>
    conditions
      .ordered(way)
      .map((id) => conditions.test(id).text)
      .join();
  const [first, ...more] = ways.toSorted((a, b) => byCodeUnit(text(a), text(b)));
  if (first === undefined) return ways;
  for (const id of conditions.ordered(first)) {
    const test = conditions.test(id);
    if (test.negative || test.quantifier === 'all') continue;
    const rest = first.filter((other) => other !== id);
    const matching = more.map((way) => {
      const [only, ...others] = way.filter((other) => !rest.includes(other)).map((other) => conditions.test(other));
      const alone = others.length === 0 && way.length === first.length;
      return alone && ALIKE.every((part) => only?.[part] === test[part]) ? only : undefined;
    });
    const values = new Map(test.values.map((value) => [value.text, value]));
    const left = more.filter((_, index) => {
      const other = matching[index];
      for (const value of other?.values ?? []) values.set(value.text, value);
      return other === undefined;
    });
    if (left.length < more.length) {
      return joined([...left, [...rest, conditions.withValues(test, [...values.values()]).id]], conditions);
    }
  }
  return [first, ...joined(more, conditions)];
}

function fixedChanges(before: Side, after: Side): Change[] {
  const was = minus(before.allow, before.deny);
  const is = minus(after.allow, after.deny);
  return [
    { actions: minus(is, was), outcome: GAIN },
    { actions: minus(was, is), outcome: LOSS },
  ];
}
