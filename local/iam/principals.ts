/** The partition, account and Region that stand behind the edge port. */
export const PARTITION = 'aws';
export const ACCOUNT_ID = '111122223333';
export const REGION = 'us-east-1';

/** Who calls when the access key is none of ours: the AWS CLI, a test, a person with a terminal. */
export const ADMIN_ROLE_ARN = `arn:${PARTITION}:iam::${ACCOUNT_ID}:role/Admin`;

/**
 * Roles of pipelines, with fixed keys for the `/iam` routes. Their IAM policy allows `execute-api:Invoke` and nothing else.
 * The access key id and secret of each are those of `accessKeyOf(name)`; docs and the start guide print them.
 * `ci-deployer` and `ci-auditor` are there to be mapped to a person in the rules file, `ci-stranger` to be refused.
 */
export const PIPELINE_ROLES = ['ci-deployer', 'ci-auditor', 'ci-stranger'] as const;

/** A role as its sessions show it; undefined for anything that is no role ARN. The path is not part of a session's ARN. */
export function roleOf(arn: string): { accountId: string; name: string } | undefined {
  const match = /^arn:aws:iam::([0-9]{12}):role\/(?:[\x21-\x7e]+\/)?([\w+=,.@-]{1,64})$/.exec(arn);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { accountId: match[1], name: match[2] };
}

/** `arn:aws:sts::111122223333:assumed-role/Role/session` */
export function sessionArn(roleArn: string, sessionName: string): string {
  const role = roleOf(roleArn);
  if (role === undefined) throw new Error(`${roleArn} is no role`);
  return `arn:${PARTITION}:sts::${role.accountId}:assumed-role/${role.name}/${sessionName}`;
}
