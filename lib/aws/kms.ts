import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  type KeyMetadata,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import type { Key, KeyUsage } from '../policy/types.ts';
import { type OutOfReach, type Place, placeOf, reach } from './accounts.ts';

const READ = { role: 'readRole', sessionName: process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'countersign' } as const;

/** By account and Region; a new session takes the place of the one before. */
const clients = new Map<string, { client: KMSClient; accessKeyId: string }>();

/** KMS at a place, for reading, or why it is out of reach. */
export async function kmsAt(wanted: Place): Promise<{ ok: true; client: KMSClient } | OutOfReach> {
  const reached = await reach(wanted, READ);
  if (!reached.ok) return reached;
  const { accountId, region, credentials } = reached.place;
  const accessKeyId = credentials?.accessKeyId ?? '';
  const known = clients.get(`${accountId} ${region}`);
  if (known?.accessKeyId === accessKeyId) return { ok: true, client: known.client };
  const client = new KMSClient({
    region,
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
  clients.set(`${accountId} ${region}`, { client, accessKeyId });
  return { ok: true, client };
}

/** Why a key cannot even be asked for: its account or Region is not registered, or the role there cannot be assumed. */
export async function whyOutOfReach(key: string): Promise<OutOfReach | undefined> {
  const at = await kmsAt(placeOf(key));
  return at.ok ? undefined : at;
}

/** Errors by which KMS says that there is no such key for this caller. */
const ABSENT = new Set(['NotFoundException', 'InvalidArnException', 'AccessDeniedException']);

const absent = (error: unknown): undefined => {
  if (error instanceof Error && ABSENT.has(error.name)) return undefined;
  throw error;
};

/** Characters of the longest KeyId that KMS looks at (API reference, DescribeKey). */
const LONGEST_KEY_ID = 2_048;

/**
 * A key by its id, ARN, alias name or alias ARN, with its aliases and tags; undefined when there is none that we may see.
 * What KMS answers for an alias is taken: from then on the key is its ARN.
 */
export async function describeKey(keyIdOrAlias: string): Promise<Key | undefined> {
  if (keyIdOrAlias.length > LONGEST_KEY_ID) return undefined;
  const at = await kmsAt(placeOf(keyIdOrAlias));
  if (!at.ok) return undefined;
  const { client } = at;
  const described = await client.send(new DescribeKeyCommand({ KeyId: keyIdOrAlias })).catch(absent);
  const meta = described?.KeyMetadata;
  if (meta?.Arn === undefined || meta.KeyId === undefined) return undefined;
  const [aliases, tags] = await Promise.all([listAliases(client, meta.KeyId), listTags(client, meta.Arn)]);
  return {
    arn: meta.Arn,
    keyId: meta.KeyId,
    accountId: meta.AWSAccountId ?? meta.Arn.split(':')[4] ?? '',
    region: meta.Arn.split(':')[3] ?? '',
    aliases,
    manager: meta.KeyManager === 'AWS' ? 'AWS' : 'CUSTOMER',
    state: meta.KeyState ?? 'Unavailable',
    spec: meta.KeySpec ?? 'SYMMETRIC_DEFAULT',
    usage: (meta.KeyUsage ?? 'ENCRYPT_DECRYPT') as KeyUsage,
    origin: meta.Origin ?? 'AWS_KMS',
    multiRegion: meta.MultiRegion ?? false,
    ...relatedTo(meta),
    tags,
  };
}

/** The primary and the replicas of a multi-Region key but itself. Source: KMS API reference, MultiRegionConfiguration. */
function relatedTo({ Arn, MultiRegionConfiguration: of }: KeyMetadata): Pick<Key, 'related'> {
  const related = [of?.PrimaryKey, ...(of?.ReplicaKeys ?? [])].flatMap((one) => one?.Arn ?? []);
  const others = related.filter((arn) => arn !== Arn);
  return others.length === 0 ? {} : { related: others };
}

async function listAliases(client: KMSClient, KeyId: string): Promise<string[]> {
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await client.send(new ListAliasesCommand({ KeyId, ...(Marker === undefined ? {} : { Marker }) }));
    names.push(...(page.Aliases ?? []).flatMap((alias) => alias.AliasName ?? []));
    Marker = page.Truncated ? page.NextMarker : undefined;
  } while (Marker !== undefined);
  return names.sort();
}

async function listTags(client: KMSClient, KeyId: string): Promise<Record<string, string>> {
  const tags: Record<string, string> = {};
  let Marker: string | undefined;
  do {
    const page = await client
      .send(new ListResourceTagsCommand({ KeyId, ...(Marker === undefined ? {} : { Marker }) }))
      .catch(absent);
    for (const { TagKey, TagValue } of page?.Tags ?? []) tags[TagKey ?? ''] = TagValue ?? '';
    Marker = page?.Truncated ? page.NextMarker : undefined;
  } while (Marker !== undefined);
  return tags;
}

/** The ARNs of all keys of a place, or why it is out of reach. */
export async function listKeyArns(place: Place): Promise<{ ok: true; arns: string[] } | OutOfReach> {
  const at = await kmsAt(place);
  if (!at.ok) return at;
  const arns: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await at.client.send(
      new ListKeysCommand({ Limit: 1000, ...(Marker === undefined ? {} : { Marker }) }),
    );
    arns.push(...(page.Keys ?? []).flatMap((key) => key.KeyArn ?? []));
    Marker = page.Truncated ? page.NextMarker : undefined;
  } while (Marker !== undefined);
  return { ok: true, arns };
}

/**
 * Why the policy of a key cannot be read: what KMS, or the way there, says. Undefined where that is as it should be: the key
 * is gone or about to be deleted, or the rules file does not register its account or Region (any more).
 *
 * @throws what may pass
 */
export async function whyUnread(keyArn: string): Promise<string | undefined> {
  const at = await kmsAt(placeOf(keyArn));
  if (!at.ok) return at.error === 'RoleNotAssumed' ? at.detail : undefined;
  try {
    const { KeyMetadata } = await at.client.send(new DescribeKeyCommand({ KeyId: keyArn }));
    if (KeyMetadata?.KeyState === 'PendingDeletion') return undefined;
    await at.client.send(new GetKeyPolicyCommand({ KeyId: keyArn }));
    return 'it could not be read a moment ago';
  } catch (error) {
    if (!(error instanceof Error) || !ABSENT.has(error.name)) throw error;
    return error.name === 'NotFoundException' ? undefined : `${error.name}: ${error.message}`;
  }
}

/** The exact text of a key's live policy; undefined when we may not read it. */
export async function getKeyPolicy(keyArn: string): Promise<string | undefined> {
  const at = await kmsAt(placeOf(keyArn));
  const answer = at.ok ? await at.client.send(new GetKeyPolicyCommand({ KeyId: keyArn })).catch(absent) : undefined;
  return answer?.Policy;
}
