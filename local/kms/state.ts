import type { Journal } from '../types.ts';
import type { Alias, Entry, KmsKey, PutRecord, StoredPolicy } from './types.ts';

/** Everything KMS knows: the fold of its journal. */
export interface KmsState {
  /** By ARN, in the order in which they were made. */
  keys: Map<string, KmsKey>;
  /** By ARN. */
  aliases: Map<string, Alias>;
  puts: PutRecord[];
  consistencyDelayMs: number | undefined;
}

export interface KmsStore {
  state: KmsState;
  /** Writes the entry and applies it. Once this returns, a kill -9 does not undo it. */
  record(entry: Entry): void;
}

/** Replays the journal. */
export function openStore(journal: Journal<Entry>): KmsStore {
  const state: KmsState = { keys: new Map(), aliases: new Map(), puts: [], consistencyDelayMs: undefined };
  for (const entry of journal.read()) apply(state, entry);
  return {
    state,
    record(entry) {
      journal.append(entry);
      apply(state, entry);
    },
  };
}

/**
 * The policy that reads show: the newest that is older than the delay. The first one shows at once.
 *
 * @param delayMs How long after a put reads may still give the text before it; 0 for a KMS that is never behind.
 */
export function visiblePolicy(key: KmsKey, delayMs: number, now: number): StoredPolicy {
  const visible = key.policies.findLast((policy) => now - policy.at >= delayMs) ?? key.policies[0];
  if (visible === undefined) throw new Error(`${key.arn} has no policy`);
  return visible;
}

function apply(state: KmsState, entry: Entry): void {
  switch (entry.type) {
    case 'seed':
      for (const one of entry.entries) apply(state, one);
      return;
    case 'createKey': {
      const policies = [{ text: entry.policy, ids: entry.ids, at: entry.at }];
      state.keys.set(entry.key.arn, { ...entry.key, createdAt: entry.at, policies, grants: [] });
      return;
    }
    case 'putKeyPolicy': {
      state.puts.push(entry.record);
      if (entry.record.result !== 'ok' || entry.record.keyArn === null) return;
      keyOf(state, entry.record.keyArn).policies.push({ text: entry.record.policy, ids: entry.ids, at: entry.at });
      return;
    }
    case 'setAlias': {
      const { name, arn, accountId, keyId, at } = entry;
      const createdAt = state.aliases.get(arn)?.createdAt ?? at;
      state.aliases.set(arn, { name, arn, accountId, keyId, createdAt, updatedAt: at });
      return;
    }
    case 'deleteAlias':
      state.aliases.delete(entry.arn);
      return;
    case 'setTags':
      keyOf(state, entry.arn).tags = entry.tags;
      return;
    case 'createGrant':
      keyOf(state, entry.arn).grants.push({ ...entry.grant, CreationDate: entry.at / 1000 });
      return;
    case 'setState': {
      const key = keyOf(state, entry.arn);
      key.state = entry.state;
      if (entry.deletionAt === undefined) delete key.deletionAt;
      else key.deletionAt = entry.deletionAt;
      return;
    }
    case 'setKey': {
      const key = keyOf(state, entry.arn);
      if (entry.manager !== undefined) key.manager = entry.manager;
      if (entry.multiRegionKeyType !== undefined) key.multiRegionKeyType = entry.multiRegionKeyType;
      return;
    }
    case 'setOptions':
      state.consistencyDelayMs = entry.consistencyDelayMs;
  }
}

function keyOf(state: KmsState, arn: string): KmsKey {
  const key = state.keys.get(arn);
  if (key === undefined) throw new Error(`the journal speaks of ${arn} before it was made`);
  return key;
}
