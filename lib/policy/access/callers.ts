import { type Atom, accountKey, CALLER_ACCOUNT, PRINCIPAL_ACCOUNT, PRINCIPAL_ARN } from '../principals.ts';
import type { Pair } from './pair.ts';

/**
 * The atoms that stand for everyone whom a way of a statement for everyone takes, where the documents name them all: other accounts
 * by `kms:CallerAccount`, users and roles by `aws:PrincipalArn`. Of the key's own account everyone means more than its root, which only
 * hands on to IAM policies, so it has no atom of this kind.
 */
export function callersOf(way: readonly number[], { atoms, conditions, key }: Pair): readonly Atom[] | undefined {
  for (const id of way) {
    const test = conditions.test(id);
    const byArn = test.key === PRINCIPAL_ARN;
    if (!byArn && test.key !== CALLER_ACCOUNT && test.key !== PRINCIPAL_ACCOUNT) continue;
    if (test.negative || test.absent || test.values.some(({ form }) => form !== 'literal')) continue;
    const callers = test.values.flatMap(({ text }) => {
      if (!byArn && text === key.accountId) return [];
      const name = byArn ? text : accountKey(text);
      return atoms.find((atom) => atom.key === name) ?? [];
    });
    if (callers.length === test.values.length) return callers;
  }
  return undefined;
}

/** Whether a way only takes callers of other accounts than the key's. */
export function isAbroadOnly(way: readonly number[], { conditions, key }: Pair): boolean {
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
