import { readFileSync } from 'node:fs';
import {
  CreateKeyCommand,
  GetKeyPolicyCommand,
  type KeySpec,
  type KeyUsageType,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import { afterEach, describe, expect, test } from 'vitest';
import type { IamRole } from '../../local/iam.ts';
import { type LocalAws, startAws } from './aws.ts';

interface Vector {
  id: string;
  policy: unknown;
  key: {
    manager: string;
    state: string;
    spec: string;
    usage: string;
    accountId: string;
    multiRegion?: boolean | string;
  };
  expect: 'accept' | 'reject' | 'warn';
  code: string | null;
  message?: string;
  caller?: { arn: string; iamAllows?: string[] };
  request?: { KeyId?: string; PolicyName?: string | null; BypassPolicyLockoutSafetyCheck?: boolean };
  world?: { missing?: string[]; ids?: Record<string, string> };
  readBack?: { Principal: unknown };
  generate?: { kind: string; bytes?: number; minifiedBytes?: number; char?: string; count?: number };
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/kms.json', import.meta.url), 'utf8')) as Vector[];
const REGION = 'us-west-2';

describe('every vector of the rules, over the wire', () => {
  let aws: LocalAws | undefined;
  afterEach(() => aws?.stop());

  test.each(vectors.map((vector) => [vector.id, vector] as const))('%s', async (_id, vector) => {
    const role = roleOf(vector);
    aws = await startAws({ region: REGION, roles: role === undefined ? [] : [role] });
    const keyId = await makeKey(aws, vector);
    await aws.put('/_iam/world', { missing: vector.world?.missing ?? [], ids: vector.world?.ids ?? {} });
    const client = callerOf(aws, vector);
    const put = client.send(
      new PutKeyPolicyCommand({
        KeyId: vector.request?.KeyId ?? keyId,
        Policy: policyOf(vector),
        ...(typeof vector.request?.PolicyName === 'string' ? { PolicyName: vector.request.PolicyName } : {}),
        ...(vector.request?.BypassPolicyLockoutSafetyCheck === undefined
          ? {}
          : { BypassPolicyLockoutSafetyCheck: vector.request.BypassPolicyLockoutSafetyCheck }),
      }),
    );
    if (vector.expect === 'reject') {
      const expected = { name: vector.code, ...(vector.message === undefined ? {} : { message: vector.message }) };
      await expect(put).rejects.toMatchObject(expected);
    } else {
      await expect(put).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
    }
    if (vector.readBack !== undefined) {
      const { Policy = '' } = await aws.client().send(new GetKeyPolicyCommand({ KeyId: keyId }));
      const { Statement } = JSON.parse(Policy) as { Statement: { Principal: unknown }[] };
      expect(Statement.at(-1)?.Principal).toEqual(vector.readBack.Principal);
    }
    const { puts } = (await aws.get('/_kms/journal')) as { puts: { result: string; policy: string }[] };
    expect(puts).toMatchObject([{ result: vector.expect === 'reject' ? vector.code : 'ok', policy: policyOf(vector) }]);
  });
});

/** The caller's role with the IAM permissions that the vector gives it; without `iamAllows` it is an administrator. */
function roleOf({ caller }: Vector): IamRole | undefined {
  if (caller?.iamAllows === undefined) return undefined;
  const name = caller.arn.split('/')[1] ?? '';
  const statements = caller.iamAllows.map((Action) => ({ Effect: 'Allow' as const, Action, Resource: '*' }));
  return { name, arn: `arn:aws:iam::111122223333:role/${name}`, statements };
}

function callerOf(aws: LocalAws, { caller }: Vector) {
  if (caller === undefined) return aws.client();
  const [, name = '', session = 'session'] = caller.arn.split('/');
  return aws.client(aws.iam.assume(`arn:aws:iam::111122223333:role/${name}`, session));
}

async function makeKey(aws: LocalAws, { key, caller, code }: Vector): Promise<string> {
  const owner = `arn:aws:iam::${key.accountId}:role/Owner`;
  const { KeyMetadata } = await aws.client(aws.iam.assume(owner, 'session')).send(
    new CreateKeyCommand({
      KeySpec: key.spec as KeySpec,
      KeyUsage: key.usage as KeyUsageType,
      MultiRegion: key.multiRegion !== undefined,
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: currentStatements() }),
    }),
  );
  const keyId = KeyMetadata?.KeyId ?? '';
  const kind = { KeyState: key.state, KeyManager: key.manager };
  await aws.put(
    `/_kms/keys/${keyId}`,
    key.multiRegion === 'REPLICA' ? { ...kind, MultiRegionKeyType: 'REPLICA' } : kind,
  );
  return keyId;

  // Unless the vector is about access denied, the refusal must come from the new document: the old one lets the caller put.
  function currentStatements() {
    const root = `arn:aws:iam::${key.accountId}:root`;
    const allow = (AWS: string) => ({ Effect: 'Allow', Principal: { AWS }, Action: 'kms:*', Resource: '*' });
    if (caller === undefined || code === 'AccessDeniedException') return [allow(root)];
    return [allow(root), allow(`arn:aws:iam::111122223333:role/${caller.arn.split('/')[1]}`)];
  }
}

function policyOf({ policy, generate }: Vector): string {
  if (generate === undefined) return typeof policy === 'string' ? policy : JSON.stringify(policy);
  const withSid = (Sid: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid,
          Effect: 'Allow',
          Principal: { AWS: 'arn:aws:iam::111122223333:root' },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    });
  const padded = (bytes: number) => withSid('a'.repeat(bytes - Buffer.byteLength(withSid(''))));
  switch (generate.kind) {
    case 'padSid':
      return padded(generate.bytes ?? 0);
    case 'padWhitespace': {
      const text = padded(generate.minifiedBytes ?? 0);
      return text + ' '.repeat((generate.bytes ?? 0) - Buffer.byteLength(text));
    }
    case 'padSidWith':
      return withSid((generate.char ?? '').repeat(generate.count ?? 0));
    default:
      throw new Error(`the vectors have a new kind to generate: ${generate.kind}`);
  }
}
