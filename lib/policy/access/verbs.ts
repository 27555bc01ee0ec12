import {
  type ActionSet,
  ALL_ACTIONS,
  intersection,
  isEmpty,
  minus,
  NO_ACTIONS,
  namesOf,
  setOf,
  union,
} from '../actions.ts';
import type { MatrixCell } from '../types.ts';

export type Verb = MatrixCell['verb'];

const kms = (...names: string[]): ActionSet => setOf(names.map((name) => `kms:${name}`));

const DECRYPT = kms('Decrypt', 'ReEncryptFrom', 'DeriveSharedSecret');
const ENCRYPT = kms(
  'Encrypt',
  'ReEncryptTo',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
);
const SIGN = kms('Sign', 'Verify', 'GenerateMac', 'VerifyMac');
const CREATE = kms('CreateGrant');
/** One group with one access level in AWS's own table ("Controlling access to grants"; Service Authorization Reference). */
const GRANT = union(CREATE, kms('RetireGrant', 'RevokeGrant'));
const DELETE = kms('ScheduleKeyDeletion', 'DisableKey', 'DeleteImportedKeyMaterial');
const READ = kms(
  'DescribeKey',
  'GetKeyLastUsage',
  'GetKeyPolicy',
  'GetKeyRotationStatus',
  'GetParametersForImport',
  'GetPublicKey',
  'ListGrants',
  'ListKeyPolicies',
  'ListKeyRotations',
  'ListResourceTags',
);

/** Every key-policy action under one verb, the most dangerous verb first; what is in no other group administers the key. */
export const VERBS: readonly { verb: Verb; actions: ActionSet; phrase: string }[] = [
  {
    verb: 'administer',
    actions: minus(ALL_ACTIONS, [DECRYPT, ENCRYPT, SIGN, GRANT, DELETE, READ].reduce(union)),
    phrase: 'administer the key',
  },
  { verb: 'delete', actions: DELETE, phrase: 'disable or delete the key' },
  { verb: 'grant', actions: GRANT, phrase: 'pass its use on to others by grants' },
  { verb: 'decrypt', actions: DECRYPT, phrase: 'decrypt data' },
  { verb: 'sign', actions: SIGN, phrase: 'sign or verify' },
  { verb: 'encrypt', actions: ENCRYPT, phrase: 'encrypt data' },
  { verb: 'read', actions: READ, phrase: 'read about the key' },
];

export const PUT_KEY_POLICY = kms('PutKeyPolicy');
export const CREATE_GRANT = CREATE;
export const DESTROYING = DELETE;
export const USING = [DECRYPT, ENCRYPT, SIGN].reduce(union);
export const DECRYPTING = DECRYPT;
export const READING = READ;

/** More actions than this are counted, not named. */
const MOST_NAMED = 6;

/**
 * What someone with these actions can do (`and`) or no longer do (`or`), in words, the most dangerous first.
 *
 * @param named Actions that are named behind the words for them.
 */
export function phraseOf(actions: ActionSet, word: 'and' | 'or' = 'and', named: ActionSet = NO_ACTIONS): string {
  const phrases = phrasesOf(actions).map((one) => {
    const names = namesOf(intersection(one.actions, named));
    const some = names.length > MOST_NAMED ? names.slice(0, MOST_NAMED - 1) : names;
    const more = names.length - some.length;
    const list = more > 0 ? `${some.join(', ')} and ${more} more` : listed(some, 'and');
    return `${one.phrase === PUT_PHRASE && word === 'and' ? `${PUT_PHRASE} (and so take every right)` : one.phrase}${names.length > 0 ? ` (${list})` : ''}`;
  });
  if (isEmpty(minus(ALL_ACTIONS, actions)) && isEmpty(named))
    return word === 'and' ? 'do everything with the key, also change this policy' : 'do anything with the key';
  return listed(phrases, word);
}

const PUT_PHRASE = 'change this policy';

/** The words for a set of actions, the most dangerous first, with the actions that each is about. */
export function phrasesOf(actions: ActionSet): { phrase: string; actions: ActionSet }[] {
  return VERBS.flatMap(({ verb, phrase, actions: all }) => {
    const those = intersection(all, actions);
    if (isEmpty(those)) return [];
    if (!isEmpty(intersection(those, PUT_KEY_POLICY))) return [{ phrase: PUT_PHRASE, actions: those }];
    const creates = !isEmpty(intersection(those, CREATE));
    return [{ phrase: verb === 'grant' && !creates ? 'withdraw grants' : phrase, actions: those }];
  });
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[], word: 'and' | 'or'): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
}
