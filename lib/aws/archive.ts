import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CHECKPOINTS, checkpointKey, checkpointText, entriesKey, readCheckpointText } from '../audit/archive.ts';
import { readNote, type SignedCheckpoint } from '../audit/checkpoint.ts';

/** A bucket, and the account that it must be of: a name alone could be somebody else's by now. */
export interface Bucket {
  Bucket: string;
  ExpectedBucketOwner: string;
}

const requestHandler = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true };
let client: S3Client | undefined;
const s3 = () => {
  client ??= new S3Client({ maxAttempts: 4, requestHandler });
  return client;
};

/** The bucket of the configuration, in whatever account it is. */
export const archiveBucket = (): Bucket => ({
  Bucket: process.env.ARCHIVE_BUCKET ?? '',
  ExpectedBucketOwner: process.env.ARCHIVE_OWNER ?? '',
});

/**
 * Puts a text where nobody can remove or replace it before a moment: a version of its own, locked in COMPLIANCE mode. S3
 * takes a lock only with a checksum of the bytes (PutObject, "Content-MD5 OR x-amz-checksum- HTTP header is required").
 */
async function putLocked(Key: string, Body: string, ContentType: string, until: Date): Promise<void> {
  await s3().send(
    new PutObjectCommand({
      ...archiveBucket(),
      ...{ Key, Body, ContentType, ChecksumAlgorithm: 'SHA256' },
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: until,
    }),
  );
}

/** Copies a checkpoint. */
export const putCheckpoint = (seq: number, signed: SignedCheckpoint, until: Date): Promise<void> =>
  putLocked(checkpointKey(seq), checkpointText(signed), 'text/plain', until);

/** Copies entries, as lines of an export. */
export const putEntries = (from: number, to: number, lines: string, until: Date): Promise<void> =>
  putLocked(entriesKey(from, to), lines, 'application/x-ndjson', until);

/**
 * The newest checkpoint that lies in a bucket; undefined when none does.
 * @throws Error when it cannot be read, or is none, or is not of the place that its name says
 */
export async function newestOutside(bucket: Bucket): Promise<SignedCheckpoint | undefined> {
  const { Contents = [] } = await s3().send(new ListObjectsV2Command({ ...bucket, Prefix: CHECKPOINTS, MaxKeys: 1 }));
  const Key = Contents[0]?.Key;
  if (Key === undefined) return undefined;
  const { Body } = await s3().send(new GetObjectCommand({ ...bucket, Key }));
  const signed = readCheckpointText((await Body?.transformToString()) ?? '');
  if (signed === undefined || checkpointKey(readNote(signed.note)?.seq ?? -1) !== Key) {
    throw new Error(`${Key} holds no checkpoint of that place`);
  }
  return signed;
}
