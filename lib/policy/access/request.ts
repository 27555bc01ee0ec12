import { lowerAscii } from '../ascii.ts';
import { ACTIONS, KEY_CONDITION_KEYS } from '../data/actions.generated.ts';
import type { Key, KnownValues } from '../types.ts';

/** What is known of a request besides the key, the operation and the caller. */
export interface Circumstances {
  /** BypassPolicyLockoutSafetyCheck. */
  bypass?: boolean;
  /** Values of condition keys, such as `aws:PrincipalOrgID`, in every request. */
  known?: KnownValues;
  /** In their place, those in every request of one user or role, by its ARN. */
  knownOf?: Readonly<Record<string, KnownValues>>;
}

/**
 * The values of which a condition key has one in a request, none when it surely has some value that nobody knows; `null` when it is
 * certainly absent, `undefined` when nobody knows.
 */
export type RequestContext = (lowerKey: string) => readonly string[] | null | undefined;

/** Keys that a direct call by a principal never has, because they tell of services or other things in between. */
const ABSENT_IN_DIRECT_CALLS = new Set([
  'kms:viaservice',
  'aws:calledvia',
  'aws:calledviafirst',
  'aws:calledvialast',
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:sourceowner',
  'aws:principalservicename',
  'aws:principalservicenameslist',
]);

/** Prefixes of keys that end in a name of one's own. */
const OPEN = /^kms:(?:encryptioncontext|recipientattestation):/;

/** Keys that requests for some operation have and, unless they are keys of the key itself, others have not. */
const OF_OPERATIONS = new Set(
  ACTIONS.flatMap(({ conditionKeys }) => conditionKeys)
    .filter((name) => name.startsWith('kms:') && !KEY_CONDITION_KEYS.includes(name))
    .map(lowerAscii),
);

/** By operation: the keys that requests for it have. */
const KEYS_OF = new Map(ACTIONS.map(({ name, conditionKeys }) => [name, conditionKeys.map(lowerAscii)]));

/** What every direct request for one operation on this key has, whoever makes it. */
export function requestOf(key: Key, action: string, { bypass = false, known = {} }: Circumstances): RequestContext {
  const own = KEYS_OF.get(action) ?? [];
  const values = new Map<string, readonly string[]>([
    ...Object.entries(known).map(([name, some]) => [lowerAscii(name), some] as const),
    ['aws:principalisawsservice', ['false']],
    ['aws:viaawsservice', ['false']],
    ['aws:securetransport', ['true']],
    ['aws:resourceaccount', [key.accountId]],
    ['aws:requestedregion', [key.region]],
    ['kms:keyspec', [key.spec]],
    ['kms:keyusage', [key.usage]],
    ['kms:keyorigin', [key.origin]],
    ['kms:multiregion', [String(key.multiRegion)]],
    ['kms:bypasspolicylockoutsafetycheck', [String(bypass)]],
    ['kms:grantisforawsresource', ['false']],
  ]);
  return (lowerKey) => {
    const prefix = OPEN.exec(lowerKey)?.[0];
    if (prefix !== undefined) return own.some((name) => name.startsWith(prefix)) ? undefined : null;
    const ofOthers = OF_OPERATIONS.has(lowerKey) && !own.includes(lowerKey);
    return ofOthers || ABSENT_IN_DIRECT_CALLS.has(lowerKey) ? null : values.get(lowerKey);
  };
}
