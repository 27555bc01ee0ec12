import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFixtureService } from '../fixtures/openService.ts';

let service: Awaited<ReturnType<typeof openFixtureService>>;
beforeAll(async () => {
  process.env.AWS_PROFILE = 'production';
  process.env.SOME_SECRET_OF_THE_SHELL = 'x';
  service = await openFixtureService();
});
afterAll(async () => {
  delete process.env.AWS_PROFILE;
  await service.close();
});

const invoke = (key: string, event: unknown = {}) => service.lambdas.invoke(key, event);

it('gives a function its own environment, its role, and nothing of the machine', async () => {
  const result = await invoke('environment');
  if (!result.ok) throw new Error(result.errorMessage);
  const { env, functionName, invokedFunctionArn, awsRequestId, remaining } = result.payload as {
    env: Record<string, string>;
    functionName: string;
    invokedFunctionArn: string;
    awsRequestId: string;
    remaining: number;
  };
  const key = service.iam.accessKeyFor('fixture-other');
  expect(env).toMatchObject({
    OWN: 'yes-mine',
    GREETING: 'hello',
    TABLE: 'fixture-test',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_LAMBDA_FUNCTION_NAME: 'fixture-test-environment',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
  expect(env.AWS_SHARED_CREDENTIALS_FILE).toBe(env.AWS_CONFIG_FILE);
  for (const name of ['AWS_PROFILE', 'SOME_SECRET_OF_THE_SHELL', 'HOME', 'PATH']) expect(env).not.toHaveProperty(name);
  expect(functionName).toBe('fixture-test-environment');
  expect(invokedFunctionArn).toBe('arn:aws:lambda:us-east-1:111122223333:function:fixture-test-environment');
  expect(awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(remaining).toBeGreaterThan(0);
  expect(remaining).toBeLessThanOrEqual(5000);
});

it('keeps the variables of one function from the others of its role', async () => {
  const one = await invoke('echo');
  const answer = await invoke('answer', { body: '{"statusCode":204}' });
  expect(one.ok && answer.ok).toBe(true);
  const result = await invoke('environment');
  expect(result.ok && (result.payload as { env: Record<string, string> }).env.OWN).toBe('yes-mine');
});

it('writes what a function prints into the log, as JSON lines', async () => {
  await invoke('environment');
  await expect.poll(() => service.read('lambda.log')).toContain('{"message":"plain words"}');
  const lines = service.read('lambda.log').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toContainEqual({ level: 'INFO', message: 'a record' });
});

it('reports what was thrown by its name', async () => {
  expect(await invoke('fail')).toEqual({ ok: false, errorType: 'RuleBroken', errorMessage: 'the secret inside' });
  expect(service.read('lambda.log')).toContain('"function":"fail"');
});

it.each([
  ['missing', 'Runtime.ImportModuleError'],
  ['nobody', 'ResourceNotFoundException'],
])('says of %s that it is not there', async (key, errorType) => {
  expect(await invoke(key)).toMatchObject({ ok: false, errorType });
});

it('ends a function at its timeout, with everything that ran beside it, and starts afresh', async () => {
  await invoke('alive');
  const [slow] = await Promise.all([invoke('slow')]);
  expect(slow).toMatchObject({ ok: false, errorType: 'Sandbox.Timedout' });
  expect(slow).toMatchObject({ errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/) });
  expect(await invoke('alive')).toEqual({ ok: true, payload: 1 });
});

it('fails what a crash interrupted and starts afresh', async () => {
  expect(await invoke('crash')).toEqual({
    ok: false,
    errorType: 'RuleBroken',
    errorMessage: 'outside of any promise',
  });
  expect(await invoke('alive')).toEqual({ ok: true, payload: 1 });
});
