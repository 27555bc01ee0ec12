import { createPublicKey, verify } from 'node:crypto';
import { DOMAIN, type Head } from './chain.ts';

/** What a notary says: at this time, this log had this entry at its end. `seq` 0 is a log without an entry. */
export interface Checkpoint extends Head {
  log: string;
  /** ISO 8601, UTC, milliseconds; of the notary's own clock. */
  time: string;
}

/** A checkpoint as it is kept and handed out. */
export interface SignedCheckpoint {
  /** The exact text that was signed. */
  note: string;
  /** ECDSA on P-256 over SHA-256 of the note's UTF-8 bytes: ASN.1 DER, base64. */
  signature: string;
}

/** Is this the notary's signature of exactly this note? */
export type IsSigned = (checkpoint: SignedCheckpoint) => boolean;

const NOTE = new RegExp(
  `^${DOMAIN}\\n([\\w.-]{1,64})\\n(0|[1-9]\\d{0,14})\\n([0-9a-f]{64})\\n(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)\\n$`,
);

/** The text of a checkpoint: five lines (format, log, seq, hash, time), each ended by a line feed. */
export const checkpointNote = ({ log, seq, hash, time }: Checkpoint): string =>
  `${DOMAIN}\n${log}\n${seq}\n${hash}\n${time}\n`;

/** The checkpoint that a note holds; undefined for every text that `checkpointNote` would not have written. */
export function readNote(note: string): Checkpoint | undefined {
  const [, log, seq, hash, time] = NOTE.exec(note) ?? [];
  if (log === undefined || seq === undefined || hash === undefined || time === undefined) return undefined;
  return { log, seq: Number(seq), hash, time };
}

/**
 * Checks signatures with a notary's public key.
 * @param publicKey SubjectPublicKeyInfo on P-256 as PEM, or as the base64 of its DER (what KMS GetPublicKey gives)
 * @throws Error when it is no such key
 */
export function signedBy(publicKey: string): IsSigned {
  const pem = publicKey.includes('-----BEGIN')
    ? publicKey
    : `-----BEGIN PUBLIC KEY-----\n${publicKey.trim()}\n-----END PUBLIC KEY-----\n`;
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error('the public key must be an elliptic curve key on P-256');
  }
  return ({ note, signature }) => {
    const der = Buffer.from(signature, 'base64');
    // Buffer reads past what is no base64: two texts must not be one signature.
    return der.toString('base64') === signature && verify('sha256', Buffer.from(note, 'utf8'), key, der);
  };
}
