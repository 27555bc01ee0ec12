import { partitionOf } from '../consolePrincipal.ts';
import { quote } from '../visible.ts';
import {
  type ConditionView,
  type Context,
  type Hit,
  listing,
  type PolicyRule,
  type PrincipalView,
  type StatementView,
} from './context.ts';

const MALFORMED = 'MalformedPolicyDocumentException';
const PRINCIPAL = 'IAM User Guide, "AWS JSON policy elements: Principal"';
const INVALID = 'AWS re:Post, "Policy contains a statement with one or more invalid principals"';

/** One hit for each principal of the document that a test picks out. */
function* each(
  context: Context,
  hit: (principal: PrincipalView, view: StatementView) => Omit<Hit, 'path'> | undefined,
): Iterable<Hit> {
  for (const view of context.statements) {
    for (const principal of view.principals) {
      const found = hit(principal, view);
      if (found !== undefined) yield { path: principal.path, ...found };
    }
  }
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
    each(context, ({ form, id, path }, { name }) => {
      if (form.type !== 'uniqueId' || Object.hasOwn(context.world.ids ?? {}, id)) return undefined;
      const what =
        form.prefix === 'AIDA' ? 'a deleted user' : form.prefix === 'AROA' ? 'a deleted role' : 'no living principal';
      const message = `${name} names ${quote(id)}, the unique id of ${what}; KMS refuses the whole document for it.`;
      return { message, ...(/\/\d+$/.test(path) && { patch: [{ op: 'remove', path }] }) };
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
    each(context, ({ form, id, path }, { name }) => {
      const ids = context.world.ids ?? {};
      const arn = Object.hasOwn(ids, id) ? ids[id] : undefined;
      if (form.type !== 'uniqueId' || arn === undefined) return undefined;
      const message = `${name} names ${quote(id)}, which is ${quote(arn)}; the document will read differently once it is put.`;
      return { message, patch: [{ op: 'replace', path, value: arn }] };
    }),
};

const principalNotFound: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_NOT_FOUND',
  severity: 'error',
  aws: MALFORMED,
  title: 'A principal that does not exist, in this account or in another',
  fix: 'Create it first; a new one may take some time until KMS sees it.',
  source: 'AWS KMS API Reference, PutKeyPolicy: principals must exist and be visible to KMS',
  check: (context) =>
    each(context, ({ id, form }, { name }) => {
      const missing = (context.world.missing ?? []).some((gone) => gone === id || id.endsWith(`/${gone}`));
      if (!missing || form.type === 'uniqueId') return undefined;
      return { message: `${name} names ${quote(id)}, which does not exist.` };
    }),
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
    each(context, ({ id, form, kind }, { name }) => {
      if (form.type === 'everyone' || !/[*?]/.test(id) || kind === 'Federated' || kind === 'CanonicalUser')
        return undefined;
      return {
        message: `${name} names ${quote(id)}; "*" stands for everyone or not at all, never for a part of a name.`,
      };
    }),
};

const principalInvalid: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_INVALID',
  severity: 'error',
  aws: MALFORMED,
  title: 'Text that is no principal: neither an account id of 12 digits, nor an ARN, nor "*"',
  fix: 'Write the ARN of a role, or an account id of 12 digits.',
  source: PRINCIPAL,
  check: (context) =>
    each(context, ({ id, form }, { name }) =>
      form.type === 'invalid' && !/[*?]/.test(id)
        ? { message: `${name} names ${quote(id)}, which is neither an account id of 12 digits nor an ARN.` }
        : undefined,
    ),
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
    each(context, ({ id, form }, { name }) =>
      form.type === 'arn' && !/[*?]/.test(id)
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
  check: (context) =>
    each(context, ({ id, form, path }, { name }) => {
      const partition = partitionOf(context.key);
      if (!('partition' in form) || form.partition === partition) return undefined;
      const value = id.replace(/^arn:[^:]*/, `arn:${partition}`);
      const message = `${name} names ${quote(id)} of partition ${form.partition}; the key is in partition ${partition}.`;
      return { message, patch: [{ op: 'replace', path, value }] };
    }),
};

const principalUser: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_IAM_USER',
  severity: 'warning',
  title: 'An IAM user, whose credentials do not expire',
  fix: 'Use a role, which people and programs assume for a time.',
  source: 'AWS KMS Developer Guide, "Changing a key policy"; IAM User Guide, "Security best practices in IAM"',
  check: (context) =>
    each(context, ({ id, form }, { name, statement }) =>
      form.type === 'user' && statement.effect === 'Allow' && !statement.notPrincipal
        ? { message: `${name} gives access to the IAM user ${quote(id)}.` }
        : undefined,
    ),
};

const principalSession: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_SESSION',
  severity: 'warning',
  title: 'A session, which ends within hours; a later one has the same rights only under the same name',
  fix: 'Name the role.',
  source: `${PRINCIPAL}: role session principals`,
  check: (context) =>
    each(context, ({ id, form, path }, { name }) => {
      if ((form.type !== 'session' && form.type !== 'federatedUser') || /[*?]/.test(id)) return undefined;
      const message = `${name} names ${quote(id)}, one session and not the identity behind it.`;
      if (form.type !== 'session') return { message };
      const value = `arn:${form.partition}:iam::${form.account}:role/${form.name.split('/')[0]}`;
      return {
        message,
        fix: `Name the role: ${value}, with its path if it has one.`,
        patch: [{ op: 'replace', path, value }],
      };
    }),
};

const notPrincipal: PolicyRule = {
  on: 'policy',
  code: 'NOTPRINCIPAL',
  severity: 'warning',
  title: 'NotPrincipal in a Deny: the account and every session of the excepted must be excepted too',
  fix: 'Deny {"AWS": "*"} under the condition ArnNotEquals aws:PrincipalArn.',
  source: 'IAM User Guide, "AWS JSON policy elements: NotPrincipal"',
  check: ({ statements }) =>
    statements
      .filter(({ statement }) => statement.notPrincipal && statement.effect === 'Deny')
      .map(({ statement, name }) => ({
        path: `${statement.path}/NotPrincipal`,
        message: `${name} denies everyone but its NotPrincipal; whom that hits is easily misjudged.`,
      })),
};

const notPrincipalAllow: PolicyRule = {
  on: 'policy',
  code: 'NOTPRINCIPAL_ALLOW',
  severity: 'error',
  title: 'NotPrincipal in an Allow opens the key to everyone but the named, anonymous callers included',
  fix: 'Name those who are to have access in Principal.',
  source: 'IAM User Guide, "AWS JSON policy elements: NotPrincipal"',
  check: ({ statements }) =>
    statements
      .filter(({ statement }) => statement.notPrincipal && statement.effect === 'Allow')
      .map(({ statement, name }) => ({
        path: `${statement.path}/NotPrincipal`,
        message: `${name} allows everyone in the world but its NotPrincipal.`,
      })),
};

/** Condition keys that tie a request to chosen callers, if their values are fixed. */
const CONFINING = new Set([
  'kms:calleraccount',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:userid',
  'aws:username',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourceowner',
]);

/** No wildcard at all, or one only behind a fixed beginning that ties it down: the account of an ARN, four letters of an id. */
const FIXED = /^[^*?]+$|^arn:[^:*?]*:[^:]*:[^:]*:[0-9]{12}:|^(?!arn:)[^*?]{4}/;

/** Holds only for chosen callers: a fixed value, an operator that needs the key, no variable. */
function confines({ lowerKey, use, values }: ConditionView): boolean {
  if (!CONFINING.has(lowerKey) || use === undefined || use.operator === 'Null') return false;
  if (use.operator.negative || use.ifExists || use.quantifier === 'all' || values.length === 0) return false;
  return values.every((value) => !value.includes('${') && FIXED.test(value));
}

const principalStar: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_STAR_WITHOUT_CONDITION',
  severity: 'warning',
  title: 'Everyone in every account is allowed, and no condition limits it to known callers',
  fix: 'Name the principals, or limit with StringEquals kms:CallerAccount, aws:PrincipalOrgID or ArnLike aws:PrincipalArn.',
  source:
    'AWS KMS Developer Guide, "Key policies in AWS KMS": do not set the Principal to an asterisk unless conditions limit it',
  check: (context) =>
    each(context, ({ form }, { name, statement, conditions }) =>
      form.type === 'everyone' && statement.effect === 'Allow' && !statement.notPrincipal && !conditions.some(confines)
        ? { message: `${name} allows everyone in every AWS account; no condition of it holds for known callers alone.` }
        : undefined,
    ),
};

const principalStarString: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_STAR_STRING',
  severity: 'warning',
  title: '"Principal": "*" is refused by the console\'s policy editor',
  fix: 'Write {"AWS": "*"}, which means the same.',
  source: 'aws/aws-cdk #10403, #12511',
  check: (context) =>
    each(context, ({ form, path }, { name, statement }) =>
      form.type === 'everyone' && /^\/(Not)?Principal$/.test(path.slice(statement.path.length))
        ? { message: `${name} has a bare "*" as its principal.`, patch: [{ op: 'replace', path, value: { AWS: '*' } }] }
        : undefined,
    ),
};

const serviceInvalid: PolicyRule = {
  on: 'policy',
  code: 'SERVICE_PRINCIPAL_INVALID',
  severity: 'error',
  aws: MALFORMED,
  title: 'A service principal has the form service.amazonaws.com',
  fix: 'Write the service principal as the documentation of that service names it.',
  source: `${PRINCIPAL}: AWS service principals`,
  check: (context) =>
    each(context, ({ form, id }, { name }) =>
      form.type !== 'service' ||
      /[*?]/.test(id) ||
      /^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws|amazon)\.com(\.cn)?$/.test(id)
        ? undefined
        : { message: `${name} names ${quote(id)}, which is no service principal.` },
    ),
};

const SOURCE_KEYS = new Set(['aws:sourcearn', 'aws:sourceaccount', 'aws:sourceorgid', 'aws:sourceorgpaths']);

const serviceWithoutSource: PolicyRule = {
  on: 'policy',
  code: 'SERVICE_WITHOUT_SOURCE',
  severity: 'warning',
  title: 'A service is allowed for whatever account it acts for (confused deputy)',
  fix: 'Add a condition on aws:SourceArn or aws:SourceAccount.',
  source: 'AWS KMS Developer Guide, "Permissions for AWS services in key policies"',
  check: (context) =>
    each(context, ({ form, id }, { name, statement, conditions }) => {
      if (form.type !== 'service' || statement.effect !== 'Allow') return undefined;
      const limited = conditions.some(
        ({ lowerKey, use }) =>
          SOURCE_KEYS.has(lowerKey) && use !== undefined && use.operator !== 'Null' && !use.operator.negative,
      );
      if (limited) return undefined;
      return {
        message: `${name} lets ${quote(id)} use the key on behalf of any account: no condition on aws:SourceArn or aws:SourceAccount.`,
      };
    }),
};

const serviceIndirect: PolicyRule = {
  on: 'policy',
  code: 'SERVICE_DOES_NOT_CALL_KMS',
  severity: 'warning',
  title: 'A service that never calls KMS under its own name',
  fix: 'Allow the IAM principal behind it, under the condition kms:ViaService.',
  source: INVALID,
  check: (context) =>
    each(context, ({ form, id }, { name }) =>
      form.type === 'service' && id === 'ec2.amazonaws.com'
        ? { message: `${name} names ${quote(id)}; Amazon EC2 calls KMS for the caller, as the caller.` }
        : undefined,
    ),
};

const principalFederated: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_FEDERATED',
  severity: 'warning',
  title: 'Federated is not among the principals that the documentation of key policies names',
  fix: 'Name the role that the federated identity assumes.',
  source: 'AWS KMS Developer Guide, "Key policies in AWS KMS": accounts, users, roles and some services',
  check: (context) =>
    each(context, ({ kind, id }, { name }) =>
      kind === 'Federated'
        ? { message: `${name} names the identity provider ${quote(id)}; nobody calls KMS as that.` }
        : undefined,
    ),
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
    each(context, ({ kind, id }, { name }) =>
      kind === 'CanonicalUser' ? { message: `${name} names the S3 canonical user ${quote(id)}.` } : undefined,
    ),
};

const externalNeedsIam: PolicyRule = {
  on: 'policy',
  code: 'EXTERNAL_ACCOUNT_NEEDS_IAM',
  severity: 'info',
  title: 'Another account gets access; its administrators must allow it in IAM too',
  fix: 'Hand the IAM policy in externalPolicies to the administrators of that account.',
  source: 'AWS KMS Developer Guide, "Allowing users in other accounts to use a KMS key"',
  check: (context) => {
    const first = new Map<string, { path: string; names: Set<string> }>();
    for (const { statement, principals, name } of context.statements) {
      if (statement.effect !== 'Allow' || statement.notPrincipal) continue;
      for (const { form, own, path } of principals) {
        if (!('account' in form) || own) continue;
        const seen = first.get(form.account) ?? { path, names: new Set<string>() };
        first.set(form.account, { ...seen, names: seen.names.add(name) });
      }
    }
    return [...first].map(([account, { path, names }]) => ({
      path,
      message: `Account ${account} is let in by ${listing([...names])}; it needs an IAM policy of its own before anything works.`,
    }));
  },
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
  notPrincipal,
  notPrincipalAllow,
  principalStar,
  principalStarString,
  serviceInvalid,
  serviceWithoutSource,
  serviceIndirect,
  principalFederated,
  principalCanonicalUser,
  externalNeedsIam,
];
