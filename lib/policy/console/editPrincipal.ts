import type { Edit, Finding, Key } from '../types.ts';
import { consoleFinding, type EditCode } from './codes.ts';
import { type ConsolePrincipal, classifyPrincipal, normalPrincipal, partitionOf, rootArn } from './consolePrincipal.ts';
import { administratorActions, userActions } from './consoleStatements.ts';

/** What an edit's principal cannot be, and what to do instead. */
interface Refusal {
  code: EditCode;
  why: string;
  fix: string;
  documents?: Finding['documents'];
}

const CHANGING_EXTERNAL =
  'https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html';

/**
 * Checks the principal of one edit by itself, before the document is looked at.
 *
 * @param index Position in the list of edits, for the message.
 * @returns Nothing when it is right; otherwise one error. `path` is '' because the fault is in the edit, not in the document.
 */
export function checkEditPrincipal(edit: Edit, index: number, key: Key): Finding[] {
  const refusal = refusalOf(edit, key);
  if (refusal === undefined) return [];
  const { code, why, fix, documents } = refusal;
  const message = `edits[${index}] ${edit.op}: ${why}`;
  return [consoleFinding(code, { message, path: '', fix, ...(documents && { documents }) })];
}

function refusalOf(edit: Edit, key: Key): Refusal | undefined {
  const { op, principal } = edit;
  if (op === 'allowDeletion' || op === 'preventDeletion') {
    if (principal === undefined) return undefined;
    return {
      code: 'EDIT_PRINCIPAL_UNEXPECTED',
      why: 'it holds for all administrators together and takes no principal.',
      fix: 'Leave the principal out.',
    };
  }
  if (principal === undefined || principal === '') {
    return {
      code: 'EDIT_PRINCIPAL_MISSING',
      why: 'it names no principal.',
      fix: 'Give the ARN or account id it is about.',
    };
  }
  const kind = classifyPrincipal(principal, key);
  switch (op) {
    case 'addExternalAccount':
    case 'removeExternalAccount':
      return refuseAccount(principal, kind, key);
    case 'addAdministrator':
    case 'addUser':
      return refuseIdentity(op, principal, kind, key);
    case 'removeUser':
      return kind.kind === 'externalRoot'
        ? {
            code: 'EDIT_PRINCIPAL_FOREIGN',
            why: `${principal} is another account, not a user.`,
            fix: `Use removeExternalAccount with ${kind.accountId}.`,
          }
        : undefined;
    case 'removeAdministrator':
      // Whatever stands there may be taken away, also what could not be added: deleted principals above all.
      return undefined;
  }
}

function refuseAccount(principal: string, kind: ConsolePrincipal, key: Key): Refusal | undefined {
  if (kind.kind === 'externalRoot') return undefined;
  if (kind.kind === 'ownRoot') {
    return {
      code: 'EDIT_ACCOUNT_OWN',
      why: `${key.accountId} is the key's own account.`,
      fix: 'The statement "Enable IAM User Permissions" is what lets IAM policies of the own account count; name users and roles with addUser.',
    };
  }
  if (kind.kind === 'otherPartition') return refusePartition(principal, kind.partition, key);
  return {
    code: 'EDIT_ACCOUNT_INVALID',
    why: `${JSON.stringify(principal)} is neither a 12-digit account id nor the root ARN of an account.`,
    fix:
      'accountId' in kind
        ? `Give the account, ${kind.accountId}; its administrators then choose users and roles by IAM policy.`
        : `Give the id (444455556666) or its root ARN (${rootArn('444455556666', key)}).`,
  };
}

function refuseIdentity(
  op: 'addAdministrator' | 'addUser',
  principal: string,
  kind: ConsolePrincipal,
  key: Key,
): Refusal | undefined {
  switch (kind.kind) {
    case 'ownIdentity':
      return undefined;
    case 'ownRoot':
      return {
        code: 'EDIT_PRINCIPAL_ROOT',
        why: `${principal} is the account itself, not a user or role of it.`,
        fix: 'The statement "Enable IAM User Permissions" already stands for the account; name a user or role.',
      };
    case 'externalRoot':
    case 'externalIdentity':
      return refuseForeign(op, principal, kind.accountId, key);
    case 'group':
      return refuseGroup(op, principal, key);
    case 'wildcard':
      return {
        code: 'EDIT_PRINCIPAL_WILDCARD',
        why: `${principal} has a wildcard; KMS takes none inside a principal, and the default view has no "everyone".`,
        fix: 'Name each user or role, or write a statement of your own with the Principal {"AWS": "*"} and an aws:PrincipalArn Condition.',
      };
    case 'session':
      return {
        code: 'EDIT_PRINCIPAL_SESSION',
        why: `${principal} is a session, which ends within hours.`,
        fix: 'Name the role itself, arn:…:iam::ACCOUNT:role/NAME with its path, or the user who asked for a federated session.',
      };
    case 'uniqueId':
      return {
        code: 'EDIT_PRINCIPAL_DELETED',
        why: `${principal} is the unique id of a principal, which AWS shows once the principal is deleted.`,
        fix: 'Give the ARN of a user or role that exists.',
      };
    case 'otherPartition':
      return refusePartition(principal, kind.partition, key);
    case 'unknown':
      return {
        code: 'EDIT_PRINCIPAL_INVALID',
        why: `${JSON.stringify(principal)} is not the ARN of an IAM user or role.`,
        fix: `Give an ARN such as arn:${partitionOf(key)}:iam::${key.accountId}:role/NAME.`,
      };
  }
}

function refuseForeign(op: Edit['op'], principal: string, accountId: string, key: Key): Refusal {
  const why = `${principal} belongs to account ${accountId}, not to ${key.accountId}, which owns the key.`;
  if (op === 'addAdministrator') {
    return {
      code: 'EDIT_PRINCIPAL_FOREIGN',
      why: `${why} Other accounts cannot administer a key: the permissions would have no effect.`,
      fix: `Name a user or role of ${key.accountId}, which people of ${accountId} may assume.`,
    };
  }
  return {
    code: 'EDIT_PRINCIPAL_FOREIGN',
    why,
    fix: `Use addExternalAccount with ${accountId}; who there may use the key is then up to an IAM policy of that account. See ${CHANGING_EXTERNAL}`,
  };
}

/** Source: key-policy-modifying in the KMS developer guide: groups are not valid principals; give their members access by IAM policy. */
function refuseGroup(op: 'addAdministrator' | 'addUser', principal: string, key: Key): Refusal {
  const actions = op === 'addUser' ? userActions(key) : administratorActions(key, false);
  const document = {
    Version: '2012-10-17',
    Statement: [{ Sid: 'AllowThroughKeyPolicy', Effect: 'Allow', Action: actions, Resource: key.arn }],
  };
  return {
    code: 'EDIT_PRINCIPAL_GROUP',
    why: `${principal} is an IAM group, and a group cannot be a principal.`,
    fix: 'Name its users one by one, or attach the IAM policy given here to the group and keep the statement "Enable IAM User Permissions", without which IAM policies have no effect on the key.',
    ...(actions && { documents: [{ title: `IAM policy for ${principal}`, document }] }),
  };
}

function refusePartition(principal: string, partition: string, key: Key): Refusal {
  return {
    code: 'EDIT_PRINCIPAL_PARTITION',
    why: `${principal} is in the partition ${partition}; the key is not, and accounts do not reach across partitions.`,
    fix: `Give a principal of the same partition as ${normalPrincipal(key.accountId, key)}.`,
  };
}
