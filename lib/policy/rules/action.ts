import { type ActionSet, intersection, isEmpty, minus, setOf } from '../actions.ts';
import { lowerAscii } from '../ascii.ts';
import { ACTIONS } from '../data/actions.generated.ts';
import { quote } from '../document/visible.ts';
import { CROSS_ACCOUNT, nearest, possibleActions } from '../operations.ts';
import type { JsonPatch } from '../types.ts';
import { type ActionPattern, type Context, type Hit, listing, type PolicyRule, type StatementView } from './context.ts';

const NAMES = ACTIONS.map(({ name }) => name);

/** One hit for each place of the patterns that a test picks out. */
function* each(
  { patterns, statements }: Context,
  picks: (named: ActionPattern) => boolean,
  hit: (pattern: string, view: StatementView, path: string) => Omit<Hit, 'path'> | undefined,
): Iterable<Hit> {
  const picked = new Set(patterns.filter(picks));
  if (picked.size === 0) return;
  for (const view of statements) {
    for (const { path, named } of view.actions) {
      const found = picked.has(named) ? hit(named.pattern, view, path) : undefined;
      if (found !== undefined) yield { path, ...found };
    }
  }
}

/** The patch that takes an action out of a list of several. An exception of NotAction is left to a person. */
function without(path: string, { actions, statement }: StatementView): { patch?: JsonPatch[] } {
  return statement.notAction || actions.length < 2 ? {} : { patch: [{ op: 'remove', path }] };
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
    each(
      context,
      ({ pattern }) => !WELL_FORMED.test(pattern),
      (pattern, { name }, path) => {
        const meant = NAMES.find((known) => known.toLowerCase() === lowerAscii(`kms:${pattern}`));
        const message = `${name} has the action ${quote(pattern)}, which is not of the form service:Operation.`;
        if (meant === undefined) return { message };
        return { message, fix: `Write ${meant}.`, patch: [{ op: 'replace', path, value: meant }] };
      },
    ),
};

const actionNotKms: PolicyRule = {
  on: 'policy',
  code: 'ACTION_NOT_KMS',
  severity: 'warning',
  title: 'An action of another service, which a key policy never decides',
  fix: 'Remove it; permissions for other services belong in IAM policies.',
  source: 'AWS KMS Developer Guide, "Key policies in AWS KMS"',
  check: (context) =>
    each(
      context,
      ({ pattern, known }) => WELL_FORMED.test(pattern) && !known && !/^kms:/i.test(pattern),
      (pattern, view, path) => ({
        message: `${view.name} ${verb(view)} ${quote(pattern)}, which is no action of AWS KMS and has no effect here.`,
        ...without(path, view),
      }),
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
    each(
      context,
      ({ pattern, known }) => WELL_FORMED.test(pattern) && !known && /^kms:/i.test(pattern),
      (pattern, { name }, path) => {
        const meant = PERMISSION_OF[lowerAscii(pattern)] ?? nearest(pattern, NAMES);
        const message = `${name} has the action ${quote(pattern)}, which names nothing that AWS KMS can do.`;
        if (meant === undefined) return { message };
        return { message, fix: `Probably ${meant} is meant.`, patch: [{ op: 'replace', path, value: meant }] };
      },
    ),
};

const actionNotInKeyPolicy: PolicyRule = {
  on: 'policy',
  code: 'ACTION_NOT_EFFECTIVE_IN_KEY_POLICY',
  severity: 'warning',
  title: 'An action on the account and not on a key, which only IAM policies decide',
  fix: 'Remove it here; allow it in an IAM policy.',
  source: 'AWS KMS Developer Guide, "Default key policy"; "AWS KMS permissions": IAM policy only',
  check: (context) =>
    each(
      context,
      ({ known, governed }) => known && isEmpty(governed),
      (pattern, view, path) => ({
        message: `${view.name} ${verb(view)} ${quote(pattern)}, which has no effect in a key policy.`,
        ...without(path, view),
      }),
    ),
};

const actionNotSupported: PolicyRule = {
  on: 'policy',
  code: 'ACTION_NOT_SUPPORTED_BY_KEY',
  severity: 'warning',
  title: 'An action that cannot be done with a key of this usage, spec or origin',
  fix: 'Remove it.',
  source: 'AWS KMS Developer Guide, "Key type reference"',
  check: (context) => {
    const { key } = context;
    const possible = possibleActions(key);
    return each(
      context,
      ({ governed }) => !isEmpty(governed) && isEmpty(intersection(governed, possible)),
      (pattern, view, path) => {
        if (view.statement.notAction) return undefined;
        const kind = `key of spec ${key.spec}, usage ${key.usage}, origin ${key.origin}${key.multiRegion ? '' : ', in one Region,'}`;
        const message = `${view.name} ${verb(view)} ${quote(pattern)}, which no ${kind} can do.`;
        return { message, ...without(path, view) };
      },
    );
  },
};

/** External accounts that an Allow names as principals. */
function externalAccounts({ statement, principals }: StatementView): string[] {
  if (statement.effect !== 'Allow' || statement.notPrincipal || statement.notAction) return [];
  return [...new Set(principals.flatMap(({ form, own }) => ('account' in form && !own ? [form.account] : [])))];
}

const WORKING_ABROAD = setOf([...CROSS_ACCOUNT]);

/** Actions of a statement for another account, told by what of them has an effect there and what has none. */
function* abroad(
  { patterns, statements }: Context,
  picks: (working: ActionSet, idle: ActionSet) => boolean,
  says: (view: StatementView, patterns: string, accounts: string) => string,
): Iterable<Hit> {
  const picked = new Set(
    patterns.filter(({ governed }) => picks(intersection(governed, WORKING_ABROAD), minus(governed, WORKING_ABROAD))),
  );
  if (picked.size === 0) return;
  for (const view of statements) {
    const found = view.actions.filter(({ named }) => picked.has(named));
    const [first] = found;
    if (first === undefined) continue;
    const accounts = externalAccounts(view);
    if (accounts.length === 0) continue;
    const patterns = listing(found.map(({ named }) => quote(named.pattern)));
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
      (working, idle) => isEmpty(working) && !isEmpty(idle),
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
      (working, idle) => !isEmpty(working) && !isEmpty(idle),
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
