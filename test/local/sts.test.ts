import { GetKeyPolicyCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SEEDS, seedEntries } from '../../local/seed.ts';
import { type LocalAws, startAws } from './aws.ts';

const WORKER = 'arn:aws:iam::111122223333:role/worker';
let aws: LocalAws;
beforeEach(async () => {
  aws = await startAws({ seeds: seedEntries(), roles: [{ name: 'worker', arn: WORKER, statements: [] }] });
});
afterEach(() => aws.stop());

async function call(form: Record<string, string>, accessKeyId = 'test') {
  const response = await fetch(aws.url, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261124/us-east-1/sts/aws4_request` },
    body: new URLSearchParams({ Version: '2011-06-15', ...form }),
  });
  const text = await response.text();
  const field = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  return { status: response.status, text, field };
}

describe('GetCallerIdentity', () => {
  test('any key that is nobody else’s is the administrator', async () => {
    const { field, text } = await call({ Action: 'GetCallerIdentity' });
    expect(field('Arn')).toBe('arn:aws:sts::111122223333:assumed-role/Admin/local');
    expect(field('Account')).toBe('111122223333');
    expect(field('UserId')).toMatch(/^AROA[A-Z0-9]{17}:local$/);
    expect(text).toContain('<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">');
  });

  test('the key of a role is that role', async () => {
    const { field } = await call({ Action: 'GetCallerIdentity' }, aws.iam.accessKeyFor('worker').accessKeyId);
    expect(field('Arn')).toBe('arn:aws:sts::111122223333:assumed-role/worker/local');
  });
});

describe('AssumeRole', () => {
  const assume = (form: Record<string, string> = {}) =>
    call({ Action: 'AssumeRole', RoleArn: WORKER, RoleSessionName: 'build-7', ...form });

  test('gives keys that are the role and have its permissions, also after a restart', async () => {
    const { field } = await assume({ DurationSeconds: '900' });
    const credentials = {
      accessKeyId: field('AccessKeyId') ?? '',
      secretAccessKey: field('SecretAccessKey') ?? '',
      sessionToken: field('SessionToken') ?? '',
    };
    expect(field('Arn')).toBe('arn:aws:sts::111122223333:assumed-role/worker/build-7');
    expect(Date.parse(field('Expiration') ?? '')).toBeGreaterThan(Date.now());
    const identity = await call({ Action: 'GetCallerIdentity' }, credentials.accessKeyId);
    expect(identity.field('Arn')).toBe('arn:aws:sts::111122223333:assumed-role/worker/build-7');
    const KeyId = SEEDS[0]?.keyId;
    await expect(aws.client({ ...credentials }).send(new GetKeyPolicyCommand({ KeyId }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    const again = await startAws({ dataDir: aws.dataDir });
    expect(again.iam.keyOf(credentials.accessKeyId)).toEqual(credentials);
    await again.stop();
  });

  test('two sessions of one name have keys of their own', async () => {
    const [first, second] = [await assume(), await assume()];
    expect(first.field('AccessKeyId')).not.toBe(second.field('AccessKeyId'));
  });

  test('a session that ended is refused', async () => {
    const session = aws.iam.assume(WORKER, 'past', -1);
    expect(await call({ Action: 'GetCallerIdentity' }, session.accessKeyId)).toMatchObject({ status: 403 });
    expect(aws.iam.keyOf(session.accessKeyId)).toBeUndefined();
  });

  test.each([
    [{ RoleArn: 'arn:aws:iam::111122223333:user/x' }, 400, 'ValidationError'],
    [{ RoleSessionName: 'a' }, 400, 'ValidationError'],
    [{ RoleSessionName: 'with space' }, 400, 'ValidationError'],
    [{ DurationSeconds: '899' }, 400, 'ValidationError'],
    [{ DurationSeconds: 'soon' }, 400, 'ValidationError'],
    [{ Action: 'GetFederationToken' }, 400, 'InvalidAction'],
  ])('%o is refused', async (form, status, code) => {
    const response = await assume(form as Record<string, string>);
    expect([response.status, response.field('Code')]).toEqual([status, code]);
  });

  test('a role that does not exist, and a caller who may not, are denied alike', async () => {
    const worker = aws.iam.accessKeyFor('worker').accessKeyId;
    const form = { Action: 'AssumeRole', RoleArn: 'arn:aws:iam::111122223333:role/Gone', RoleSessionName: 'session' };
    expect(await call(form, worker)).toMatchObject({ status: 403 });
    await aws.put('/_iam/world', { missing: ['arn:aws:iam::111122223333:role/Gone'] });
    const denied = await call(form);
    expect([denied.status, denied.field('Code')]).toEqual([403, 'AccessDenied']);
  });
});
