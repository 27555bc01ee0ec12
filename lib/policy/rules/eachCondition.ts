import { lowerAscii } from '../ascii.ts';
import {
  CONDITION_KEYS,
  type ConditionKey,
  GLOBAL_CONDITION_KEYS,
  KEY_CONDITION_KEYS,
} from '../data/actions.generated.ts';
import type { ConditionView, Context, Hit, StatementView } from './context.ts';

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

/** One hit for each line of a Condition that a test picks out. */
export function* eachCondition(
  context: Context,
  hit: (condition: ConditionView, view: StatementView) => Omit<Hit, 'path'> | undefined,
): Iterable<Hit> {
  for (const view of context.statements) {
    for (const condition of view.conditions) {
      const found = hit(condition, view);
      if (found !== undefined) yield { path: condition.path, ...found };
    }
  }
}

/** Whether a line can only hold when the request has the key. */
export function needsKey({ use, values }: ConditionView): boolean {
  if (use === undefined) return false;
  if (use.operator === 'Null') return values.length > 0 && values.every((value) => lowerAscii(value) === 'false');
  return use.quantifier !== 'all' && !use.ifExists && !use.operator.negative;
}

/** Whether a request for an operation can have a condition key; global keys and those of the key itself are everywhere. */
export function hasKey(action: { conditionKeys: readonly string[] }, lowerKey: string): boolean {
  const known = keyOf(lowerKey);
  if (known === undefined || !known.key.startsWith('kms:') || KEY_CONDITION_KEYS.includes(known.key)) return true;
  // Deprecated names of keys that every request on a key has.
  if (/^kms:customermasterkey(spec|usage)$/.test(lowerKey)) return true;
  const enclave = 'kms:RecipientAttestation:';
  if (known.key.startsWith(enclave)) return action.conditionKeys.some((key) => key.startsWith(enclave));
  return action.conditionKeys.includes(known.key);
}
