import type { Key, KeyUsage } from '../types.ts';

/** The four statements that the KMS console writes, by what they are for, in the console's order. */
export type ConsoleStatement = 'account' | 'administrators' | 'users' | 'grants';

/** What a key is for, as far as the console's list for key users depends on it. */
export type KeyClass = 'symmetric' | 'asymmetricEncryption' | 'signing' | 'mac' | 'keyAgreement' | 'keyEncapsulation';

/**
 * Sids as the console writes them, in its order. The developer guide's text spells the first one "Enable IAM policies";
 * what KMS really writes, by console and API alike, is this.
 * Source: key-policy-default in the KMS developer guide, and policies recorded from AWS.
 */
export const CONSOLE_SIDS: Readonly<Record<ConsoleStatement, string>> = {
  account: 'Enable IAM User Permissions',
  administrators: 'Allow access for Key Administrators',
  users: 'Allow use of the key',
  grants: 'Allow attachment of persistent resources',
};

export const CONSOLE_ORDER: readonly ConsoleStatement[] = ['account', 'administrators', 'users', 'grants'];

export const ACCOUNT_ACTIONS: readonly string[] = ['kms:*'];

/** Key administrators: in every console policy of whatever year. */
export const ADMINISTRATOR_BASE: readonly string[] = [
  'kms:Create*',
  'kms:Describe*',
  'kms:Enable*',
  'kms:List*',
  'kms:Put*',
  'kms:Update*',
  'kms:Revoke*',
  'kms:Disable*',
  'kms:Get*',
  'kms:Delete*',
];

/** "Allow key administrators to delete this key": both, or neither. */
export const DELETION_ACTIONS: readonly string[] = ['kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion'];

/** Further actions that stand in the administrators' statement all together or not at all. */
export interface AdministratorOption {
  actions: readonly string[];
  /** Whether a key can have it at all. */
  fits: (key: Key) => boolean;
  /** What it is and for which keys, where not all can have it. */
  meaning?: string;
  /** Whether the console writes it today for a key that can have it; `deletion` follows its tick box. */
  today: (key: Key) => boolean | 'deletion';
}

/**
 * In the order in which the console writes them after the base. Read: each may be there or not, because older consoles wrote
 * shorter lists: the oldest lack tags, and rotation on demand came in 2024. kms:Delete* deletes aliases and imported material,
 * never the key; deletion is the pair alone.
 * Source: key-policy-default in the KMS developer guide; for rotation on demand, console policies published by their owners.
 */
export const ADMINISTRATOR_OPTIONS: readonly AdministratorOption[] = [
  {
    actions: ['kms:ImportKeyMaterial'],
    fits: (key) => key.origin === 'EXTERNAL',
    meaning: 'import of key material, for keys whose material is imported',
    today: () => true,
  },
  {
    actions: ['kms:ReplicateKey', 'kms:UpdatePrimaryRegion'],
    fits: (key) => key.multiRegion,
    meaning: 'replication, for multi-Region keys',
    today: () => true,
  },
  {
    actions: ['kms:TagResource', 'kms:UntagResource'],
    fits: () => true,
    today: () => true,
  },
  {
    actions: DELETION_ACTIONS,
    fits: () => true,
    today: () => 'deletion',
  },
  {
    actions: ['kms:RotateKeyOnDemand'],
    fits: () => true,
    // Other keys cannot rotate, and no console policy of such a key was seen with the action.
    today: (key) => keyClass(key) === 'symmetric',
  },
];

/**
 * Key users. KEM keys are missing on purpose: what the console writes for them is not documented, and a guess would be
 * presented as the console's view.
 */
export const USER_ACTIONS: Readonly<Partial<Record<KeyClass, readonly string[]>>> = {
  symmetric: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
  asymmetricEncryption: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:DescribeKey', 'kms:GetPublicKey'],
  signing: ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign', 'kms:Verify'],
  mac: ['kms:DescribeKey', 'kms:GenerateMac', 'kms:VerifyMac'],
  keyAgreement: ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:DeriveSharedSecret'],
};

export const GRANT_ACTIONS: readonly string[] = ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'];

/** The only Condition in a console policy. The guide also shows the boolean `true`, which means the same. */
export const GRANT_CONDITION = { Bool: { 'kms:GrantIsForAWSResource': 'true' } } as const;

const CLASSES: Readonly<Record<Exclude<KeyUsage, 'ENCRYPT_DECRYPT'>, KeyClass>> = {
  SIGN_VERIFY: 'signing',
  GENERATE_VERIFY_MAC: 'mac',
  KEY_AGREEMENT: 'keyAgreement',
  ENCAPSULATE_DECAPSULATE: 'keyEncapsulation',
};

/** The class of a key, from its KeyUsage and, for encryption, its KeySpec. */
export function keyClass(key: Pick<Key, 'usage' | 'spec'>): KeyClass {
  if (key.usage !== 'ENCRYPT_DECRYPT') return CLASSES[key.usage];
  return key.spec === 'SYMMETRIC_DEFAULT' ? 'symmetric' : 'asymmetricEncryption';
}

/** What the console lets key users do with a key of this class; undefined where that is not known. */
export function userActions(key: Key): readonly string[] | undefined {
  return USER_ACTIONS[keyClass(key)];
}

/**
 * Whether the console adds the grants statement beside a new users statement. Not for HMAC keys: AWS KMS Developer Guide,
 * "Controlling access to HMAC KMS keys".
 */
export function hasGrantsStatement(key: Key): boolean {
  return keyClass(key) !== 'mac';
}

/** The administrators' actions as today's console writes them for this key. */
export function administratorActions(key: Key, mayDelete: boolean): string[] {
  const actions = [...ADMINISTRATOR_BASE];
  for (const option of ADMINISTRATOR_OPTIONS) {
    const today = option.today(key);
    if (option.fits(key) && (today === 'deletion' ? mayDelete : today)) actions.push(...option.actions);
  }
  return actions;
}

/** Which console statement bears this Sid. Sids are compared exactly, as KMS keeps them. */
export function consoleStatementOf(sid: string | undefined): ConsoleStatement | undefined {
  return CONSOLE_ORDER.find((name) => CONSOLE_SIDS[name] === sid);
}

/** Actions as a set: IAM compares them without regard to case. */
export function actionSet(actions: readonly string[]): Set<string> {
  return new Set(actions.map((action) => action.toLowerCase()));
}

/** Says why a list of actions is not the one expected, or undefined when both hold the same set. */
export function actionsDiffer(actions: readonly string[], expected: readonly string[]): string | undefined {
  const have = actionSet(actions);
  const missing = expected.find((action) => !have.has(action.toLowerCase()));
  if (missing !== undefined) return `${missing} is missing`;
  const want = actionSet(expected);
  const extra = actions.find((action) => !want.has(action.toLowerCase()));
  return extra === undefined ? undefined : `${extra} is not in the console's list`;
}

/** Reads the administrators' actions: the base with any of the options that fit the key, each whole. */
export function readAdministratorActions(
  actions: readonly string[],
  key: Key,
): { ok: true; mayDelete: boolean } | { ok: false; reason: string } {
  const have = actionSet(actions);
  const expected = [...ADMINISTRATOR_BASE];
  let mayDelete = false;
  for (const option of ADMINISTRATOR_OPTIONS) {
    const present = option.actions.filter((action) => have.has(action.toLowerCase()));
    if (present.length === 0) continue;
    if (!option.fits(key))
      return { ok: false, reason: `${present[0]} is for ${option.meaning}, which this key is not` };
    // What is missing of a started option is named by the comparison below.
    expected.push(...option.actions);
    if (option.today(key) === 'deletion') mayDelete = true;
  }
  const reason = actionsDiffer(actions, expected);
  return reason === undefined ? { ok: true, mayDelete } : { ok: false, reason };
}
