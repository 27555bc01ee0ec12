import type { Change } from '../change/change.ts';
import { readChanges } from '../store/changes.ts';
import { listFacts } from '../store/log.ts';

/** Applied changes of one key that are looked at, newest first: whoever has more of them behind is told of these. */
const MOST = 50;

/**
 * The changes that were applied to the key of an applied change after it and still have an effect, newest first: neither put back on
 * time, nor undone by another, nor such an undoing. While there is one, the live policy is not what this change made of it,
 * even where the two are equal: somebody approved it anew.
 */
export async function appliedSince(change: Change): Promise<Change[]> {
  const filter = { key: change.key.arn, type: 'APPLIED', ...(change.appliedAt && { from: change.appliedAt }) };
  const { facts } = await listFacts(filter, { limit: MOST });
  const own = facts.findIndex((fact) => fact.change === change.id);
  const later = (own === -1 ? facts : facts.slice(0, own)).map((fact) => fact.change);
  const changes = await readChanges(later);
  const undone = new Set([...changes.values()].map(({ reverts }) => reverts));
  return later
    .flatMap((id) => changes.get(id) ?? [])
    .filter(({ id, status, reverts }) => status !== 'REVERTED' && !undone.has(id) && !later.includes(reverts ?? ''));
}

/** What happened to the key since, in one sentence. */
export const sinceWords = (later: readonly Change[]): string =>
  later.length === 0
    ? 'No change was applied through Countersign since: somebody wrote outside of it.'
    : `Applied since: ${later.map(({ id, submitter, appliedAt }) => `${id} of ${submitter} at ${appliedAt}`).join('; ')}.`;
