import type { Key, Risk } from '../../policy/types.ts';
import type { KeyMatch, Match } from './schema.ts';

/** What of a key the rules look at. `tags` undefined: not known here, and then every condition on them counts as met. */
export type MatchedKey = Pick<Key, 'arn' | 'accountId' | 'aliases'> & { tags?: Key['tags'] | undefined };

/** Does a rule's condition hold for a change to this key of this risk? No condition holds always. */
export function matches(condition: Match | undefined, key: MatchedKey, level: Risk): boolean {
  if (condition === undefined) return true;
  return (condition.risk === undefined || condition.risk.includes(level)) && matchesKey(condition, key);
}

/** Does a condition on the key alone hold? */
export function matchesKey(condition: KeyMatch | undefined, { arn, accountId, aliases, tags }: MatchedKey): boolean {
  if (condition === undefined) return true;
  const { alias, key, account, environment } = condition;
  return (
    (alias === undefined || aliases.some((one) => fits(alias, one))) &&
    (key === undefined || fits(key, arn)) &&
    (account === undefined || [account].flat().includes(accountId)) &&
    (tags === undefined ||
      (Object.entries(condition.tags ?? {}).every(
        ([name, value]) => Object.hasOwn(tags, name) && tags[name] === value,
      ) &&
        (environment === undefined || environmentsOf(tags).some((one) => fits([environment].flat().map(lower), one)))))
  );
}

/**
 * The environments of a key: the values of its tags `environment` and `env`, in whatever case those are written, in lower
 * case. A key whose tags disagree is in both, so that the stricter of two rules cannot be escaped by adding a tag.
 */
export const environmentsOf = (tags: Key['tags']): string[] =>
  Object.entries(tags)
    .filter(([name]) => ['environment', 'env'].includes(lower(name)))
    .map(([, value]) => lower(value));

const lower = (text: string): string => text.toLowerCase();

/** `*` stands for any characters, `?` for one; everything else for itself. */
const fits = (patterns: string | readonly string[], text: string): boolean =>
  [patterns].flat().some((pattern) =>
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
      's',
    ).test(text),
  );
