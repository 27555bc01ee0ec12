import { type ActionSet, intersection, isEmpty, minus, NO_ACTIONS, union } from '../actions.ts';
import { shown } from '../condition/conditionWords.ts';
import { partitionOf } from '../console/consolePrincipal.ts';
import { atomOf } from '../principals.ts';
import { type ApplierSides, usesOf } from './applierUse.ts';
import type { Rule } from './coverage.ts';
import type { Difference, UnnamedLoss } from './differences.ts';
import { causeWords, differenceWords, doubtWords, effective, many, statementWords } from './differenceWords.ts';
import type { Facts } from './facts.ts';
import { type Pair, sideIn } from './pair.ts';
import { accountWords, principalWords } from './principalWords.ts';
import { possible } from './sides.ts';
import { CREATE_GRANT, DESTROYING, listed, PUT_KEY_POLICY, phraseOf, phrasesOf, READING, USING } from './verbs.ts';

export interface Findings {
  pair: Pair;
  differences: readonly Difference[];
  unnamedLosses: readonly UnnamedLoss[];
  facts: { before: Facts; after: Facts };
  applier: ApplierSides | undefined;
}

/** More principals than this are counted, not read out. */
const MOST_NAMES = 6;
const NO_CHANGE = 'No access changes.';

interface Sentence {
  /** Lower is more dangerous. */
  rank: number;
  text: string;
}

/**
 * The difference in plain sentences for the approver, the most dangerous first, each with the statement behind it: lockout,
 * public, other accounts, administrators, use, reading, then what is lost, then what this analysis cannot see.
 */
export function summaryOf(findings: Findings): string[] {
  const { differences, unnamedLosses, facts, pair, applier } = findings;
  const groups = grouped(differences, pair);
  const sentences = [
    ...standing(facts, pair),
    ...applierSentence(applier, pair),
    ...groups.map((group) => sentenceOf(group, groups, findings)),
    ...unnamedLosses.map((loss) => unnamedSentence(loss, findings)),
  ].sort((a, b) => a.rank - b.rank);
  const texts = sentences.map(({ text }) => text);
  if (differences.length === 0 && unnamedLosses.length === 0) return [...texts, NO_CHANGE];
  return [...texts, ...unseen(findings)];
}

/** What is true of the after document whatever changed. */
function standing({ before, after }: Findings['facts'], { key }: Pair): Sentence[] {
  const account = accountWords(key.accountId);
  const sentences: Sentence[] = [];
  if (after.lockout) {
    const still = before.lockout ? 'as now, ' : '';
    const text = `Lockout: after this change, ${still}nobody in account ${account} can change this policy again; only AWS Support could.`;
    sentences.push({ rank: 0, text });
  }
  if (after.public) {
    const statements = after.publicRules.map(statementWords);
    const text = `Public: ${before.public ? 'as now, ' : ''}anyone in any AWS account can use this key (${listed(statements, 'and')}).`;
    sentences.push({ rank: 1, text });
  }
  const [only, ...others] = after.keepers;
  if (only !== undefined && others.length === 0 && !only.account && before.keepers.length > 1) {
    const text = `Near lockout: only ${shown(only.principal)} could still change this policy; without it only AWS Support could.`;
    sentences.push({ rank: 2, text });
  }
  return sentences;
}

/** Whoever changes the policy must not be among those who use the key; a statement for everyone can bring that about. */
function applierSentence(sides: ApplierSides | undefined, { key }: Pair): Sentence[] {
  if (sides === undefined || sides.after.length === 0) return [];
  const { applier, before, after } = sides;
  const name = principalWords(atomOf({ kind: 'AWS', id: applier }), key.accountId, new Set(), partitionOf(key));
  const asNow = isEmpty(minus(usesOf(after), usesOf(before))) ? 'as now, ' : '';
  const can = after.some(({ certain }) => certain) ? 'can itself' : 'may itself, in some requests,';
  const statements = after.map(({ statement }) => statementWords(statement));
  const text = `Applier: ${asNow}the role that applies changes, ${name}, ${can} ${phraseOf(usesOf(after))} (${many(statements)}).`;
  return [{ rank: 1.5, text }];
}

interface Group {
  first: Difference;
  members: Difference[];
}

/** Differences that read alike but for the principal; within one principal, all statements and actions with one condition together. */
function grouped(differences: readonly Difference[], pair: Pair): Group[] {
  const byPrincipal = new Map<string, Difference>();
  for (const { one, stands } of differences.flatMap((difference) => apart(difference, pair))) {
    const key = JSON.stringify([one.atom.key, one.direction, one.delegated, one.may, one.ways, stands]);
    const there = byPrincipal.get(key);
    byPrincipal.set(key, there === undefined ? one : joined(there, one));
  }
  const groups = new Map<string, Group>();
  for (const one of byPrincipal.values()) {
    const { atom, direction, actions, delegated, may, ways, allows, denies } = one;
    const where = atom.kind === 'identity' || atom.kind === 'session' ? `principal ${atom.account}` : atom.kind;
    const rules = [allows, denies].map((list) => list.map(({ index }) => index));
    const key = JSON.stringify([where, direction, actions, delegated, may, ways, rules]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { first: one, members: [one] });
    else group.members.push(one);
  }
  return [...groups.values()];
}

/**
 * A gain of what was never allowed and of what was allowed under a condition are two sentences, as are a loss of what is never
 * allowed again and of what still is: "until now only when" and "only when" must be true of every action that they speak of.
 */
function apart(difference: Difference, pair: Pair): { one: Difference; stands: boolean }[] {
  const { atom, actions, delegated, direction } = difference;
  const other = sideIn(pair, direction === 'gain' ? 'before' : 'after', atom, delegated ? 'total' : 'direct', 0);
  const standing = intersection(actions, possible(other));
  return [
    { one: { ...difference, actions: standing }, stands: true },
    { one: { ...difference, actions: minus(actions, standing) }, stands: false },
  ].filter(({ one }) => !isEmpty(one.actions));
}

function joined(a: Difference, b: Difference): Difference {
  const rules = (one: readonly Rule[], two: readonly Rule[]): Rule[] =>
    [...new Set([...one, ...two])].sort((first, second) => first.index - second.index);
  return {
    ...a,
    actions: union(a.actions, b.actions),
    allows: rules(a.allows, b.allows),
    denies: rules(a.denies, b.denies),
  };
}

function sentenceOf(group: Group, all: readonly Group[], findings: Findings): Sentence {
  const { first } = group;
  const { pair } = findings;
  const body = differenceWords(first, subjectOf(group, findings), namedIn(group, all, pair), pair);
  const doubt = first.may ? ` ${doubtWords(first, pair)}` : '';
  return { rank: rankOf(first, findings), text: `${body} (${causeWords(first)}).${doubt}` };
}

/**
 * The actions to name: where another sentence on the same principal would use the same words of other actions, as "can no longer
 * decrypt data" and "can decrypt data only when", the words alone would contradict each other.
 */
function namedIn({ first, members }: Group, all: readonly Group[], pair: Pair): ActionSet {
  const atoms = new Set(members.map(({ atom }) => atom));
  const others = all.filter((group) => group.members.some(({ atom }) => atoms.has(atom)));
  return phrasesOf(effective(first, pair))
    .filter(({ phrase, actions }) =>
      others.some((other) =>
        phrasesOf(effective(other.first, pair)).some((one) => one.phrase === phrase && !isSame(one.actions, actions)),
      ),
    )
    .reduce((named, { actions }) => union(named, actions), NO_ACTIONS);
}

function isSame(a: ActionSet, b: ActionSet): boolean {
  return isEmpty(minus(a, b)) && isEmpty(minus(b, a));
}

function subjectOf({ first, members }: Group, { pair, facts }: Findings): string {
  const own = pair.key.accountId;
  const strangers = new Set(facts.after.crossAccount.filter((account) => !facts.before.crossAccount.includes(account)));
  // What is swapped stands under conditions on both sides.
  const conditional = first.direction === 'change' || first.ways.flat().length > 0;
  if (first.atom.kind === 'everyone' && conditional) return 'everyone who meets its condition';
  const names = members.map(({ atom }) => principalWords(atom, own, strangers, partitionOf(pair.key)));
  const some = names.slice(0, MOST_NAMES);
  const more = names.length - some.length;
  return more > 0 ? `${some.join(', ')} and ${more} more` : listed(some, 'and');
}

function rankOf({ atom, direction, actions, may }: Difference, { pair }: Findings): number {
  const foreign = atom.kind === 'everyone' || (atom.account !== undefined && atom.account !== pair.key.accountId);
  const base = direction === 'loss' ? 40 : foreign ? 10 : 20;
  return base + weightOf(actions) + (atom.kind === 'everyone' ? -0.5 : 0) + (may ? 0.1 : 0);
}

function weightOf(actions: ActionSet): number {
  const does = (set: ActionSet): boolean => !isEmpty(intersection(actions, set));
  if (does(PUT_KEY_POLICY)) return 0;
  if (does(DESTROYING) || does(CREATE_GRANT)) return 1;
  if (does(USING)) return 2;
  return isEmpty(minus(actions, READING)) ? 4 : 3;
}

function unnamedSentence({ atom, actions, denies }: UnnamedLoss, { pair }: Findings): Sentence {
  const { accountId: own } = pair.key;
  const { account = own } = atom;
  const whose = account === own ? 'this account' : `account ${accountWords(account)}`;
  const text = `May lose: principals of ${whose} whom NotPrincipal does not except by name can no longer ${phraseOf(actions, 'or')} (denied by ${many(denies.map(statementWords))}).`;
  return { rank: 42, text };
}

function unseen({ differences, unnamedLosses, pair }: Findings): string[] {
  const notes: string[] = [];
  if (unnamedLosses.length > 0 || differences.some(({ direction }) => direction !== 'gain')) {
    notes.push('Not seen here: grants that exist on the key; they keep working whatever this policy says.');
  }
  const decides = !isEmpty(possible(sideIn(pair, 'after', pair.account, 'total', 0)));
  if (decides || differences.some(({ atom }) => atom.account !== undefined && atom.account !== pair.key.accountId)) {
    notes.push(
      'Not seen here: IAM policies; through the account statement they can give more, and in other accounts they must agree.',
    );
  }
  return notes;
}
