import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import type { Key, KeyUsage } from '../policy/types.ts';

const client = new KMSClient({ maxAttempts: 4, requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 } });

/** Errors by which KMS says that there is no such key for this caller. */
const ABSENT = new Set(['NotFoundException', 'InvalidArnException', 'AccessDeniedException']);

const absent = (error: unknown): undefined => {
  if (error instanceof Error && ABSENT.has(error.name)) return undefined;
  throw error;
};

/**
 * A key by its id, ARN, alias name or alias ARN, with its aliases and tags; undefined when there is none that we may see.
 * What KMS answers for an alias is taken: from then on the key is its ARN.
 */
export async function describeKey(keyIdOrAlias: string): Promise<Key | undefined> {
  const described = await client.send(new DescribeKeyCommand({ KeyId: keyIdOrAlias })).catch(absent);
  const meta = described?.KeyMetadata;
  if (meta?.Arn === undefined || meta.KeyId === undefined) return undefined;
  const [aliases, tags] = await Promise.all([listAliases(meta.KeyId), listTags(meta.Arn)]);
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
    tags,
  };
}

async function listAliases(KeyId: string): Promise<string[]> {
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await client.send(new ListAliasesCommand({ KeyId, ...(Marker === undefined ? {} : { Marker }) }));
    names.push(...(page.Aliases ?? []).flatMap((alias) => alias.AliasName ?? []));
    Marker = page.Truncated ? page.NextMarker : undefined;
  } while (Marker !== undefined);
  return names.sort();
}

async function listTags(KeyId: string): Promise<Record<string, string>> {
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

/** The ids of all keys of the account and Region. */
export async function listKeyIds(): Promise<string[]> {
  const ids: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await client.send(new ListKeysCommand({ Limit: 1000, ...(Marker === undefined ? {} : { Marker }) }));
    ids.push(...(page.Keys ?? []).flatMap((key) => key.KeyId ?? []));
    Marker = page.Truncated ? page.NextMarker : undefined;
  } while (Marker !== undefined);
  return ids;
}

/** The exact text of a key's live policy; undefined when we may not read it. */
export async function getKeyPolicy(keyArn: string): Promise<string | undefined> {
  const answer = await client.send(new GetKeyPolicyCommand({ KeyId: keyArn })).catch(absent);
  return answer?.Policy;
}
