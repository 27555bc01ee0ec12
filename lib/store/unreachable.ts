import { type Address, getAll, type Write } from './table.ts';

const address = (person: string): Address => ({ pk: `UNREACHABLE#${person}`, sk: 'UNREACHABLE' });

/** Notes that no mail goes to this person any more while this rules file stands: docs/decisions/0079. */
export const noteUnreachable = (person: string, rulesSha256: string, at: string): Write => ({
  put: { ...address(person), person, rulesSha256, at },
});

/** Those of these people whom mail does not reach. What was noted under another rules file is over: somebody looked at the addresses since. */
export async function unreachableAmong(people: readonly string[], rulesSha256: string): Promise<Set<string>> {
  const items = await getAll(people.map(address));
  return new Set(items.filter((item) => item.rulesSha256 === rulesSha256).map((item) => String(item.person)));
}
