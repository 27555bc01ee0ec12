import { byCodeUnit } from '../ascii.ts';
import type { Conditions } from './conditions.ts';
import type { Test } from './conditionTest.ts';
import { alwaysHolds, singleValued } from './conditionTest.ts';
import { PREFIX } from './operators.ts';

export type When = Record<string, Record<string, string[]>>;

/**
 * Tests as an IAM Condition block in one spelling: operators and keys in AWS's letters, everything sorted. A line that
 * nobody can read stands as it was written. Two tests that no block can hold at once (two lists of allowed values for one key)
 * are written as the first; the block then says less than the tests do, never more.
 */
export function whenOf(tests: readonly number[], conditions: Conditions): When | undefined {
  const asking = tests.map((id) => conditions.test(id)).filter((test) => !alwaysHolds(test));
  if (asking.length === 0) return undefined;
  const lines = new Map<string, Map<string, string[]>>();
  const put = (operator: string, key: string, values: string[], joins: boolean): void => {
    const block = lines.get(operator) ?? new Map<string, string[]>();
    const there = block.get(key);
    if (there === undefined) block.set(key, values);
    else if (joins) block.set(key, [...new Set([...there, ...values])].sort(byCodeUnit));
    lines.set(operator, block);
  };
  for (const test of asking.sort(byText)) write(test, put);
  return Object.fromEntries(
    [...lines]
      .sort(([a], [b]) => byCodeUnit(a, b))
      .map(([operator, block]) => [operator, Object.fromEntries([...block].sort(([a], [b]) => byCodeUnit(a, b)))]),
  );
}

function byText(a: Test, b: Test): number {
  return byCodeUnit(textOf(a), textOf(b));
}

function textOf(test: Test): string {
  return JSON.stringify([test.operator, test.key, test.values.map(({ text }) => text)]);
}

function write(test: Test, put: (operator: string, key: string, values: string[], joins: boolean) => void): void {
  const key = test.shownKey;
  if (test.written !== undefined) {
    put(test.written.operator, key, [...test.written.values], false);
    return;
  }
  if (test.values.length === 0) {
    put('Null', key, [test.absent ? 'true' : 'false'], false);
    return;
  }
  const values = test.values.map(({ text }) => text).sort(byCodeUnit);
  const quantifier = singleValued(test.key) ? 'one' : test.quantifier;
  const byNature = quantifier === 'all' || (quantifier === 'one' && test.operator.includes('Not'));
  put(`${PREFIX[quantifier]}${test.operator}${test.absent && !byNature ? 'IfExists' : ''}`, key, values, test.negative);
  if (!test.absent && byNature) put('Null', key, ['false'], false);
}
