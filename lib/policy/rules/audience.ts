import { withAccount } from '../condition/conditions.ts';
import { isOwnOrganization, tiesDown } from '../condition/confining.ts';
import { partitionOf } from '../console/consolePrincipal.ts';
import { type ConditionView, listing, type PolicyRule } from './context.ts';
import { eachPrincipal, OF_ACCOUNTS } from './eachPrincipal.ts';

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
  aws: 'MalformedPolicyDocumentException',
  title: 'NotPrincipal in an Allow is not supported; it would open the key to everyone but the named',
  fix: 'Name those who are to have access in Principal.',
  source: 'IAM User Guide, "AWS JSON policy elements: NotPrincipal": using it with "Effect": "Allow" is not supported',
  check: ({ statements }) =>
    statements
      .filter(({ statement }) => statement.notPrincipal && statement.effect === 'Allow')
      .map(({ statement, name }) => ({
        path: `${statement.path}/NotPrincipal`,
        message: `${name} allows everyone in the world but its NotPrincipal.`,
      })),
};

/** Holds only for chosen callers: a fixed value and an operator that needs the key. */
function confines({ test: { lowerKey, compares }, values }: ConditionView, account: string): boolean {
  if (compares === undefined || values.length === 0) return false;
  if (compares.operator.negative || compares.ifExists || compares.quantifier === 'all') return false;
  return values
    .map((value) => withAccount(value, account))
    .every((value) => (value.includes('${') ? isOwnOrganization(lowerKey, value) : tiesDown(lowerKey, value)));
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
    eachPrincipal(context, ['everyone'], (_, { name, statement, conditions }) =>
      statement.effect === 'Allow' &&
      !statement.notPrincipal &&
      !conditions.some((one) => confines(one, context.key.accountId))
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
    eachPrincipal(context, ['everyone'], ({ path }, { name }) =>
      path.endsWith('Principal')
        ? { message: `${name} has a bare "*" as its principal.`, patch: [{ op: 'replace', path, value: { AWS: '*' } }] }
        : undefined,
    ),
};

const externalNeedsIam: PolicyRule = {
  on: 'policy',
  code: 'EXTERNAL_ACCOUNT_NEEDS_IAM',
  severity: 'info',
  title: 'Another account gets access; its administrators must allow it in IAM too',
  fix: 'Hand the IAM policy that comes with this change to the administrators of that account.',
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

/** Regions of the partition `aws` that every account has; the others must be enabled in each account first. */
const DEFAULT_REGIONS: ReadonlySet<string> = new Set([
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1'],
  ...['eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-2', 'eu-west-3'],
  ...['ap-south-1', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-southeast-1', 'ap-southeast-2'],
]);

const externalRegion: PolicyRule = {
  on: 'policy',
  code: 'EXTERNAL_ACCOUNT_REGION',
  severity: 'warning',
  title: "Another account works only if it has enabled the key's Region, an opt-in Region",
  fix: 'Make sure that the account has enabled the Region.',
  source: 'AWS KMS Developer Guide, "Key policies in AWS KMS": principals of other accounts in opt-in Regions',
  check: (context) =>
    partitionOf(context.key) !== 'aws' || DEFAULT_REGIONS.has(context.key.region)
      ? []
      : eachPrincipal(context, OF_ACCOUNTS, ({ form, own }, { name }) =>
          !own
            ? {
                message: `${name} names account ${form.account}; it must have enabled the Region ${context.key.region}.`,
              }
            : undefined,
        ),
};

export const AUDIENCE_RULES: readonly PolicyRule[] = [
  notPrincipal,
  notPrincipalAllow,
  principalStar,
  principalStarString,
  externalNeedsIam,
  externalRegion,
];
