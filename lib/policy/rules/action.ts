import { lowerAscii } from '../ascii.ts';
import { ACTIONS } from '../data/actions.generated.ts';
import { quote } from '../document/visible.ts';
import { CROSS_ACCOUNT, nearest, possibleFor } from '../operations.ts';
import { type ActionView, type Context, type Hit, listing, type PolicyRule, type StatementView } from './context.ts';

const NAMES = ACTIONS.map(({ name }) => name);

/** One hit for each action of the document that a test picks out. */
function* each(
  context: Context,
  hit: (action: ActionView, view: StatementView) => Omit<Hit, 'path'> | undefined,
): Iterable<Hit> {
  for (const view of context.statements) {
    for (const action of view.actions) {
      const found = hit(action, view);
      if (found !== undefined) yield { path: action.path, ...found };
    }
  }
}

const verb = ({ statement }: StatementView): string => (statement.effect === 'Allow' ? 'allows' : 'denies');

/** `*` or `service:Operation`, with wildcards in the operation alone. */
const WELL_FORMED = /^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/;

const actionInvalid: PolicyRule = {
  on: 'policy',
  code: 'ACTION_INVALID',
  severity: 'error',
  aws: 'MalformedPolicyDocumentException',
  title: 'An action is "*" or service:Operation, the service without wildcards',
  fix: 'Write it with its service, as in kms:Decrypt.',
  source:
    'IAM User Guide, "IAM JSON policy elements: Action"; error text "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards", boogy/iam-policy-validator #172',
  check: (context) =>
    each(context, ({ pattern, path }, { name }) => {
      if (WELL_FORMED.test(pattern)) return undefined;
      const meant = NAMES.find((known) => known.toLowerCase() === lowerAscii(`kms:${pattern}`));
      const message = `${name} has the action ${quote(pattern)}, which is not of the form service:Operation.`;
      if (meant === undefined) return { message };
      return { message, fix: `Write ${meant}.`, patch: [{ op: 'replace', path, value: meant }] };
    }),
};

const actionNotKms: PolicyRule = {
  on: 'policy',
  code: 'ACTION_NOT_KMS',
  severity: 'warning',
  title: 'An action of another service, which a key policy never decides',
  fix: 'Remove it; permissions for other services belong in IAM policies.',
  source: 'AWS KMS Developer Guide, "Key policies in AWS KMS"',
  check: (context) =>
    each(context, ({ pattern, operations }, view) =>
      WELL_FORMED.test(pattern) && operations.length === 0 && !/^kms:/i.test(pattern)
        ? {
            message: `${view.name} ${verb(view)} ${quote(pattern)}, which is no action of AWS KMS and has no effect here.`,
          }
        : undefined,
    ),
};

/** API operations whose permission has another name. */
const PERMISSION_OF: Readonly<Record<string, string>> = {
  'kms:reencrypt': 'kms:ReEncrypt*',
};

const actionUnknown: PolicyRule = {
  on: 'policy',
  code: 'ACTION_UNKNOWN',
  severity: 'warning',
  title: 'An action that AWS KMS does not have',
  fix: 'Correct the name.',
  source: 'Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service"',
  check: (context) =>
    each(context, ({ pattern, path, operations }, { name }) => {
      if (operations.length > 0 || !WELL_FORMED.test(pattern) || !/^kms:/i.test(pattern)) return undefined;
      const meant = PERMISSION_OF[lowerAscii(pattern)] ?? nearest(pattern, NAMES);
      const message = `${name} has the action ${quote(pattern)}, which names nothing that AWS KMS can do.`;
      if (meant === undefined) return { message };
      return { message, fix: `Probably ${meant} is meant.`, patch: [{ op: 'replace', path, value: meant }] };
    }),
};

const actionNotInKeyPolicy: PolicyRule = {
  on: 'policy',
  code: 'ACTION_NOT_EFFECTIVE_IN_KEY_POLICY',
  severity: 'warning',
  title: 'An action on the account and not on a key, which only IAM policies decide',
  fix: 'Remove it here; allow it in an IAM policy.',
  source: 'AWS KMS Developer Guide, "Default key policy"; "AWS KMS permissions": IAM policy only',
  check: (context) =>
    each(context, ({ pattern, operations }, view) =>
      operations.length > 0 && !operations.some(({ inKeyPolicy }) => inKeyPolicy)
        ? { message: `${view.name} ${verb(view)} ${quote(pattern)}, which has no effect in a key policy.` }
        : undefined,
    ),
};

const actionNotSupported: PolicyRule = {
  on: 'policy',
  code: 'ACTION_NOT_SUPPORTED_BY_KEY',
  severity: 'warning',
  title: 'An action that cannot be done with a key of this usage, spec or origin',
  fix: 'Remove it.',
  source: 'AWS KMS Developer Guide, "Key type reference"',
  check: (context) =>
    each(context, ({ pattern, operations }, view) => {
      const governed = operations.filter(({ inKeyPolicy }) => inKeyPolicy);
      const { key } = context;
      if (view.statement.notAction || governed.length === 0 || governed.some(({ name }) => possibleFor(name, key))) {
        return undefined;
      }
      const kind = `key of spec ${key.spec}, usage ${key.usage}, origin ${key.origin}${key.multiRegion ? '' : ', in one Region,'}`;
      return { message: `${view.name} ${verb(view)} ${quote(pattern)}, which no ${kind} can do.` };
    }),
};

/** External accounts that an Allow names as principals. */
function externalAccounts({ statement, principals }: StatementView): string[] {
  if (statement.effect !== 'Allow' || statement.notPrincipal || statement.notAction) return [];
  return [...new Set(principals.flatMap(({ form, own }) => ('account' in form && !own ? [form.account] : [])))];
}

/** Actions of a statement for another account of which a part that a test picks out has an effect there. */
function* abroad(
  { statements }: Context,
  picks: (working: number, governed: number) => boolean,
  says: (view: StatementView, patterns: string, accounts: string) => string,
): Iterable<Hit> {
  for (const view of statements) {
    const accounts = externalAccounts(view);
    if (accounts.length === 0) continue;
    const found = view.actions.filter(({ operations }) => {
      const governed = operations.filter(({ inKeyPolicy }) => inKeyPolicy);
      return picks(governed.filter(({ name }) => CROSS_ACCOUNT.has(name)).length, governed.length);
    });
    const [first] = found;
    if (first === undefined) continue;
    const patterns = listing(found.map(({ pattern }) => quote(pattern)));
    yield { path: first.path, message: says(view, patterns, listing(accounts)) };
  }
}

const actionNotCrossAccount: PolicyRule = {
  on: 'policy',
  code: 'ACTION_NOT_CROSS_ACCOUNT',
  severity: 'warning',
  title: 'An action that has no effect for a principal of another account',
  fix: 'Give it to principals of the own account alone.',
  source: 'AWS KMS Developer Guide, "Allowing users in other accounts to use a KMS key"',
  check: (context) =>
    abroad(
      context,
      (working, governed) => governed > 0 && working === 0,
      ({ name }, patterns, accounts) =>
        `${name} allows ${patterns} to account ${accounts}; no such action ever has an effect across accounts.`,
    ),
};

const actionPartlyCrossAccount: PolicyRule = {
  on: 'policy',
  code: 'ACTION_PARTLY_CROSS_ACCOUNT',
  severity: 'info',
  title: 'A wildcard of which only a part has an effect for a principal of another account',
  fix: 'Name the actions that are meant.',
  source: 'AWS KMS Developer Guide, "Allowing users in other accounts to use a KMS key"',
  check: (context) =>
    abroad(
      context,
      (working, governed) => working > 0 && working < governed,
      ({ name }, patterns, accounts) =>
        `${name} allows ${patterns} to account ${accounts}; only a part of what that names has an effect across accounts.`,
    ),
};

export const ACTION_RULES: readonly PolicyRule[] = [
  actionInvalid,
  actionNotKms,
  actionUnknown,
  actionNotInKeyPolicy,
  actionNotSupported,
  actionNotCrossAccount,
  actionPartlyCrossAccount,
];
