import type { IamStatement } from './iam/evaluate.ts';
import { roleOf } from './iam/principals.ts';
import type { Iam } from './iam.ts';
import { element, QueryError, queryService } from './query.ts';
import type { AwsRequest, AwsService } from './types.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** STS in the AWS query protocol (form in, XML out): GetCallerIdentity and AssumeRole. */
export function openSts({ iam }: { iam: Iam }): AwsService {
  return queryService(NAMESPACE, {
    GetCallerIdentity: (request) => callerIdentity(iam, request),
    AssumeRole: (request, form) => assumeRole(iam, request, form),
  });
}

function callerIdentity(iam: Iam, { caller }: AwsRequest): string {
  return element('Arn', caller.arn) + element('UserId', iam.userIdOf(caller)) + element('Account', caller.accountId);
}

function assumeRole(iam: Iam, { caller }: AwsRequest, form: URLSearchParams): string {
  const roleArn = form.get('RoleArn') ?? '';
  const name = form.get('RoleSessionName') ?? '';
  const seconds = Number(form.get('DurationSeconds') ?? 3600);
  if (roleOf(roleArn) === undefined) throw new QueryError(400, 'ValidationError', `${roleArn} is invalid`);
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) throw invalid('roleSessionName', name);
  if (!Number.isInteger(seconds) || seconds < 900 || seconds > 43_200) {
    throw invalid('durationSeconds', form.get('DurationSeconds') ?? '');
  }
  // A role that does not exist and one that may not be assumed look alike to the caller.
  const mayAssume =
    caller.allows('sts:AssumeRole', roleArn) && iam.trusts(roleArn, caller, form.get('ExternalId') ?? undefined);
  if (!iam.world.exists(roleArn) || !mayAssume) {
    throw new QueryError(
      403,
      'AccessDenied',
      `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    );
  }
  const session = iam.assume(roleArn, name, seconds, sessionPolicy(form));
  const user = element('AssumedRoleId', session.userId) + element('Arn', session.arn);
  const credentials =
    element('AccessKeyId', session.accessKeyId) +
    element('SecretAccessKey', session.secretAccessKey) +
    element('SessionToken', session.sessionToken) +
    element('Expiration', session.expiration.toISOString());
  return `<AssumedRoleUser>${user}</AssumedRoleUser><Credentials>${credentials}</Credentials>`;
}

/** The statements of the session policy, if there is one. */
function sessionPolicy(form: URLSearchParams): IamStatement[] | undefined {
  const policy = form.get('Policy');
  if (policy === null) return undefined;
  try {
    const { Statement } = JSON.parse(policy) as { Statement: IamStatement | IamStatement[] };
    return [Statement].flat();
  } catch {
    throw new QueryError(400, 'MalformedPolicyDocument', 'The session policy is no JSON policy');
  }
}

function invalid(member: string, value: string): QueryError {
  return new QueryError(
    400,
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint`,
  );
}
