import type { Change } from '../change/change.ts';
import { readChanges } from '../store/changes.ts';
import { readKnown } from '../store/foreign.ts';
import { listFacts } from '../store/log.ts';

/** Applied changes of one key that are looked at, newest first: whoever has more of them behind is told of these. */
const MOST = 50;

/**
 * The changes that were applied to the key of an applied change after it and still have an effect, newest first: neither put back on
 * time, nor undone by another, nor such an undoing. While there is one, the live policy is not what this change made of it,
 * even where the two are equal: somebody approved it anew.
 */
export const appliedSince = async (change: Change): Promise<Change[]> => effective(await appliedAfter(change));

/**
 * The same, for whoever acts on it: undefined while the index, which is eventually consistent, does not have the change yet
 * that made the last known policy of the key. That one is written with each result, and is read consistently.
 */
export async function surelyAppliedSince(change: Change): Promise<Change[] | undefined> {
  const later = await appliedAfter(change);
  const by = (await readKnown([change.key.arn])).get(change.key.arn)?.by ?? change.id;
  const newest = later.includes(by) ? undefined : (await readChanges([by])).get(by);
  // What was applied before it may still have been put back after it.
  const missing = newest !== undefined && (newest.appliedAt ?? '') > (change.appliedAt ?? '');
  return missing ? undefined : effective(later);
}

/** The ids of the changes that the index has as applied after this one, newest first. */
async function appliedAfter(change: Change): Promise<string[]> {
  const filter = { key: change.key.arn, type: 'APPLIED', ...(change.appliedAt && { from: change.appliedAt }) };
  const { facts } = await listFacts(filter, { limit: MOST });
  const own = facts.findIndex((fact) => fact.change === change.id);
  return (own === -1 ? facts : facts.slice(0, own)).map((fact) => fact.change);
}

async function effective(later: readonly string[]): Promise<Change[]> {
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
