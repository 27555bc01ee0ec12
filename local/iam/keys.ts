import { createHash } from 'node:crypto';

export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of an STS session only. */
  sessionToken?: string;
}

/**
 * The fixed local access key of a role: derived from its name, so that it is the same after every start and in every folder.
 * It opens nothing but the edge port of a laptop.
 */
export function accessKeyOf(name: string): AccessKey {
  return { accessKeyId: `AKIA${base32(`id ${name}`, 16)}`, secretAccessKey: secretFrom(name) };
}

/** The keys of one STS session, derived from what makes it unique. */
export function sessionKeyOf(roleArn: string, sessionName: string, serial: number): Required<AccessKey> {
  const seed = `${roleArn} ${sessionName} ${serial}`;
  return {
    accessKeyId: `ASIA${base32(`id ${seed}`, 16)}`,
    secretAccessKey: secretFrom(seed),
    sessionToken: createHash('sha512').update(`token ${seed}`).digest('base64'),
  };
}

/** The unique id with which AWS shows a role (`AROA…`) or a user (`AIDA…`) whose ARN is gone. */
export function uniqueIdOf(arn: string): string {
  return `${arn.includes(':user/') ? 'AIDA' : 'AROA'}${base32(`unique ${arn}`, 17)}`;
}

function secretFrom(seed: string): string {
  return createHash('sha256').update(`secret ${seed}`).digest('base64').replaceAll('=', 'A').slice(0, 40);
}

function base32(seed: string, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bytes = createHash('sha256').update(seed).digest();
  return Array.from(bytes.subarray(0, length), (byte) => alphabet[byte % 32]).join('');
}
