import { type GrantListEntry, KMSClient, ListGrantsCommand } from '@aws-sdk/client-kms';
import type { Grant } from '../change/preflight.ts';

const client = new KMSClient({ maxAttempts: 4, requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 } });

/** Grants to a page, the most that KMS gives, and the most of a key that are read: it may have 50,000. */
const PAGE = 100;
const MOST = 1_000;

/** The grants of a key, or the first thousand of them; then `complete` is false. Errors of KMS are thrown. */
export async function listGrants(keyArn: string, signal: AbortSignal): Promise<{ grants: Grant[]; complete: boolean }> {
  const grants: Grant[] = [];
  let Marker: string | undefined;
  do {
    const command = new ListGrantsCommand({ KeyId: keyArn, Limit: PAGE, ...(Marker === undefined ? {} : { Marker }) });
    const page = await client.send(command, { abortSignal: signal });
    grants.push(...(page.Grants ?? []).map(grantOf));
    Marker = page.Truncated ? page.NextMarker : undefined;
  } while (Marker !== undefined && grants.length < MOST);
  return { grants, complete: Marker === undefined };
}

function grantOf(entry: GrantListEntry): Grant {
  const retiring = entry.RetiringPrincipal ?? entry.RetiringServicePrincipal;
  return {
    grantee: entry.GranteePrincipal ?? entry.GranteeServicePrincipal ?? 'not told',
    operations: [...(entry.Operations ?? [])].sort(),
    issuingAccount: entry.IssuingAccount ?? 'not told',
    ...(retiring === undefined ? {} : { retiring }),
    constraints: { ...entry.Constraints },
  };
}
