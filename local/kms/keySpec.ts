import type { KeyUsage } from './types.ts';

export interface KeySpecFacts {
  usages: readonly KeyUsage[];
  /** The member of KeyMetadata that lists `algorithms` for a usage. */
  algorithms: Partial<Record<KeyUsage, readonly string[]>>;
  /** node:crypto's curve or modulus, for a key pair. */
  pair?: { kind: 'rsa'; modulusLength: number } | { kind: 'ec'; namedCurve: string };
}

const RSA_SIGNING = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
];

function rsa(modulusLength: number): KeySpecFacts {
  return {
    usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
    algorithms: { ENCRYPT_DECRYPT: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'], SIGN_VERIFY: RSA_SIGNING },
    pair: { kind: 'rsa', modulusLength },
  };
}

function ecc(namedCurve: string, algorithm: string): KeySpecFacts {
  return {
    usages: ['SIGN_VERIFY', 'KEY_AGREEMENT'],
    algorithms: { SIGN_VERIFY: [algorithm], KEY_AGREEMENT: ['ECDH'] },
    pair: { kind: 'ec', namedCurve },
  };
}

function hmac(bits: number): KeySpecFacts {
  return { usages: ['GENERATE_VERIFY_MAC'], algorithms: { GENERATE_VERIFY_MAC: [`HMAC_SHA_${bits}`] } };
}

/** What each key spec can be used for (developer guide, "Key spec reference"). A spec that is missing here cannot be created. */
export const KEY_SPECS: Readonly<Record<string, KeySpecFacts>> = {
  SYMMETRIC_DEFAULT: { usages: ['ENCRYPT_DECRYPT'], algorithms: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] } },
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ecc('prime256v1', 'ECDSA_SHA_256'),
  ECC_NIST_P384: ecc('secp384r1', 'ECDSA_SHA_384'),
  ECC_NIST_P521: ecc('secp521r1', 'ECDSA_SHA_512'),
  ECC_SECG_P256K1: ecc('secp256k1', 'ECDSA_SHA_256'),
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
};

/** The name under which KeyMetadata lists the algorithms of a usage. */
export const ALGORITHMS_MEMBER: Readonly<Record<KeyUsage, string>> = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
};
