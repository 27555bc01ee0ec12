import { roleOf } from './iam/principals.ts';
import type { Iam } from './iam.ts';
import type { AwsRequest, AwsResponse, AwsService } from './types.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

class StsError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** STS in the AWS query protocol (form in, XML out): GetCallerIdentity and AssumeRole. */
export function openSts({ iam }: { iam: Iam }): AwsService {
  return {
    async handle(request) {
      try {
        const form = new URLSearchParams(request.body.toString('utf8'));
        const operation = form.get('Action') ?? request.operation;
        if (operation === 'GetCallerIdentity') return answer(operation, callerIdentity(iam, request));
        if (operation === 'AssumeRole') return answer(operation, assumeRole(iam, request, form));
        throw new StsError(400, 'InvalidAction', `Could not find operation ${operation} for version 2011-06-15`);
      } catch (error) {
        if (error instanceof StsError) return refuse(error);
        throw error;
      }
    },
    close: async () => {},
  };
}

function callerIdentity(iam: Iam, { caller }: AwsRequest): string {
  return element('Arn', caller.arn) + element('UserId', iam.userIdOf(caller)) + element('Account', caller.accountId);
}

function assumeRole(iam: Iam, { caller }: AwsRequest, form: URLSearchParams): string {
  const roleArn = form.get('RoleArn') ?? '';
  const name = form.get('RoleSessionName') ?? '';
  const seconds = Number(form.get('DurationSeconds') ?? 3600);
  if (roleOf(roleArn) === undefined) throw new StsError(400, 'ValidationError', `${roleArn} is invalid`);
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) throw invalid('roleSessionName', name);
  if (!Number.isInteger(seconds) || seconds < 900 || seconds > 43_200) {
    throw invalid('durationSeconds', form.get('DurationSeconds') ?? '');
  }
  // A role that does not exist and one that may not be assumed look alike to the caller.
  if (!iam.world.exists(roleArn) || !caller.allows('sts:AssumeRole', roleArn)) {
    throw new StsError(
      403,
      'AccessDenied',
      `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    );
  }
  const session = iam.assume(roleArn, name, seconds);
  const user = element('AssumedRoleId', session.userId) + element('Arn', session.arn);
  const credentials =
    element('AccessKeyId', session.accessKeyId) +
    element('SecretAccessKey', session.secretAccessKey) +
    element('SessionToken', session.sessionToken) +
    element('Expiration', session.expiration.toISOString());
  return `<AssumedRoleUser>${user}</AssumedRoleUser><Credentials>${credentials}</Credentials>`;
}

function invalid(member: string, value: string): StsError {
  return new StsError(
    400,
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint`,
  );
}

function answer(operation: string, result: string): AwsResponse {
  return xml(
    200,
    `<${operation}Response xmlns="${NAMESPACE}"><${operation}Result>${result}</${operation}Result>${metadata()}</${operation}Response>`,
  );
}

function refuse({ status, code, message }: StsError): AwsResponse {
  const error = element('Type', 'Sender') + element('Code', code) + element('Message', message);
  return xml(status, `<ErrorResponse xmlns="${NAMESPACE}"><Error>${error}</Error>${requestId()}</ErrorResponse>`);
}

function metadata(): string {
  return `<ResponseMetadata>${requestId()}</ResponseMetadata>`;
}

function requestId(): string {
  return element('RequestId', crypto.randomUUID());
}

function xml(status: number, body: string): AwsResponse {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

function element(name: string, text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<${name}>${escaped}</${name}>`;
}
