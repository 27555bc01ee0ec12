import type { ChangeSet, FrozenRule } from './facts.ts';
import { isAskedAnew } from './push.ts';
import { awaited, stagesOf } from './quorum.ts';
import { type Change, isOpen } from './state.ts';
import type { ChangeSummary } from './view.ts';
import { heldSentence, keyName, listed, wordsOf } from './wording.ts';

/** Most changes of a set: what one transaction has room for. */
export const MOST_KEYS = 20;

/** The set of changes with these ids, in that order. */
export const setOf = (changes: string[], rules: readonly FrozenRule[]): ChangeSet => ({
  id: `set_${(changes[0] ?? '').slice('chg_'.length)}`,
  changes,
  asOne: rules.every((rule) => sameApprovers(rule, rules[0] ?? rule)),
});

/** The id of the change that a set is named after. */
export const firstOf = (setId: string): string => `chg_${setId.slice('set_'.length)}`;

/** Do two rules ask the same people, stage by stage, in the same way? How many of them must approve is each rule's own. */
function sameApprovers(one: FrozenRule, other: FrozenRule): boolean {
  const asks = (rule: FrozenRule) =>
    JSON.stringify([
      stagesOf(rule).map(({ approvers }) => [...approvers].sort()),
      rule.signIn === true,
      rule.breakGlass?.reviewers ?? null,
      rule.escalate?.approvers ?? null,
    ]);
  return asks(one) === asks(other);
}

/** Is this change asked about together with others? A new version is another document, and is asked about by itself. */
export const isAskedAsOne = (change: Change): boolean => change.set?.asOne === true && (change.version ?? 1) === 1;

/** The changes of a set, as they stand, that are asked about in one: those that still wait, in the order of the set. */
export const waitingAsOne = (members: readonly Change[]): Change[] =>
  members.filter((one) => isAskedAsOne(one) && one.status === 'PENDING' && one.changesRequested === undefined);

/**
 * Those of `people` whom this change must ask: the others are asked, or were, by a change before it in the set, which
 * asks for all that wait. Whom this one alone must ask anew it asks itself.
 */
export function toAskFor(change: Change, members: readonly Change[], people: readonly string[], now: string): string[] {
  const waiting = waitingAsOne(members);
  const before = waiting.slice(
    0,
    waiting.findIndex(({ id }) => id === change.id),
  );
  return people.filter(
    (person) => isAskedAnew(change, person) || !before.some((one) => awaited(one, now).includes(person)),
  );
}

/** Those whom a change before this one in the set has asked: its mail was about this one too. */
export function askedBefore(change: Change, members: readonly Change[]): string[] {
  if (!isAskedAsOne(change)) return [];
  const before = members.slice(
    0,
    members.findIndex(({ id }) => id === change.id),
  );
  const asked = before.filter(isAskedAsOne).flatMap(({ askedPeople = [] }) => askedPeople);
  return asked.filter((person) => !isAskedAnew(change, person));
}

/**
 * Of what has happened to changes of a set their authors get one mail for all of them: the changes that one of them tells of now. None
 * while more may follow: the one that comes last tells of all.
 *
 * @param members as they stand, in the order of the set
 * @param untold has it happened to this one, and do its authors not know?
 * @param follows may it happen to this one in a moment? That is waited for while `recent`
 */
export function toTellOf(
  change: Change,
  members: readonly Change[],
  { untold, follows }: { untold(one: Change): boolean; follows(one: Change): boolean },
  recent: boolean,
): Change[] {
  const asOne = isAskedAsOne(change) ? members.filter(isAskedAsOne) : members.filter(({ id }) => id === change.id);
  const tell = asOne.filter(untold);
  if (!tell.some(({ id }) => id === change.id)) return [];
  return recent && asOne.some((one) => !untold(one) && follows(one)) ? [] : tell;
}

/** Must people hear how this change of a set ended before the others have? */
export const isUrgent = ({ status }: Change): boolean =>
  status === 'STALE' || status === 'FAILED' || status === 'UNCERTAIN';

/** Was it put on its key? A temporary one was, also when its time is over. */
export const wasApplied = ({ status, revertAt }: Pick<ChangeSummary, 'status' | 'revertAt'>): boolean =>
  status === 'APPLIED' || revertAt !== undefined;

type Ended = Pick<ChangeSummary, 'key' | 'status' | 'outcome' | 'revertAt' | 'held'>;

/** How far a set is, in a sentence, and what became of each change that is not applied, or not any more. Nothing is atomic, and nothing says so. */
export function setSentence(members: readonly Ended[]): string {
  const applied = members.filter(wasApplied).length;
  const rest = members.filter(({ status }) => status !== 'APPLIED');
  const ends = rest.map((one) => {
    const { key, status, outcome, held } = one;
    const why = outcome === undefined || isOpen(status) ? '' : ` (${outcome})`;
    return `${keyName(key)}: ${held === undefined ? `${wordsOf(one).title}${why}` : heldSentence(held)}`;
  });
  return [`${applied} of ${members.length} applied.`, ...ends.map((one) => one.replace(/[^.]$/, '$&.'))].join(' ');
}

/** Why the people of a set are asked change by change; undefined when they are asked once for all. */
export function whyAskedApart(members: readonly Change[]): string | undefined {
  if (members.every(({ set }) => set?.asOne === true)) return undefined;
  const asks = [...new Set(members.map(({ rule }) => `rule ${rule.name} asks ${listed(rule.approvers)}`))];
  return `The rules of these keys do not ask the same people in the same way, so each change is asked about by itself: ${asks.join('; ')}.`;
}
