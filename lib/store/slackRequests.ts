import { createHash } from 'node:crypto';
import { type Address, get, put, transact } from './table.ts';

/** Seconds that a request of Slack's is remembered: far longer than its signature is accepted. */
const REMEMBERED = 3_600;
/** Milliseconds that Slack's word about a user stands in while Slack does not answer. */
const VERDICT_MS = 600_000;

const digest = (text: string) => createHash('sha256').update(text).digest('hex');
const requestAddress = (kind: 'SIGNATURE' | 'TRIGGER', text: string): Address => ({
  pk: `SLACK#${kind}#${digest(text)}`,
  sk: 'REQUEST',
});
const userAddress = (team: string, user: string): Address => ({ pk: `SLACK#USER#${team}#${user}`, sk: 'USER' });

/**
 * Takes a request that Slack signed, once: false for one that was here before, by its signature or by the trigger id of
 * the click. Slack's signature says where a request comes from, not that it is new.
 *
 * @param now Milliseconds since 1970.
 */
export async function takeRequest(signature: string, triggerId: string, now: number): Promise<boolean> {
  const ttl = Math.ceil(now / 1000) + REMEMBERED;
  const condition = { expression: 'attribute_not_exists(pk)' };
  const writes = [requestAddress('SIGNATURE', signature), requestAddress('TRIGGER', triggerId)];
  return (await transact(writes.map((address) => ({ put: { ...address, ttl }, condition })))).ok;
}

/** Keeps that Slack said this user is a full member, or that it said otherwise. */
export async function keepVerdict(team: string, user: string, member: boolean, now: number): Promise<void> {
  const ttl = Math.ceil((now + VERDICT_MS) / 1000);
  await put([{ put: { ...userAddress(team, user), member, until: now + VERDICT_MS, ttl } }]);
}

/** Did Slack say a short while ago that this user is a full member? */
export async function wasMember(team: string, user: string, now: number): Promise<boolean> {
  const verdict = await get(userAddress(team, user));
  return verdict?.member === true && now < (verdict.until as number);
}
