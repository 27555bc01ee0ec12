import { principalForm } from '../principalForm.ts';
import type { Key } from '../types.ts';

/** What a principal's id is, seen from the account that owns the key. */
export type ConsolePrincipal =
  | { kind: 'ownRoot' }
  | { kind: 'ownIdentity' }
  | { kind: 'externalRoot'; accountId: string }
  | { kind: 'externalIdentity'; accountId: string }
  | { kind: 'group'; accountId: string }
  | { kind: 'wildcard' }
  | { kind: 'session' }
  | { kind: 'uniqueId' }
  | { kind: 'otherPartition'; partition: string }
  | { kind: 'unknown' };

/** The partition in which a key lives: `aws`, `aws-cn`, `aws-us-gov`, … */
export function partitionOf({ arn }: { arn?: string }): string {
  return arn?.split(':')[1] ?? 'aws';
}

/** The ARN that stands for an account in the key's partition. */
export function rootArn(accountId: string, key: Key): string {
  return `arn:${partitionOf(key)}:iam::${accountId}:root`;
}

/** A 12-digit account id as the root ARN that it means; anything else as it is. Source: "AWS account principals" in the IAM user guide. */
export function normalPrincipal(id: string, key: Key): string {
  return /^[0-9]{12}$/.test(id) ? rootArn(id, key) : id;
}

/**
 * Sorts a principal by what the console's default view can do with it. Account ids and root ARNs are one; unique ids are
 * what GetKeyPolicy shows in place of a deleted user (AIDA…) or role (AROA…).
 */
export function classifyPrincipal(id: string, key: Key): ConsolePrincipal {
  const principal = normalPrincipal(id, key);
  if (/[*?]/.test(principal)) return { kind: 'wildcard' };
  const form = principalForm({ kind: 'AWS', id: principal });
  switch (form.type) {
    case 'account':
    case 'user':
    case 'role':
    case 'group': {
      if (form.partition !== partitionOf(key)) return { kind: 'otherPartition', partition: form.partition };
      const accountId = form.account;
      if (form.type === 'group') return { kind: 'group', accountId };
      const own = accountId === key.accountId;
      if (form.type === 'account') return own ? { kind: 'ownRoot' } : { kind: 'externalRoot', accountId };
      return own ? { kind: 'ownIdentity' } : { kind: 'externalIdentity', accountId };
    }
    case 'session':
    case 'federatedUser':
      return { kind: 'session' };
    case 'uniqueId':
      return { kind: 'uniqueId' };
    default:
      return { kind: 'unknown' };
  }
}
