import { ACTION_RULES } from './action.ts';
import { APPLIER_RULES } from './applier.ts';
import { AUDIENCE_RULES } from './audience.ts';
import { CHARACTER_RULES } from './characters.ts';
import { CONDITION_KEY_RULES } from './conditionKey.ts';
import { CONDITION_OPERATOR_RULES } from './conditionOperator.ts';
import { CONDITION_VALUE_RULES } from './conditionValue.ts';
import type { PolicyRule, SubjectRule } from './context.ts';
import { DOCUMENT_RULES } from './document.ts';
import { GROUP_RULES } from './group.ts';
import { KEY_RULES } from './key.ts';
import { LOCKOUT_RULES } from './lockout.ts';
import { PRINCIPAL_RULES } from './principal.ts';
import { SERVICE_RULES } from './service.ts';
import { STATEMENT_RULES } from './statement.ts';
import { type RuleText, STRUCTURE } from './structure.ts';

/** Applied by reading, as the first that a text must pass. */
export interface ReadingRule extends RuleText {
  on: 'reading';
}

export type Rule = ReadingRule | SubjectRule | PolicyRule;

/** Every rule, by theme, in the order in which findings are told. */
export const THEMES: readonly { title: string; rules: readonly Rule[] }[] = [
  { title: 'The key and the request', rules: KEY_RULES },
  { title: 'Reading', rules: Object.values(STRUCTURE).map((rule) => ({ on: 'reading' as const, ...rule })) },
  { title: 'The document', rules: DOCUMENT_RULES },
  { title: 'Characters', rules: CHARACTER_RULES },
  { title: 'Statements', rules: STATEMENT_RULES },
  { title: 'Principals', rules: [...GROUP_RULES, ...PRINCIPAL_RULES, ...AUDIENCE_RULES, ...SERVICE_RULES] },
  { title: 'Actions', rules: ACTION_RULES },
  {
    title: 'Conditions',
    rules: [...CONDITION_KEY_RULES, ...CONDITION_OPERATOR_RULES, ...CONDITION_VALUE_RULES],
  },
  { title: 'Lockout', rules: [...LOCKOUT_RULES, ...APPLIER_RULES] },
];

export const RULES: readonly Rule[] = THEMES.flatMap(({ rules }) => rules);
