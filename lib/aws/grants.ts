import { type GrantListEntry, ListGrantsCommand } from '@aws-sdk/client-kms';
import type { Grant } from '../change/preflight.ts';
import { placeOf } from './accounts.ts';
import { kmsAt } from './kms.ts';

/** Grants to a page, the most that KMS gives, and the most of a key that are read: it may have 50,000. */
const PAGE = 100;
const MOST = 1_000;

/** The grants of a key, or the first thousand of them; then `complete` is false. Errors of KMS are thrown. */
export async function listGrants(keyArn: string, signal: AbortSignal): Promise<{ grants: Grant[]; complete: boolean }> {
  const at = await kmsAt(placeOf(keyArn));
  if (!at.ok) throw new Error(at.detail);
  const grants: Grant[] = [];
  let Marker: string | undefined;
  do {
    const command = new ListGrantsCommand({ KeyId: keyArn, Limit: PAGE, ...(Marker === undefined ? {} : { Marker }) });
    const page = await at.client.send(command, { abortSignal: signal });
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
