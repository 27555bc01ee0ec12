import { createHash } from 'node:crypto';
import { retention } from './rulesFile.ts';
import { type Address, getAll, type Write } from './table.ts';

/** By a hash, and with an end: nothing else in the table than what is sealed says for good whom there was mail for. */
const address = (person: string): Address => ({
  pk: `UNREACHABLE#${createHash('sha256').update(person).digest('hex')}`,
  sk: 'UNREACHABLE',
});

/** Notes that no mail goes to this person any more while this rules file stands, or until it is forgotten, and one bounces once more: docs/decisions/0079. */
export const noteUnreachable = (person: string, rulesSha256: string, at: string): Write => ({
  put: { ...address(person), rulesSha256, ttl: Math.ceil(Date.parse(at) / 1000) + retention().ended },
});

/** Forgets that no mail reaches somebody. */
export const forgetUnreachable = (person: string): Write => ({ delete: address(person) });

/** Those of these people whom mail does not reach. What was noted under another rules file is over: somebody looked at the addresses since. */
export async function unreachableAmong(people: readonly string[], rulesSha256: string): Promise<Set<string>> {
  const items = await getAll(people.map(address));
  const noted = new Set(items.filter((item) => item.rulesSha256 === rulesSha256).map(({ pk }) => pk));
  return new Set(people.filter((person) => noted.has(address(person).pk)));
}
