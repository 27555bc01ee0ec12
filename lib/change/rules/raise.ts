import type { Assessment, Risk } from '../../policy/types.ts';
import { type MatchedKey, matchesKey } from './match.ts';
import type { Rules } from './schema.ts';

/** From the least dangerous on. */
const RISKS: readonly Risk[] = ['low', 'medium', 'high', 'critical'];

/**
 * A change as graded from its policies, or as the rules file says where that is higher: of all entries of `raise` that match the
 * key, the highest. Nothing in the file can lower a risk. What was raised has a reason that says so.
 */
export function raised<Graded extends Pick<Assessment, 'risk' | 'riskReasons'>>(
  { raise = [] }: Pick<Rules, 'raise'>,
  key: MatchedKey,
  graded: Graded,
): Graded {
  const asked = raise.filter(({ match }) => matchesKey(match, key)).map(({ atLeast }) => RISKS.indexOf(atLeast));
  const risk = RISKS[Math.max(...asked)];
  if (risk === undefined || RISKS.indexOf(risk) <= RISKS.indexOf(graded.risk)) return graded;
  const reason = `The rules file counts every change of this key as at least ${risk}.`;
  return { ...graded, risk, riskReasons: [reason, ...graded.riskReasons] };
}
