import type { KmsError } from './error.ts';

export type KeyState =
  | 'Creating'
  | 'Enabled'
  | 'Disabled'
  | 'PendingDeletion'
  | 'PendingImport'
  | 'PendingReplicaDeletion'
  | 'Unavailable'
  | 'Updating';

export const KEY_STATES: readonly KeyState[] = [
  'Creating',
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingImport',
  'PendingReplicaDeletion',
  'Unavailable',
  'Updating',
];

export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT';

export interface Tag {
  TagKey: string;
  TagValue: string;
}

/** What is fixed when a key is made. */
export interface NewKey {
  keyId: string;
  arn: string;
  accountId: string;
  description: string;
  spec: string;
  usage: KeyUsage;
  origin: string;
  manager: 'CUSTOMER' | 'AWS';
  multiRegion: boolean;
  tags: Tag[];
  /** PKCS#8 DER, base64, of an asymmetric key. */
  privateKey?: string;
  state: KeyState;
}

/** A policy text as it was put, with the ARN of each unique id in it at that time. */
export interface StoredPolicy {
  text: string;
  ids: Record<string, string>;
  /** Milliseconds since the epoch. */
  at: number;
}

/** A grant as ListGrants shows it, but for its date. */
export interface Grant {
  KeyId: string;
  GrantId: string;
  Name?: string;
  GranteePrincipal: string;
  RetiringPrincipal?: string;
  IssuingAccount: string;
  Operations: string[];
  Constraints?: object;
}

export interface KmsKey extends NewKey {
  createdAt: number;
  grants: (Grant & { CreationDate: number })[];
  /** Oldest first; the last is what was put last, and `visiblePolicy` says which one reads show. */
  policies: StoredPolicy[];
  /** Milliseconds since the epoch. */
  deletionAt?: number;
  multiRegionKeyType?: 'PRIMARY' | 'REPLICA';
}

export interface Alias {
  name: string;
  arn: string;
  accountId: string;
  keyId: string;
  createdAt: number;
  updatedAt: number;
}

/** One PutKeyPolicy call, as `GET /_kms/journal` shows it. */
export interface PutRecord {
  /** From 1, without gaps. */
  seq: number;
  /** The id of the key, or what the caller sent where there is no such key. */
  keyId: string;
  keyArn: string | null;
  /** The exact text that was sent; empty when there was none. */
  policy: string;
  /** Lower-case hex, of its UTF-8 bytes. */
  sha256: string;
  /** ARN, as GetCallerIdentity gives it. */
  caller: string;
  /** ISO 8601. */
  at: string;
  /** `ok` or the error's name. */
  result: string;
  bypass: boolean;
}

/** One line of the journal: what happened is its effect, so that the two cannot part. Times are milliseconds since the epoch. */
export type Entry =
  /** What a fresh folder begins with: one line, so that a crash leaves all of it or none. */
  | { type: 'seed'; entries: readonly Entry[] }
  | { type: 'createKey'; at: number; key: NewKey; policy: string; ids: Record<string, string> }
  | { type: 'putKeyPolicy'; at: number; record: PutRecord; ids: Record<string, string> }
  | { type: 'setAlias'; at: number; name: string; accountId: string; keyId: string; arn: string }
  | { type: 'deleteAlias'; at: number; arn: string }
  | { type: 'setTags'; at: number; arn: string; tags: Tag[] }
  | { type: 'createGrant'; at: number; arn: string; grant: Grant }
  | { type: 'setState'; at: number; arn: string; state: KeyState; deletionAt?: number }
  | {
      type: 'setKey';
      at: number;
      arn: string;
      manager?: 'CUSTOMER' | 'AWS';
      multiRegionKeyType?: 'PRIMARY' | 'REPLICA';
    }
  | { type: 'setOptions'; at: number; consistencyDelayMs: number };

/** Which principals exist, as the check of a policy asks it. */
export interface Principals {
  exists(principal: string): boolean;
  arnOf(uniqueId: string): string | undefined;
}

/** What a check of a policy came to. */
export type PolicyCheck =
  /** `ids`: the ARN behind each unique id that the text holds. */
  { ok: true; ids: Record<string, string> } | { ok: false; error: KmsError };
