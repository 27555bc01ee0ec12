import { canonicalPerson } from '../address.ts';

/** The different people in these groups, sorted. */
export const peopleOf = (groups: Readonly<Record<string, readonly string[]>>, names: readonly string[]): string[] =>
  [
    ...new Set(names.flatMap((name) => (Object.hasOwn(groups, name) ? (groups[name] ?? []) : [])).map(canonicalPerson)),
  ].sort();
