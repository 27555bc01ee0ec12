import type { Principal } from './types.ts';

/** What kind of thing a principal of a policy is, as far as its text tells. */
export type PrincipalForm =
  | { type: 'everyone' }
  | { type: 'account' | 'user' | 'role' | 'group'; partition: string; account: string; name: string }
  /** A session of a role or a federated user session; `name` is `Role/session` or the user's name. */
  | { type: 'session' | 'federatedUser'; partition: string; account: string; name: string }
  /** What IAM shows for a deleted user (AIDA) or role (AROA), possibly with a session behind a colon. */
  | { type: 'uniqueId'; prefix: string }
  | { type: 'service'; name: string }
  | { type: 'federated' }
  | { type: 'canonicalUser' }
  /** An ARN, but of a kind of thing that is never a principal. */
  | { type: 'arn' }
  /** Neither an ARN nor an id, or the ARN of an account, user, role or session that is badly formed. */
  | { type: 'invalid' };

const ARN = /^arn:([^:]*):([^:]*):([^:]*):([^:]*):([^/]*)(.*)/s;
const ACCOUNT = /^[0-9]{12}$/;
const USER_OR_ROLE = /^\/(?:[\w+=,.@-]{1,64}|[!-~]+\/[\w+=,.@-]{1,64})$/;
const UNIQUE_ID = /^(A(?:IDA|ROA|GPA|NPA|SIA|KIA|BIA|CCA))[A-Z0-9]{8,124}(?::[\w+=,.@-]{2,64})?$/;

/**
 * What the ARN of a principal begins its last part with, and how that goes on. A group is none, but often taken for one. STS
 * itself makes no session name shorter than two letters; that KMS would refuse one is nowhere said.
 */
const KINDS = new Map([
  ['root', { service: 'iam', type: 'account', rest: /^$/ }],
  ['user', { service: 'iam', type: 'user', rest: USER_OR_ROLE }],
  ['role', { service: 'iam', type: 'role', rest: USER_OR_ROLE }],
  ['group', { service: 'iam', type: 'group', rest: /^\/(?:[!-~]+\/)?[\w+=,.@-]{1,128}$/ }],
  ['assumed-role', { service: 'sts', type: 'session', rest: /^\/[\w+=,.@-]{1,64}\/[\w+=,.@-]{1,64}$/ }],
  ['federated-user', { service: 'sts', type: 'federatedUser', rest: /^\/[\w+=,.@-]{2,32}$/ }],
] as const);

/**
 * Reads a principal's id; wildcards inside are not looked for here. KMS has two errors for an id that is no principal, and where
 * it draws the line between them is not documented: here an ARN of IAM or STS with a fault in it is `invalid`, another is `arn`.
 *
 * Sources: IAM User Guide, "IAM identifiers", "AWS JSON policy elements: Principal"; IAM API model, lengths of names.
 */
export function principalForm({ kind, id }: Principal): PrincipalForm {
  if (kind === 'Service') return { type: 'service', name: id };
  if (kind === 'Federated') return { type: 'federated' };
  if (kind === 'CanonicalUser') return { type: 'canonicalUser' };
  if (id === '*') return { type: 'everyone' };
  const arn = ARN.exec(id);
  if (arn === null) {
    const prefix = UNIQUE_ID.exec(id)?.[1];
    return prefix === undefined ? { type: 'invalid' } : { type: 'uniqueId', prefix };
  }
  const [, partition = '', service, region, account = '', name = '', rest = ''] = arn;
  if (service !== 'iam' && service !== 'sts') return { type: 'arn' };
  if (region !== '' || !ACCOUNT.test(account)) return { type: 'invalid' };
  const known = KINDS.get(name as Parameters<typeof KINDS.get>[0]);
  if (known?.service === service && known.rest.test(rest)) {
    return { type: known.type, partition, account, name: rest.slice(1) };
  }
  return { type: known === undefined || known.type === 'group' ? 'arn' : 'invalid' };
}

/** The account that a principal belongs to, when its text says so. */
export function accountOf(form: PrincipalForm): string | undefined {
  return 'account' in form ? form.account : undefined;
}

/** The ARN of the role that a session belongs to, without the path that a session's ARN does not show. */
export function isSessionOf(session: PrincipalForm, role: PrincipalForm): boolean {
  if (session.type !== 'session' || role.type !== 'role') return false;
  const name = role.name.slice(role.name.lastIndexOf('/') + 1);
  return session.account === role.account && session.name.split('/')[0] === name;
}
