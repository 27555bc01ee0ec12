import type { Status } from '../change/change.ts';
import type { Rules } from '../change/rules.ts';
import type { AccessEntry } from '../policy/types.ts';
import { readChanges, readProposals } from '../store/changes.ts';
import { listFacts } from '../store/log.ts';
import type { Item } from '../store/table.ts';

/** Access that a change gave to somebody's principals. */
export interface Gains {
  principals: string[];
  gained: {
    change: string;
    at: string;
    keyArn: string;
    status: Status;
    access: AccessEntry;
  }[];
}

/**
 * What a person gained, as far as that can be known here: the access by name that applied changes gave to the principals which today's rules
 * file maps to them (`iam`). Whom else a principal stands for, and access through the account or through IAM policies, is not known here.
 * One page of applied changes, newest first; there may be a next page when this one has nothing.
 */
export async function readGains(
  person: string,
  rules: Rules,
  period: { from?: string | undefined; to?: string | undefined },
  page: { limit: number; cursor?: Item },
): Promise<Gains & { cursor?: Item }> {
  const mapped = Object.entries(rules.iam ?? {}).filter(([, { person: one }]) => one.toLowerCase() === person);
  const principals = mapped.map(([principal]) => principal).sort();
  if (principals.length === 0) return { principals, gained: [] };
  const { facts, cursor } = await listFacts({ type: 'APPLIED', ...period }, page);
  const changes = await readChanges(facts.map(({ change }) => change));
  const proposals = await readProposals([...changes.values()]);
  const gained = facts.flatMap(({ change, at, keyArn }) =>
    (proposals.get(change)?.access.gains ?? [])
      .filter(({ principal }) => principals.includes(principal))
      .map((access) => ({ change, at, keyArn, status: changes.get(change)?.status ?? 'APPLIED', access })),
  );
  return { principals, gained, ...(cursor === undefined ? {} : { cursor }) };
}
