import { byCodeUnit } from '../ascii.ts';
import type { Conditions } from '../condition/conditions.ts';
import { holds, type Test } from '../condition/conditionTest.ts';
import { samplesOf } from '../condition/conditionValues.ts';
import type { Reasoner, Ways } from './guards.ts';

/** A request, as far as conditions look at it: one value for a key, or `null` when the request does not have the key. */
export type Context = ReadonlyMap<string, string | null>;

/** How many requests are tried on one way, with how many values of one key. */
const TRIES = 60;
const MOST_VALUES = 64;
const FRESH = 'none-of-these';

/**
 * Looks for a request that one guard takes and another does not. That is what makes a gain certain; not finding one proves
 * nothing.
 *
 * @param confirm A further test of the request, where the guards alone do not tell the whole.
 */
export function findWitness(
  inside: Ways,
  outside: Ways,
  reasoner: Reasoner,
  confirm: (context: Context) => boolean,
): Context | undefined {
  const { conditions } = reasoner;
  const lists = [inside, outside].flatMap(({ ways, denies }) => [...ways, ...denies]);
  const size = lists.length + lists.flat().length;
  for (const way of inside.ways) {
    if (!reasoner.spend(size)) return undefined;
    let tries = TRIES;
    for (const context of requests(way, lists, conditions)) {
      if (tries-- === 0 || !reasoner.spend(1 + (size >> 2))) break;
      if (takes(way, inside, context, conditions) && refuses(outside, context, conditions) && confirm(context))
        return context;
    }
  }
  return undefined;
}

function takes(way: readonly number[], guard: Ways, context: Context, conditions: Conditions): boolean {
  return (
    every(way, context, conditions) === true && guard.denies.every((deny) => every(deny, context, conditions) === false)
  );
}

function refuses(guard: Ways, context: Context, conditions: Conditions): boolean {
  return (
    guard.denies.some((deny) => every(deny, context, conditions) === true) ||
    guard.ways.every((way) => every(way, context, conditions) === false)
  );
}

/**
 * Whether all tests hold; `undefined` when that hangs on something unseen, such as tags. Keys that the context leaves out are
 * absent.
 */
export function every(tests: readonly number[], context: Context, conditions: Conditions): boolean | undefined {
  let unseen = false;
  for (const id of tests) {
    const test = conditions.test(id);
    const outcome = test.unseen ? undefined : holds(test, context.get(test.key) ?? null);
    if (outcome === false) return false;
    if (outcome === undefined) unseen = true;
  }
  return unseen ? undefined : true;
}

/**
 * Requests on a way: a first one, one that passes all other tests and one that fails them, as far as each key lets it, then all that
 * differ from the first in one key, then in two.
 */
function* requests(
  way: readonly number[],
  lists: readonly (readonly number[])[],
  conditions: Conditions,
): Generator<Context> {
  const tests = new Set([...way, ...lists.flat()]);
  const byKey = Map.groupBy(
    [...tests].map((id) => conditions.test(id)),
    ({ key }) => key,
  );
  const own = way.map((id) => conditions.test(id));
  const choices: { key: string; values: (string | null)[]; others: Test[] }[] = [];
  for (const [key, onKey] of [...byKey].sort(([a], [b]) => byCodeUnit(a, b))) {
    const needed = own.filter((test) => test.key === key && !test.unseen);
    const values = candidates(onKey, needed).filter((value) => needed.every((test) => holds(test, value) === true));
    choices.push({ key, values, others: onKey.filter((test) => !needed.includes(test)) });
  }
  const first = new Map(choices.map(({ key, values }) => [key, values[0] ?? null]));
  yield first;
  for (const wanted of [true, false]) {
    const request = new Map(first);
    for (const { key, values, others } of choices) {
      const value = values.find((one) => others.every((test) => holds(test, one) === wanted));
      if (value !== undefined) request.set(key, value);
    }
    yield request;
  }
  for (const a of choices) for (const value of a.values.slice(1)) yield new Map(first).set(a.key, value);
  for (const [index, a] of choices.entries()) {
    for (const b of choices.slice(index + 1)) {
      for (const one of a.values.slice(1)) {
        for (const two of b.values.slice(1)) yield new Map(first).set(a.key, one).set(b.key, two);
      }
    }
  }
}

/** Values to try, those of the tests that must hold first. Only among texts there is always one more of which no test speaks. */
function candidates(tests: readonly Test[], needed: readonly Test[]): (string | null)[] {
  const values = new Set<string>();
  const text = tests.every(({ type }) => type === 'string' || type === 'binary');
  for (const { type } of tests) {
    if (type === 'bool') values.add('true').add('false');
    if (type === 'ip') values.add('203.0.113.254').add('2001:db8::1');
  }
  const own = samples(needed);
  for (const sample of samples(tests)) values.add(sample);
  return [null, ...(text ? [FRESH] : []), ...own, ...values].slice(0, MOST_VALUES);
}

function samples(tests: readonly Test[]): string[] {
  const texts = new Set<string>();
  for (const test of tests) {
    for (const value of test.values.slice(0, MOST_VALUES)) {
      for (const text of samplesOf(value, test.type)) texts.add(text);
    }
  }
  return [...texts].sort(byCodeUnit);
}
