import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { demand, Fault } from './fault.ts';
import { type Buckets, etag, openBuckets, type Version } from './s3/store.ts';
import { element, xmlDocument } from './s3/xml.ts';
import type { AwsRequest, AwsResponse, AwsService } from './types.ts';

export interface S3Options {
  /** The journal is `s3.jsonl` in it. */
  dataDir: string;
  accountId: string;
  /** Buckets with Object Lock that are there from the first start on. */
  buckets?: readonly string[];
}

interface Asked extends AwsRequest {
  bucket: string;
  key: string;
  query: URLSearchParams;
}

/**
 * S3 on this machine, as far as a bucket with Object Lock is used: CreateBucket, PutObject, GetObject, HeadObject,
 * ListObjectsV2, ListObjectVersions, DeleteObject. Path-style addresses, texts, every bucket versioned and of the local
 * account. Locks are kept as AWS keeps them: in COMPLIANCE mode nobody removes a version before its time.
 */
export function openS3({ dataDir, accountId, buckets: declared = [] }: S3Options): AwsService {
  const buckets = openBuckets(join(dataDir, 's3.jsonl'));
  for (const bucket of declared) if (buckets.lockOf(bucket) === undefined) buckets.create(bucket, true);

  function answer(request: AwsRequest): AwsResponse {
    const url = new URL(request.path, 'http://localhost');
    const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(url.pathname)) ?? [];
    const asked: Asked = { ...request, bucket, key, query: url.searchParams };
    // Such a request would else be taken for the object itself, and what it says written over it.
    if (SUBRESOURCES.some((name) => url.searchParams.has(name)))
      throw new Fault('NotImplemented', `S3 has no ${request.method} ${request.path} here`, 501);
    if (request.method === 'PUT' && key === '') return createBucket(buckets, asked);
    if (buckets.lockOf(bucket) === undefined)
      throw new Fault('NoSuchBucket', 'The specified bucket does not exist', 404);
    const owner = request.headers['x-amz-expected-bucket-owner'];
    if (owner !== undefined && owner !== accountId) throw new Fault('AccessDenied', 'Access Denied', 403);
    if (key === '' && request.method === 'GET') return list(buckets, asked);
    switch (request.method) {
      case 'PUT':
        return putObject(buckets, asked);
      case 'GET':
      case 'HEAD':
        return getObject(buckets, asked);
      case 'DELETE':
        return deleteObject(buckets, asked);
      default:
        throw new Fault('NotImplemented', `S3 has no ${request.method} ${request.path} here`, 501);
    }
  }

  return {
    async handle(request) {
      try {
        return answer(request);
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        const code = error.code === 'AccessDeniedException' ? 'AccessDenied' : error.code;
        const status = code === 'AccessDenied' ? 403 : error.status;
        return xml(status, 'Error', element('Code', code) + element('Message', error.message));
      }
    },
    close: async () => {},
  };
}

const SUBRESOURCES = [
  'acl',
  'attributes',
  'delete',
  'legal-hold',
  'policy',
  'restore',
  'retention',
  'tagging',
  'uploads',
];

const arn = ({ bucket, key }: Pick<Asked, 'bucket' | 'key'>) => `arn:aws:s3:::${bucket}${key && `/${key}`}`;
const xml = (status: number, name: string, members: string): AwsResponse => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: xmlDocument(name, members),
});

function createBucket(buckets: Buckets, { bucket, headers, caller }: Asked): AwsResponse {
  demand(caller, 's3:CreateBucket', arn({ bucket, key: '' }));
  if (buckets.lockOf(bucket) !== undefined) {
    throw new Fault(
      'BucketAlreadyOwnedByYou',
      'The bucket that you tried to create already exists, and you own it.',
      409,
    );
  }
  buckets.create(bucket, headers['x-amz-bucket-object-lock-enabled'] === 'true');
  return { status: 200, headers: { location: `/${bucket}` }, body: '' };
}

function putObject(buckets: Buckets, asked: Asked): AwsResponse {
  const { bucket, key, headers, body, caller } = asked;
  demand(caller, 's3:PutObject', arn(asked));
  const lock = readLock(asked, buckets.lockOf(bucket) === true);
  checkIntegrity(asked, lock !== undefined);
  const text = body.toString('utf8');
  const contentType = headers['content-type'];
  const version = buckets.add({
    ...{ bucket, key, body: text },
    ...(contentType === undefined ? {} : { contentType }),
    ...(lock === undefined ? {} : { lock }),
  });
  return { status: 200, headers: { etag: etag(text), 'x-amz-version-id': version.versionId }, body: '' };
}

function readLock(asked: Asked, locks: boolean): Version['lock'] {
  const mode = asked.headers['x-amz-object-lock-mode'];
  const until = asked.headers['x-amz-object-lock-retain-until-date'];
  if (mode === undefined && until === undefined) return undefined;
  demand(asked.caller, 's3:PutObjectRetention', arn(asked));
  if (!locks) throw new Fault('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  if ((mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE') || until === undefined) {
    throw new Fault('InvalidArgument', 'Unknown wormMode directive.');
  }
  const time = Date.parse(until);
  if (!(time > Date.now())) throw new Fault('InvalidArgument', 'The retain until date must be in the future!');
  return { mode, until: new Date(time).toISOString() };
}

/** S3 takes nothing with a lock whose bytes it cannot check. */
function checkIntegrity({ headers, body }: Asked, locked: boolean): void {
  const md5 = headers['content-md5'];
  const sha256 = headers['x-amz-checksum-sha256'];
  const other = Object.keys(headers).some((name) => /^x-amz-checksum-(crc32|crc32c|crc64nvme|sha1)$/.test(name));
  if (locked && md5 === undefined && sha256 === undefined && !other) {
    throw new Fault(
      'InvalidRequest',
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
    );
  }
  const digest = (algorithm: string) => createHash(algorithm).update(body).digest('base64');
  if ((md5 !== undefined && md5 !== digest('md5')) || (sha256 !== undefined && sha256 !== digest('sha256'))) {
    throw new Fault('BadDigest', 'The checksum you specified did not match the calculated checksum.');
  }
}

function getObject(buckets: Buckets, asked: Asked): AwsResponse {
  const { bucket, key, query, method, caller } = asked;
  const wanted = query.get('versionId');
  demand(caller, wanted === null ? 's3:GetObject' : 's3:GetObjectVersion', arn(asked));
  const versions = buckets.versions(bucket, key).filter((one) => one.key === key);
  const found = wanted === null ? versions[0] : versions.find(({ versionId }) => versionId === wanted);
  if (found === undefined || found.body === null) {
    // Who may not list learns nothing about what is not there.
    demand(caller, 's3:ListBucket', arn({ bucket, key: '' }), { 's3:prefix': [] });
    throw new Fault('NoSuchKey', 'The specified key does not exist.', 404);
  }
  const { lock, contentType = 'binary/octet-stream', body, versionId, at } = found;
  return {
    status: 200,
    headers: {
      'content-type': contentType,
      'last-modified': new Date(at).toUTCString(),
      etag: etag(body),
      'x-amz-version-id': versionId,
      ...(lock === undefined
        ? {}
        : { 'x-amz-object-lock-mode': lock.mode, 'x-amz-object-lock-retain-until-date': lock.until }),
      ...(method === 'HEAD' ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
    },
    body: method === 'HEAD' ? '' : body,
  };
}

function deleteObject(buckets: Buckets, asked: Asked): AwsResponse {
  const { bucket, key, query, headers, caller } = asked;
  const wanted = query.get('versionId');
  demand(caller, wanted === null ? 's3:DeleteObject' : 's3:DeleteObjectVersion', arn(asked));
  if (wanted === null) {
    const { versionId } = buckets.add({ bucket, key, body: null });
    return { status: 204, headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': versionId }, body: '' };
  }
  const lock = buckets.versions(bucket, key).find(({ versionId }) => versionId === wanted)?.lock;
  if (lock !== undefined && Date.parse(lock.until) > Date.now()) {
    const bypass = lock.mode === 'GOVERNANCE' && headers['x-amz-bypass-governance-retention'] === 'true';
    if (bypass) demand(caller, 's3:BypassGovernanceRetention', arn(asked));
    else throw new Fault('AccessDenied', 'Access Denied because object protected by object lock.', 403);
  }
  buckets.remove(wanted);
  return { status: 204, headers: { 'x-amz-version-id': wanted }, body: '' };
}

const MOST_KEYS = 1_000;

function list(buckets: Buckets, { bucket, query, caller }: Asked): AwsResponse {
  const prefix = query.get('prefix') ?? '';
  const all = query.has('versions');
  demand(caller, all ? 's3:ListBucketVersions' : 's3:ListBucket', arn({ bucket, key: '' }), { 's3:prefix': [prefix] });
  const versions = buckets.versions(bucket, prefix);
  const newest = new Map(versions.toReversed().map((version) => [version.key, version.versionId]));
  const common = element('Name', bucket) + element('Prefix', prefix);
  if (all) return xml(200, 'ListVersionsResult', common + versions.map((one) => versionElement(one, newest)).join(''));
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const keys = versions.filter(
    ({ key, versionId, body }) => newest.get(key) === versionId && body !== null && key > after,
  );
  const most = Math.min(Number(query.get('max-keys') ?? MOST_KEYS), MOST_KEYS);
  const page = keys.slice(0, most);
  const more = keys.length > page.length;
  const counts = element('KeyCount', page.length) + element('MaxKeys', most) + element('IsTruncated', more);
  const next = more ? element('NextContinuationToken', page.at(-1)?.key ?? '') : '';
  const contents = page.map(({ key, body, at }) => {
    const size = Buffer.byteLength(body ?? '');
    return `<Contents>${element('Key', key)}${element('LastModified', at)}${element('ETag', etag(body ?? ''))}${element('Size', size)}</Contents>`;
  });
  return xml(200, 'ListBucketResult', common + counts + next + contents.join(''));
}

function versionElement({ key, versionId, at, body }: Version, newest: ReadonlyMap<string, string>): string {
  const latest = newest.get(key) === versionId;
  const members =
    element('Key', key) + element('VersionId', versionId) + element('IsLatest', latest) + element('LastModified', at);
  return body === null
    ? `<DeleteMarker>${members}</DeleteMarker>`
    : `<Version>${members}${element('ETag', etag(body))}${element('Size', Buffer.byteLength(body))}</Version>`;
}
