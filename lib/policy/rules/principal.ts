import { partitionOf } from '../console/consolePrincipal.ts';
import { quote } from '../document/visible.ts';
import type { PrincipalForm } from '../principalForm.ts';
import type { JsonPatch, Statement } from '../types.ts';
import type { PolicyRule } from './context.ts';
import { eachPrincipal, OF_ACCOUNTS } from './eachPrincipal.ts';

const MALFORMED = 'MalformedPolicyDocumentException';
const PRINCIPAL = 'IAM User Guide, "AWS JSON policy elements: Principal"';
const INVALID = 'AWS re:Post, "Policy contains a statement with one or more invalid principals"';

/** An identity provider: the ARN of one that the account has, or a domain such as accounts.google.com. */
const PROVIDER = /^arn:[^:]*:iam::[0-9]{12}:(saml|oidc)-provider\/[!-~]+$|^[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/**
 * The patch that takes one principal out: from its list, or the statement with it when it stands there alone. Taking out an
 * exception of NotPrincipal would widen the statement, so that is left to a person.
 */
export function without(path: string, principals: readonly unknown[], statement: Statement): { patch?: JsonPatch[] } {
  if (statement.notPrincipal) return {};
  if (principals.length > 1) return /\/[0-9]+$/.test(path) ? { patch: [{ op: 'remove', path }] } : {};
  return statement.path === '/Statement' ? {} : { patch: [{ op: 'remove', path: statement.path }] };
}

const principalDeleted: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_DELETED',
  severity: 'error',
  aws: MALFORMED,
  title: 'The unique id of a deleted user (AIDA…) or role (AROA…), which makes every put fail',
  fix: 'Remove it. A new user or role of the same name needs its ARN written anew.',
  source: INVALID,
  check: (context) =>
    eachPrincipal(context, ['uniqueId'], ({ form, id, path }, { name, principals, statement }) => {
      if (Object.hasOwn(context.world.ids ?? {}, id)) return undefined;
      const what =
        form.prefix === 'AIDA' ? 'a deleted user' : form.prefix === 'AROA' ? 'a deleted role' : 'no living principal';
      const message = `${name} names ${quote(id)}, the unique id of ${what}; KMS refuses the whole document for it.`;
      return { message, ...without(path, principals, statement) };
    }),
};

const principalUniqueId: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_UNIQUE_ID',
  severity: 'warning',
  title: 'The unique id of a living principal; KMS will show its ARN instead',
  fix: 'Write the ARN.',
  source: 'IAM User Guide, "IAM identifiers": unique identifiers',
  check: (context) =>
    eachPrincipal(context, ['uniqueId'], ({ id, path }, { name }) => {
      const ids = context.world.ids ?? {};
      const arn = Object.hasOwn(ids, id) ? ids[id] : undefined;
      if (arn === undefined) return undefined;
      const message = `${name} names ${quote(id)}, which is ${quote(arn)}; the document will read differently once it is put.`;
      return { message, patch: [{ op: 'replace', path, value: arn }] };
    }),
};

/** What a principal can be missing by: its id, its bare name, its account, or the role behind a session. */
function namesOf(id: string, form: PrincipalForm): string[] {
  if (!('account' in form)) return [id];
  const role = form.type === 'session' ? form.name.split('/')[0] : undefined;
  if (role === undefined) return [id, form.account, form.name.slice(form.name.lastIndexOf('/') + 1)];
  return [id, `arn:${form.partition}:iam::${form.account}:role/${role}`, form.account, role];
}

const principalNotFound: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_NOT_FOUND',
  severity: 'error',
  aws: MALFORMED,
  title: 'A principal that does not exist, in this account or in another',
  fix: 'Create it first; a new one may take some time until KMS sees it.',
  source: 'AWS KMS API Reference, PutKeyPolicy: principals must exist and be visible to KMS',
  check: (context) => {
    const missing = new Set(context.world.missing);
    const types = missing.size === 0 ? [] : [...context.forms].filter((type) => type !== 'uniqueId');
    return eachPrincipal(context, types, ({ id, form }, { name }) =>
      namesOf(id, form).some((one) => missing.has(one))
        ? { message: `${name} names ${quote(id)}, which does not exist.` }
        : undefined,
    );
  },
};

const principalWildcard: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_WILDCARD',
  severity: 'error',
  aws: MALFORMED,
  title: 'A wildcard inside a principal',
  fix: 'Use {"AWS": "*"} with the conditions StringEquals aws:PrincipalAccount and ArnLike aws:PrincipalArn.',
  source: PRINCIPAL,
  check: (context) =>
    eachPrincipal(context, [...OF_ACCOUNTS, 'service', 'arn', 'invalid'], ({ id }, { name }) =>
      id.includes('*') || id.includes('?')
        ? { message: `${name} names ${quote(id)}; "*" stands for everyone or not at all, never for a part of a name.` }
        : undefined,
    ),
};

const principalInvalid: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_INVALID',
  severity: 'error',
  aws: MALFORMED,
  title: 'Text that is no principal: no account id of 12 digits, no well-formed ARN, not "*"',
  fix: 'Write the ARN of a role, or an account id of 12 digits.',
  source: PRINCIPAL,
  check: (context) =>
    eachPrincipal(context, ['federated', 'invalid'], ({ id, form }, { name }) => {
      if (form.type === 'federated' && !PROVIDER.test(id)) {
        return { message: `${name} names ${quote(id)}, which is no identity provider.` };
      }
      if (form.type !== 'invalid' || /[*?]/.test(id)) return undefined;
      return {
        message: `${name} names ${quote(id)}, which is neither an account id of 12 digits nor a well-formed ARN.`,
      };
    }),
};

const principalArnInvalid: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_ARN_INVALID',
  severity: 'error',
  aws: 'InvalidArnException',
  title: 'An ARN that is not of an account, user, role or session',
  fix: 'Write the ARN of a role.',
  source: 'AWS KMS API Reference, InvalidArnException: "or an ARN in a key policy, is not valid"',
  check: (context) =>
    eachPrincipal(context, ['arn'], ({ id }, { name }) =>
      !/[*?]/.test(id)
        ? { message: `${name} names ${quote(id)}, an ARN that is not of an account, user, role or session.` }
        : undefined,
    ),
};

const principalPartition: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_OTHER_PARTITION',
  severity: 'error',
  aws: MALFORMED,
  title: "A principal of another partition than the key's",
  fix: "Write the ARN with the key's partition.",
  source: 'cloudposse/terraform-aws-vpc-flow-logs-s3-bucket #27',
  check: (context) => {
    const partition = partitionOf(context.key);
    return eachPrincipal(context, OF_ACCOUNTS, ({ id, form, path }, { name }) => {
      if (form.partition === partition) return undefined;
      const value = `arn:${partition}${id.slice('arn:'.length + form.partition.length)}`;
      const message = `${name} names ${quote(id)} of partition ${form.partition}; the key is in partition ${partition}.`;
      return { message, patch: [{ op: 'replace', path, value }] };
    });
  },
};

const principalUser: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_IAM_USER',
  severity: 'warning',
  title: 'An IAM user, whose credentials do not expire',
  fix: 'Use a role, which people and programs assume for a time.',
  source: 'AWS KMS Developer Guide, "Changing a key policy"; IAM User Guide, "Security best practices in IAM"',
  check: (context) =>
    eachPrincipal(context, ['user'], ({ id }, { name, statement }) =>
      statement.effect === 'Allow' && !statement.notPrincipal
        ? { message: `${name} gives access to the IAM user ${quote(id)}.` }
        : undefined,
    ),
};

/** Roles that AWS makes always have a path, which the ARN of a session does not show. */
const WITH_PATH = /^(AWSReservedSSO_|AWSServiceRole)/;

const principalSession: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_SESSION',
  severity: 'warning',
  title: 'A session, which ends within hours; a later one has the same rights only under the same name',
  fix: 'Name the role.',
  source: `${PRINCIPAL}: role session principals`,
  check: (context) =>
    eachPrincipal(context, ['session', 'federatedUser'], ({ id, form, path }, { name }) => {
      const message = `${name} names ${quote(id)}, one session and not the identity behind it.`;
      if (form.type !== 'session') return { message };
      const [role = ''] = form.name.split('/');
      const value = `arn:${form.partition}:iam::${form.account}:role/${role}`;
      const fix = `Name the role: ${value}, with its path if it has one.`;
      return WITH_PATH.test(role) ? { message, fix } : { message, fix, patch: [{ op: 'replace', path, value }] };
    }),
};

const principalFederated: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_FEDERATED',
  severity: 'warning',
  title: 'Federated is not among the principals that the documentation of key policies names',
  fix: 'Name the role that the federated identity assumes.',
  source: 'AWS KMS Developer Guide, "Key policies in AWS KMS": accounts, users, roles and some services',
  check: (context) =>
    eachPrincipal(context, ['federated'], ({ id }, { name }) => ({
      message: `${name} names the identity provider ${quote(id)}; nobody calls KMS as that.`,
    })),
};

const principalCanonicalUser: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_CANONICAL_USER',
  severity: 'error',
  aws: MALFORMED,
  title: 'CanonicalUser is known to Amazon S3 alone',
  fix: 'Write the account id.',
  source: PRINCIPAL,
  check: (context) =>
    eachPrincipal(context, ['canonicalUser'], ({ id }, { name }) => ({
      message: `${name} names the S3 canonical user ${quote(id)}.`,
    })),
};

export const PRINCIPAL_RULES: readonly PolicyRule[] = [
  principalDeleted,
  principalUniqueId,
  principalNotFound,
  principalWildcard,
  principalInvalid,
  principalArnInvalid,
  principalPartition,
  principalUser,
  principalSession,
  principalFederated,
  principalCanonicalUser,
];
