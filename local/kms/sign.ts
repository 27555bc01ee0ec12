import { Buffer } from 'node:buffer';
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Caller } from '../types.ts';
import { authorize } from './authorize.ts';
import type { KmsContext, Operation } from './context.ts';
import { signDigest, verifyDigest } from './digest.ts';
import { KmsError } from './error.ts';
import { type Input, oneOf, requiredBytes, requiredString } from './input.ts';
import { findKey } from './keyId.ts';
import { ALGORITHMS_MEMBER, KEY_SPECS } from './keySpec.ts';
import { wrongState } from './keys.ts';
import type { KmsKey } from './types.ts';

/** Of a message that KMS hashes itself. */
const MAX_MESSAGE_BYTES = 4096;
const MAX_SIGNATURE_BYTES = 6144;

export const sign: Operation = (context, input, caller) => {
  const { key, algorithm, digest } = signingRequest(context, input, caller, 'Sign');
  const signature = signDigest(privateKeyOf(key), algorithm, digest);
  return { KeyId: key.arn, Signature: signature.toString('base64'), SigningAlgorithm: algorithm };
};

export const verify: Operation = (context, input, caller) => {
  const { key, algorithm, digest } = signingRequest(context, input, caller, 'Verify');
  const signature = requiredBytes(input, 'Signature', MAX_SIGNATURE_BYTES);
  if (!verifyDigest(privateKeyOf(key), algorithm, digest, signature)) {
    throw new KmsError('KMSInvalidSignatureException', '');
  }
  return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: algorithm };
};

export const getPublicKey: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'GetPublicKey', 'aliases');
  authorize('GetPublicKey', key, caller, context.iam);
  if (KEY_SPECS[key.spec]?.pair === undefined) {
    throw new KmsError('UnsupportedOperationException', `${key.arn} has no public key.`);
  }
  refuseUnusable(key);
  const publicKey = createPublicKey(privateKeyOf(key)).export({ type: 'spki', format: 'der' });
  return {
    KeyId: key.arn,
    PublicKey: publicKey.toString('base64'),
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    KeyUsage: key.usage,
    [ALGORITHMS_MEMBER[key.usage]]: KEY_SPECS[key.spec]?.algorithms[key.usage],
  };
};

function signingRequest(context: KmsContext, input: Input, caller: Caller, operation: 'Sign' | 'Verify') {
  const key = findKey(context, input, caller, operation, 'aliases');
  authorize(operation, key, caller, context.iam);
  if (key.usage !== 'SIGN_VERIFY') {
    throw new KmsError(
      'InvalidKeyUsageException',
      `${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`,
    );
  }
  refuseUnusable(key);
  const algorithm = requiredString(input, 'SigningAlgorithm');
  if (!KEY_SPECS[key.spec]?.algorithms.SIGN_VERIFY?.includes(algorithm)) {
    throw new KmsError('InvalidKeyUsageException', `Algorithm ${algorithm} and key spec ${key.spec} are incompatible.`);
  }
  const message = requiredBytes(input, 'Message', MAX_MESSAGE_BYTES);
  const hash = `sha${algorithm.slice(-3)}`;
  const digest = createHash(hash).update(message).digest();
  if (oneOf(input, 'MessageType', ['RAW', 'DIGEST']) !== 'DIGEST') return { key, algorithm, digest };
  if (message.length !== digest.length) {
    throw new KmsError('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  }
  return { key, algorithm, digest: Buffer.from(message) };
}

function refuseUnusable(key: KmsKey): void {
  if (key.state === 'Disabled') throw new KmsError('DisabledException', `${key.arn} is disabled.`);
  if (key.state !== 'Enabled') throw wrongState(key);
}

function privateKeyOf(key: KmsKey): KeyObject {
  if (key.privateKey === undefined) throw wrongState(key);
  return createPrivateKey({ key: Buffer.from(key.privateKey, 'base64'), type: 'pkcs8', format: 'der' });
}
