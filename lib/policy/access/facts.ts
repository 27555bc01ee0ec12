import { has, indexesOf, isEmpty, KEY_ACTIONS, NO_ACTIONS, union } from '../actions.ts';
import { sortedSet } from '../ascii.ts';
import type { Test } from '../condition/conditionTest.ts';
import { isOwnOrganization, tiesDown } from '../condition/confining.ts';
import { type Atom, accountKey, accountOf, CALLER_ACCOUNT, PRINCIPAL_ACCOUNT, PRINCIPAL_ARN } from '../principals.ts';
import { ALL_DOUBTS, type Layer, type Rule, type StatementIndex } from './coverage.ts';
import { type Pair, sideIn } from './pair.ts';
import { guardBetween, outright } from './sides.ts';

/** How sure someone's power to change the policy is. */
export type Power = 'no' | 'conditional' | 'yes';

/** What is true of one document by itself. */
export interface Facts {
  public: boolean;
  /** The statements that make it so. */
  publicRules: readonly Rule[];
  /** Accounts other than the key's own that the document lets in, sorted. */
  crossAccount: string[];
  /** Organisations that a statement for everyone lets in whole, sorted. */
  organizations: string[];
  lockout: boolean;
  /**
   * Own principals that can put a key policy directly, and the account through its IAM policies: all of them, or the first ones
   * as far as the second that can in any request.
   */
  keepers: { principal: string; power: Power; account: boolean }[];
}

const PUT = KEY_ACTIONS.indexOf('kms:PutKeyPolicy');

/** Facts of one document of a pair. Doubts count against it: for opening statements as if they held, for keepers as if not. */
export function factsOf(pair: Pair, which: 'before' | 'after'): Facts {
  const confining = waysOf(pair, which, pair.everyone).map((way) => confiningTests(way, pair));
  const keepers = keepersOf(pair, which);
  const isPublic = confining.some((tests) => tests.length === 0);
  return {
    public: isPublic,
    publicRules: isPublic ? openRules(pair, which) : [],
    crossAccount: crossAccountOf(pair, which, confining.flat()),
    organizations: sortedSet(confining.flat().flatMap(organizationsIn)),
    lockout: keepers.length === 0,
    keepers,
  };
}

/** Tests that must all hold, and lists of tests of which each must fail in one. */
interface Way {
  tests: readonly number[];
  denies: readonly (readonly number[])[];
}

/** The different ways in which an atom can do anything at all, were every doubtful Allow to hold and no doubtful Deny. */
function waysOf(pair: Pair, which: 'before' | 'after', atom: Atom): Way[] {
  const sure = sideIn(pair, which, atom, 'direct', 0);
  const doubtful = sideIn(pair, which, atom, 'direct', ALL_DOUBTS);
  const ways = new Map<string, Way>();
  const allows = doubtful.applied.filter(({ rule }) => rule.allow).map(({ rule }) => rule.actions);
  for (const action of indexesOf(allows.reduce(union, NO_ACTIONS))) {
    const { ways: some, denies } = pair.reasoner.waysOf(guardBetween(doubtful, sure, action));
    for (const tests of some) ways.set(JSON.stringify([tests, denies]), { tests, denies });
  }
  return [...ways.values()];
}

/** The tests that tie a way to chosen callers: its own, and what must hold so that a Deny does not when it leaves chosen callers alone. */
function confiningTests({ tests, denies }: Way, { conditions }: Pair): Test[] {
  const own = tests.map((id) => conditions.test(id)).filter(confines);
  const left = denies.flatMap((deny) => {
    const opposites = deny.flatMap((id) => conditions.opposite(id) ?? []);
    return opposites.length === deny.length && opposites.every(confines) ? opposites : [];
  });
  return [...own, ...left];
}

/** The organizations that a test lets in whole or by a part of their tree. */
function organizationsIn({ key, values }: Test): string[] {
  if (key === 'aws:principalorgid') return values.map(({ text }) => text);
  return key === 'aws:principalorgpaths' ? values.map(({ text }) => text.split('/', 1)[0] ?? text) : [];
}

function openRules(pair: Pair, which: 'before' | 'after'): Rule[] {
  return sideIn(pair, which, pair.everyone, 'direct', ALL_DOUBTS)
    .applied.filter(({ rule }) => rule.allow)
    .filter(({ condition }) => !pair.conditions.testsOf(condition).some((id) => confines(pair.conditions.test(id))))
    .map(({ rule }) => rule);
}

/**
 * Whether a test keeps a statement for everyone from being public: it must require fixed values of a key that says who calls
 * or from where. ARNs are fixed once their account is, organisation paths once their organisation is.
 * After AWS's definition of public access and the rules of Config and Datadog for key policies.
 */
function confines(test: Test): boolean {
  if (test.negative || test.absent) return false;
  return test.values.every(({ form, text }) =>
    form === 'opaque' ? isOwnOrganization(test.key, text) : tiesDown(test.key, text),
  );
}

function crossAccountOf(pair: Pair, which: 'before' | 'after', confining: readonly Test[]): string[] {
  const own = pair.key.accountId;
  const accounts = new Set<string>();
  for (const atom of pair.atoms) {
    const { account } = atom;
    if (account === undefined || account === own || accounts.has(account)) continue;
    if (isNamed(pair[which], atom, account) && canDoAnything(pair, which, atom)) accounts.add(account);
  }
  for (const test of confining) {
    for (const { text } of test.values) {
      const account = accountIn(test.key, text);
      if (account !== undefined && account !== own) accounts.add(account);
    }
  }
  return [...accounts].sort();
}

function accountIn(key: string, value: string): string | undefined {
  if (key === PRINCIPAL_ARN) return accountOf(value);
  return (key === CALLER_ACCOUNT || key === PRINCIPAL_ACCOUNT) && /^[0-9]{12}$/.test(value) ? value : undefined;
}

/** Whether an Allow lets an atom in by its own name or that of its account, and not merely as one of everyone. */
function isNamed({ named, roles }: StatementIndex, { key, role }: Atom, account: string): boolean {
  return [named.get(key), roles.get(role), named.get(accountKey(account))].some((applied) =>
    applied?.some(({ rule }) => rule.allow),
  );
}

function canDoAnything(pair: Pair, which: 'before' | 'after', atom: Atom): boolean {
  const side = sideIn(pair, which, atom, 'direct', 0);
  return !isEmpty(outright(side)) || waysOf(pair, which, atom).length > 0;
}

/** Deny statements in doubt count as if they held, and so do doubtful Allows as if they did not: a key must not hang on a doubt. */
function keepersOf(pair: Pair, which: 'before' | 'after'): Facts['keepers'] {
  const keepers: Facts['keepers'] = [];
  const puts = ({ rule }: { rule: Rule }): boolean => rule.allow && has(rule.actions, PUT);
  const { named, roles, exceptions } = pair[which];
  const everyone = [...exceptions, ...(named.get('*') ?? [])].some(puts);
  for (const atom of pair.atoms) {
    if (atom.account !== pair.key.accountId) continue;
    // Most are named for other things; what applies to one, Denies for everyone too, is worked out only where it matters.
    if (!everyone && !named.get(atom.key)?.some(puts) && !roles.get(atom.role)?.some(puts)) continue;
    const power = powerOf(pair, which, atom, PUT);
    if (power !== 'no') keepers.push({ principal: atom.name, power, account: atom.kind === 'account' });
    if (keepers.filter((keeper) => keeper.power === 'yes').length > 1) break;
  }
  return keepers;
}

/** Whether an atom can do an action; what is in doubt counts against it. */
export function powerOf(
  pair: Pair,
  which: 'before' | 'after',
  atom: Atom,
  action: number,
  layer: Layer = 'direct',
): Power {
  const sure = sideIn(pair, which, atom, layer, 0);
  const doubtful = sideIn(pair, which, atom, layer, ALL_DOUBTS);
  const { ways, denies } = pair.reasoner.waysOf(guardBetween(sure, doubtful, action));
  if (ways.length === 0) return 'no';
  return ways.some((way) => way.length === 0) && denies.length === 0 ? 'yes' : 'conditional';
}
