import { type ActionSet, indexesOf, intersection, isEmpty, minus, NO_ACTIONS, setOf } from '../actions.ts';
import { conditionWords, shown } from '../condition/conditionWords.ts';
import { whenOf } from '../condition/when.ts';
import { quote } from '../document/visible.ts';
import { CROSS_ACCOUNT } from '../operations.ts';
import { type Atom, CALLER_ACCOUNT, PRINCIPAL_ACCOUNT } from '../principals.ts';
import type { Rule } from './coverage.ts';
import type { Difference } from './differences.ts';
import { type Pair, sideIn } from './pair.ts';
import { guardFor, possible } from './sides.ts';
import { listed, phraseOf } from './verbs.ts';

const ABROAD = setOf([...CROSS_ACCOUNT]);

/** More statements, and more cases of a condition, than this are counted, not read out. */
const MOST_NAMES = 6;
const MOST_WAYS = 3;
/** Conditions that are not read out: each action has others, or a Deny has too many. */
const MANIFOLD = 'conditions of its statements hold';

/**
 * What somebody gains, loses or has changed, without the statements behind it.
 *
 * @param named Actions that are named beside their verb, since another sentence on the same principal has others of that verb.
 */
export function differenceWords(difference: Difference, subject: string, named: ActionSet, pair: Pair): string {
  const words = { gain: gainWords, loss: lossWords, change: changeWords }[difference.direction];
  return words(difference, subject, named, pair);
}

/**
 * The actions to speak of: of another account's principals those that KMS lets it do. What else a policy gives them has no effect
 * ("Allowing users in other accounts to use a KMS key"); it is spoken of when there is nothing but that.
 */
export function effective(difference: Difference, pair: Pair): ActionSet {
  const { actions } = difference;
  if (!isAbroad(difference, pair)) return actions;
  const working = intersection(actions, ABROAD);
  return isEmpty(working) ? actions : working;
}

function isAbroad({ atom, ways }: Difference, pair: Pair): boolean {
  if (atom.kind === 'everyone') return ways.length > 0 && ways.every((way) => isAbroadOnly(way, pair));
  return atom.account !== undefined && atom.account !== pair.key.accountId;
}

/** Whether a way only takes callers of other accounts than the key's. */
function isAbroadOnly(way: readonly number[], { conditions, key }: Pair): boolean {
  return way.some((id) => {
    const { key: name, negative, absent, values } = conditions.test(id);
    const ofAccount = name === CALLER_ACCOUNT || name === PRINCIPAL_ACCOUNT;
    return (
      ofAccount &&
      !negative &&
      !absent &&
      values.every(({ form, text }) => form === 'literal' && text !== key.accountId)
    );
  });
}

function gainWords(difference: Difference, subject: string, named: ActionSet, pair: Pair): string {
  const { delegated, may } = difference;
  const actions = effective(difference, pair);
  const without = isAbroad(difference, pair) && !isEmpty(minus(difference.actions, ABROAD));
  const through = delegated ? ', if an IAM policy of the account allows it' : '';
  const before = standingCondition(difference, 'before', pair);
  const was = before === undefined ? '' : `; until now only when ${before}`;
  const head = `${may ? 'May gain' : 'Gains'}: ${subject}`;
  const nothing = isEmpty(intersection(actions, ABROAD));
  if (without && nothing)
    return `${head} is given the right to ${phraseOf(actions, 'and', named)}, which has no effect from another account`;
  const rest = without ? '; what else it is given has no effect from another account' : '';
  return `${head} can ${phraseOf(actions, 'and', named)}${gainedWhen(difference, before, pair)}${through}${was}${rest}`;
}

function lossWords(difference: Difference, subject: string, named: ActionSet, pair: Pair): string {
  const { atom, delegated, may } = difference;
  const actions = effective(difference, pair);
  const after = standingCondition(difference, 'after', pair);
  const lost = `${subject} can no longer ${phraseOf(actions, 'or', named)}`;
  if (after !== undefined) {
    return `${may ? 'May be narrowed' : 'Now conditional'}: ${subject} can ${phraseOf(actions, 'and', named)} only when ${after}`;
  }
  const stays =
    !delegated && atom.account === pair.key.accountId && !isEmpty(intersection(delegatedTo(atom, pair), actions));
  const how = delegated ? ' through IAM policies of the account' : stays ? ' directly' : '';
  const left = stays ? '; an IAM policy of this account may still allow it' : '';
  return `${may ? 'May lose' : 'Loses'}: ${lost}${how}${conditionOf(difference, pair)}${left}`;
}

function changeWords(difference: Difference, subject: string, named: ActionSet, pair: Pair): string {
  const before = standingCondition(difference, 'before', pair);
  const after = standingCondition(difference, 'after', pair);
  const told = `Changes: ${subject} can ${phraseOf(effective(difference, pair), 'and', named)} in some requests where it could not, and not in some where it could`;
  if (before === after) return told;
  const when = [after && `now when ${after}`, before && `until now when ${before}`];
  return `${told}: ${when.filter((one) => one !== undefined).join(', ')}`;
}

/** When something is gained: beside what stood already, or only then. */
function gainedWhen(difference: Difference, before: string | undefined, pair: Pair): string {
  const words = waysWords(difference.ways, pair);
  if (words === undefined) return '';
  const whole = before === undefined || words === standingCondition(difference, 'after', pair);
  return `${whole ? ' only' : ' also'} when ${words}`;
}

/** The ways of a loss in words, with `when`. */
function conditionOf({ ways }: Difference, pair: Pair): string {
  const words = waysWords(ways, pair);
  return words === undefined ? '' : ` when ${words}`;
}

function waysWords(ways: readonly (readonly number[])[], pair: Pair): string | undefined {
  const whens = ways.map((way) => whenOf(way, pair.conditions)).filter((when) => when !== undefined);
  if (ways.length === 0 || whens.length < ways.length) return undefined;
  const some = whens.slice(0, MOST_WAYS).map(conditionWords).join(', or when ');
  const more = whens.length - MOST_WAYS;
  return more > 0 ? `${some}, or in one of ${more} more cases` : some;
}

/** Under which condition one of the documents lets the caller do these actions; none when never or always. */
function standingCondition(
  { atom, actions, delegated }: Difference,
  which: 'before' | 'after',
  pair: Pair,
): string | undefined {
  const layer = delegated ? 'total' : 'direct';
  const side = sideIn(pair, which, atom, layer, 0);
  const words = new Set(
    indexesOf(actions).map((action) => {
      const { ways, denies } = pair.reasoner.waysOf(guardFor(side, action));
      return waysWords(ways, pair) ?? (ways.length > 0 && denies.length > 0 ? MANIFOLD : undefined);
    }),
  );
  const [only] = words;
  return words.size === 1 ? only : MANIFOLD;
}

export function statementWords({ index, sid }: Pick<Rule, 'index' | 'sid'>): string {
  return sid === undefined ? `statement ${index + 1}` : `statement ${index + 1}, ${quote(sid)}`;
}

/** The statements behind a difference. */
export function causeWords({ direction, allows, denies }: Difference): string {
  const allowed = allows.map(statementWords);
  const denied = denies.map(statementWords);
  if (direction === 'gain' && denied.length > 0)
    return `${many(allowed)}; no longer denied by ${many(denied)} of the policy before`;
  if (direction === 'loss') {
    return denied.length > 0 ? `denied by ${many(denied)}` : `${many(allowed)} of the policy before`;
  }
  return many(allowed);
}

export function many(names: readonly string[]): string {
  const some = names.slice(0, MOST_NAMES);
  return names.length > some.length ? `${some.join('; ')}; and ${names.length - some.length} more` : some.join('; ');
}

/** Why it is not certain. */
export function doubtWords(
  { atom, direction, delegated, actions, ways, allows, denies }: Difference,
  pair: Pair,
): string {
  const other = sideIn(pair, direction === 'loss' ? 'after' : 'before', atom, delegated ? 'total' : 'direct', 0);
  const against = other.conditional.filter(({ rule }) => !isEmpty(intersection(rule.actions, actions)));
  const unseenKeys = new Set(
    [
      ...ways.flat(),
      ...[...allows, ...denies, ...against].flatMap(({ condition }) => pair.conditions.testsOf(condition)),
    ]
      .map((id) => pair.conditions.test(id))
      .filter((test) => test.unseen)
      .map((test) => test.shownKey),
  );
  if (unseenKeys.size > 0) {
    return `Cannot decide: the condition on ${listed([...unseenKeys].map(shown), 'and')} depends on what is not seen here.`;
  }
  if (pair.reasoner.exhausted) return 'Cannot decide: there are too many conditions to compare them all.';
  return 'Cannot decide: AWS does not say for certain what the statements mean here, or their conditions could not be compared.';
}

/** What IAM policies of the key's account can still give an atom of it under the after document. */
function delegatedTo(atom: Atom, pair: Pair): ActionSet {
  const can = (one: Atom): ActionSet => possible(sideIn(pair, 'after', one, 'total', 0));
  return atom.kind === 'account' ? NO_ACTIONS : intersection(can(atom), can(pair.account));
}
