import { type ActionSet, KEY_ACTIONS, setOf } from './actions.ts';
import { byCodeUnit, lowerAscii } from './ascii.ts';
import { ACTIONS, type Action } from './data/actions.generated.ts';
import { globMatches } from './glob.ts';
import type { Key, KeyUsage } from './types.ts';

/** Operations that use the key material (AWS KMS Developer Guide, "Cryptographic operations"). */
export const CRYPTOGRAPHIC: ReadonlySet<string> = new Set(
  [
    'Decrypt',
    'DeriveSharedSecret',
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateMac',
    'ReEncryptFrom',
    'ReEncryptTo',
    'Sign',
    'Verify',
    'VerifyMac',
  ].map((name) => `kms:${name}`),
);

/** All that can have an effect for a principal of another account ("Allowing users in other accounts to use a KMS key"). */
export const CROSS_ACCOUNT: ReadonlySet<string> = new Set([
  ...CRYPTOGRAPHIC,
  'kms:CreateGrant',
  'kms:DescribeKey',
  'kms:GetKeyRotationStatus',
  'kms:GetPublicKey',
  'kms:ListGrants',
  'kms:RetireGrant',
  'kms:RevokeGrant',
]);

const SYMMETRIC = [
  'Encrypt',
  'Decrypt',
  'ReEncryptFrom',
  'ReEncryptTo',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
];

/** What each key usage can do with its material ("Key type reference", "Enable automatic key rotation"); the symmetric ENCRYPT_DECRYPT key is told by its spec. */
const BY_USAGE: Readonly<Record<KeyUsage | 'SYMMETRIC', readonly string[] | undefined>> = {
  SYMMETRIC,
  ENCRYPT_DECRYPT: ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GetPublicKey'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: ['GetPublicKey'],
};

const OF_IMPORTED_MATERIAL = ['kms:DeleteImportedKeyMaterial', 'kms:GetParametersForImport', 'kms:ImportKeyMaterial'];
/** RotateKeyOnDemand is not here: the console writes it into the policy of every key. */
const OF_ROTATION = ['kms:EnableKeyRotation', 'kms:DisableKeyRotation'];
const OF_MULTI_REGION = ['kms:ReplicateKey', 'kms:SynchronizeMultiRegionKey', 'kms:UpdatePrimaryRegion'];

/** Whether an operation can be done at all with a key of this usage, spec and origin; permission for another has no effect. */
export function possibleFor(action: string, key: Pick<Key, 'usage' | 'spec' | 'origin' | 'multiRegion'>): boolean {
  const symmetric = key.usage === 'ENCRYPT_DECRYPT' && key.spec === 'SYMMETRIC_DEFAULT';
  if (CRYPTOGRAPHIC.has(action) || action === 'kms:GetPublicKey') {
    const usage = symmetric ? 'SYMMETRIC' : key.usage;
    return BY_USAGE[usage]?.includes(action.slice(4)) ?? false;
  }
  if (OF_IMPORTED_MATERIAL.includes(action)) return key.origin === 'EXTERNAL';
  if (OF_ROTATION.includes(action)) return symmetric && key.origin === 'AWS_KMS';
  return key.multiRegion || !OF_MULTI_REGION.includes(action);
}

/** The key-policy actions that are possible for a key. */
export function possibleActions(key: Key): ActionSet {
  return setOf(KEY_ACTIONS.filter((action) => possibleFor(action, key)));
}

const LOWERED: readonly { action: Action; lower: string }[] = ACTIONS.map((action) => ({
  action,
  lower: action.name.toLowerCase(),
}));

const EXACT = new Map(LOWERED.map(({ action, lower }) => [lower, action]));

/** The operations that an action pattern of a policy names: `*` and `?` as in IAM, ASCII case set aside. */
export function operationsOf(pattern: string): Action[] {
  const lower = lowerAscii(pattern);
  const exact = EXACT.get(lower);
  if (exact !== undefined) return [exact];
  const wildcard = lower.search(/[*?]/);
  if (wildcard < 0) return [];
  const fixed = lower.slice(0, wildcard);
  return LOWERED.filter((entry) => entry.lower.startsWith(fixed) && globMatches(lower, entry.lower)).map(
    ({ action }) => action,
  );
}

/**
 * The name nearest to a misspelt one, by the number of letters added, left out, changed or swapped (ASCII case set aside), or
 * undefined when none is within a third of its length. Of several equally near the first in order.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 100) return undefined;
  let best: { name: string; distance: number } | undefined;
  const wanted = lowerAscii(name);
  const farthest = Math.max(1, Math.floor(name.length / 3));
  for (const candidate of [...known].sort(byCodeUnit)) {
    if (Math.abs(candidate.length - name.length) > farthest) continue;
    const distance = editDistance(wanted, lowerAscii(candidate));
    if (distance <= farthest && (best === undefined || distance < best.distance)) best = { name: candidate, distance };
  }
  return best?.name;
}

function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
