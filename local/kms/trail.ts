import { randomUUID } from 'node:crypto';
import type { Caller } from '../types.ts';

/** An event of CloudTrail as EventBridge delivers it. */
export interface TrailEvent {
  version: '0';
  id: string;
  'detail-type': 'AWS API Call via CloudTrail';
  source: 'aws.kms';
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** One call that CloudTrail tells of. */
export interface Call {
  eventName: 'PutKeyPolicy' | 'CreateKey';
  keyArn: string | null;
  keyId: string;
  policy: string | undefined;
  /** ISO 8601. */
  at: string;
  /** The error's name, where KMS refused. */
  errorCode?: string;
  bypass: boolean;
}

/** What CloudTrail tells of a call: whole seconds, the policy as it was sent. https://docs.aws.amazon.com/kms/latest/developerguide/ct-put-key-policy.html */
export function trailEvent(call: Call, caller: Caller, region: string): TrailEvent {
  const { eventName, keyArn, keyId, policy, errorCode, bypass } = call;
  const { accountId } = caller;
  const time = call.at.replace(/\.\d+Z$/, 'Z');
  const key = keyArn === null ? [] : [{ accountId, type: 'AWS::KMS::Key', ARN: keyArn }];
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.kms',
    account: accountId,
    time,
    region,
    resources: [],
    detail: {
      eventVersion: '1.08',
      userIdentity: identityOf(caller),
      eventTime: time,
      eventSource: 'kms.amazonaws.com',
      eventName,
      awsRegion: region,
      sourceIPAddress: '127.0.0.1',
      ...(errorCode === undefined ? {} : { errorCode }),
      requestParameters: {
        ...(eventName === 'PutKeyPolicy' ? { keyId, policyName: 'default' } : {}),
        ...(policy === undefined ? {} : { policy }),
        bypassPolicyLockoutSafetyCheck: bypass,
      },
      responseElements: null,
      requestID: randomUUID(),
      eventID: randomUUID(),
      readOnly: false,
      resources: key,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: accountId,
      eventCategory: 'Management',
    },
  };
}

function identityOf({ arn, principal, accountId }: Caller): Record<string, unknown> {
  if (!arn.includes(':assumed-role/')) return { type: 'IAMUser', arn, accountId, userName: arn.split('/').at(-1) };
  const userName = principal.split('/').at(-1);
  return {
    type: 'AssumedRole',
    arn,
    accountId,
    sessionContext: { sessionIssuer: { type: 'Role', arn: principal, accountId, userName } },
  };
}
