import { type Edge, startEdge } from '../../../local/edge.ts';
import type { AwsService, Caller } from '../../../local/types.ts';

export const ACCOUNT_ID = '111122223333';
export const REGION = 'us-east-1';

const absent: AwsService = {
  handle: async () => ({ status: 501, body: 'not part of this test' }),
  close: async () => {},
};

/** May do everything, except that access key `DENIED` may do nothing. */
function callerOf(accessKeyId: string): Caller {
  const arn = `arn:aws:iam::${ACCOUNT_ID}:user/${accessKeyId}`;
  return { arn, principal: arn, accountId: ACCOUNT_ID, allows: () => accessKeyId !== 'DENIED' };
}

/** An edge with these services behind it, and nothing behind the others. */
export function edgeWith(
  services: Partial<Record<'kms' | 'states' | 'sts' | 'iamApi' | 'ses' | 'slack' | 'dynamodb' | 's3', AwsService>>,
): Promise<Edge> {
  return startEdge({
    port: 0,
    services: {
      ...{ kms: absent, states: absent, sts: absent, iamApi: absent },
      ...{ ses: absent, slack: absent, dynamodb: absent, s3: absent },
      ...services,
      iam: {
        ...absent,
        admin: callerOf('admin'),
        callerOf({ authorization = '' }) {
          const accessKeyId = /Credential=([^/]+)\//.exec(authorization)?.[1];
          if (accessKeyId) return { ok: true, caller: callerOf(accessKeyId) };
          return {
            ok: false,
            status: 403,
            code: 'MissingAuthenticationTokenException',
            message: 'Missing Authentication Token',
          };
        },
      },
    },
  });
}

/** What every SDK client needs to talk to an edge. */
export function sdk(url: string, accessKeyId = 'test') {
  return { endpoint: url, region: REGION, credentials: { accessKeyId, secretAccessKey: 'test' }, maxAttempts: 1 };
}
