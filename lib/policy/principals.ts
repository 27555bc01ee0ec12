import { principalForm } from './principalForm.ts';
import type { Principal } from './types.ts';

/**
 * Someone whose access is worked out. A policy can tell apart no more callers than the principals that it names, every account
 * behind them, and everyone else.
 *
 * - `everyone`: any caller that no other atom stands for.
 * - `account`: the identities of an account that the documents do not name, through its root ARN, and its root user.
 * - `identity`: an IAM role or user. `session`: one session of a role.
 * - `unknown`: a unique id (AIDA…, AROA…) of a deleted user or role, or text that is no ARN; its account cannot be told.
 */
export interface Atom {
  kind: 'everyone' | 'account' | 'identity' | 'session' | 'service' | 'federated' | 'canonical' | 'unknown';
  /** What tells atoms apart. */
  key: string;
  /** As answers spell it: an ARN, `Service:logs.us-east-1.amazonaws.com`, `*`. */
  name: string;
  account?: string;
  /** For a role or a session of it: account and role name, which are unique together. */
  role?: string;
}

/** The caller that a principal stands for. An id that is badly formed, as old documents may have it, is one by its account. */
export function atomOf(principal: Principal): Atom {
  const { kind, id } = principal;
  const form = principalForm(principal);
  switch (form.type) {
    case 'everyone':
      return { kind: 'everyone', key: '*', name: '*' };
    case 'service':
    case 'federated':
      return { kind: form.type, key: `${kind}:${id}`, name: `${kind}:${id}` };
    case 'canonicalUser':
      return { kind: 'canonical', key: `${kind}:${id}`, name: `${kind}:${id}` };
    case 'account':
      return { kind: 'account', key: accountKey(form.account), name: id, account: form.account };
    case 'role': {
      const role = roleKey(form.account, form.name.slice(form.name.lastIndexOf('/') + 1));
      return { kind: 'identity', key: id, name: id, account: form.account, role };
    }
    case 'session':
      return {
        kind: 'session',
        key: id,
        name: id,
        account: form.account,
        role: roleKey(form.account, form.name.split('/')[0]),
      };
    default: {
      const account = accountOf(id);
      if (account === undefined) return { kind: 'unknown', key: id, name: id };
      return { kind: 'identity', key: id, name: id, account };
    }
  }
}

export function accountKey(account: string): string {
  return `account ${account}`;
}

function roleKey(account: string, name: string | undefined): string {
  return `role ${account} ${name}`;
}

const ACCOUNT = /^[0-9]{12}$/;

/** The account id in an ARN, if it has a whole one. */
export function accountOf(arn: string): string | undefined {
  const account = arn.split(':', 5)[4];
  return account !== undefined && ACCOUNT.test(account) ? account : undefined;
}

/** Keys of the request context that are fixed once the caller is known, in lower case. */
export const PRINCIPAL_ARN = 'aws:principalarn';
export const PRINCIPAL_ACCOUNT = 'aws:principalaccount';
export const CALLER_ACCOUNT = 'kms:calleraccount';
export const IS_AWS_SERVICE = 'aws:principalisawsservice';

export const CALLER_KEYS: ReadonlySet<string> = new Set([
  PRINCIPAL_ARN,
  PRINCIPAL_ACCOUNT,
  CALLER_ACCOUNT,
  IS_AWS_SERVICE,
]);

/**
 * What the request context holds for sure when this atom calls. Sessions carry the ARN of their role, with its path, which only
 * the role's own ARN tells.
 *
 * @param roleArns ARN of each role that the documents name, by its role key; `undefined` when they name several.
 */
export function knownContext(
  atom: Atom,
  roleArns: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  if (atom.account !== undefined) {
    known.set(PRINCIPAL_ACCOUNT, atom.account).set(CALLER_ACCOUNT, atom.account).set(IS_AWS_SERVICE, 'false');
  }
  if (atom.kind === 'service') known.set(IS_AWS_SERVICE, 'true');
  const role = roleArns.get(atom.role ?? '');
  if (role !== undefined) known.set(PRINCIPAL_ARN, role);
  if (atom.kind === 'identity') known.set(PRINCIPAL_ARN, atom.name);
  return known;
}
