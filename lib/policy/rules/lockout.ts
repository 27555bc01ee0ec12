import { able, type Certain } from '../access/ability.ts';
import { intersection, isEmpty, setOf } from '../actions.ts';
import { partitionOf, rootArn } from '../console/consolePrincipal.ts';
import { quote } from '../document/visible.ts';
import { globSample } from '../glob.ts';
import { principalForm } from '../principalForm.ts';
import { PRINCIPAL_ARN } from '../principals.ts';
import type { Context, Hit, PolicyRule } from './context.ts';

const PUT = 'kms:PutKeyPolicy';
const PUTTING = setOf([PUT]);
const SAFETY_CHECK = 'AWS KMS Developer Guide, "Default key policy"; PutKeyPolicy: the policy lockout safety check';
const LOCKOUT_TEXT = 'The new key policy will not allow you to update the key policy in the future.';
const DEFAULT_STATEMENT = (root: string): object => ({
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: root },
  Action: 'kms:*',
  Resource: '*',
});

/** Whether a principal of the key's account can change the policy again. IAM permissions count as given. */
function canPut({ abilities, world }: Context, arn: string): Certain {
  if (world.missing?.some((gone) => gone === arn || arn.endsWith(`/${gone}`))) return false;
  return able(abilities(PUT).of(arn));
}

function inAccount({ key }: Context, arn: string): boolean {
  return arn.split(':')[4] === key.accountId;
}

const applierLockedOut: PolicyRule = {
  on: 'policy',
  code: 'APPLIER_LOCKED_OUT',
  severity: 'error',
  aws: 'MalformedPolicyDocumentException',
  title: 'The role that applies changes would lose kms:PutKeyPolicy',
  fix: "Keep the account's root statement with kms:*, or name the role in a statement that allows kms:PutKeyPolicy.",
  source: `${SAFETY_CHECK}: "${LOCKOUT_TEXT}"`,
  check: (context) => {
    const { applier } = context.guardians;
    // With the check switched off KMS would take it; then the next rule says so.
    if (!inAccount(context, applier) || context.request.bypass === true || canPut(context, applier) !== false)
      return [];
    const message = `${quote(applier)} applies the changes and could not call ${PUT} any more. KMS would answer: ${LOCKOUT_TEXT}`;
    return [{ path: '', message }];
  },
};

const applierMayBeLockedOut: PolicyRule = {
  on: 'policy',
  code: 'APPLIER_MAY_BE_LOCKED_OUT',
  severity: 'error',
  title: 'Whether the role that applies changes keeps kms:PutKeyPolicy is not certain',
  fix: 'Allow kms:PutKeyPolicy to it without a condition, and except it from every Deny of kms:PutKeyPolicy.',
  source: 'Countersign: every later change, also the way back, goes through this role',
  check: (context) => {
    const { applier } = context.guardians;
    const ability = inAccount(context, applier) ? canPut(context, applier) : true;
    if (ability === true || (ability === false && context.request.bypass !== true)) return [];
    const why =
      ability === false
        ? 'could not call it any more'
        : 'could call it only under conditions that cannot be decided here';
    return [{ path: '', message: `${quote(applier)} applies the changes by ${PUT} and ${why}.` }];
  },
};

const applierCannotRead: PolicyRule = {
  on: 'policy',
  code: 'APPLIER_CANNOT_READ',
  severity: 'error',
  title: 'The role that applies changes would not surely keep kms:GetKeyPolicy',
  fix: 'Allow kms:GetKeyPolicy to it without a condition, and except it from every Deny of kms:GetKeyPolicy.',
  source:
    'Countersign: what cannot be read back cannot be told to have been applied, and no later change could be compared',
  check: (context) => {
    const { applier } = context.guardians;
    if (!inAccount(context, applier) || able(context.abilities('kms:GetKeyPolicy').of(applier)) === true) return [];
    return [{ path: '', message: `${quote(applier)} applies the changes and could not surely read the policy again.` }];
  },
};

const breakGlassLockedOut: PolicyRule = {
  on: 'policy',
  code: 'BREAK_GLASS_LOCKED_OUT',
  severity: 'error',
  title: 'A role for emergencies would lose kms:PutKeyPolicy',
  fix: "Keep the account's root statement with kms:*, or name the role in a statement that allows kms:PutKeyPolicy.",
  source: 'Countersign: a way to change the policy must be left when the workflow itself fails',
  check: (context) =>
    context.guardians.breakGlass
      .filter((arn) => inAccount(context, arn) && canPut(context, arn) !== true)
      .map((arn) => ({
        path: '',
        message: `${quote(arn)} is a role for emergencies and could not surely call ${PUT} any more.`,
      })),
};

/**
 * Those who may be able to change the policy beside the applier: roles for emergencies, a role that the document does not name,
 * which IAM policies may empower, then the users and roles that it names, and one for each pattern on aws:PrincipalArn.
 */
function* candidates({ guardians: { breakGlass }, key, statements }: Context): Iterable<string> {
  yield* breakGlass;
  yield `arn:${partitionOf(key)}:iam::${key.accountId}:role/countersign-any-other-role`;
  for (const { principals, conditions } of statements) {
    for (const { id } of principals) yield id;
    for (const { test, values } of conditions) {
      if (test.lowerKey === PRINCIPAL_ARN) yield* values.map((value) => globSample(value, 'x'));
    }
  }
}

function isIdentityOf(arn: string, account: string): boolean {
  const form = principalForm({ kind: 'AWS', id: arn });
  return (form.type === 'user' || form.type === 'role') && form.account === account;
}

const OTHERS = new WeakMap<Context, { able: Certain }>();

/** Whether any user or role of the account but the applier can change the policy again; worked out once for each document. */
function others(context: Context): Certain {
  const known = OTHERS.get(context);
  if (known !== undefined) return known.able;
  let best: Certain = false;
  const { guardians, key } = context;
  const seen = new Set([guardians.applier]);
  for (const arn of candidates(context)) {
    // Most often the first is able: the others are not even listed then.
    if (seen.has(arn) || !isIdentityOf(arn, key.accountId)) continue;
    seen.add(arn);
    const one = canPut(context, arn);
    if (one === true || (one === undefined && context.abilities(PUT).ceiling !== true)) {
      best = one;
      break;
    }
    if (one === undefined) best = undefined;
  }
  OTHERS.set(context, { able: best });
  return best;
}

const nobodyElse: PolicyRule = {
  on: 'policy',
  code: 'NOBODY_BUT_APPLIER',
  severity: 'error',
  title: 'Nobody but the role that applies changes could change the policy',
  fix: "Keep the account's root statement with kms:*, or name an administrator role.",
  source: 'Countersign: KMS checks its caller alone, and nobody could help when this workflow fails',
  check: (context) =>
    others(context) === false
      ? [
          {
            path: '',
            message: `No user or role of account ${context.key.accountId} but the applier could call ${PUT}; only AWS Support could help then.`,
          },
        ]
      : [],
};

const administratorsConditional: PolicyRule = {
  on: 'policy',
  code: 'ADMINISTRATORS_CONDITIONAL',
  severity: 'warning',
  title: 'Everyone who could change the policy by hand can do so only under conditions',
  fix: 'Make sure that the conditions can be met in an emergency.',
  source: 'Countersign: conditions on networks, sessions or tags can lock out everyone at once',
  check: (context) =>
    others(context) === undefined
      ? [
          {
            path: '',
            message: `Apart from the applier, every user and role can call ${PUT} only under conditions that cannot be decided here.`,
          },
        ]
      : [],
};

const noAccountRoot: PolicyRule = {
  on: 'policy',
  code: 'NO_ACCOUNT_ROOT',
  severity: 'warning',
  title: "No statement enables the account's IAM policies; if those named are deleted, only AWS Support can help",
  fix: 'Add the statement of the default key policy for the root of the account.',
  source: 'AWS KMS Developer Guide, "Default key policy": Allows access to the AWS account and enables IAM policies',
  check: ({ statements, key, node }): Hit[] => {
    const root = rootArn(key.accountId, key);
    const enables = statements.some(
      ({ statement, principals, operations }) =>
        statement.effect === 'Allow' &&
        !statement.notPrincipal &&
        statement.conditions.length === 0 &&
        principals.some(({ id, kind }) => kind === 'AWS' && (id === root || id === '*')) &&
        !isEmpty(intersection(operations, PUTTING)),
    );
    if (enables) return [];
    const list = node.members.find(({ name }) => name.value === 'Statement')?.value;
    const message = `No statement allows ${PUT} to ${root} without conditions, so no IAM policy of the account counts for it.`;
    if (list?.kind !== 'array') return [{ path: '', message }];
    return [{ path: '', message, patch: [{ op: 'add', path: '/Statement/0', value: DEFAULT_STATEMENT(root) }] }];
  },
};

export const LOCKOUT_RULES: readonly PolicyRule[] = [
  applierLockedOut,
  applierMayBeLockedOut,
  applierCannotRead,
  breakGlassLockedOut,
  nobodyElse,
  administratorsConditional,
  noAccountRoot,
];
