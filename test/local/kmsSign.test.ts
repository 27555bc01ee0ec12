import { constants, createHash, createPublicKey, verify as verifyMessage } from 'node:crypto';
import {
  CreateKeyCommand,
  DisableKeyCommand,
  GetPublicKeyCommand,
  type KeySpec,
  SignCommand,
  type SigningAlgorithmSpec,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalAws, startAws } from './aws.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.stop());

async function signingKey(KeySpec: KeySpec): Promise<string> {
  const { KeyMetadata } = await aws.client().send(new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY' }));
  return KeyMetadata?.KeyId ?? '';
}

const CASES: [KeySpec, SigningAlgorithmSpec[]][] = [
  ['ECC_NIST_P256', ['ECDSA_SHA_256']],
  ['ECC_NIST_P384', ['ECDSA_SHA_384']],
  ['ECC_NIST_P521', ['ECDSA_SHA_512']],
  ['ECC_SECG_P256K1', ['ECDSA_SHA_256']],
  [
    'RSA_2048',
    [
      'RSASSA_PSS_SHA_256',
      'RSASSA_PSS_SHA_384',
      'RSASSA_PSS_SHA_512',
      'RSASSA_PKCS1_V1_5_SHA_256',
      'RSASSA_PKCS1_V1_5_SHA_384',
      'RSASSA_PKCS1_V1_5_SHA_512',
    ],
  ],
];

describe.each(CASES)('%s', (spec, algorithms) => {
  let KeyId: string;
  beforeAll(async () => {
    KeyId = await signingKey(spec);
  });

  test.each(algorithms)(
    '%s: signatures of messages and digests hold for OpenSSL and for Verify',
    async (SigningAlgorithm) => {
      const client = aws.client();
      const Message = Buffer.from('countersign');
      const hash = `sha${SigningAlgorithm.slice(-3)}`;
      const { PublicKey = new Uint8Array() } = await client.send(new GetPublicKeyCommand({ KeyId }));
      const publicKey = createPublicKey({ key: Buffer.from(PublicKey), type: 'spki', format: 'der' });
      const padding = SigningAlgorithm.includes('PSS') ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
      const key = spec.startsWith('RSA') ? { key: publicKey, padding } : publicKey;
      const forms = [
        { Message, MessageType: 'RAW' as const },
        { Message: createHash(hash).update(Message).digest(), MessageType: 'DIGEST' as const },
      ];
      for (const form of forms) {
        const { Signature = new Uint8Array() } = await client.send(
          new SignCommand({ KeyId, SigningAlgorithm, ...form }),
        );
        expect(verifyMessage(hash, Message, key, Signature)).toBe(true);
        for (const check of forms) {
          const valid = await client.send(new VerifyCommand({ KeyId, SigningAlgorithm, Signature, ...check }));
          expect(valid.SignatureValid).toBe(true);
        }
        const altered = Buffer.from(Signature);
        altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
        const refused = { name: 'KMSInvalidSignatureException' };
        await expect(
          client.send(new VerifyCommand({ KeyId, SigningAlgorithm, Signature: altered, ...form })),
        ).rejects.toMatchObject(refused);
        await expect(
          client.send(new VerifyCommand({ KeyId, SigningAlgorithm, Signature, Message: Buffer.from('another') })),
        ).rejects.toMatchObject(refused);
      }
    },
  );
});

test('an ECDSA signature in another encoding than DER’s one is none', async () => {
  const client = aws.client();
  const KeyId = await signingKey('ECC_NIST_P256');
  const request = { KeyId, SigningAlgorithm: 'ECDSA_SHA_256' as const, Message: Buffer.from('message') };
  const { Signature = new Uint8Array() } = await client.send(new SignCommand(request));
  const [, length = 0, ...body] = Signature;
  for (const other of [[...Signature, 0], [0x30, 0x81, length, ...body], [0x30, length, 0x02], [0x30]]) {
    await expect(
      client.send(new VerifyCommand({ ...request, Signature: Uint8Array.from(other) })),
    ).rejects.toMatchObject({ name: 'KMSInvalidSignatureException' });
  }
});

test('what cannot be signed is refused by name', async () => {
  const client = aws.client();
  const KeyId = await signingKey('ECC_NIST_P256');
  const { KeyMetadata: symmetric } = await client.send(new CreateKeyCommand({}));
  const Message = Buffer.from('message');
  const sign = (key: string | undefined, SigningAlgorithm: SigningAlgorithmSpec, extra = {}) =>
    client.send(new SignCommand({ KeyId: key, SigningAlgorithm, Message, ...extra }));
  await expect(sign(KeyId, 'RSASSA_PSS_SHA_256')).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
  await expect(sign(symmetric?.KeyId, 'ECDSA_SHA_256')).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
  await expect(sign(KeyId, 'ECDSA_SHA_256', { MessageType: 'DIGEST' })).rejects.toMatchObject({
    name: 'ValidationException',
  });
  await expect(client.send(new GetPublicKeyCommand({ KeyId: symmetric?.KeyId }))).rejects.toMatchObject({
    name: 'UnsupportedOperationException',
  });
  await client.send(new DisableKeyCommand({ KeyId }));
  await expect(sign(KeyId, 'ECDSA_SHA_256')).rejects.toMatchObject({ name: 'DisabledException' });
});
