import { afterWindow } from './clock.ts';
import { type MatchedKey, matchesKey } from './match.ts';
import type { Freeze, Rules } from './schema.ts';

/** The freeze windows of a rules file that are about this key. */
export const freezesFor = (rules: Pick<Rules, 'freeze'>, key: MatchedKey): Freeze[] =>
  (rules.freeze ?? []).filter(({ match }) => matchesKey(match, key));

/**
 * When a change that is ready now may be applied: the end of the windows that hold it, one after the other, with the name of
 * the first. Undefined when none holds it. Times in ISO 8601.
 */
export function heldUntil(windows: readonly Freeze[], at: string): { name: string; until: string } | undefined {
  const now = Date.parse(at);
  let time = now;
  let name: string | undefined;
  for (let step = 0; step < 32; step++) {
    const holding = windows.map((one) => ({ name: one.name, end: endOf(one, time) })).find(({ end }) => end > time);
    if (holding === undefined) break;
    name ??= holding.name;
    time = holding.end;
  }
  return name === undefined ? undefined : { name, until: new Date(time).toISOString() };
}

function endOf(window: Freeze, at: number): number {
  if ('timeZone' in window) return afterWindow(window, at);
  return at >= Date.parse(window.from) && at < Date.parse(window.to) ? Date.parse(window.to) : at;
}
