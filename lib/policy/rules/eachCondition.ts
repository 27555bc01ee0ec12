import { type ActionSet, ALL_ACTIONS, setOf } from '../actions.ts';
import { lowerAscii } from '../ascii.ts';
import {
  ACTIONS,
  CONDITION_KEYS,
  type ConditionKey,
  GLOBAL_CONDITION_KEYS,
  KEY_CONDITION_KEYS,
} from '../data/actions.generated.ts';
import {
  type ConditionTest,
  type ConditionView,
  type Context,
  conditionPath,
  type Hit,
  type StatementView,
} from './context.ts';

/** Condition keys of AWS KMS and those of every service. */
export const KNOWN: readonly ConditionKey[] = [...CONDITION_KEYS, ...GLOBAL_CONDITION_KEYS];
const EXACT = new Map(KNOWN.map((known) => [lowerAscii(known.key), known]));
/** Keys that end in a name of one's own, such as `kms:EncryptionContext:Department`. */
const OPEN = KNOWN.filter(({ key }) => key.includes('${')).map((known) => ({
  known,
  prefix: lowerAscii(known.key.slice(0, known.key.indexOf('${'))),
}));

/** A condition key by its lower-case name. */
export function keyOf(lower: string): ConditionKey | undefined {
  return EXACT.get(lower) ?? OPEN.find(({ prefix }) => lower.startsWith(prefix) && lower.length > prefix.length)?.known;
}

/** One hit for each line of a Condition whose operator and key a test picks out. */
export function* eachCondition(
  { statements, tests }: Context,
  picks: (test: ConditionTest) => boolean,
  hit: (condition: ConditionView, view: StatementView) => Omit<Hit, 'path'> | undefined,
): Iterable<Hit> {
  const picked = new Set(tests.filter(picks));
  if (picked.size === 0) return;
  for (const view of statements) {
    for (const condition of view.conditions) {
      const found = picked.has(condition.test) ? hit(condition, view) : undefined;
      if (found !== undefined) yield { path: conditionPath(view, condition), ...found };
    }
  }
}

/** Whether a line can only hold when the request has the key. */
export function needsKey({ test: { use }, values }: ConditionView): boolean {
  if (use === undefined) return false;
  if (use.operator === 'Null') return values.length > 0 && values.every((value) => lowerAscii(value) === 'false');
  return use.quantifier !== 'all' && !use.ifExists && !use.operator.negative;
}

/** The key-policy actions whose requests can have a condition key; global keys and those of the key itself are everywhere. */
export function actionsWith(lowerKey: string): ActionSet {
  const known = keyOf(lowerKey);
  if (known === undefined || !known.key.startsWith('kms:') || KEY_CONDITION_KEYS.includes(known.key))
    return ALL_ACTIONS;
  // Deprecated names of keys that every request on a key has.
  if (lowerKey.startsWith('kms:customermasterkey')) return ALL_ACTIONS;
  const enclave = 'kms:RecipientAttestation:';
  const has = known.key.startsWith(enclave)
    ? (key: string): boolean => key.startsWith(enclave)
    : (key: string): boolean => key === known.key;
  return setOf(ACTIONS.filter(({ conditionKeys }) => conditionKeys.some(has)).map(({ name }) => name));
}
