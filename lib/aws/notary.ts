import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { SignedCheckpoint } from '../audit/checkpoint.ts';

const client = new KMSClient({
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
});
const KeyId = process.env.NOTARY_KEY;

/** Has KMS sign a note with the notary's key. The caller's role must be the notary's. */
export async function signNote(note: string): Promise<SignedCheckpoint> {
  const { Signature } = await client.send(
    new SignCommand({ KeyId, Message: Buffer.from(note), MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' }),
  );
  return { note, signature: Buffer.from(Signature ?? []).toString('base64') };
}

/** The notary's public key: SubjectPublicKeyInfo, DER, base64. */
export async function notaryPublicKey(): Promise<string> {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
  return Buffer.from(PublicKey ?? []).toString('base64');
}
