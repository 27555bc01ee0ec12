import { lowerAscii } from '../ascii.ts';
import { CONDITION_KEYS, GLOBAL_CONDITION_KEYS } from '../data/actions.generated.ts';
import type { Condition } from '../types.ts';
import { type ConditionValue, type ValueType, valueMatches, valuesDisjoint, valueWithin } from './conditionValues.ts';
import type { Quantifier } from './operators.ts';

/**
 * One test on one key of the request: which values it takes, and whether it takes a request without the key. Every operator
 * with its prefix and suffix comes down to this, so that equal tests in different words are equal.
 */
export interface Test {
  readonly id: number;
  /** What it asks, as a text: equal for equal tests, and an order that no spelling and no place in the document changes. */
  readonly text: string;
  /** Lower case. */
  readonly key: string;
  /** As AWS spells it; of several spellings of a key that is in no table, the first in code-unit order. */
  shownKey: string;
  readonly quantifier: Quantifier;
  /** Holds when the request does not have the key. */
  readonly absent: boolean;
  /** `values` are those that it refuses. */
  readonly negative: boolean;
  readonly type: ValueType;
  readonly values: readonly ConditionValue[];
  /** In AWS's spelling, without prefix and suffix; of several that say this, the first by name. `Unknown` for a line that nobody can read. */
  operator: string;
  /** Of a line that nobody can read: what stands there. */
  readonly written?: Pick<Condition, 'operator' | 'values'>;
  /** Holds or not by things that nobody sees here: a policy variable, tags, an operator or a value that AWS does not know. */
  readonly unseen: boolean;
}

/** Context keys that can hold several values at once. Without a prefix it is not defined how an operator treats them. */
const MULTIVALUED = new Set(
  [...CONDITION_KEYS, ...GLOBAL_CONDITION_KEYS]
    .filter(({ type }) => type.startsWith('ArrayOf'))
    .map(({ key }) => lowerAscii(key)),
);
/** Each known key as AWS spells it, by its lower-case name. */
export const SPELLING = new Map([...CONDITION_KEYS, ...GLOBAL_CONDITION_KEYS].map(({ key }) => [lowerAscii(key), key]));

/** Whether the key holds at most one value in a request. Of keys that are in no table, nobody knows. */
export function singleValued(key: string): boolean {
  if (MULTIVALUED.has(key)) return false;
  return (
    SPELLING.has(key) ||
    /^(aws:(principaltag|requesttag|resourcetag)\/|kms:(encryptioncontext|recipientattestation):)/.test(key)
  );
}

/** `Null` with both of its values asks nothing. */
export function alwaysHolds({ absent, negative, values }: Test): boolean {
  return absent && negative && values.length === 0;
}

/** Equal for values that are the same set of texts. */
export function valueKey(value: ConditionValue): string {
  const range = value.form === 'range' ? ` ${value.low} ${value.openLow} ${value.high} ${value.openHigh}` : '';
  return `${value.form} ${value.text}${range}`;
}

/** Whether the test holds for a request whose key has this one value, or (`null`) does not have the key; `undefined` when unseen. */
export function holds(test: Test, value: string | null): boolean | undefined {
  if (test.operator === 'Unknown') return undefined;
  if (value === null) return test.absent;
  let unknown = false;
  for (const candidate of test.values) {
    const matches = valueMatches(candidate, value, test.type);
    if (matches === true) return !test.negative;
    if (matches === undefined) unknown = true;
  }
  return unknown ? undefined : test.negative;
}

/** Set inclusion, value by value: sound, and complete but for unions. */
export function testWithin(a: Test, b: Test): boolean {
  if (a.absent && !b.absent) return false;
  if (a.values.length > 0 && b.values.length > 0 && a.type !== b.type) return false;
  if (a.operator === 'Unknown') return false;
  if (!a.negative && !b.negative) return covered(a.values, b.values, a.type);
  if (a.negative && b.negative) return covered(b.values, a.values, a.type);
  if (a.negative) return b.values.some(({ form, text }) => form === 'glob' && text === '*');
  if (a.quantifier === 'one' && !singleValued(a.key)) return false;
  return a.values.every((value) => b.values.every((other) => valuesDisjoint(value, other, a.type)));
}

function covered(narrow: readonly ConditionValue[], wide: readonly ConditionValue[], type: ValueType): boolean {
  const same = wide.length > 8 ? new Set(wide.map(valueKey)) : undefined;
  return narrow.every((value) => same?.has(valueKey(value)) || wide.some((other) => valueWithin(value, other, type)));
}

function sameValue(a: Test, b: Test): boolean {
  if (a.quantifier === 'one' || b.quantifier === 'one') return singleValued(a.key);
  return a.quantifier !== b.quantifier;
}

/**
 * Whether no request can surely pass both tests: both ask for one value, the same one, or one of several must pass both
 * (ForAnyValue beside ForAllValues).
 */
export function testsExclude(a: Test, b: Test): boolean {
  if (a.key !== b.key || !sameValue(a, b)) return false;
  if (a.absent && b.absent) return false;
  if (a.operator === 'Unknown' || b.operator === 'Unknown') return false;
  if ((!a.negative && a.values.length === 0) || (!b.negative && b.values.length === 0)) return true;
  if (a.negative && b.negative) return false;
  if (a.type !== b.type) return false;
  if (a.negative) return covered(b.values, a.values, b.type);
  if (b.negative) return covered(a.values, b.values, a.type);
  return a.values.every((value) => b.values.every((other) => valuesDisjoint(value, other, a.type)));
}
