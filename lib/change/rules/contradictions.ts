import { durationSeconds } from '../duration.ts';
import { minuteOfDay } from './clock.ts';
import { inDelegates, inIam } from './identities.ts';
import { inKnown } from './known.ts';
import { peopleOf } from './people.ts';
import type { Freeze, Rule, RulesFile } from './schema.ts';
import { shadowed } from './shadows.ts';

type Path = readonly PropertyKey[];
type Found = [path: Path, message: string];

/** More reminders than this to one change are noise, and executions have a length. */
const MOST_REMINDERS = 1_000;

/**
 * What the schema cannot say: groups that exist, quorums that can be met, stages or one quorum, a last rule that matches everything,
 * rules that can decide, callers that can be told apart. With any of these the wrong people would be asked, or somebody is locked out.
 *
 * @param lineOf The line of a place of the file, for what is about two places.
 */
export function contradictions(rules: RulesFile, lineOf: (path: Path) => number): Found[] {
  const names = new Set<string>();
  const found = rules.rules.flatMap((one, i): Found[] => {
    const twice: Found[] = names.has(one.name) ? [[['rules', i, 'name'], `two rules are named ${one.name}`]] : [];
    names.add(one.name);
    return [...twice, ...inRule(rules, one, ['rules', i]), ...matchFaults(one, i, rules.rules.length - 1)];
  });
  return [
    ...found,
    ...shadowed(rules, lineOf),
    ...inSubmit(rules),
    ...inDelegates(rules, lineOf),
    ...inIam(rules, lineOf),
    ...inKnown(rules),
    ...inAccounts(rules),
    ...inWindows(rules.freeze, ['freeze'], true),
    ...inWindows(rules.windows, ['windows']),
    ...rules.rules.flatMap((one, i) => inWindows(one.windows, ['rules', i, 'windows'])),
  ];
}

function matchFaults({ match }: Rule, i: number, last: number): Found[] {
  const everything = match === undefined || Object.keys(match).length === 0;
  if (i === last && !everything) {
    return [[['rules', i, 'match'], 'the last rule must match everything: leave its match out']];
  }
  if (i < last && everything) {
    return [[['rules', i, 'name'], 'this rule matches everything, so those after it never decide: give it a match']];
  }
  return [];
}

function inRule(rules: RulesFile, one: Rule, path: Path): Found[] {
  return [
    ...people(rules, one, path),
    ...times(one, path),
    ...(one.breakGlass === undefined ? [] : glass(rules, one.breakGlass, [...path, 'breakGlass'])),
  ];
}

function people(rules: RulesFile, one: Rule, path: Path): Found[] {
  if (one.stages === undefined) {
    if (one.from === undefined || one.quorum === undefined) {
      return [[path, 'a rule needs quorum and from, or stages']];
    }
    return asked(rules, { quorum: one.quorum, from: one.from }, path);
  }
  if (one.from !== undefined || one.quorum !== undefined) {
    return [[[...path, 'stages'], 'a rule has quorum and from, or stages, not both']];
  }
  const found = one.stages.flatMap((stage, i) => asked(rules, stage, [...path, 'stages', i]));
  const total = one.stages.reduce((sum, stage) => sum + stage.quorum, 0);
  const everybody = peopleOf(
    rules.approvers,
    one.stages.flatMap((stage) => stage.from),
  ).length;
  if (found.length === 0 && everybody < total) {
    found.push([
      [...path, 'stages'],
      `the stages ask for ${total} different people, and there are ${everybody}: nobody counts in two stages`,
    ]);
  }
  return found;
}

function asked(rules: RulesFile, { quorum, from }: { quorum: number; from: string[] }, path: Path): Found[] {
  const found = unknownGroups(rules.approvers, from, [...path, 'from'], 'approvers');
  const count = peopleOf(rules.approvers, from).length;
  if (count < quorum) found.push([[...path, 'quorum'], `quorum ${quorum} cannot be met by ${count} approvers`]);
  return found;
}

function unknownGroups(groups: object, names: readonly string[], path: Path, where: string): Found[] {
  return names.flatMap((name, i): Found[] =>
    Object.hasOwn(groups, name) ? [] : [[[...path, i], `${name} is not a group under ${where}`]],
  );
}

function times(one: Rule, path: Path): Found[] {
  const found: Found[] = [];
  const expireAfter = durationSeconds(one.expireAfter) ?? 0;
  const remindEvery = durationSeconds(one.remindEvery ?? one.expireAfter) ?? 1;
  if (expireAfter / remindEvery > MOST_REMINDERS) {
    found.push([[...path, 'remindEvery'], `that is more than ${MOST_REMINDERS} reminders until expireAfter`]);
  }
  if ((one.escalateAfter === undefined) !== (one.escalateTo === undefined)) {
    found.push([path, 'escalateAfter and escalateTo belong together']);
  }
  if (one.escalateAfter !== undefined && (durationSeconds(one.escalateAfter) ?? 0) >= expireAfter) {
    found.push([[...path, 'escalateAfter'], 'must be less than expireAfter']);
  }
  const quiet = one.quietHours;
  if (quiet !== undefined && (quiet.from === quiet.to || new Set(quiet.days).size === 7)) {
    found.push([[...path, 'quietHours'], 'leave no time for a reminder, or are none']);
  }
  return found;
}

function glass(rules: RulesFile, breakGlass: NonNullable<Rule['breakGlass']>, path: Path): Found[] {
  const { from } = breakGlass.review;
  const found = [
    ...asked(rules, breakGlass, path),
    ...unknownGroups(rules.approvers, from, [...path, 'review', 'from'], 'approvers'),
  ];
  const reviewers = peopleOf(rules.approvers, from).length;
  if (found.length === 0 && reviewers < breakGlass.quorum + 1) {
    found.push([
      [...path, 'review', 'from'],
      `needs at least ${breakGlass.quorum + 1} people, since whoever approved cannot review`,
    ]);
  }
  return found;
}

function inSubmit(rules: RulesFile): Found[] {
  return (rules.submit ?? []).flatMap((one, i) =>
    unknownGroups(rules.teams ?? {}, one.from, ['submit', i, 'from'], 'teams'),
  );
}

function inWindows(windows: readonly Freeze[] = [], path: Path, freezing = false): Found[] {
  return windows.flatMap((one, i): Found[] => {
    if (!('timeZone' in one)) {
      return Date.parse(one.from) < Date.parse(one.to) ? [] : [[[...path, i, 'to'], 'must be later than from']];
    }
    if ((one.from === undefined) !== (one.to === undefined)) return [[[...path, i], 'from and to belong together']];
    if (freezing && one.from === undefined && new Set(one.days).size === 7) {
      return [[[...path, i, 'days'], 'would freeze forever']];
    }
    if (one.from === undefined || one.to === undefined) return [];
    return (minuteOfDay(one.from) ?? 0) < (minuteOfDay(one.to) ?? 0)
      ? []
      : [[[...path, i, 'to'], 'must be later than from on the same day']];
  });
}

function inAccounts(rules: RulesFile): Found[] {
  return Object.entries(rules.accounts ?? {}).flatMap(([id, account]) =>
    (['readRole', 'applyRole'] as const).flatMap((name): Found[] =>
      account[name].split(':')[4] === id
        ? []
        : [
            [
              ['accounts', id, name],
              `must be a role of account ${id}: KMS lets nobody put a policy from another account`,
            ],
          ],
    ),
  );
}
