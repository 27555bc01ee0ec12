import { Buffer } from 'node:buffer';
import {
  constants,
  createECDH,
  createHash,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

/**
 * node:crypto signs messages, not digests, and KMS takes both: so the last step of each scheme is done here (RFC 8017 for RSA,
 * FIPS 186-5 for ECDSA). Verifying uses the private key too, which a KMS has at hand.
 */

/** DER prefix of DigestInfo for each hash (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO: Readonly<Record<string, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

/** Order of each curve's group. */
const ORDERS: Readonly<Record<string, bigint>> = {
  prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  secp384r1: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  secp521r1:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};

/** @param algorithm A KMS signing algorithm that fits the key. ECDSA signatures are DER, as KMS gives them. */
export function signDigest(key: KeyObject, algorithm: string, digest: Buffer): Buffer {
  const hash = `sha${algorithm.slice(-3)}`;
  if (algorithm.startsWith('ECDSA')) return ecdsaSign(key, digest);
  if (algorithm.startsWith('RSASSA_PKCS1')) {
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, digestInfo(hash, digest));
  }
  const encoded = pssEncode(hash, digest, randomBytes(digest.length), modulusBits(key));
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

/** Does the signature fit? Anything that is no signature at all does not. */
export function verifyDigest(key: KeyObject, algorithm: string, digest: Buffer, signature: Buffer): boolean {
  const hash = `sha${algorithm.slice(-3)}`;
  try {
    if (algorithm.startsWith('ECDSA')) return ecdsaVerify(key, digest, signature);
    if (algorithm.startsWith('RSASSA_PKCS1')) {
      return equal(publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature), digestInfo(hash, digest));
    }
    return pssVerify(
      hash,
      digest,
      publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature),
      modulusBits(key),
    );
  } catch {
    // OpenSSL throws on a signature that decrypts to no padding.
    return false;
  }
}

function digestInfo(hash: string, digest: Buffer): Buffer {
  return Buffer.concat([Buffer.from(DIGEST_INFO[hash] ?? '', 'hex'), digest]);
}

function modulusBits(key: KeyObject): number {
  return key.asymmetricKeyDetails?.modulusLength ?? 0;
}

/** EMSA-PSS-ENCODE with a salt as long as the hash, for a modulus of whole bytes. */
function pssEncode(hash: string, digest: Buffer, salt: Buffer, bits: number): Buffer {
  const seal = createHash(hash)
    .update(Buffer.concat([Buffer.alloc(8), digest, salt]))
    .digest();
  const block = Buffer.alloc(bits / 8 - digest.length - 1);
  block[block.length - salt.length - 1] = 1;
  salt.copy(block, block.length - salt.length);
  const masked = xor(block, mask(hash, seal, block.length));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return Buffer.concat([masked, seal, Buffer.from([0xbc])]);
}

function pssVerify(hash: string, digest: Buffer, encoded: Buffer, bits: number): boolean {
  const length = bits / 8 - digest.length - 1;
  const seal = encoded.subarray(length, length + digest.length);
  const block = xor(encoded.subarray(0, length), mask(hash, seal, length));
  const salt = block.subarray(block.length - digest.length);
  return equal(encoded, pssEncode(hash, digest, Buffer.from(salt), bits));
}

/** MGF1. */
function mask(hash: string, seed: Buffer, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let counter = 0; Buffer.concat(parts).length < length; counter += 1) {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    parts.push(createHash(hash).update(seed).update(count).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, at) => byte ^ (right[at] ?? 0)));
}

function ecdsaSign(key: KeyObject, digest: Buffer): Buffer {
  const { curve, order, secret } = ecParts(key);
  for (;;) {
    // 64 bits more than the order make the remainder even enough (FIPS 186-5, A.3.1).
    const nonce = toInteger(randomBytes(byteLength(order) + 8)) % order;
    const r = nonce === 0n ? 0n : abscissa(curve, nonce, order);
    const s = (inverse(nonce, order) * (truncated(digest, order) + r * secret)) % order;
    if (r !== 0n && s !== 0n) return derSignature(r, s);
  }
}

function ecdsaVerify(key: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const { curve, order, secret } = ecParts(key);
  const parts = readDerSignature(signature);
  if (parts === undefined || parts.some((part) => part <= 0n || part >= order)) return false;
  const [r, s] = parts;
  // Whoever knows the secret can recover the nonce; the signature is true when that nonce gives its r.
  const nonce = (inverse(s, order) * (truncated(digest, order) + r * secret)) % order;
  return nonce !== 0n && abscissa(curve, nonce, order) === r;
}

function ecParts(key: KeyObject): { curve: string; order: bigint; secret: bigint } {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  const order = ORDERS[curve];
  const { d } = key.export({ format: 'jwk' });
  if (order === undefined || d === undefined) throw new Error(`no such curve: ${curve}`);
  return { curve, order, secret: toInteger(Buffer.from(d, 'base64url')) };
}

/** The x coordinate of `nonce` times the generator, modulo the order. */
function abscissa(curve: string, nonce: bigint, order: bigint): bigint {
  const ecdh = createECDH(curve);
  ecdh.setPrivateKey(toBytes(nonce, byteLength(order)));
  const point = ecdh.getPublicKey();
  return toInteger(point.subarray(1, 1 + (point.length - 1) / 2)) % order;
}

/** The leftmost bits of the digest, as many as the order has. */
function truncated(digest: Buffer, order: bigint): bigint {
  const excess = digest.length * 8 - order.toString(2).length;
  return excess > 0 ? toInteger(digest) >> BigInt(excess) : toInteger(digest);
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [((value % modulus) + modulus) % modulus, modulus, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return ((x % modulus) + modulus) % modulus;
}

function derSignature(r: bigint, s: bigint): Buffer {
  const body = Buffer.concat([derInteger(r), derInteger(s)]);
  return Buffer.concat([Buffer.from([0x30]), derLength(body.length), body]);
}

function derInteger(value: bigint): Buffer {
  const bytes = toBytes(value, byteLength(value));
  const padded = (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02]), derLength(padded.length), padded]);
}

function derLength(length: number): Buffer {
  return Buffer.from(length < 0x80 ? [length] : [0x81, length]);
}

/** Only the one encoding that `derSignature` writes is a signature. */
function readDerSignature(bytes: Buffer): [bigint, bigint] | undefined {
  let at = bytes[1] === 0x81 ? 3 : 2;
  const integers: bigint[] = [];
  while (at < bytes.length && bytes[at] === 0x02) {
    const length = bytes[at + 1] ?? 0;
    integers.push(toInteger(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  const [r, s] = integers;
  if (r === undefined || s === undefined || integers.length !== 2) return undefined;
  return equal(derSignature(r, s), bytes) ? [r, s] : undefined;
}

function equal(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

function byteLength(value: bigint): number {
  return Math.ceil(value.toString(16).length / 2);
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
}
