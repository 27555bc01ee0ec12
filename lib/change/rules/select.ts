import type { Key, Risk } from '../../policy/types.ts';
import { durationSeconds } from '../duration.ts';
import type { FrozenRule, FrozenStage } from '../facts.ts';
import { freezesFor, windowsFor } from './freeze.ts';
import { type MatchedKey, matches, matchesKey } from './match.ts';
import { peopleOf } from './people.ts';
import type { Rule, Rules } from './schema.ts';

const seconds = (duration: string | undefined): number | undefined =>
  duration === undefined ? undefined : durationSeconds(duration);

/** How often an open review after a break-glass is asked for when the rule does not say: a day, in seconds. */
const REVIEW_REMINDER = 86_400;

/**
 * The rule that decides about a change to `key` of this risk, frozen: the first that matches, with its people by name.
 * `breakGlass`: the smaller quorum of that rule, with its review afterwards; undefined when the rule has none.
 */
export function ruleFor(rules: Rules, key: Key, level: Risk): FrozenRule & { expireAfter: number } {
  const found = deciding(rules, key, level);
  const { approvers } = rules;
  const stages = (found.stages ?? []).map(
    ({ name, quorum, from }, i): FrozenStage => ({
      name: name ?? `stage ${i + 1}`,
      quorum,
      from,
      approvers: peopleOf(approvers, from),
    }),
  );
  const expireAfter = seconds(found.expireAfter) ?? 0;
  const escalateAfter = seconds(found.escalateAfter);
  const people = found.stages === undefined ? peopleOf(approvers, found.from ?? []) : union(stages);
  return {
    name: found.name,
    quorum: found.quorum ?? stages.reduce((sum, stage) => sum + stage.quorum, 0),
    approvers: people,
    ...(found.stages === undefined ? { from: found.from ?? [] } : {}),
    remindEvery: seconds(found.remindEvery) ?? expireAfter,
    rulesSha256: rules.sha256,
    ...(found.stages === undefined ? {} : { stages }),
    ...(escalateAfter === undefined || found.escalateTo === undefined
      ? {}
      : {
          escalate: {
            after: escalateAfter,
            approvers: peopleOf(approvers, found.escalateTo),
            from: found.escalateTo,
          },
        }),
    ...(found.signIn === true ? { signIn: true } : {}),
    ...(found.quietHours === undefined ? {} : { quietHours: found.quietHours }),
    ...delegatesOf(rules, people),
    ...freezing(rules, found.name, key),
    expireAfter,
  };
}

/** The same for an emergency: the smaller quorum, no stages, no freeze and no window, and a review afterwards. Undefined when the rule has no breakGlass. */
export function breakGlassFor(rules: Rules, key: Key, level: Risk): (FrozenRule & { expireAfter: number }) | undefined {
  const { breakGlass } = deciding(rules, key, level);
  if (breakGlass === undefined) return undefined;
  const { stages: _, freeze: __, delegates: ___, windows: ____, ...rule } = ruleFor(rules, key, level);
  const approvers = peopleOf(rules.approvers, breakGlass.from);
  return {
    ...rule,
    quorum: breakGlass.quorum,
    approvers,
    from: breakGlass.from,
    ...delegatesOf(rules, approvers),
    breakGlass: {
      reviewers: peopleOf(rules.approvers, breakGlass.review.from),
      remindEvery: seconds(breakGlass.review.remindEvery) ?? REVIEW_REMINDER,
    },
  };
}

function deciding(rules: Rules, key: Key, level: Risk): Rule {
  const found = rules.rules.find((one) => matches(one.match, key, level));
  if (found === undefined) throw new Error('the last rule matches everything');
  return found;
}

const union = (stages: readonly FrozenStage[]): string[] =>
  [...new Set(stages.flatMap((stage) => stage.approvers))].sort();

function delegatesOf(rules: Rules, people: readonly string[]): Pick<FrozenRule, 'delegates'> {
  const delegates = Object.fromEntries(
    Object.entries(rules.delegates ?? {}).filter(([person]) => people.includes(person)),
  );
  return Object.keys(delegates).length === 0 ? {} : { delegates };
}

function freezing(rules: Rules, ruleName: string, key: Key): Pick<FrozenRule, 'freeze' | 'windows'> {
  const freeze = freezesFor(rules, key);
  const windows = windowsFor(rules, ruleName, key);
  return {
    ...(freeze.length === 0 ? {} : { freeze }),
    ...(windows.length === 0 ? {} : { windows: [...windows] }),
  };
}

/** Whose approvals may count today: somebody who has left a group since counts no more. */
export interface Entitled {
  /** For each stage of the frozen rule, in its order; a rule without stages has one. */
  stages: string[][];
  escalation: string[];
  delegates: Readonly<Record<string, readonly string[]>>;
}

/**
 * Whom today's rules file entitles under a frozen rule: the people who are still in the groups that it names, whatever the rules of
 * today are called and ask for. One of an earlier version, which does not name its groups, has those of today's rule of its name, if any.
 */
export function entitledToday(rules: Rules, frozen: FrozenRule): Entitled {
  const { from, stages, escalate, breakGlass } = frozen;
  const named = rules.rules.find(({ name }) => name === frozen.name);
  const people = (groups: readonly string[] = []) => peopleOf(rules.approvers, groups);
  return {
    stages:
      stages === undefined
        ? [people(from ?? (breakGlass === undefined ? named?.from : named?.breakGlass?.from))]
        : stages.map((stage) => people(stage.from)),
    escalation: people(escalate?.from ?? named?.escalateTo),
    delegates: rules.delegates ?? {},
  };
}

/** May this person submit for this key? The first entry of `submit` that matches decides; where none does, everybody may. */
export function maySubmit(
  rules: Rules,
  key: MatchedKey,
  person: string,
): { ok: true } | { ok: false; teams: string[] } {
  const found = rules.submit?.find(({ match }) => matchesKey(match, key));
  if (found === undefined || peopleOf(rules.teams ?? {}, found.from).includes(person)) return { ok: true };
  return { ok: false, teams: found.from };
}
