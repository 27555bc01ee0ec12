import type { Key } from '../../lib/policy/types.ts';

/** A key as DescribeKey tells of it, symmetric unless said otherwise. */
export function keyOf(part: Partial<Key> = {}): Key {
  const accountId = part.accountId ?? '111122223333';
  const region = part.region ?? 'us-east-1';
  const keyId = part.keyId ?? '1234abcd-12ab-34cd-56ef-1234567890ab';
  return {
    arn: `arn:aws:kms:${region}:${accountId}:key/${keyId}`,
    keyId,
    accountId,
    region,
    aliases: ['alias/payments'],
    manager: 'CUSTOMER',
    state: 'Enabled',
    spec: 'SYMMETRIC_DEFAULT',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    multiRegion: false,
    tags: {},
    ...part,
  };
}

/** One key of every class that the console tells apart. */
export const KEYS = {
  symmetric: keyOf(),
  rsaEncryption: keyOf({ spec: 'RSA_4096' }),
  signing: keyOf({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }),
  mac: keyOf({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' }),
  keyAgreement: keyOf({ spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT' }),
  imported: keyOf({ origin: 'EXTERNAL' }),
  multiRegion: keyOf({ multiRegion: true, keyId: 'mrk-1234abcd12ab34cd56ef1234567890ab' }),
} as const;

export const ROOT = 'arn:aws:iam::111122223333:root';
export const ADMIN = 'arn:aws:iam::111122223333:role/Admin';
export const APP = 'arn:aws:iam::111122223333:role/service-role/App';
export const ANA = 'arn:aws:iam::111122223333:user/Ana';
export const EXTERNAL = 'arn:aws:iam::444455556666:root';
export const FOREIGN = 'arn:aws:iam::444455556666:role/Reader';
