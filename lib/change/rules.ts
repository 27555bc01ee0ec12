/** What the rules file says about one key. Its schema and its reading are apart: no lambda carries them (docs/decisions/0009). */

export { type Holds, heldUntil, holdsToday } from './rules/freeze.ts';
export { knownOf } from './rules/known.ts';
export { environmentsOf, type MatchedKey } from './rules/match.ts';
export { raised, raiseFor } from './rules/raise.ts';
export type { Freeze, GroupName, Rules } from './rules/schema.ts';
export { breakGlassFor, type Entitled, entitledToday, maySubmit, ruleFor } from './rules/select.ts';
