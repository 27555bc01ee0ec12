import * as z from 'zod/mini';

/**
 * The detail of an event `AWS API Call via CloudTrail` about PutKeyPolicy or CreateKey, as far as it is read. `requestParameters`
 * carry the policy text as it was sent; `resources` name the key by its ARN whatever the caller called it.
 * https://docs.aws.amazon.com/kms/latest/developerguide/ct-put-key-policy.html
 */
const detail = z.object({
  eventID: z.string(),
  eventName: z.enum(['PutKeyPolicy', 'CreateKey']),
  eventTime: z.string().check(z.refine((value) => !Number.isNaN(Date.parse(value)))),
  /** Only where KMS refused. */
  errorCode: z.optional(z.string()),
  userIdentity: z.object({
    arn: z.optional(z.string()),
    /** Instead of an ARN, where a service of AWS calls. */
    invokedBy: z.optional(z.string()),
    sessionContext: z.optional(z.object({ sessionIssuer: z.optional(z.object({ arn: z.optional(z.string()) })) })),
  }),
  requestParameters: z.optional(z.nullable(z.object({ policy: z.optional(z.nullable(z.string())) }))),
  resources: z.optional(z.array(z.object({ ARN: z.string() }))),
});

/** A write of a key's policy that KMS took, as CloudTrail tells it. */
export interface TrailWrite {
  eventId: string;
  eventName: 'PutKeyPolicy' | 'CreateKey';
  keyArn: string;
  /** ISO 8601, UTC. CloudTrail tells whole seconds. */
  writtenAt: string;
  caller: string;
  /** The role behind the session, if it was one. */
  role?: string;
  policy?: string;
}

const KEY_ARN = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;

/** What an event tells; `refused` when KMS had said no, undefined when it cannot be read. */
export function readTrail(given: unknown): TrailWrite | 'refused' | undefined {
  const parsed = detail.safeParse(given);
  if (!parsed.success) return undefined;
  const { errorCode, eventID, eventName, eventTime, userIdentity, requestParameters, resources } = parsed.data;
  if (errorCode !== undefined) return 'refused';
  const keyArn = resources?.map(({ ARN }) => ARN).find((arn) => KEY_ARN.test(arn));
  if (keyArn === undefined) return undefined;
  const role = userIdentity.sessionContext?.sessionIssuer?.arn;
  const policy = requestParameters?.policy;
  return {
    eventId: eventID,
    eventName,
    keyArn,
    writtenAt: new Date(eventTime).toISOString(),
    caller: userIdentity.arn ?? userIdentity.invokedBy ?? 'unknown',
    ...(role === undefined ? {} : { role }),
    ...(policy === undefined || policy === null ? {} : { policy }),
  };
}
