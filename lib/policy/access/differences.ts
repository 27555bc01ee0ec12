import { type ActionSet, bit, has, indexesOf, intersection, isEmpty, minus, NO_ACTIONS, union } from '../actions.ts';
import { FALSE } from '../condition/conditions.ts';
import {
  type Atom,
  accountKey,
  accountOf,
  atomOf,
  CALLER_ACCOUNT,
  PRINCIPAL_ACCOUNT,
  PRINCIPAL_ARN,
} from '../principals.ts';
import { ALL_DOUBTS, contentBy, DOUBT, type Layer, type Rule, statementsFor } from './coverage.ts';
import type { Reasoner, Ways } from './guards.ts';
import { type Change, type Confirm, type Level, type Outcome, Outcomes } from './outcomes.ts';
import { doubtsOf, NOTHING, type Pair, sideIn } from './pair.ts';
import { guardFor, type Side } from './sides.ts';
import { type Context, every } from './witness.ts';

/** One caller's difference in a set of actions, with the statements behind it. */
export interface Difference {
  atom: Atom;
  direction: 'gain' | 'loss' | 'change';
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
  const [was, is] = [contentBy(pair.before), contentBy(pair.after)];
  const results = pair.atoms.filter((atom) => was(atom) !== is(atom)).map((atom) => comparer.atom(atom));
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

  constructor(pair: Pair) {
    this.#pair = pair;
    this.#outcomes = new Outcomes(pair.reasoner);
  }

  atom(atom: Atom): Result {
    const layer = atom.kind === 'account' ? 'total' : 'direct';
    const { changes, unnamed } = this.#compare(atom, layer);
    const differences = this.#explain(atom, layer, changes, false);
    const unnamedLoss = isEmpty(unnamed)
      ? undefined
      : { atom, actions: unnamed, denies: this.#denies(atom, layer, 'loss', unnamed) };
    return { atom, changes, differences, ...(unnamedLoss && { unnamedLoss }) };
  }

  /** What an own identity gains or loses through IAM policies alone, where the account as a whole does not. */
  delegated({ atom, changes }: Result, ofAccount: readonly Change[]): Difference[] {
    const own = atom.account === this.#pair.key.accountId && (atom.kind === 'identity' || atom.kind === 'session');
    if (!own) return [];
    const rest = this.#compare(atom, 'total').changes.flatMap(({ actions, outcome }) =>
      indexesOf(actions).map((action) => {
        const gains = outcome.gain > 0 && !this.#said('gained', outcome, action, atom, changes, ofAccount);
        const loses = outcome.loss > 0 && !this.#said('lost', outcome, action, atom, changes, ofAccount);
        return {
          actions: bit(action),
          outcome: {
            gain: gains ? outcome.gain : 0,
            loss: loses ? outcome.loss : 0,
            gained: gains ? outcome.gained : [],
            lost: loses ? outcome.lost : [],
          } satisfies Outcome,
        };
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
        this.#confirm(atom, world),
      );
    if (doubts === 0) return { changes: inWorld(0), unnamed: NO_ACTIONS };
    const worlds = subsetsOf(doubts);
    const answers = worlds.map(inWorld);
    const losing = (of: readonly (readonly Change[])[]): ActionSet => where(of.flat(), ({ loss }) => loss > 0);
    const named = losing(answers.filter((_, index) => ((worlds[index] ?? 0) & DOUBT.accountExcepted) === 0));
    const unnamed = minus(losing(answers), named);
    return { changes: merged(answers, unnamed, this.#pair.reasoner), unnamed };
  }

  /** A further test of a request that the guards show, for atoms of which not everything is known. */
  #confirm(atom: Atom, world: number): Confirm | undefined {
    if (atom.kind === 'everyone' || atom.kind === 'account') return this.#confirmOneOfMany(atom, world);
    if (atom.kind !== 'session' || this.#pair.known.get(atom.key)?.has(PRINCIPAL_ARN)) return undefined;
    return (_action, _inside, context) => {
      const arn = context.get(PRINCIPAL_ARN);
      return arn === undefined || (arn !== null && atomOf({ kind: 'AWS', id: arn }).role === atom.role);
    };
  }

  /** Answers a request by one of many callers statement by statement, as the caller that it is. */
  #confirmOneOfMany(atom: Atom, world: number): Confirm {
    return (action, inside, context) => {
      const { key, conditions } = this.#pair;
      const caller = this.#callerOf(atom, context);
      if (caller === undefined) return false;
      const layer: Layer = atom.kind === 'account' ? 'total' : 'direct';
      const request = new Map(context).set(PRINCIPAL_ARN, caller.name);
      if (caller.account !== undefined)
        request.set(PRINCIPAL_ACCOUNT, caller.account).set(CALLER_ACCOUNT, caller.account);
      const allowed = (which: 'before' | 'after'): boolean | undefined => {
        let answer: boolean | undefined = false;
        for (const { rule, doubt } of statementsFor(this.#pair[which], caller, layer, key.accountId)) {
          if ((doubt & ~world) !== 0 || !has(rule.actions, action)) continue;
          const met = every(conditions.testsOf(rule.condition), request, conditions);
          if (met === false) continue;
          if (met === undefined) return undefined;
          if (!rule.allow) return false;
          answer = true;
        }
        return answer;
      };
      return allowed(inside) === true && allowed(inside === 'before' ? 'after' : 'before') === false;
    };
  }

  /** The caller that a request on `*` or on an account comes from: by its ARN if it has one, else someone whom no statement names. */
  #callerOf(atom: Atom, context: Context): Atom | undefined {
    const arn = context.get(PRINCIPAL_ARN);
    const wanted =
      atom.account ??
      (typeof arn === 'string' ? accountOf(arn) : undefined) ??
      context.get(PRINCIPAL_ACCOUNT) ??
      context.get(CALLER_ACCOUNT);
    const account = typeof wanted === 'string' && /^[0-9]{12}$/.test(wanted) ? wanted : this.#unnamedAccount();
    const id =
      typeof arn === 'string' && accountOf(arn) !== undefined ? arn : `arn:aws:iam::${account}:role/${UNNAMED}`;
    const caller = atomOf({ kind: 'AWS', id });
    return atom.account === undefined || caller.account === atom.account ? caller : undefined;
  }

  #unnamedAccount(): string {
    for (let account = 999_999_999_990; ; account--) {
      const id = String(account);
      if (!this.#pair.atoms.some((atom) => atom.account === id)) return id;
    }
  }

  #explain(atom: Atom, layer: Layer, changes: readonly Change[], delegated: boolean): Difference[] {
    if (changes.length === 0) return [];
    const found = new Map<string, Difference>();
    for (const { actions, outcome } of changes) {
      const direction = outcome.gain > 0 && outcome.loss > 0 ? 'change' : outcome.gain > 0 ? 'gain' : 'loss';
      const may = (outcome.gain > 0 && outcome.gain < 2) || (outcome.loss > 0 && outcome.loss < 2);
      const ways = direction === 'gain' ? outcome.gained : direction === 'loss' ? outcome.lost : [[]];
      for (const action of indexesOf(actions)) {
        const one = bit(action);
        const allows = this.#allows(atom, layer, direction, action);
        const denies = this.#denies(atom, layer, direction, one);
        const replaced = direction === 'change' ? this.#allows(atom, layer, 'loss', action) : [];
        const cause = [allows, denies, replaced].map(indexesIn).join('|');
        const alike = JSON.stringify([direction, may, ways, cause]);
        const there = found.get(alike);
        if (there !== undefined) there.actions = union(there.actions, one);
        else found.set(alike, { atom, direction, actions: one, ways, delegated, may, allows, denies, cause });
      }
    }
    return [...found.values()];
  }

  /** The Allow statements that give what was gained, or gave what is lost. */
  #allows(atom: Atom, layer: Layer, direction: Difference['direction'], action: number): Rule[] {
    const which = direction === 'loss' ? 'before' : 'after';
    const own = this.#side(which, atom, layer);
    const other = this.#side(which === 'before' ? 'after' : 'before', atom, layer);
    const giving = own.applied.filter(({ rule }) => rule.allow && has(rule.actions, action));
    if (giving.length === 1) return giving.map(({ rule }) => rule);
    const [inside, outside] = [own, other].map((side) => this.#pair.reasoner.waysOf(guardFor(side, action)));
    if (inside === undefined || outside === undefined) return [];
    const beyond = giving.filter(({ condition }) => this.#isBeyond(condition, inside, outside));
    return (beyond.length > 0 ? beyond : giving).map(({ rule }) => rule);
  }

  readonly #beyond = new Map<string, boolean>();

  /** Whether a condition of one guard is not surely within the other guard. */
  #isBeyond(condition: number, inside: Ways, outside: Ways): boolean {
    const key = `${condition} ${inside.id}>${outside.id}`;
    const known = this.#beyond.get(key);
    if (known !== undefined) return known;
    const { reasoner, conditions } = this.#pair;
    const beyond = !reasoner.wayWithin(conditions.testsOf(condition), inside, outside, 0);
    this.#beyond.set(key, beyond);
    return beyond;
  }

  /** The Deny statements whose going made a gain, or whose coming made a loss. */
  #denies(atom: Atom, layer: Layer, direction: Difference['direction'], actions: ActionSet): Rule[] {
    if (direction === 'change') return [];
    const [own, other] = direction === 'gain' ? (['before', 'after'] as const) : (['after', 'before'] as const);
    const denying = (which: 'before' | 'after') =>
      this.#side(which, atom, layer).applied.filter(
        ({ rule }) => !rule.allow && !isEmpty(intersection(rule.actions, actions)),
      );
    const still = denying(other);
    return denying(own)
      .filter(
        ({ rule, condition }) =>
          !still.some(
            (one) =>
              one.condition === condition && isEmpty(minus(intersection(rule.actions, actions), one.rule.actions)),
          ),
      )
      .map(({ rule }) => rule);
  }

  #side(which: 'before' | 'after', atom: Atom, layer: Layer): Side {
    return sideIn(this.#pair, which, atom, layer, ALL_DOUBTS);
  }
}

const UNNAMED = 'whom-no-statement-names';

/** What is left of a wider caller's ways when it is this one. */
function waysAs(atom: Atom, ways: readonly (readonly number[])[], { conditions, known }: Pair): (readonly number[])[] {
  return ways
    .map((way) => conditions.given(conditions.all(way), known.get(atom.key) ?? NOTHING))
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
  if (atom.kind === 'everyone' || result.differences.length === 0) return [...result.differences];
  const foreign = atom.account !== undefined && atom.account !== key.accountId && atom.kind !== 'account';
  const wider = [byKey.get('*'), foreign ? byKey.get(accountKey(atom.account ?? '')) : undefined];
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

function indexesIn(rules: readonly Rule[]): string {
  return rules
    .map(({ index }) => index)
    .sort((a, b) => a - b)
    .join(',');
}
