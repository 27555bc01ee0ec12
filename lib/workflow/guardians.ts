import { knownOf, type Rules } from '../change/rules.ts';
import type { Guardians, Key } from '../policy/types.ts';

/** The roles that must keep power over a key: in another account it is the role there that puts. With what is known of their requests. */
export function guardians(rules: Rules, { accountId }: Key): Guardians {
  const applier = process.env.APPLIER_ARN ?? '';
  const there = accountId === applier.split(':')[4] ? undefined : rules.accounts?.[accountId]?.applyRole;
  return { applier: there ?? applier, breakGlass: rules.breakGlass ?? [], known: knownOf(rules) };
}
