import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Edge } from '../../local/edge.ts';
import type { AwsRequest, AwsService } from '../../local/types.ts';
import { edgeWith } from './support/edge.ts';

let edge: Edge;
let seen: { service: string; request: AwsRequest }[];

function service(name: string): AwsService {
  return {
    handle: async (received) => {
      seen.push({ service: name, request: received });
      if (received.operation === 'Break') throw new Error('broken');
      return { status: 200, body: `${name} ${received.operation}` };
    },
    close: async () => {},
  };
}

beforeEach(async () => {
  seen = [];
  edge = await edgeWith({
    kms: service('kms'),
    states: service('states'),
    sts: service('sts'),
    iamApi: service('iamApi'),
    ses: service('ses'),
    slack: service('slack'),
    dynamodb: service('dynamodb'),
  });
});

afterEach(() => edge.close());

const signed = {
  authorization: 'AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0',
};
const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

function call(path: string, headers: Record<string, string>, body = '{}', method = 'POST'): Promise<Response> {
  return fetch(`${edge.url}${path}`, {
    method,
    headers: { ...signed, ...headers },
    ...(method === 'GET' ? {} : { body }),
  });
}

describe('the edge', () => {
  it.each([
    ['kms', 'PutKeyPolicy', '/', { 'x-amz-target': 'TrentService.PutKeyPolicy' }, '{}', 'POST'],
    ['states', 'StartExecution', '/', { 'x-amz-target': 'AWSStepFunctions.StartExecution' }, '{}', 'POST'],
    ['dynamodb', 'GetItem', '/', { 'x-amz-target': 'DynamoDB_20120810.GetItem' }, '{}', 'POST'],
    ['sts', 'GetCallerIdentity', '/', form, 'Action=GetCallerIdentity&Version=2011-06-15', 'POST'],
    ['sts', 'GetCallerIdentity', '/?Action=GetCallerIdentity&Version=2011-06-15', {}, '', 'GET'],
    ['iamApi', 'GetRole', '/', form, 'Action=GetRole&Version=2010-05-08&RoleName=x', 'POST'],
    ['ses', '', '/v2/email/outbound-emails', {}, '{}', 'POST'],
    ['ses', '', '/_aws/ses?id=1', {}, '', 'GET'],
    ['slack', '', '/_slack/api/chat.postMessage', {}, '{}', 'POST'],
    ['kms', '', '/_kms/journal', {}, '', 'GET'],
  ])('finds %s for %s at %s', async (name, operation, path, headers, body, method) => {
    const response = await call(path, headers as Record<string, string>, body, method);
    expect(await response.text()).toBe(`${name} ${operation}`);
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    const own = path.startsWith('/_') ? 'admin' : 'KEY';
    expect(seen[0]?.request.caller.principal).toBe(`arn:aws:iam::111122223333:user/${own}`);
  });

  it('answers what no service has with UnknownOperationException', async () => {
    for (const response of [
      await call('/', { 'x-amz-target': 'Logs_20140328.PutLogEvents' }),
      await call('/bucket/key', {}, 'x', 'PUT'),
      await call('/', { 'x-amz-target': 'toString.call' }),
    ]) {
      expect(response.status).toBe(400);
      expect(response.headers.get('x-amzn-errortype')).toBe('UnknownOperationException');
      expect(await response.json()).toMatchObject({ __type: 'UnknownOperationException' });
    }
    expect(seen).toEqual([]);
  });

  it('says what it is', async () => {
    const response = await fetch(edge.url);
    expect(await response.json()).toMatchObject({ services: expect.arrayContaining(['kms', 'dynamodb']) });
  });

  it('asks IAM who calls before any service hears of it', async () => {
    const response = await call('/', { authorization: '', 'x-amz-target': 'TrentService.ListKeys' });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
    expect(seen).toEqual([]);
  });

  it('does not listen to a name that only happens to point here', async () => {
    const status = (host: string) =>
      new Promise((done, fail) => {
        const { port } = new URL(edge.url);
        request({ host: '127.0.0.1', port, path: '/', headers: { host } }, (response) => {
          response.resume();
          done(response.statusCode);
        })
          .on('error', fail)
          .end();
      });
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80', '10.0.0.1']) {
      expect(await status(host), host).toBe(403);
    }
    for (const host of ['localhost:4566', '127.0.0.1', '[::1]:4566', 'sfn.localhost']) {
      expect(await status(host), host).toBe(200);
    }
  });

  it('takes a body of 16 MB and no more', async () => {
    const target = { 'x-amz-target': 'DynamoDB_20120810.BatchWriteItem' };
    expect((await call('/', target, 'x'.repeat(16 * 1024 * 1024))).status).toBe(200);
    const tooLarge = call('/', target, 'x'.repeat(16 * 1024 * 1024 + 1)).then(({ status }) => status);
    expect(await tooLarge).toBe(413);
    expect(seen).toHaveLength(1);
  });

  it('answers 500 when a service breaks, and goes on', async () => {
    const broken = await call('/', { 'x-amz-target': 'TrentService.Break' });
    expect([broken.status, broken.headers.get('x-amzn-errortype')]).toEqual([500, 'InternalFailure']);
    expect((await call('/', { 'x-amz-target': 'TrentService.ListKeys' })).status).toBe(200);
  });
});
