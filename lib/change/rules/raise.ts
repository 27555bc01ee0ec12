import { type Assessment, RISKS, type Risk } from '../../policy/types.ts';
import { type MatchedKey, matchesKey } from './match.ts';
import type { Rules } from './schema.ts';

/** What the rules file raises: the risk, and which entry of `raise` does, counted from 1 as people count. */
export interface Raise {
  entry: number;
  atLeast: Risk;
}

/** Of all entries of `raise` that match the key the one with the highest risk, the first of these; undefined where none matches. */
export function raiseFor({ raise = [] }: Pick<Rules, 'raise'>, key: MatchedKey): Raise | undefined {
  let highest: Raise | undefined;
  for (const [index, { match, atLeast }] of raise.entries()) {
    if (matchesKey(match, key) && isHigher(atLeast, highest?.atLeast)) highest = { entry: index + 1, atLeast };
  }
  return highest;
}

/**
 * A change as graded from its policies, or as the rules file says where that is higher. Nothing in the file can lower a risk.
 * What was raised has a reason that says so, and which entry of `raise` is behind it.
 */
export function raised<Graded extends Pick<Assessment, 'risk' | 'riskReasons'>>(
  rules: Pick<Rules, 'raise'>,
  key: MatchedKey,
  graded: Graded,
): Graded {
  const raise = raiseFor(rules, key);
  if (raise === undefined || !isHigher(raise.atLeast, graded.risk)) return graded;
  const { entry, atLeast: risk } = raise;
  const reason = `Raised by the rules file, entry ${entry} of raise: every change of this key counts as at least ${risk}.`;
  return { ...graded, risk, riskReasons: [reason, ...graded.riskReasons] };
}

const isHigher = (risk: Risk, than: Risk | undefined): boolean =>
  than === undefined || RISKS.indexOf(risk) > RISKS.indexOf(than);
