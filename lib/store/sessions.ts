import { createHash, randomBytes } from 'node:crypto';
import { type Address, get, put } from './table.ts';

/** Somebody who has signed in at a browser: kept for pages whose rule asks for it. Its secret is stored only as a hash. */
export interface Session {
  person: string;
  /** What every form of this session must send back. */
  csrf: string;
  expiresAt: string;
}

const random = () => randomBytes(32).toString('base64url');

const sessionAddress = (secret: string): Address => ({
  pk: `SESSION#${createHash('sha256').update(secret).digest('hex')}`,
  sk: 'SESSION',
});

/**
 * A new session, always under a new secret: none that was there before a sign-in is there after it.
 *
 * @param seconds how long it lasts: long enough to read one change, short enough to be fresh
 */
export async function newSession(person: string, now: number, seconds: number): Promise<string> {
  const secret = random();
  const session: Session = {
    person,
    csrf: random(),
    expiresAt: new Date(now + seconds * 1000).toISOString(),
  };
  const ttl = Math.ceil(now / 1000) + seconds + 86_400;
  await put([{ put: { ...sessionAddress(secret), ...session, ttl } }]);
  return secret;
}

/** The session of this secret while it lasts. */
export async function readSession(secret: string, now: string): Promise<Session | undefined> {
  const item = (await get(sessionAddress(secret))) as (Session & Record<string, unknown>) | undefined;
  return item === undefined || now >= item.expiresAt ? undefined : item;
}
