import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFixtureService } from '../fixtures/openService.ts';

let service: Awaited<ReturnType<typeof openFixtureService>>;
beforeAll(async () => {
  service = await openFixtureService();
});
afterAll(() => service.close());

const call = (path: string, init?: RequestInit) => fetch(`${service.url}${path}`, init);
const eventOf = async (path: string, init?: RequestInit) =>
  (await (await call(path, init)).json()) as APIGatewayProxyEventV2;

/** With headers that fetch would not send. */
function raw(
  path: string,
  headers: Record<string, string | string[]>,
  method = 'GET',
): Promise<{ status: number; body: string }> {
  return new Promise((done, fail) => {
    const { port } = new URL(service.url);
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, setHost: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, body }));
    });
    request.on('error', fail).end();
  });
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data);
}

class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

it('keeps a connection for a minute', async () => {
  expect((await call('/open')).headers.get('keep-alive')).toBe('timeout=60');
});

describe('the event', () => {
  it('is payload format 2.0', async () => {
    const event = await eventOf('/open?a=1&b=x%20y&a=2&c=p+q', {
      headers: { 'X-Mixed': 'Kept', cookie: 'one=1; two=2' },
    });
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /open',
      rawPath: '/open',
      rawQueryString: 'a=1&b=x%20y&a=2&c=p+q',
      queryStringParameters: { a: '1,2', b: 'x y', c: 'p q' },
      cookies: ['one=1', 'two=2'],
      headers: { 'x-mixed': 'Kept', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' },
      isBase64Encoded: false,
      requestContext: {
        accountId: '111122223333',
        apiId: 'local',
        stage: '$default',
        routeKey: 'GET /open',
        http: { method: 'GET', path: '/open', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
      },
    });
    expect(event.requestContext.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(event.requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    expect(event.headers).not.toHaveProperty('cookie');
    expect(event.requestContext).not.toHaveProperty('authorizer');
    expect(event).not.toHaveProperty('body');
    expect(event).not.toHaveProperty('pathParameters');
  });

  it('joins a header that came twice', async () => {
    const host = new URL(service.url).host;
    const { body } = await raw('/open', { host, 'x-twice': ['a', 'b'] });
    expect(JSON.parse(body).headers['x-twice']).toBe('a,b');
  });

  it.each([
    ['application/json', '{"a":"é"}', false],
    ['application/json; charset=utf-8', '{}', false],
    ['text/plain', 'words', false],
    ['application/problem+json', '{}', false],
    ['application/x-www-form-urlencoded', 'a=b', true],
    ['application/octet-stream', 'bytes', true],
  ])('carries %s', async (type, body, isBase64Encoded) => {
    const event = await eventOf('/open', { method: 'POST', headers: { 'content-type': type }, body });
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(event.body).toBe(isBase64Encoded ? Buffer.from(body).toString('base64') : body);
  });

  it.each([
    ['/things/plain', 'GET /things/{id}', { id: 'plain' }],
    [
      '/things/arn:aws:kms:us-east-1:111122223333:alias',
      'GET /things/{id}',
      { id: 'arn:aws:kms:us-east-1:111122223333:alias' },
    ],
    ['/things/a%2Fparts%2Fb', 'GET /things/{id}/parts/{part}', { id: 'a', part: 'b' }],
    ['/files/alias%2Fpayments', 'GET /files/{rest+}', { rest: 'alias/payments' }],
    ['/things/a%20b+c/parts/%C3%A9', 'GET /things/{id}/parts/{part}', { id: 'a b+c', part: 'é' }],
    ['/things/special', 'GET /things/special', undefined],
    ['/files/a/b/c', 'GET /files/{rest+}', { rest: 'a/b/c' }],
  ])('%s is %s', async (path, routeKey, pathParameters) => {
    expect(await eventOf(path)).toMatchObject({ routeKey, ...(pathParameters && { pathParameters }) });
  });
});

describe('what has no route', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/nowhere'],
    ['GET', '/things'],
    ['GET', '/things/'],
    ['GET', '/things/a/b'],
    ['GET', '/things/a%2Fb'],
    ['DELETE', '/open'],
    ['OPTIONS', '/open'],
    ['GET', '/local/nothing'],
    ['GET', '/local/schedule/alive'],
    ['POST', '/local/schedule/echo'],
  ])('%s %s is not found', async (method, path) => {
    const response = await call(path, { method });
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('{"message":"Not Found"}');
  });

  it('HEAD is not GET', async () => {
    expect((await call('/open', { method: 'HEAD' })).status).toBe(404);
  });

  it('broken percent-encoding is a bad request', async () => {
    expect((await call('/things/%E0%A4%A')).status).toBe(400);
  });
});

describe('the answer', () => {
  const answer = (result: unknown) =>
    call('/answer', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(result) });

  it('is what the function says', async () => {
    const response = await answer({
      statusCode: 201,
      headers: { 'X-One': 'yes', 'content-length': '999', 'Transfer-Encoding': 'chunked', connection: 'upgrade' },
      cookies: ['a=1; HttpOnly', 'b=2'],
      body: 'made',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-one')).toBe('yes');
    expect(response.headers.get('transfer-encoding')).toBeNull();
    expect(response.headers.get('connection')).not.toBe('upgrade');
    expect(response.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
    expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect(response.headers.get('apigw-requestid')).toBeTruthy();
    expect(await response.text()).toBe('made');
  });

  it('may be base64', async () => {
    const response = await answer({ statusCode: 200, body: '/wD+', isBase64Encoded: true });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0xff, 0x00, 0xfe]));
  });

  it.each([
    [{ a: 1 }, '{"a":1}'],
    ['text', 'text'],
    [[1, 2], '[1,2]'],
    [null, 'null'],
  ])('%j without a status is a 200 of JSON', async (result, body) => {
    const response = await answer(result);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe(body);
  });

  it.each([
    [{ statusCode: 'many', body: '' }],
    [{ statusCode: 200, body: { not: 'text' } }],
    [{ statusCode: 200, headers: { a: { b: 1 } } }],
    [{ statusCode: 200, headers: { 'x-split': 'a\r\nset-cookie: b=1' } }],
  ])('%j is an error of the server', async (result) => {
    const response = await answer(result);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('tells nothing of what a function threw', async () => {
    const response = await call('/fail');
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
  });
});

describe('limits', () => {
  it('refuses more than 10 MB', async () => {
    const post = (size: number) =>
      call('/answer', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: `"${'x'.repeat(size - 2)}"` });
    expect((await post(10_000_000)).status).toBe(200);
    const response = await post(10_000_001);
    expect(response.status).toBe(413);
    expect(await response.text()).toBe('{"message":"Request Entity Too Large"}');
  });

  it.each(['evil.test', '127.0.0.1.evil.test', 'localhost.evil.test:80', 'evil.test:127', ''])(
    'refuses the host %j',
    async (host) => {
      expect((await raw('/open', { host })).status).toBe(403);
      expect((await raw('/local/token', { host }, 'POST')).status).toBe(403);
    },
  );

  it.each(['localhost', 'localhost:3000', '[::1]:80', '127.0.0.1'])('accepts the host %s', async (host) => {
    expect((await raw('/open', { host })).status).toBe(200);
  });
});

describe('aws_iam', () => {
  async function signed(role: string, { body = '{}', secret = '' } = {}): Promise<RequestInit> {
    const { accessKeyId, secretAccessKey } = service.iam.accessKeyFor(role);
    const signer = new SignatureV4({
      service: 'execute-api',
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey: secret || secretAccessKey },
      sha256: Sha256,
    });
    const { host, hostname, port } = new URL(service.url);
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: 'http:',
      hostname,
      port: Number(port),
      path: '/iam/echo',
      headers: { host, 'content-type': 'application/json' },
      body,
    });
    const { host: _, ...own } = headers;
    return { method: 'POST', headers: own, body };
  }

  it('tells who signed', async () => {
    const response = await call('/iam/echo', await signed('ci-deployer'));
    expect(response.status).toBe(200);
    const { requestContext } = (await response.json()) as {
      requestContext: { authorizer: { iam: Record<string, unknown> } };
    };
    const { iam } = requestContext.authorizer;
    expect(iam).toMatchObject({
      accountId: '111122223333',
      userArn: 'arn:aws:sts::111122223333:assumed-role/ci-deployer/local',
      accessKey: service.iam.accessKeyFor('ci-deployer').accessKeyId,
    });
    expect(iam.callerId).toBe(iam.userId);
    expect(iam.userId).toMatch(/^AROA.+:local$/);
  });

  it('refuses a missing signature, a wrong secret, another body, and a role that may not invoke', async () => {
    const refused = async (init: RequestInit) => {
      const response = await call('/iam/echo', init);
      expect(await response.text()).toBe('{"message":"Forbidden"}');
      expect(response.status).toBe(403);
    };
    await refused({ method: 'POST', body: '{}' });
    await refused(await signed('ci-deployer', { secret: 'wrong' }));
    await refused({ ...(await signed('ci-deployer')), body: '{"other":1}' });
    await refused(await signed('fixture-one'));
  });
});

describe('the access log', () => {
  it('has the format of serverless.yml and never the path', async () => {
    await call('/things/SECRET-TOKEN?q=SECRET-QUERY');
    await call('/nowhere/SECRET-TOKEN');
    const log = service.read('access.log');
    expect(log).toContain('{"routeKey":"GET /things/{id}","status":"200","nothing":"-"}\n');
    expect(log).toContain('{"routeKey":"-","status":"404","nothing":"-"}\n');
    expect(log).not.toContain('SECRET');
  });
});

describe('schedules', () => {
  it('ran once at the start and run when asked', async () => {
    const response = await call('/local/schedule/alive', { method: 'POST' });
    expect(response.status).toBe(200);
    const { ok, payload } = (await response.json()) as { ok: boolean; payload: number };
    expect(ok).toBe(true);
    expect(payload).toBeGreaterThanOrEqual(1);
  });

  it('refuse another origin', async () => {
    const headers = { origin: 'http://evil.test' };
    expect((await call('/local/schedule/alive', { method: 'POST', headers })).status).toBe(404);
  });
});
