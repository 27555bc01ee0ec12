import { afterWindow, untilWindow } from './clock.ts';
import { type MatchedKey, matchesKey } from './match.ts';
import type { Freeze, Rules } from './schema.ts';

/** What holds a change that is approved: windows in which nothing is applied, and windows of which one must be open. */
export interface Holds {
  freeze?: readonly Freeze[] | undefined;
  windows?: readonly Freeze[] | undefined;
}

/** The freeze windows of a rules file that are about this key. */
export const freezesFor = (rules: Pick<Rules, 'freeze'>, key: MatchedKey): Freeze[] =>
  (rules.freeze ?? []).filter(({ match }) => matchesKey(match, key));

/** The change windows for this key: those of the rule, or else those of the whole file that match it. */
export const windowsFor = (
  rules: Pick<Rules, 'windows' | 'rules'>,
  ruleName: string,
  key: MatchedKey,
): readonly Freeze[] =>
  rules.rules.find(({ name }) => name === ruleName)?.windows ??
  (rules.windows ?? []).filter(({ match }) => matchesKey(match, key));

/** What of today's rules file holds a change of this rule. */
export const holdsToday = (
  rules: Rules,
  change: { key: MatchedKey; rule: { name: string } },
): { freeze: Freeze[]; windows: Freeze[] } => ({
  freeze: freezesFor(rules, change.key),
  windows: [...windowsFor(rules, change.rule.name, change.key)],
});

/** How often a change goes from one thing that holds it to the next before it counts as held for good. */
const MOST_STEPS = 100;

/**
 * When a change that is ready at `at` may be applied, with the name of what holds it first: the end of freezes, and the next
 * opening of a window of each of `holds`, one after the other. Undefined when nothing holds it; without `until` when it
 * is held for good. Times in ISO 8601.
 */
export function heldUntil(holds: readonly Holds[], at: string): { name: string; until?: string } | undefined {
  let time = Date.parse(at);
  let name: string | undefined;
  for (let step = 0; step < MOST_STEPS; step++) {
    const holding = holds.map((one) => holder(one, time)).find((found) => found !== undefined);
    if (holding === undefined) return name === undefined ? undefined : { name, until: new Date(time).toISOString() };
    name ??= holding.name;
    if (holding.end === Number.POSITIVE_INFINITY) return { name };
    time = holding.end;
  }
  return { name: name ?? '' };
}

/** What holds a change at this moment, and until when. */
function holder({ freeze = [], windows = [] }: Holds, time: number): { name: string; end: number } | undefined {
  const frozen = freeze
    .map((one) => ({ name: `the freeze ${one.name}`, end: closes(one, time) }))
    .find(({ end }) => end > time);
  if (frozen !== undefined) return frozen;
  const end = Math.min(...windows.map((one) => opens(one, time)));
  return windows.length === 0 || end <= time
    ? undefined
    : { name: `the window ${windows.map(({ name }) => name).join(' or ')}`, end };
}

/** The first moment at or after `at` outside of a window. */
function closes(window: Freeze, at: number): number {
  if ('timeZone' in window) return afterWindow(window, at);
  return at >= Date.parse(window.from) && at < Date.parse(window.to) ? Date.parse(window.to) : at;
}

/** The first moment at or after `at` inside of a window; infinity when it has closed for good. */
function opens(window: Freeze, at: number): number {
  if ('timeZone' in window) return untilWindow(window, at);
  if (at >= Date.parse(window.to)) return Number.POSITIVE_INFINITY;
  return Math.max(at, Date.parse(window.from));
}
