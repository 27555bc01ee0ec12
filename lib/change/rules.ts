/** The rules file: its schema, its reading, and what it says about one key. */

export { canonicalPerson } from './address.ts';
export { type Holds, heldUntil, holdsToday } from './rules/freeze.ts';
export { knownOf } from './rules/known.ts';
export { environmentsOf, type MatchedKey } from './rules/match.ts';
export { parseRules, type RulesError } from './rules/parse.ts';
export {
  type Freeze,
  type GroupName,
  type Rules,
  rulesJsonSchema,
  rulesSchema,
} from './rules/schema.ts';
export { breakGlassFor, type Entitled, entitledToday, maySubmit, ruleFor } from './rules/select.ts';
