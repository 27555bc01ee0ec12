import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { accessKeyOf, sessionKeyOf } from '../../local/iam/keys.ts';
import { type SignedRequest, verifySigV4 } from '../../local/iam/verifySigV4.ts';

const key = accessKeyOf('ci-deployer');
const keyOf = (accessKeyId: string) => (accessKeyId === key.accessKeyId ? key : undefined);
const now = new Date('2026-11-24T12:00:00Z');

interface Signing {
  method?: string;
  path?: string;
  query?: [string, string][];
  body?: string;
  headers?: Record<string, string>;
  secret?: string;
  accessKeyId?: string;
  at?: string;
  region?: string;
  service?: string;
  unsigned?: string[];
}

/** Signature Version 4 as the IAM guide writes it down, by hand, so that the verifier is not checked with its own library. */
function signed({
  method = 'POST',
  path = '/iam/changes',
  query = [],
  body = '{"key":"alias/payments"}',
  headers = {},
  secret = key.secretAccessKey,
  accessKeyId = key.accessKeyId,
  at = '20261124T120000Z',
  region = 'us-east-1',
  service = 'execute-api',
  unsigned = [],
}: Signing = {}): SignedRequest {
  const all: Record<string, string> = {
    'content-type': 'application/json',
    host: '127.0.0.1:3000',
    'x-amz-date': at,
    ...headers,
  };
  const names = Object.keys(all)
    .filter((name) => !unsigned.includes(name))
    .toSorted();
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (secretKey: string | Buffer, text: string) => createHmac('sha256', secretKey).update(text).digest();
  const pairs = query.map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const canonical = [
    method,
    path.split('/').map(encode).join('/'),
    pairs.toSorted().join('&'),
    ...names.map((name) => `${name}:${all[name]}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const scope = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const signingKey = [region, service, 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secret}`, at.slice(0, 8)));
  const signature = hmac(signingKey, text).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return {
    method,
    path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
    headers: { ...all, authorization },
    body: Buffer.from(body),
  };
}

const verify = (request: SignedRequest) => verifySigV4(request, keyOf, { now });

describe('is accepted', () => {
  const cases: [string, Signing][] = [
    ['a plain request', {}],
    [
      'a query in order',
      {
        query: [
          ['key', 'alias/payments'],
          ['limit', '5'],
          ['limit', '7'],
        ],
      },
    ],
    ['an encoded path', { path: '/iam/keys/alias%2Fpayments', method: 'GET', body: '' }],
    [
      'the body hash as a header',
      { headers: { 'x-amz-content-sha256': createHash('sha256').update('{}').digest('hex') }, body: '{}' },
    ],
    ['a clock 15 minutes behind', { at: '20261124T114500Z' }],
    ['a clock 15 minutes ahead', { at: '20261124T121500Z' }],
    ['a signed user agent', { headers: { 'user-agent': 'curl/8' } }],
    ['a header that is not signed', { headers: { 'user-agent': 'curl/8' }, unsigned: ['user-agent'] }],
  ];
  test.each(cases)('%s', async (_name, signing) => {
    expect(await verify(signed(signing))).toEqual({ ok: true, accessKeyId: key.accessKeyId });
  });
});

describe('is refused', () => {
  const altered = (change: (request: SignedRequest) => void, signing: Signing = {}): SignedRequest => {
    const request = signed(signing);
    change(request);
    return request;
  };
  const query: [string, string][] = [
    ['a', '1'],
    ['b', '2'],
  ];
  const cases: [string, string, SignedRequest][] = [
    ['no signature', 'MissingAuthenticationToken', altered((r) => delete r.headers.authorization)],
    ['a bearer token', 'IncompleteSignature', altered((r) => (r.headers.authorization = 'Bearer x'))],
    ['a wrong secret', 'SignatureDoesNotMatch', signed({ secret: 'wrong' })],
    ['an unknown key', 'InvalidClientTokenId', signed({ accessKeyId: 'AKIAUNKNOWN' })],
    ['an altered body', 'SignatureDoesNotMatch', altered((r) => (r.body = Buffer.from('{}')))],
    [
      'an altered body whose hash header was signed',
      'SignatureDoesNotMatch',
      altered((r) => (r.body = Buffer.from('[]')), {
        body: '{}',
        headers: { 'x-amz-content-sha256': createHash('sha256').update('{}').digest('hex') },
      }),
    ],
    ['UNSIGNED-PAYLOAD', 'SignatureDoesNotMatch', signed({ headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } })],
    ['an altered method', 'SignatureDoesNotMatch', altered((r) => (r.method = 'PUT'))],
    ['an altered path', 'SignatureDoesNotMatch', altered((r) => (r.path = '/iam/keys'))],
    ['a path that normalizes to the signed one', 'SignatureDoesNotMatch', altered((r) => (r.path = '/iam//changes'))],
    ['a path with a step back', 'SignatureDoesNotMatch', altered((r) => (r.path = '/iam/x/../changes'))],
    ['an altered query', 'SignatureDoesNotMatch', altered((r) => (r.path = '/iam/changes?a=1&b=3'), { query })],
    ['an added query', 'SignatureDoesNotMatch', altered((r) => (r.path = '/iam/changes?a=1&b=2&c=3'), { query })],
    ['a reordered query', 'SignatureDoesNotMatch', altered((r) => (r.path = '/iam/changes?b=2&a=1'), { query })],
    [
      'reordered values',
      'SignatureDoesNotMatch',
      altered((r) => (r.path = '/iam/changes?a=2&a=1'), {
        query: [
          ['a', '1'],
          ['a', '2'],
        ],
      }),
    ],
    ['a broken escape', 'SignatureDoesNotMatch', altered((r) => (r.path = '/iam/changes?a=%zz'))],
    ['a date 15 minutes and a second old', 'RequestExpired', signed({ at: '20261124T114459Z' })],
    ['a date 15 minutes and a second ahead', 'RequestExpired', signed({ at: '20261124T121501Z' })],
    ['no date', 'IncompleteSignature', altered((r) => delete r.headers['x-amz-date'])],
    ['an impossible date', 'IncompleteSignature', signed({ at: '20261324T120000Z' })],
    ['another Region', 'SignatureDoesNotMatch', signed({ region: 'eu-west-1' })],
    ['another service', 'SignatureDoesNotMatch', signed({ service: 'kms' })],
    ['an unsigned host', 'SignatureDoesNotMatch', signed({ unsigned: ['host'] })],
    ['an unsigned date', 'SignatureDoesNotMatch', signed({ unsigned: ['x-amz-date'] })],
    ['another host', 'SignatureDoesNotMatch', altered((r) => (r.headers.host = 'evil.test'))],
    ['a signed header that is gone', 'SignatureDoesNotMatch', altered((r) => delete r.headers['content-type'])],
  ];
  test.each(cases)('%s', async (_name, code, request) => {
    expect(await verify(request)).toMatchObject({ ok: false, code });
  });

  test('a session key without its token, or with another', async () => {
    const session = sessionKeyOf('arn:aws:iam::111122223333:role/ci-deployer', 'build', 1);
    const check = (headers: Record<string, string>) =>
      verifySigV4(
        signed({ headers, secret: session.secretAccessKey, accessKeyId: session.accessKeyId }),
        (id) => (id === session.accessKeyId ? session : undefined),
        { now },
      );
    expect(await check({ 'x-amz-security-token': session.sessionToken })).toMatchObject({ ok: true });
    expect(await check({})).toMatchObject({ code: 'InvalidClientTokenId' });
    expect(await check({ 'x-amz-security-token': 'x' })).toMatchObject({ code: 'InvalidClientTokenId' });
  });
});
