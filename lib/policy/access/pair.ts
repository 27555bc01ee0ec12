import type { ActionSet } from '../actions.ts';
import { Conditions } from '../condition/conditions.ts';
import { partitionOf } from '../console/consolePrincipal.ts';
import { type Atom, atomOf, knownContext } from '../principals.ts';
import type { KeyPolicy } from '../types.ts';
import {
  type Applied,
  appliesOtherwise,
  hasLayers,
  indexStatements,
  type KeyIdentity,
  type Layer,
  type StatementIndex,
  statementsFor,
} from './coverage.ts';
import { Reasoner } from './guards.ts';
import { type Side, sideOf } from './sides.ts';

/** Two policies of one key, read for comparison. */
export interface Pair {
  key: KeyIdentity;
  conditions: Conditions;
  reasoner: Reasoner;
  before: StatementIndex;
  after: StatementIndex;
  everyone: Atom;
  /** The key's own account. */
  account: Atom;
  /** Those two, then all principals that either document names. */
  atoms: readonly Atom[];
  /** Whether other statements may apply to an atom after than before. */
  differs: (atom: Atom) => boolean;
  /** What the request context holds for sure when an atom calls. */
  known: (atom: Atom) => ReadonlyMap<string, string>;
  /** What was worked out already, by document, layer and atom, and there by the doubts. */
  sides: Record<'before' | 'after', Record<Layer, Map<Atom, Side[]>>>;
}

/** Reads two policies of a key into one set of atoms, tests and conditions. */
export function readPair(before: KeyPolicy, after: KeyPolicy, key: KeyIdentity): Pair {
  const conditions = new Conditions(key.accountId);
  const caches = { actions: new Map<string, ActionSet>(), atoms: new Map() };
  const indexes = [before, after].map((policy) => indexStatements(policy, key, conditions, caches));
  const [first, second] = indexes as [StatementIndex, StatementIndex];
  const everyone = atomOf({ kind: 'AWS', id: '*' });
  const account = atomOf({ kind: 'AWS', id: `arn:${partitionOf(key)}:iam::${key.accountId}:root` });
  const atoms = new Map<string, Atom>();
  for (const atom of [everyone, account, ...first.atoms, ...second.atoms]) {
    if (!atoms.has(atom.key)) atoms.set(atom.key, atom);
  }
  const roleArns = roleArnsOf(atoms.values());
  return {
    key,
    conditions,
    reasoner: new Reasoner(conditions),
    before: first,
    after: second,
    everyone,
    account,
    atoms: [...atoms.values()],
    differs: appliesOtherwise(first, second),
    known: (atom) => knownContext(atom, roleArns),
    sides: {
      before: { direct: new Map(), total: new Map() },
      after: { direct: new Map(), total: new Map() },
    },
  };
}

/** The ARN of each role that is named; of two paths for one name only one can exist, and nobody sees which. */
function roleArnsOf(atoms: Iterable<Atom>): Map<string, string | undefined> {
  const arns = new Map<string, string | undefined>();
  for (const { kind, role, name } of atoms) {
    if (kind === 'identity' && role !== undefined) arns.set(role, arns.has(role) ? undefined : name);
  }
  return arns;
}

/** What one document of a pair means for an atom, with these doubts taken to be so. */
export function sideIn(pair: Pair, which: 'before' | 'after', atom: Atom, layer: Layer, world: number): Side {
  const sides = pair.sides[which][hasLayers(atom, pair.key.accountId) ? layer : 'direct'];
  const worlds = sides.get(atom) ?? [];
  const known = worlds[world];
  if (known !== undefined) return known;
  sides.set(atom, worlds);
  const applied = statementsFor(pair[which], atom, layer, pair.key.accountId);
  const side =
    world !== 0 && doubtsOf(applied) === 0
      ? sideIn(pair, which, atom, layer, 0)
      : sideOf(applied, pair.known(atom), pair.conditions, world, atom.account);
  worlds[world] = side;
  return side;
}

/** Every doubt about any of these statements. */
export function doubtsOf(applied: readonly Applied[]): number {
  return applied.reduce((sum, { doubt }) => sum | doubt, 0);
}
