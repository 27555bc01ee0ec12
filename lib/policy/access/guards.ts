import type { ConditionId, Conditions } from '../condition/conditions.ts';
import { type Test, testsExclude } from '../condition/conditionTest.ts';

/** When a caller may do an action: one of the allowing conditions holds and none of the denying ones. */
export interface Guard {
  /** Sorted ids; `TRUE` first when unconditional, empty when never. */
  readonly allows: readonly ConditionId[];
  /** Sorted ids. */
  readonly denies: readonly ConditionId[];
}

/**
 * A guard in the form that is compared: a Deny with a single test is the opposite test on everything that is allowed, a Deny with
 * few tests is as many ways in which one of them fails, ways that cannot be are gone, and what stays is a list of ways (each a list of
 * tests) and the Denies that could not be turned.
 */
export interface Ways {
  readonly id: number;
  readonly ways: readonly (readonly number[])[];
  readonly denies: readonly (readonly number[])[];
}

/** Steps of reasoning for one comparison; when they are used up, what is not yet proven counts as unproven. */
export const BUDGET = 150_000;

/** How deep, and how often in one proof, a way is split in two to see whether several ways of the other side cover it together. */
const SPLIT_DEPTH = 5;
const MOST_SPLITS = 60;

/** More ways than this are not made of Denies, nor of more Denies than this; they are compared as they are. */
const MOST_TURNED = 6;

/** Proves that one guard holds only when another does. Sound: what it affirms is so; a `false` may be "not seen". */
export class Reasoner {
  readonly conditions: Conditions;
  #budget = BUDGET;
  #splits = 0;
  readonly #ways = new Map<string, Ways>();

  constructor(conditions: Conditions) {
    this.conditions = conditions;
  }

  /** True once there was too much to reason about, so that some answers are only "may". */
  get exhausted(): boolean {
    return this.#budget <= 0;
  }

  /** Takes steps from the budget; false when none is left. */
  spend(steps: number): boolean {
    this.#budget -= steps;
    return this.#budget > 0;
  }

  waysOf(guard: Guard): Ways {
    const key = `${guard.allows.join()}|${guard.denies.join()}`;
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const made = this.#makeWays(guard, this.#ways.size);
    this.#ways.set(key, made);
    return made;
  }

  #makeWays(guard: Guard, id: number): Ways {
    const common: number[] = [];
    const denies: (readonly number[])[] = [];
    for (const condition of guard.denies) {
      const tests = this.conditions.testsOf(condition);
      const [only, ...more] = tests;
      const opposite = more.length === 0 && only !== undefined ? this.conditions.opposite(only) : undefined;
      if (opposite === undefined) denies.push(tests);
      else common.push(opposite.id);
    }
    let ways: (readonly number[])[] = [];
    for (const condition of guard.allows) {
      const way = this.#meet(this.conditions.testsOf(condition), common);
      if (way !== undefined && !denies.some((deny) => this.implies(way, deny))) ways.push(way);
    }
    const left: (readonly number[])[] = [];
    for (const deny of denies) {
      const turned = denies.length > MOST_TURNED ? undefined : this.#turn(ways, deny);
      if (turned === undefined) left.push(deny);
      else ways = turned;
    }
    return { id, ways, denies: left };
  }

  /** The ways with a Deny of several tests as ways of their own: one in which the first test fails, one for the second. */
  #turn(ways: readonly (readonly number[])[], deny: readonly number[]): (readonly number[])[] | undefined {
    if (ways.length * deny.length > MOST_TURNED) return undefined;
    const opposites = this.conditions.ordered(deny).flatMap((id) => this.conditions.opposite(id) ?? []);
    if (opposites.length < deny.length) return undefined;
    const turned = ways.flatMap((way) => opposites.map(({ id }) => this.#meet(way, [id])));
    return [...this.widest(turned.filter((way) => way !== undefined))];
  }

  /** Whether one way of a guard, less that guard's Denies, is surely within another guard. */
  wayWithin(way: readonly number[], narrow: Ways, wide: Ways, depth = SPLIT_DEPTH): boolean {
    this.#splits = MOST_SPLITS;
    return this.#isWithin(way, narrow, wide, depth);
  }

  #isWithin(way: readonly number[], narrow: Ways, wide: Ways, depth: number): boolean {
    if (!this.spend(1 + way.length)) return false;
    if (narrow.denies.some((deny) => this.implies(way, deny))) return true;
    if (!wide.denies.every((deny) => this.#excluded(way, deny, narrow))) return false;
    if (wide.ways.some((other) => this.implies(way, other))) return true;
    return depth > 0 && this.#split(way, narrow, wide, depth);
  }

  /** Tries the way with and without one test of the other side: together the halves are the whole. */
  #split(way: readonly number[], narrow: Ways, wide: Ways, depth: number): boolean {
    let tried = 0;
    for (const id of this.conditions.ordered([...new Set(wide.ways.flat())])) {
      if (this.#splits <= 0 || tried === SPLIT_DEPTH || this.exhausted) return false;
      if (this.implies(way, [id])) continue;
      tried++;
      const opposite = this.conditions.opposite(id);
      const inside = this.#meet(way, [id]);
      if (opposite === undefined || inside === undefined) continue;
      this.#splits--;
      const outside = this.#meet(way, [opposite.id]);
      if (
        this.#isWithin(inside, narrow, wide, depth - 1) &&
        (outside === undefined || this.#isWithin(outside, narrow, wide, depth - 1))
      ) {
        return true;
      }
    }
    return false;
  }

  /** Whether the part of a way that a Deny of the other side takes is denied on its own side too. */
  #excluded(way: readonly number[], deny: readonly number[], narrow: Ways): boolean {
    const both = this.#meet(way, deny);
    return both === undefined || narrow.denies.some((own) => this.implies(both, own));
  }

  /** Whether all of these tests hold whenever the way does. */
  implies(way: readonly number[], tests: readonly number[]): boolean {
    if (!tests.every((id) => way.includes(id) || way.some((own) => this.#testImplies(own, id)))) return false;
    this.spend(1 + (tests.length >> 3));
    return true;
  }

  #testImplies(a: number, b: number): boolean {
    const [first, second] = [this.conditions.test(a), this.conditions.test(b)];
    if (first.key !== second.key) return false;
    return this.spend(1 + first.values.length * second.values.length) && this.conditions.testImplies(a, b);
  }

  /** The ways without those that another one contains. */
  widest(ways: readonly (readonly number[])[]): readonly (readonly number[])[] {
    return ways.filter(
      (way, index) => !ways.some((other, at) => this.implies(way, other) && (at < index || !this.implies(other, way))),
    );
  }

  /** The tests of both, with values that cannot be struck out; `undefined` when no request can pass them all. */
  #meet(way: readonly number[], more: readonly number[]): readonly number[] | undefined {
    let tests = [...new Set([...way, ...more])];
    if (!this.spend(tests.length * (more.length + 1))) return tests;
    const byKey = new Map<string, Test[]>();
    for (const id of tests) {
      const test = this.conditions.test(id);
      if (neverHolds(test)) return undefined;
      const same = byKey.get(test.key);
      if (same === undefined) byKey.set(test.key, [test]);
      else same.push(test);
    }
    for (const same of byKey.values()) {
      if (same.length === 1) continue;
      const struck = this.#strike(same);
      if (struck === undefined) return undefined;
      tests = tests.map((id) => struck.get(id) ?? id);
    }
    return [...new Set(tests)].sort((a, b) => a - b);
  }

  #exclude(a: Test, b: Test): boolean {
    return this.spend(1 + a.values.length * b.values.length) && testsExclude(a, b);
  }

  /** Narrows the value lists of tests on one key by one another. */
  #strike(same: readonly Test[]): Map<number, number> | undefined {
    const struck = new Map<number, number>();
    for (const test of same) {
      // Of a list that each value must be in, none can go because of one value alone.
      if (test.negative || test.quantifier === 'all') {
        if (same.some((other) => other !== test && this.#exclude(test, other))) return undefined;
        continue;
      }
      const kept = test.values.filter((value) => {
        const single = this.conditions.withValues(test, [value]);
        return !same.some(
          (other) => other !== test && this.spend(1) && testsExclude({ ...single, absent: false }, other),
        );
      });
      if (kept.length === 0 && same.some((other) => !other.absent)) return undefined;
      struck.set(test.id, this.conditions.withValues(test, kept).id);
    }
    return struck;
  }
}

function neverHolds(test: Test): boolean {
  return !test.negative && test.values.length === 0 && !test.absent;
}

/** The guard of these conditions; `FALSE` ones must be left out already. */
export function guardOf(allows: readonly ConditionId[], denies: readonly ConditionId[]): Guard {
  return { allows: sorted(allows), denies: sorted(denies) };
}

function sorted(ids: readonly ConditionId[]): readonly ConditionId[] {
  return ids.length < 2 ? ids : [...new Set(ids)].sort((a, b) => a - b);
}
