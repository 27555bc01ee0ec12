import { namesOf } from '../actions.ts';
import { byCodeUnit, sortedSet } from '../ascii.ts';
import { type When, whenOf } from '../condition/when.ts';
import type { Atom } from '../principals.ts';
import type { Access, AccessEntry, KeyPolicy, MatrixCell } from '../types.ts';
import type { ApplierSides } from './applierUse.ts';
import type { KeyIdentity } from './coverage.ts';
import { type Difference, differencesOf, type UnnamedLoss } from './differences.ts';
import { type Facts, factsOf } from './facts.ts';
import { matrixOf } from './matrix.ts';
import { type Pair, readPair } from './pair.ts';
import { summaryOf } from './sentences.ts';

/** The access difference of two policies, with what sentences and risk are made from. */
export interface Comparison {
  access: Access;
  matrix: MatrixCell[];
  pair: Pair;
  differences: readonly Difference[];
  unnamedLosses: readonly UnnamedLoss[];
  facts: { before: Facts; after: Facts };
  applier: ApplierSides | undefined;
}

/** More ways than this are not written out one by one. */
const MOST_WAYS = 8;

/**
 * Who may do what more or less once `after` stands instead of `before`.
 *
 * Sound: access that was gained is never left out. What cannot be decided (tags, policy variables, conditions that were not
 * proven to contain one another, doubts in AWS's own documents) is there with `certainty: 'may'`. Only the key policy is seen:
 * not IAM policies behind the account's delegation, grants, SCPs or whether a principal exists.
 *
 * Time is bounded: reasoning stops after a fixed number of steps, and what is then unproven is `may`.
 *
 * @param key The key's account; with its ARN, a Resource that names the key is understood too.
 * @param applier What both documents let the role that applies changes do with the key, where it is known.
 */
export function compareAccess(
  before: KeyPolicy,
  after: KeyPolicy,
  key: KeyIdentity,
  applier?: ApplierSides,
): Comparison {
  const pair = readPair(before, after, key);
  const { differences, unnamedLosses } = differencesOf(pair);
  const facts = { before: factsOf(pair, 'before'), after: factsOf(pair, 'after') };
  const entries = (direction: Difference['direction']): AccessEntry[] => entriesOf(differences, direction, pair);
  const access: Access = {
    gains: entries('gain'),
    loses: entries('loss'),
    changed: entries('change'),
    public: facts.after.public,
    crossAccount: facts.after.crossAccount,
    lockout: facts.after.lockout,
    summary: summaryOf({ differences, unnamedLosses, facts, pair, applier }),
  };
  return { access, matrix: matrixOf(pair, differences), pair, differences, unnamedLosses, facts, applier };
}

interface Group extends Pick<Difference, 'atom' | 'delegated' | 'may'> {
  when: When | undefined;
  differences: Difference[];
}

/** One entry for each caller, condition, kind and certainty; the widest callers first, then by name. */
function entriesOf(differences: readonly Difference[], direction: Difference['direction'], pair: Pair): AccessEntry[] {
  const groups = new Map<string, Group>();
  for (const difference of differences) {
    if (difference.direction !== direction) continue;
    const { whens, may } = whensOf(difference, pair);
    for (const when of whens) {
      const { atom, delegated } = difference;
      const key = JSON.stringify([atom.key, when, delegated, may]);
      const group = groups.get(key) ?? { atom, when, delegated, may, differences: [] };
      group.differences.push(difference);
      groups.set(key, group);
    }
  }
  return [...groups.values()].sort(byAtom).map(({ atom, when, delegated, may, differences: all }) => ({
    principal: atom.name,
    actions: sortedSet(all.flatMap(({ actions }) => namesOf(actions))),
    ...(when && { when }),
    ...(delegated && { kind: 'delegated' as const }),
    ...(may && { certainty: 'may' as const }),
    statements: statementsOf(all),
  }));
}

/** The Condition blocks under which a difference holds; one without a block when there are too many of them to read. */
export function whensOf({ ways, may }: Difference, pair: Pair): { whens: (When | undefined)[]; may: boolean } {
  if (ways.length > MOST_WAYS) return { whens: [undefined], may: true };
  return { whens: ways.map((way) => whenOf(way, pair.conditions)), may };
}

function statementsOf(differences: readonly Difference[]): string[] {
  const rules = new Map(differences.flatMap(({ allows }) => allows).map((rule) => [rule.index, rule.path]));
  return [...rules].sort(([a], [b]) => a - b).map(([, path]) => path);
}

const WIDTH: Record<Atom['kind'], number> = {
  everyone: 0,
  account: 1,
  identity: 2,
  session: 2,
  unknown: 2,
  service: 3,
  federated: 3,
  canonical: 3,
};

function byAtom(a: Group, b: Group): number {
  return (
    WIDTH[a.atom.kind] - WIDTH[b.atom.kind] ||
    byCodeUnit(a.atom.name, b.atom.name) ||
    byCodeUnit(JSON.stringify([a.when]), JSON.stringify([b.when]))
  );
}
