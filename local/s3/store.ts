import { createHash, randomUUID } from 'node:crypto';
import { openJournal } from '../journal.ts';

/** One version of one object, or the marker of a deletion. */
export interface Version {
  bucket: string;
  key: string;
  versionId: string;
  /** ISO 8601. */
  at: string;
  /** Null: a delete marker. */
  body: string | null;
  contentType?: string;
  lock?: { mode: 'COMPLIANCE' | 'GOVERNANCE'; until: string };
}

type Entry = { created: { bucket: string; lock: boolean } } | { version: Version } | { removed: string };

export interface Buckets {
  /** Does its Object Lock stand? Undefined: there is no such bucket. */
  lockOf(bucket: string): boolean | undefined;
  create(bucket: string, lock: boolean): void;
  /** Every version of the keys that begin so, keys in order, newest version first. */
  versions(bucket: string, prefix: string): Version[];
  add(version: Omit<Version, 'versionId' | 'at'>): Version;
  remove(versionId: string): void;
}

/** Buckets of texts with every version, as the journal left them. */
export function openBuckets(path: string): Buckets {
  const journal = openJournal<Entry>(path);
  const buckets = new Map<string, { lock: boolean; versions: Version[] }>();
  const take = (entry: Entry) => {
    if ('created' in entry) buckets.set(entry.created.bucket, { lock: entry.created.lock, versions: [] });
    else if ('version' in entry) buckets.get(entry.version.bucket)?.versions.push(entry.version);
    else {
      for (const bucket of buckets.values()) {
        bucket.versions = bucket.versions.filter(({ versionId }) => versionId !== entry.removed);
      }
    }
  };
  for (const entry of journal.read()) take(entry);
  const append = (entry: Entry) => {
    journal.append(entry);
    take(entry);
  };
  return {
    lockOf: (bucket) => buckets.get(bucket)?.lock,
    create: (bucket, lock) => append({ created: { bucket, lock } }),
    versions: (bucket, prefix) =>
      (buckets.get(bucket)?.versions ?? [])
        .filter(({ key }) => key.startsWith(prefix))
        .reverse()
        .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))),
    add: (given) => {
      const version = { ...given, versionId: randomUUID().replaceAll('-', ''), at: new Date().toISOString() };
      append({ version });
      return version;
    },
    remove: (versionId) => append({ removed: versionId }),
  };
}

/** `"d41d8…"`: of an object that was put whole, the MD5 of its bytes. */
export const etag = (body: string): string => `"${createHash('md5').update(body).digest('hex')}"`;
