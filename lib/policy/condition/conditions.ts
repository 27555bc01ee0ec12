import { byCodeUnit, lowerAscii, sortedSet } from '../ascii.ts';
import { CALLER_KEYS } from '../principals.ts';
import type { Condition } from '../types.ts';
import { alwaysHolds, holds, SPELLING, singleValued, type Test, testWithin, valueKey } from './conditionTest.ts';
import { type ConditionValue, readValue, type ValueType, valueWithin } from './conditionValues.ts';
import { operatorNamed, readOperator } from './operators.ts';

/** A condition is a list of tests that must all hold, as sorted ids. `TRUE` is the empty one; `FALSE` never holds. */
export type ConditionId = number;
export const TRUE: ConditionId = 0;
export const FALSE: ConditionId = -1;

/** Facts about principals and keys that neither the policy nor the request shows. */
const TAGS = /^(aws:(principaltag|resourcetag)\/|kms:(resourcealiases$|resourcetag\/))/;

/** All tests and conditions of one comparison, each held once, so that equal ones have equal ids. */
export class Conditions {
  readonly tests: Test[] = [];
  readonly conditions: (readonly number[])[] = [[]];
  readonly #testIds = new Map<string, number>();
  readonly #conditionIds = new Map<string, ConditionId>([['', TRUE]]);
  readonly #written = new Map<string, ConditionId>();
  readonly #aboutCaller: boolean[] = [];
  readonly #implied = new Map<number, boolean>();
  readonly #opposites = new Map<number, Test | undefined>();
  readonly #account: string | undefined;

  /** @param account Of the key, which every request has as aws:ResourceAccount. */
  constructor(account?: string) {
    this.#account = account;
  }

  /** @param version Of the document: policy variables exist from 2012-10-17 on. */
  read(lines: readonly Condition[], version: string | undefined): ConditionId {
    if (lines.length === 0) return TRUE;
    const variables = version === '2012-10-17';
    const written = JSON.stringify([variables, lines]);
    const known = this.#written.get(written);
    if (known !== undefined) return known;
    const id = this.all(lines.map((line) => this.#test(line, variables).id));
    this.#written.set(written, id);
    return id;
  }

  /** The condition that all of these tests hold. */
  all(tests: readonly number[]): ConditionId {
    const asking = tests.filter((id) => !alwaysHolds(this.test(id)));
    const sorted = asking.length < 2 ? asking : [...new Set(asking)].sort((a, b) => a - b);
    const key = sorted.join(',');
    const known = this.#conditionIds.get(key);
    if (known !== undefined) return known;
    this.#conditionIds.set(key, this.conditions.length);
    return this.conditions.push(sorted) - 1;
  }

  testsOf(condition: ConditionId): readonly number[] {
    return this.conditions[condition] ?? [];
  }

  test(id: number): Test {
    const test = this.tests[id];
    if (test === undefined) throw new RangeError(`no test ${id}`);
    return test;
  }

  /** Whether a test looks at a key that is fixed once the caller is known. */
  aboutCaller(condition: ConditionId): boolean {
    const known = this.#aboutCaller[condition];
    if (known !== undefined) return known;
    const about = this.testsOf(condition).some((id) => CALLER_KEYS.has(this.test(id).key));
    this.#aboutCaller[condition] = about;
    return about;
  }

  /** The condition once some keys are known: tests that hold go, and it is `FALSE` when one fails. */
  given(condition: ConditionId, known: ReadonlyMap<string, string>): ConditionId {
    const tests = this.testsOf(condition);
    const open: number[] = [];
    for (const id of tests) {
      const value = known.get(this.test(id).key);
      const outcome = value === undefined ? undefined : holds(this.test(id), value);
      if (outcome === false) return FALSE;
      if (outcome === undefined) open.push(id);
    }
    return open.length === tests.length ? condition : this.all(open);
  }

  /** Tests in an order that does not hang on which document was read first. */
  ordered(tests: readonly number[]): readonly number[] {
    return tests.toSorted((a, b) => byCodeUnit(this.test(a).text, this.test(b).text));
  }

  /** The same test with other values. */
  withValues(test: Test, values: readonly ConditionValue[]): Test {
    return this.#intern({ ...test, values });
  }

  /** The test that holds exactly when this one does not; none for what is unseen or has no such operator. */
  opposite(id: number): Test | undefined {
    if (this.#opposites.has(id)) return this.#opposites.get(id);
    const opposite = this.#makeOpposite(this.test(id));
    this.#opposites.set(id, opposite);
    return opposite;
  }

  #makeOpposite(test: Test): Test | undefined {
    const quantifier = test.quantifier === 'one' ? 'one' : test.quantifier === 'any' ? 'all' : 'any';
    const others = { ...test, quantifier, absent: !test.absent } as const;
    if (test.values.length === 0) return this.#intern({ ...others, negative: !test.negative });
    if (test.type === 'bool') {
      if (test.values.some(({ form }) => form === 'opaque')) return undefined;
      const turned = ({ text }: ConditionValue) =>
        ({ form: 'literal', text: text === 'true' ? 'false' : 'true' }) as const;
      return this.#intern({ ...others, values: test.values.map(turned) });
    }
    const operator = operatorNamed(test.operator)?.opposite;
    return operator === undefined ? undefined : this.#intern({ ...others, negative: !test.negative, operator });
  }

  /** Whether the first test surely holds only when the second does. */
  testImplies(a: number, b: number): boolean {
    if (a === b) return true;
    const first = this.test(a);
    const second = this.test(b);
    if (first.key !== second.key || first.quantifier !== second.quantifier) return false;
    const memo = a * 0x200000 + b;
    const known = this.#implied.get(memo);
    if (known !== undefined) return known;
    const implied = testWithin(first, second);
    this.#implied.set(memo, implied);
    return implied;
  }

  #test({ operator: written, key: shown, values }: Condition, variables: boolean): Test {
    const key = lowerAscii(shown);
    const use = readOperator(written);
    const shownKey = SPELLING.get(key) ?? shown;
    const base = { key, shownKey, unseen: TAGS.test(key) };
    if (use === undefined || (use.operator === 'Null' && !values.every((value) => /^(true|false)$/i.test(value)))) {
      const unread = { operator: written, values: sortedSet(values) };
      return this.#intern({
        ...base,
        quantifier: 'one',
        absent: false,
        negative: false,
        type: 'string',
        values: [{ form: 'opaque', text: JSON.stringify(unread) }],
        operator: 'Unknown',
        written: unread,
        unseen: true,
      });
    }
    if (use.operator === 'Null')
      return this.#intern({ ...base, quantifier: 'one', ...nullTest(values), type: 'string', operator: 'Null' });
    const { name, type, reading, negative } = use.operator;
    const quantifier = singleValued(key) ? 'one' : use.quantifier;
    const absentByNature = use.quantifier === 'all' || (use.quantifier === 'one' && negative);
    const known = variables ? values.map((value) => withAccount(value, this.#account)) : values;
    const read = known.map((value) => readValue(value, reading, variables));
    return this.#intern({
      ...base,
      quantifier,
      absent: use.ifExists || absentByNature,
      negative,
      type,
      values: distinct(read, type),
      operator: name,
      unseen: base.unseen || read.some(({ form }) => form === 'opaque'),
    });
  }

  #intern(asked: Omit<Test, 'id' | 'text'>): Test {
    const test = isAnyBool(asked) ? { ...asked, ...ANY_VALUE } : asked;
    const { key, quantifier, absent, negative, type, values } = test;
    const kind = values.length === 0 ? 'none' : type;
    const identity = JSON.stringify([key, quantifier, absent, negative, kind, values.map(valueKey)]);
    const id = this.#testIds.get(identity);
    if (id !== undefined) {
      const there = this.test(id);
      if (test.operator < there.operator) there.operator = test.operator;
      if (test.shownKey < there.shownKey) there.shownKey = test.shownKey;
      return there;
    }
    const made = { ...test, id: this.tests.length, text: identity };
    this.#testIds.set(identity, made.id);
    this.tests.push(made);
    return made;
  }
}

/** A value with the one policy variable whose value is the same in every request for the key. */
export function withAccount(value: string, account: string | undefined): string {
  return account === undefined ? value : value.replace(/\$\{aws:ResourceAccount\}/gi, account);
}

/** A `Null` test takes requests without the key (`true`), with it (`false`), or both. */
function nullTest(values: readonly string[]): Pick<Test, 'absent' | 'negative' | 'values'> {
  const wanted = new Set(values.map(lowerAscii));
  return { absent: wanted.has('true'), negative: wanted.has('false'), values: [] };
}

/** `Bool` with both of its values only asks for the key. */
function isAnyBool({ type, negative, values }: Omit<Test, 'id' | 'text'>): boolean {
  return type === 'bool' && !negative && values.length === 2 && values.every(({ form }) => form === 'literal');
}

const ANY_VALUE = { negative: true, values: [], operator: 'Null' } as const;

/** Sorted; values that another one contains say nothing and go. */
function distinct(values: readonly ConditionValue[], type: ValueType): readonly ConditionValue[] {
  if (values.length < 2) return values;
  const sorted = [...new Map(values.map((value) => [valueKey(value), value])).values()].sort((a, b) =>
    byCodeUnit(a.text, b.text),
  );
  if (sorted.length > 64 || sorted.every(({ form }) => form === 'literal')) return sorted;
  return sorted.filter((value) => !sorted.some((other) => other !== value && valueWithin(value, other, type)));
}
