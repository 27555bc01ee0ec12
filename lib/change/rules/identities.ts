import { canonicalPerson } from '../address.ts';
import { peopleOf } from './people.ts';
import type { RulesFile } from './schema.ts';

type Path = readonly PropertyKey[];
type LineOf = (path: Path) => number;
type Found = [path: Path, message: string];

/**
 * Entries of `iam` that would turn their callers away. API Gateway names the session of a role without the role's path, so
 * two roles of one account that end alike are one caller, and what may be two is refused; and a caller is looked up by the
 * whole ARN of a role or user, never by a pattern and never by a session.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
export function inIam({ iam = {} }: RulesFile, lineOf: LineOf): Found[] {
  const callers = new Map<string, string>();
  return Object.keys(iam).flatMap((arn): Found[] => {
    const path = ['iam', arn];
    if (/[*?]|:assumed-role\//.test(arn)) {
      return [[path, 'no caller is ever this: name the whole ARN of a role or user, without wildcards and sessions']];
    }
    const role = /^(arn:[^:]+:iam::\d+:role)\/(?:.*\/)?([^/]+)$/.exec(arn);
    const caller = role === null ? arn : `${role[1]}/${role[2]}`;
    const other = callers.get(caller);
    callers.set(caller, arn);
    if (other === undefined) return [];
    const line = lineOf(['iam', other]);
    return [[path, `a caller of this role may also be ${other} (line ${line}), and is refused: keep one of the two`]];
  });
}

/** Delegates that contradict themselves: of oneself, and two lists for one person, of which one would be forgotten. */
export function inDelegates({ delegates = {} }: RulesFile, lineOf: LineOf): Found[] {
  const seen = new Map<string, string>();
  return Object.entries(delegates).flatMap(([name, list]): Found[] => {
    const person = canonicalPerson(name);
    const path = ['delegates', name];
    const other = seen.get(person);
    seen.set(person, name);
    const twice: Found[] =
      other === undefined
        ? []
        : [[path, `${person} stands at line ${lineOf(['delegates', other])} already: make it one list`]];
    const own: Found[] = list.map(canonicalPerson).includes(person) ? [[path, 'nobody stands in for themselves']] : [];
    return [...twice, ...own];
  });
}

/** What works, and is likely a slip: delegates whom no group knows, and delegates of somebody who approves nothing. */
export function oddDelegates({ approvers, delegates = {} }: RulesFile): Found[] {
  const known = new Set(peopleOf(approvers, Object.keys(approvers)));
  return Object.entries(delegates).flatMap(([person, list]): Found[] => [
    ...(known.has(canonicalPerson(person))
      ? []
      : [[['delegates', person], `${person} is in no group of approvers, so nobody ever stands in for them`] as Found]),
    ...list.flatMap((delegate, i): Found[] =>
      known.has(canonicalPerson(delegate))
        ? []
        : [
            [
              ['delegates', person, i],
              `${delegate} is in no group of approvers, and may approve in the place of ${person}`,
            ],
          ],
    ),
  ]);
}
