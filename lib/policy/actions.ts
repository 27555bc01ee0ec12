import { lowerAscii } from './ascii.ts';
import { ACTIONS } from './data/actions.generated.ts';
import { globMatches } from './glob.ts';
import type { KeyPolicy, Statement } from './types.ts';

/**
 * A set of key-policy actions, one bit each in the order of `KEY_ACTIONS`: bits 0 to 30 in `lo`, the rest in `hi`. Two small
 * integers are several times faster than a BigInt.
 */
export interface ActionSet {
  readonly lo: number;
  readonly hi: number;
}

/** The actions that a key policy can give, in AWS's spelling, sorted. */
export const KEY_ACTIONS: readonly string[] = ACTIONS.filter((action) => action.inKeyPolicy).map(({ name }) => name);

const LANE = 31;
const LOWER = KEY_ACTIONS.map(lowerAscii);
/** By name in AWS's spelling, as nearly all are written, and in lower case. */
const INDEX = new Map([...KEY_ACTIONS.entries(), ...LOWER.entries()].map(([index, name]) => [name, index]));

function indexOf(name: string): number | undefined {
  return INDEX.get(name) ?? INDEX.get(lowerAscii(name));
}

export const NO_ACTIONS: ActionSet = { lo: 0, hi: 0 };
export const ALL_ACTIONS: ActionSet = ofIndexes([...KEY_ACTIONS.keys()]);

export function bit(index: number): ActionSet {
  return index < LANE ? { lo: 1 << index, hi: 0 } : { lo: 0, hi: 1 << (index - LANE) };
}

export function has(set: ActionSet, index: number): boolean {
  return ((index < LANE ? set.lo >> index : set.hi >> (index - LANE)) & 1) === 1;
}

export function union(a: ActionSet, b: ActionSet): ActionSet {
  return { lo: a.lo | b.lo, hi: a.hi | b.hi };
}

export function minus(a: ActionSet, b: ActionSet): ActionSet {
  return { lo: a.lo & ~b.lo, hi: a.hi & ~b.hi };
}

export function intersection(a: ActionSet, b: ActionSet): ActionSet {
  return { lo: a.lo & b.lo, hi: a.hi & b.hi };
}

export function isEmpty(set: ActionSet): boolean {
  return set.lo === 0 && set.hi === 0;
}

/** The set of actions with these names in AWS's spelling; names that no key policy governs are left out. */
export function setOf(names: readonly string[]): ActionSet {
  return ofIndexes(names.map(indexOf).filter((index) => index !== undefined));
}

/** The set of the actions at these positions. */
function ofIndexes(indexes: readonly number[]): ActionSet {
  let lo = 0;
  let hi = 0;
  for (const index of indexes) {
    if (index < LANE) lo |= 1 << index;
    else hi |= 1 << (index - LANE);
  }
  return { lo, hi };
}

/** Positions of the actions of a set, ascending. */
export function indexesOf(set: ActionSet): number[] {
  const indexes: number[] = [];
  for (let rest = set.lo; rest !== 0; rest &= rest - 1) indexes.push(31 - Math.clz32(rest & -rest));
  for (let rest = set.hi; rest !== 0; rest &= rest - 1) indexes.push(LANE + 31 - Math.clz32(rest & -rest));
  return indexes;
}

/** Names of the actions of a set, sorted. */
export function namesOf(set: ActionSet): string[] {
  return indexesOf(set).map((index) => KEY_ACTIONS[index] ?? '');
}

/**
 * The key-policy actions that the Action or NotAction of a statement means. Names are compared without ASCII case, `*` and
 * `?` are wildcards, and what no key policy governs (other services, actions on the account) means nothing here. NotAction is
 * the rest of the table, so an action that AWS adds later is not in it until the table is renewed. A statement without any
 * action means none: KMS gives it no effect.
 *
 * @param cache Sets of the patterns seen so far; give one map to all statements of a comparison.
 */
export function actionsOf(statement: Statement, cache: Map<string, ActionSet>): ActionSet {
  if (statement.actions.length === 0) return NO_ACTIONS;
  let lo = 0;
  let hi = 0;
  for (const pattern of statement.actions) {
    const set = patternSet(pattern, cache);
    lo |= set.lo;
    hi |= set.hi;
  }
  return statement.notAction ? minus(ALL_ACTIONS, { lo, hi }) : { lo, hi };
}

/** `actionsOf` each statement of a policy. */
export function operationsIn({ statements }: KeyPolicy): ActionSet[] {
  const cache = new Map<string, ActionSet>();
  return statements.map((statement) => actionsOf(statement, cache));
}

/** The key-policy actions that one pattern names. */
export function patternSet(pattern: string, cache: Map<string, ActionSet>): ActionSet {
  const cached = cache.get(pattern);
  if (cached !== undefined) return cached;
  const exact = indexOf(pattern);
  const set = exact === undefined ? matching(lowerAscii(pattern)) : bit(exact);
  cache.set(pattern, set);
  return set;
}

function matching(lower: string): ActionSet {
  if (!/[*?]/.test(lower)) return NO_ACTIONS;
  return ofIndexes([...LOWER.keys()].filter((index) => globMatches(lower, LOWER[index] ?? '')));
}
