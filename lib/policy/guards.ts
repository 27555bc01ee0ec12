import { type ConditionId, type Conditions, type Test, TRUE, testsExclude } from './conditions.ts';

/** When a caller may do an action: one of the allowing conditions holds and none of the denying ones. */
export interface Guard {
  /** Sorted ids; `[TRUE]` when unconditional, empty when never. */
  readonly allows: readonly ConditionId[];
  /** Sorted ids, without `TRUE`. */
  readonly denies: readonly ConditionId[];
}

export const NEVER: Guard = { allows: [], denies: [] };

/**
 * A guard in the form that is compared: a Deny with a single test is the opposite test on everything that is allowed, ways
 * that cannot be are gone, and what stays is a list of ways (each a list of tests) and the Denies that could not be turned.
 */
export interface Ways {
  readonly key: string;
  readonly ways: readonly (readonly number[])[];
  readonly denies: readonly (readonly number[])[];
}

/** Steps of reasoning for one comparison; when they are used up, what is not yet proven counts as unproven. */
export const BUDGET = 400_000;

/** How often a way is split in two while trying to prove that several ways of the other side cover it together. */
const SPLITS = 5;

/** Proves that one guard holds only when another does. Sound: what it affirms is so; a `false` may be "not seen". */
export class Reasoner {
  readonly conditions: Conditions;
  #budget = BUDGET;
  readonly #ways = new Map<string, Ways>();
  readonly #within = new Map<string, boolean>();

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
    const key = `${guard.allows.join(',')}|${guard.denies.join(',')}`;
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const made = this.#makeWays(guard, key);
    this.#ways.set(key, made);
    return made;
  }

  #makeWays(guard: Guard, key: string): Ways {
    const common: number[] = [];
    const denies: (readonly number[])[] = [];
    for (const id of guard.denies) {
      const tests = this.conditions.testsOf(id);
      const [only] = tests;
      const opposite = tests.length === 1 && only !== undefined ? this.conditions.opposite(only) : undefined;
      if (opposite === undefined) denies.push(tests);
      else common.push(opposite.id);
    }
    const ways: (readonly number[])[] = [];
    for (const id of guard.allows) {
      const way = this.#meet(this.conditions.testsOf(id), common);
      if (way !== undefined && !denies.some((deny) => this.implies(way, deny))) ways.push(way);
    }
    return { key, ways, denies };
  }

  /** Whether `narrow` surely holds only when `wide` does. */
  within(narrow: Ways, wide: Ways): boolean {
    if (narrow.ways.length === 0 || narrow === wide) return true;
    if (wide.ways.length === 0) return false;
    const key = `${narrow.key}<${wide.key}`;
    const known = this.#within.get(key);
    if (known !== undefined) return known;
    const own = new Set(wide.ways.map((way) => way.join(',')));
    const sameDenies =
      narrow.denies.every((deny, index) => deny === wide.denies[index]) && narrow.denies.length === wide.denies.length;
    const proven = narrow.ways.every(
      (way) => (sameDenies && own.has(way.join(','))) || this.wayWithin(way, narrow, wide),
    );
    this.#within.set(key, proven);
    return proven;
  }

  /** Whether one way of a guard, less that guard's Denies, is surely within another guard. */
  wayWithin(way: readonly number[], narrow: Ways, wide: Ways, splits = SPLITS): boolean {
    if (!this.spend(1 + way.length)) return false;
    if (narrow.denies.some((deny) => this.implies(way, deny))) return true;
    if (!wide.denies.every((deny) => this.#excluded(way, deny, narrow))) return false;
    if (wide.ways.some((other) => this.implies(way, other))) return true;
    if (splits === 0) return false;
    return this.#split(way, narrow, wide, splits);
  }

  /** Tries the way with and without one test of the other side: together the halves are the whole. */
  #split(way: readonly number[], narrow: Ways, wide: Ways, splits: number): boolean {
    const tried = new Set<number>();
    for (const other of wide.ways) {
      for (const id of other) {
        if (tried.has(id) || this.implies(way, [id])) continue;
        tried.add(id);
        const opposite = this.conditions.opposite(id);
        if (opposite === undefined) continue;
        const inside = this.#meet(way, [id]);
        if (inside === undefined) continue;
        const outside = this.#meet(way, [opposite.id]);
        const holdsInside = this.wayWithin(inside, narrow, wide, splits - 1);
        if (holdsInside && (outside === undefined || this.wayWithin(outside, narrow, wide, splits - 1))) return true;
        if (tried.size >= SPLITS || this.exhausted) return false;
      }
    }
    return false;
  }

  /** Whether the part of a way that a Deny of the other side takes is denied on its own side too. */
  #excluded(way: readonly number[], deny: readonly number[], narrow: Ways): boolean {
    if (narrow.denies.includes(deny)) return true;
    const both = this.#meet(way, deny);
    return both === undefined || narrow.denies.some((own) => this.implies(both, own));
  }

  /** Whether all of these tests hold whenever the way does. */
  implies(way: readonly number[], tests: readonly number[]): boolean {
    if (!this.spend(tests.length)) return false;
    return tests.every(
      (id) => way.includes(id) || (this.spend(way.length) && way.some((own) => this.conditions.testImplies(own, id))),
    );
  }

  /** The ways without those that another one contains. */
  widest(ways: readonly (readonly number[])[]): readonly (readonly number[])[] {
    return ways.filter(
      (way, index) =>
        !ways.some(
          (other, at) => at !== index && this.implies(way, other) && (at < index || !this.implies(other, way)),
        ),
    );
  }

  /** The tests of both, with values that cannot be struck out; `undefined` when no request can pass them all. */
  #meet(way: readonly number[], more: readonly number[]): readonly number[] | undefined {
    let tests = [...new Set([...way, ...more])];
    if (!this.spend(tests.length * (more.length + 1))) return tests.sort((a, b) => a - b);
    const byKey = new Map<string, Test[]>();
    for (const id of tests) {
      const test = this.conditions.test(id);
      const same = byKey.get(test.key);
      if (same === undefined) byKey.set(test.key, [test]);
      else same.push(test);
    }
    for (const same of byKey.values()) {
      if (same.length === 1 && same[0] !== undefined && !neverHolds(same[0])) continue;
      const struck = this.#strike(same);
      if (struck === undefined) return undefined;
      tests = tests.map((id) => struck.get(id) ?? id);
    }
    return [...new Set(tests)].sort((a, b) => a - b);
  }

  /** Narrows the value lists of tests on one key by one another. */
  #strike(same: readonly Test[]): Map<number, number> | undefined {
    const struck = new Map<number, number>();
    if (same.some(neverHolds)) return undefined;
    for (const test of same) {
      if (test.negative || test.values.length < 2) {
        if (same.some((other) => other !== test && testsExclude(test, other))) return undefined;
        continue;
      }
      const kept = test.values.filter((value) => {
        const single = this.conditions.withValues(test, [value]);
        return !same.some(
          (other) => other !== test && this.spend(1) && testsExclude({ ...single, absent: false }, other),
        );
      });
      if (kept.length === 0 && same.some((other) => !other.absent)) return undefined;
      if (kept.length > 0 && kept.length < test.values.length)
        struck.set(test.id, this.conditions.withValues(test, kept).id);
    }
    return struck;
  }
}

function neverHolds(test: Test): boolean {
  return !test.negative && test.values.length === 0 && !test.absent;
}

/** The guard of these conditions; `FALSE` ones must be left out already, and a `TRUE` among the denies means never. */
export function guardOf(allows: Iterable<ConditionId>, denies: Iterable<ConditionId>): Guard {
  const denied = sorted(denies);
  if (denied[0] === TRUE) return NEVER;
  const allowed = sorted(allows);
  return { allows: allowed[0] === TRUE ? [TRUE] : allowed, denies: denied };
}

function sorted(ids: Iterable<ConditionId>): ConditionId[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}
