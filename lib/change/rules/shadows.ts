import { globWithin } from '../../policy/glob.ts';
import { RISKS } from '../../policy/types.ts';
import type { KeyMatch, Match, RulesFile } from './schema.ts';

type Path = readonly PropertyKey[];
type LineOf = (path: Path) => number;

/** Tags that say the environment of a key, in lower case: `environmentsOf` reads the same. */
const ENVIRONMENT_TAGS = ['environment', 'env'];

/**
 * Rules, and entries of `submit`, that can never decide because earlier ones match everything that they match. Only what can be
 * proved is said: a rule is compared with one earlier rule at a time, each risk by itself. The last rule is not looked at:
 * it must match everything, whatever stands before it.
 */
export function shadowed(rules: RulesFile, lineOf: LineOf): [path: Path, message: string][] {
  const { submit = [] } = rules;
  return [
    ...rules.rules.slice(0, -1).flatMap((rule, i): [Path, string][] => {
      const earlier = decidingBefore(rules.rules.slice(0, i), rule.match);
      if (earlier.length === 0) return [];
      const names = earlier.map((n) => `rule ${rules.rules[n]?.name} (line ${lineOf(['rules', n])})`);
      return [
        [['rules', i], `rule ${rule.name} never decides: ${said(names)} before it; put it first, or narrow that`],
      ];
    }),
    ...submit.flatMap(({ match }, i): [Path, string][] => {
      const earlier = decidingBefore(submit.slice(0, i), match);
      const lines = earlier.map((n) => `the entry at line ${lineOf(['submit', n])}`);
      return earlier.length === 0
        ? []
        : [[['submit', i], `this entry never decides: ${said(lines)} before it; put it first, or narrow that`]];
    }),
  ];
}

const said = (which: readonly string[]): string =>
  which.length === 1
    ? `${which[0]} matches everything that it matches, and stands`
    : `${which.join(' and ')} match everything that it matches, and stand`;

/** The places of the rules that decide in the place of a later one, one for each risk; none when it may decide for any. */
function decidingBefore(earlier: readonly { match?: Match | undefined }[], later: Match | undefined): number[] {
  const found = (later?.risk ?? RISKS).map((risk) =>
    earlier.findIndex(({ match }) => (match?.risk?.includes(risk) ?? true) && covers(match, later)),
  );
  return found.includes(-1) ? [] : [...new Set(found)].sort((a, b) => a - b);
}

/** Does every key that `narrow` matches surely match `wide`? */
function covers(wide: KeyMatch = {}, narrow: KeyMatch = {}): boolean {
  return (
    within(narrow.alias, wide.alias) &&
    within(narrow.key, wide.key) &&
    (wide.account === undefined ||
      (narrow.account !== undefined && [narrow.account].flat().every((one) => [wide.account].flat().includes(one)))) &&
    Object.entries(wide.tags ?? {}).every(([name, value]) => narrow.tags?.[name] === value) &&
    (within(lower(narrow.environment), lower(wide.environment)) || taggedWithin(narrow.tags, wide.environment))
  );
}

type Globs = string | readonly string[] | undefined;

const within = (narrow: Globs, wide: Globs): boolean =>
  wide === undefined ||
  (narrow !== undefined && [narrow].flat().every((one) => [wide].flat().some((other) => globWithin(one, other))));

const lower = (globs: Globs): Globs =>
  globs === undefined ? undefined : [globs].flat().map((glob) => glob.toLowerCase());

/** A tag that a rule asks for says the environment too. Its value is text, and a `*` in it is no wildcard. */
const taggedWithin = (tags: KeyMatch['tags'], environment: Globs): boolean =>
  Object.entries(tags ?? {}).some(
    ([name, value]) => ENVIRONMENT_TAGS.includes(name.toLowerCase()) && within(value.toLowerCase(), lower(environment)),
  );
