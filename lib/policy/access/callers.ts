import { CALLER_ACCOUNT, PRINCIPAL_ACCOUNT } from '../principals.ts';
import type { Pair } from './pair.ts';

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
