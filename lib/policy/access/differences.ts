import { type ActionSet, bit, has, indexesOf, isEmpty, minus, NO_ACTIONS, union } from '../actions.ts';
import { FALSE } from '../condition/conditions.ts';
import { type Atom, accountKey } from '../principals.ts';
import { Causes, type Direction } from './causes.ts';
import { confirmFor } from './confirm.ts';
import { DOUBT, hasLayers, type Layer, type Rule, statementsFor } from './coverage.ts';
import type { Reasoner } from './guards.ts';
import { type Change, type Level, type Outcome, Outcomes } from './outcomes.ts';
import { doubtsOf, type Pair, sideIn } from './pair.ts';

/** One caller's difference in a set of actions, with the statements behind it. */
export interface Difference {
  atom: Atom;
  direction: Direction;
  actions: ActionSet;
  /** Ways in which it holds, each a list of tests; `[[]]` is any request. */
  ways: readonly (readonly number[])[];
  delegated: boolean;
  may: boolean;
  /** Allow statements: of the after document for gains and changes, of the before document for losses. */
  allows: readonly Rule[];
  /** Deny statements: removed ones for a gain (before document), added ones for a loss (after document). */
  denies: readonly Rule[];
  /** Equal for differences with the same statements behind them. */
  cause: string;
}

/** A difference that only exists if an account has principals that its root's exception in NotPrincipal does not cover. */
export interface UnnamedLoss {
  atom: Atom;
  actions: ActionSet;
  denies: readonly Rule[];
}

/** Every difference between the two policies of a pair, at the widest caller that it holds for. */
export function differencesOf(pair: Pair): { differences: Difference[]; unnamedLosses: UnnamedLoss[] } {
  const comparer = new Comparer(pair);
  const results = pair.atoms.filter(pair.differs).map((atom) => comparer.atom(atom));
  const byKey = new Map(results.map((result) => [result.atom.key, result]));
  const own = byKey.get(accountKey(pair.key.accountId));
  const differences = results.flatMap((result) => [
    ...unlessWider(result, byKey, pair),
    ...comparer.delegated(result, own?.changes ?? []),
  ]);
  return { differences, unnamedLosses: results.flatMap(({ unnamedLoss }) => unnamedLoss ?? []) };
}

interface Result {
  atom: Atom;
  changes: readonly Change[];
  differences: readonly Difference[];
  unnamedLoss?: UnnamedLoss;
}

class Comparer {
  readonly #pair: Pair;
  readonly #outcomes: Outcomes;
  readonly #causes: Causes;

  constructor(pair: Pair) {
    this.#pair = pair;
    this.#outcomes = new Outcomes(pair.reasoner);
    this.#causes = new Causes(pair);
  }

  atom(atom: Atom): Result {
    const { changes, unnamed } = this.#compare(atom, 'direct');
    const differences = this.#explain(atom, 'direct', changes, false);
    const unnamedLoss = isEmpty(unnamed)
      ? undefined
      : { atom, actions: unnamed, denies: this.#causes.denies(atom, 'direct', 'loss', unnamed) };
    return { atom, changes, differences, ...(unnamedLoss && { unnamedLoss }) };
  }

  /** What an own identity gains or loses through IAM policies alone, where the account as a whole does not. */
  delegated({ atom, changes }: Result, ofAccount: readonly Change[]): Difference[] {
    if (!hasLayers(atom, this.#pair.key.accountId)) return [];
    const rest = this.#compare(atom, 'total').changes.flatMap(({ actions, outcome }) =>
      indexesOf(actions).map((action) => {
        const gain = this.#said('gained', outcome, action, atom, changes, ofAccount) ? 0 : outcome.gain;
        const loss = this.#said('lost', outcome, action, atom, changes, ofAccount) ? 0 : outcome.loss;
        return { actions: bit(action), outcome: { ...outcome, gain, loss } satisfies Outcome };
      }),
    );
    const left = rest.filter(({ outcome }) => outcome.gain > 0 || outcome.loss > 0);
    return this.#explain(atom, 'total', left, true);
  }

  /** Whether the caller's own difference or that of its account has every way of a difference through IAM policies. */
  #said(
    side: 'gained' | 'lost',
    outcome: Outcome,
    action: number,
    atom: Atom,
    own: readonly Change[],
    ofAccount: readonly Change[],
  ): boolean {
    const direct = outcomeOf(own, action)?.[side] ?? [];
    const wide = waysAs(atom, outcomeOf(ofAccount, action)?.[side] ?? [], this.#pair);
    return outcome[side].every((way) => [...direct, ...wide].some((other) => this.#pair.reasoner.implies(way, other)));
  }

  /** Compares in every world that the doubts of the two documents leave open. */
  #compare(atom: Atom, layer: Layer): { changes: readonly Change[]; unnamed: ActionSet } {
    const { before, after, key } = this.#pair;
    const was = statementsFor(before, atom, layer, key.accountId);
    const is = statementsFor(after, atom, layer, key.accountId);
    const doubts = doubtsOf(was) | doubtsOf(is);
    const inWorld = (world: number): readonly Change[] =>
      this.#outcomes.compare(
        sideIn(this.#pair, 'before', atom, layer, world),
        sideIn(this.#pair, 'after', atom, layer, world),
        confirmFor(this.#pair, atom, world),
      );
    if (doubts === 0) return { changes: inWorld(0), unnamed: NO_ACTIONS };
    const worlds = subsetsOf(doubts);
    const answers = worlds.map(inWorld);
    const losing = (of: readonly (readonly Change[])[]): ActionSet => where(of.flat(), ({ loss }) => loss > 0);
    const named = losing(answers.filter((_, index) => ((worlds[index] ?? 0) & DOUBT.accountExcepted) === 0));
    const unnamed = minus(losing(answers), named);
    return { changes: merged(answers, unnamed, this.#pair.reasoner), unnamed };
  }

  #explain(atom: Atom, layer: Layer, changes: readonly Change[], delegated: boolean): Difference[] {
    const found = new Map<string, Difference>();
    for (const { actions, outcome } of changes) {
      const direction = outcome.gain > 0 && outcome.loss > 0 ? 'change' : outcome.gain > 0 ? 'gain' : 'loss';
      const may = (outcome.gain > 0 && outcome.gain < 2) || (outcome.loss > 0 && outcome.loss < 2);
      const ways = direction === 'gain' ? outcome.gained : direction === 'loss' ? outcome.lost : [[]];
      for (const action of indexesOf(actions)) {
        const one = bit(action);
        const allows = this.#causes.allows(atom, layer, direction, action);
        const denies = this.#causes.denies(atom, layer, direction, one);
        const replaced = direction === 'change' ? [this.#causes.allows(atom, layer, 'loss', action)] : [];
        const cause = JSON.stringify([allows, denies, ...replaced].map(indexesIn));
        const alike = JSON.stringify([direction, may, ways, cause]);
        const there = found.get(alike);
        if (there !== undefined) there.actions = union(there.actions, one);
        else found.set(alike, { atom, direction, actions: one, ways, delegated, may, allows, denies, cause });
      }
    }
    return [...found.values()];
  }
}

/** What is left of a wider caller's ways when it is this one. */
function waysAs(atom: Atom, ways: readonly (readonly number[])[], { conditions, known }: Pair): (readonly number[])[] {
  return ways
    .map((way) => conditions.given(conditions.all(way), known(atom)))
    .filter((condition) => condition !== FALSE)
    .map((condition) => conditions.testsOf(condition));
}

function where(changes: readonly Change[], test: (outcome: Outcome) => boolean): ActionSet {
  return changes.reduce((set, { actions, outcome }) => (test(outcome) ? union(set, actions) : set), NO_ACTIONS);
}

function outcomeOf(changes: readonly Change[], action: number): Outcome | undefined {
  return changes.find(({ actions }) => has(actions, action))?.outcome;
}

function subsetsOf(doubts: number): number[] {
  const subsets: number[] = [];
  for (let subset = doubts; ; subset = (subset - 1) & doubts) {
    subsets.push(subset);
    if (subset === 0) return subsets;
  }
}

/** One answer for each action out of the answers of all worlds; where they differ it is `may`. */
function merged(worlds: readonly (readonly Change[])[], unnamed: ActionSet, reasoner: Reasoner): Change[] {
  const all = where(worlds.flat(), () => true);
  const changes: Change[] = [];
  for (const action of indexesOf(all)) {
    const outcomes = worlds.map((changes) => outcomeOf(changes, action));
    const losing = has(unnamed, action) ? [] : outcomes;
    const outcome: Outcome = {
      gain: agreed(outcomes, 'gain', 'gained'),
      loss: agreed(losing, 'loss', 'lost'),
      gained: reasoner.widest(outcomes.flatMap((one) => one?.gained ?? [])),
      lost: reasoner.widest(losing.flatMap((one) => one?.lost ?? [])),
    };
    if (outcome.gain > 0 || outcome.loss > 0) changes.push({ actions: bit(action), outcome });
  }
  return changes;
}

/** Certain only when all worlds say the same in the same ways. */
function agreed(worlds: readonly (Outcome | undefined)[], level: 'gain' | 'loss', ways: 'gained' | 'lost'): Level {
  if (worlds.every((one) => (one?.[level] ?? 0) === 0)) return 0;
  const told = new Set(worlds.map((one) => JSON.stringify([one?.[level], one?.[ways]])));
  return told.size === 1 ? (worlds[0]?.[level] ?? 0) : 1;
}

/** What is left of an atom's differences once those are out that a wider atom has for the same reason. */
function unlessWider(result: Result, byKey: ReadonlyMap<string, Result>, pair: Pair): Difference[] {
  const { atom } = result;
  const { key, reasoner } = pair;
  if (atom.kind === 'everyone') return [...result.differences];
  const account = atom.kind === 'account' || atom.account === key.accountId ? undefined : atom.account;
  const wider = [byKey.get('*'), account === undefined ? undefined : byKey.get(accountKey(account))];
  if (atom.kind === 'session') {
    wider.push(
      ...[...byKey.values()].filter((other) => other.atom.kind === 'identity' && other.atom.role === atom.role),
    );
  }
  const covering = wider.flatMap((other) => other?.differences ?? []);
  return result.differences
    .map((difference) => {
      const same = covering.filter(
        (other) =>
          other.direction === difference.direction &&
          !(other.may && !difference.may) &&
          other.cause === difference.cause &&
          difference.ways.every((way) => waysAs(atom, other.ways, pair).some((wide) => reasoner.implies(way, wide))),
      );
      return { ...difference, actions: same.reduce((set, other) => minus(set, other.actions), difference.actions) };
    })
    .filter(({ actions }) => !isEmpty(actions));
}

function indexesIn(rules: readonly Rule[]): number[] {
  return rules.map(({ index }) => index).sort((a, b) => a - b);
}
