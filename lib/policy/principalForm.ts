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
  /** An ARN, but of nothing that can be a principal. */
  | { type: 'arn' }
  | { type: 'invalid' };

const IAM = /^arn:([a-z0-9-]+):iam::([0-9]{12}):(root|(user|role|group)\/((?:[!-.0-~]+\/)*([\w+=,.@-]{1,128})))$/;
const STS = /^arn:([a-z0-9-]+):sts::([0-9]{12}):(assumed-role|federated-user)\/([!-~]+)$/;
const UNIQUE_ID = /^(A(?:IDA|ROA|GPA|NPA|SIA|KIA|BIA|CCA))[A-Z0-9]{8,124}(?::[\w+=,.@-]{2,64})?$/;

/** Reads a principal's id; wildcards inside are not looked for here. Sources: IAM User Guide, "IAM identifiers", "Principal". */
export function principalForm({ kind, id }: Principal): PrincipalForm {
  if (kind === 'Service') return { type: 'service', name: id };
  if (kind === 'Federated') return { type: 'federated' };
  if (kind === 'CanonicalUser') return { type: 'canonicalUser' };
  if (id === '*') return { type: 'everyone' };
  if (!id.startsWith('arn:')) {
    const unique = UNIQUE_ID.exec(id);
    return unique ? { type: 'uniqueId', prefix: unique[1] ?? '' } : { type: 'invalid' };
  }
  const iam = IAM.exec(id);
  if (iam) {
    const [, partition = '', account = '', resource = '', type, name = ''] = iam;
    if (resource === 'root') return { type: 'account', partition, account, name: 'root' };
    if (type === 'user' || type === 'role' || type === 'group') return { type, partition, account, name };
  }
  const sts = STS.exec(id);
  if (sts) {
    const [, partition = '', account = '', resource, name = ''] = sts;
    return { type: resource === 'assumed-role' ? 'session' : 'federatedUser', partition, account, name };
  }
  return { type: 'arn' };
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
