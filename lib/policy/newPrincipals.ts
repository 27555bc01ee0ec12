import { partitionOf } from './console/consolePrincipal.ts';
import { parseKeyPolicy } from './document/parse.ts';
import { principalForm } from './principalForm.ts';
import type { Key } from './types.ts';

/**
 * The roles and users of the key's account that the proposed policy names and the live one does not, in their order. Those that
 * the live policy names are known to live: KMS shows the ARN of a deleted one as its unique id (AIDA…, AROA…), and stores that id
 * itself, so that a new role of the old name is another one to it. Nothing when the proposal cannot be read.
 * Source: IAM User Guide, "AWS JSON policy elements: Principal", IAM role principals.
 */
export function newPrincipals(before: string, after: string, key: Key): string[] {
  const live = new Set(ownIdentities(before, key));
  return [...new Set(ownIdentities(after, key))].filter((arn) => !live.has(arn));
}

function ownIdentities(text: string, key: Key): string[] {
  const read = parseKeyPolicy(text, partitionOf(key));
  if (!read.ok) return [];
  return read.policy.statements.flatMap(({ principals }) =>
    principals.flatMap((principal) => {
      const form = principalForm(principal);
      const own = (form.type === 'role' || form.type === 'user') && form.account === key.accountId;
      return own ? [principal.id] : [];
    }),
  );
}
