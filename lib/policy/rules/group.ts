import { rootArn } from '../console/consolePrincipal.ts';
import { quote } from '../document/visible.ts';
import { groupPolicy } from '../externalPolicies.ts';
import type { Context, Hit, PolicyRule, StatementView } from './context.ts';
import { eachPrincipal, type PrincipalOf } from './eachPrincipal.ts';
import { without } from './principal.ts';

/** An IAM group as a principal, with both ways out that the documentation names. */
const principalGroup: PolicyRule = {
  on: 'policy',
  code: 'PRINCIPAL_GROUP',
  severity: 'error',
  aws: 'InvalidArnException',
  title: 'An IAM group is not a principal',
  fix: 'Name a role in its place; or attach an IAM policy to the group and let the key policy enable IAM policies of the account.',
  source: 'AWS KMS Developer Guide, "Changing a key policy": IAM groups are not valid principals; aws/aws-cdk #573',
  check: (context) => eachPrincipal(context, ['group'], (principal, view) => waysOut(context, view, principal)),
};

function waysOut(
  { key }: Context,
  { name, statement, principals }: StatementView,
  { id, path, form: { account } }: PrincipalOf<'group'>,
): Omit<Hit, 'path'> {
  const enabling = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: rootArn(account, key) },
    Action: account === key.accountId ? 'kms:*' : statement.actions,
    Resource: '*',
  };
  const fix = [
    `Either name a role that the members of ${id} assume, such as arn:aws:iam::${account}:role/NAME, in its place;`,
    'or attach the IAM policy below to the group, take the group out of the key policy, and see that the key policy has',
    `the statement below, which enables IAM policies of account ${account}.`,
  ].join(' ');
  return {
    message: `${name} names the IAM group ${quote(id)}; KMS takes accounts, roles and users, but no groups.`,
    fix,
    ...without(path, principals, statement),
    documents: [
      { title: `IAM policy for the group ${id}`, document: groupPolicy(id, statement.actions, key).document },
      { title: 'Key policy statement that enables IAM policies', document: enabling },
    ],
  };
}

export const GROUP_RULES: readonly PolicyRule[] = [principalGroup];
