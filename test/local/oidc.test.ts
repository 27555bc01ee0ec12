import { createHash, createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jwtAuthorizer } from '../../local/gateway/jwt.ts';
import type { OidcKeys } from '../../local/oidc/keys.ts';
import { openFixtureService } from '../fixtures/openService.ts';

let service: Awaited<ReturnType<typeof openFixtureService>>;
let key: JWK & { kid: string };
beforeAll(async () => {
  service = await openFixtureService();
  await tokenFor({ email: 'ana@example.com' });
  key = (JSON.parse(readFileSync(join(service.dataDir, 'oidc-keys.json'), 'utf8')) as OidcKeys).signing;
});
afterAll(() => service.close());

const askToken = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${service.url}/local/token`, { method: 'POST', body, headers });

async function tokenFor(person: { email: string; groups?: string[] }): Promise<string> {
  const response = await askToken(JSON.stringify(person));
  expect(response.status).toBe(200);
  return ((await response.json()) as { access_token: string }).access_token;
}

const withToken = (token: string, path = '/people') =>
  fetch(`${service.url}${path}`, { headers: { authorization: `Bearer ${token}` } });

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token made by hand, so that it can be wrong in every way. Header and claims may be raw JSON text. */
function forge({
  header = {},
  claims = {},
  signWith = 'own',
}: {
  header?: Record<string, unknown> | string;
  claims?: Record<string, unknown> | string;
  signWith?: 'own' | 'stranger' | 'publicKeyAsSecret' | 'nothing';
} = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const good = {
    iss: service.issuer,
    aud: 'countersign',
    sub: 'ana@example.com',
    scope: 'openid countersign',
    email: 'ana@example.com',
    iat: now,
    exp: now + 60,
  };
  const first = encode(typeof header === 'string' ? header : { alg: 'RS256', kid: key.kid, typ: 'at+jwt', ...header });
  const second = encode(typeof claims === 'string' ? claims : { ...good, ...claims });
  const input = Buffer.from(`${first}.${second}`);
  const { publicPem, privatePem } = pems();
  const signature = {
    own: () => sign('sha256', input, privatePem),
    stranger: () => sign('sha256', input, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey),
    publicKeyAsSecret: () => createHmac('sha256', publicPem).update(input).digest(),
    nothing: () => Buffer.alloc(0),
  }[signWith]();
  return `${first}.${second}.${signature.toString('base64url')}`;
}

function pems(): { publicPem: string; privatePem: { key: JWK; format: 'jwk' } } {
  const publicPem = createPublicPem();
  return { publicPem, privatePem: { key, format: 'jwk' } };
}

function createPublicPem(): string {
  const { n, e, kty } = key;
  return createPublicKey({ key: { n, e, kty } as JWK, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString();
}

describe('a token for a script', () => {
  it('is an access token of the provider, for an hour', async () => {
    const response = await askToken('{"email":"Ana@example.com","groups":["submitters","auditors"]}');
    const body = (await response.json()) as { access_token: string; token_type: string; expires_in: number };
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    expect(response.headers.get('cache-control')).toBe('no-store');
    const jwks = (await (await fetch(`${service.issuer}/jwks`)).json()) as { keys: JWK[] };
    expect(jwks.keys).toHaveLength(1);
    expect(Object.keys(jwks.keys[0] ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
    const { payload, protectedHeader } = await jwtVerify(body.access_token, createLocalJWKSet(jwks), {
      issuer: service.issuer,
      audience: 'countersign',
    });
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    expect(payload).toMatchObject({
      email: 'Ana@example.com',
      email_verified: true,
      groups: ['submitters', 'auditors'],
      scope: 'openid countersign',
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(3600);
  });

  it('opens a route, and its claims arrive as API Gateway writes them', async () => {
    const response = await withToken(await tokenFor({ email: 'ana@example.com', groups: ['submitters', 'admins'] }));
    expect(response.status).toBe(200);
    const event = (await response.json()) as { requestContext: { authorizer: unknown } };
    expect(event.requestContext.authorizer).toMatchObject({
      jwt: {
        claims: {
          iss: service.issuer,
          aud: 'countersign',
          email: 'ana@example.com',
          email_verified: 'true',
          groups: '[submitters admins]',
          exp: expect.stringMatching(/^\d{10}$/),
        },
        scopes: ['countersign'],
      },
    });
  });

  it.each([
    ['not json'],
    ['[]'],
    ['null'],
    ['{}'],
    ['{"email":"nobody"}'],
    ['{"email":"a@b@c"}'],
    ['{"email":"a b@example.com"}'],
    ['{"email":"ana@example.com","groups":"submitters"}'],
    ['{"email":"ana@example.com","groups":[1]}'],
    ['{"email":"ana@example.com","groups":["a admins"]}'],
    ['{"email":"ana@example.com","groups":["[admins]"]}'],
    ['{"email":"ana@example.com","sub":"sam@example.com"}'],
  ])('is refused for %s', async (body) => {
    const response = await askToken(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ message: expect.any(String) });
  });

  it('is refused to another origin and to GET', async () => {
    const body = '{"email":"ana@example.com"}';
    expect((await askToken(body, { origin: 'http://evil.test' })).status).toBe(403);
    expect((await askToken(body, { origin: 'null' })).status).toBe(403);
    expect((await askToken(body, { origin: service.url })).status).toBe(200);
    expect((await fetch(`${service.url}/local/token`)).status).toBe(405);
  });
});

describe('the JWT authorizer', () => {
  it('accepts what is forged right, so that the refusals below mean something', async () => {
    expect((await withToken(forge())).status).toBe(200);
    expect((await withToken(forge({ claims: { aud: ['other', 'countersign'] } }))).status).toBe(200);
    expect((await withToken(forge({ claims: { aud: undefined, client_id: 'countersign' } }))).status).toBe(200);
    expect((await withToken(forge({ claims: { scope: undefined, scp: ['other'] } }))).status).toBe(200);
  });

  it('takes the token with and without Bearer', async () => {
    for (const authorization of [forge(), `bearer ${forge()}`]) {
      expect((await fetch(`${service.url}/people`, { headers: { authorization } })).status).toBe(200);
    }
  });

  const now = Math.floor(Date.now() / 1000);
  const claimsTwice = (name: string, value: string) => () =>
    `{"iss":"${service.issuer}","aud":"countersign","scope":"countersign","email":"ben@example.com","exp":${now + 60},${name}:${value}}`;
  it.each<[string, () => string]>([
    ['alg none', () => forge({ header: { alg: 'none' }, signWith: 'nothing' })],
    ['alg none with the signature kept', () => forge({ header: { alg: 'none' } })],
    [
      'HS256 with the public key as the secret',
      () => forge({ header: { alg: 'HS256' }, signWith: 'publicKeyAsSecret' }),
    ],
    ['an unknown kid', () => forge({ header: { kid: 'somebody-else' } })],
    ['no kid', () => forge({ header: { kid: undefined } })],
    ['a kid that is no text', () => forge({ header: { kid: 1 } })],
    ['a key in its own header', () => forge({ header: { jwk: strangerJwk }, signWith: 'stranger' })],
    ['the signature of a stranger', () => forge({ signWith: 'stranger' })],
    ['an unknown critical header', () => forge({ header: { crit: ['x'], x: 1 } })],
    ['another audience', () => forge({ claims: { aud: 'other' } })],
    [
      'another audience beside the right client_id',
      () => forge({ claims: { aud: 'other', client_id: 'countersign' } }),
    ],
    ['no audience', () => forge({ claims: { aud: undefined } })],
    ['another issuer', () => forge({ claims: { iss: 'https://issuer.example.com' } })],
    ['the issuer with a slash more', () => forge({ claims: { iss: `${service.issuer}/` } })],
    ['no issuer', () => forge({ claims: { iss: undefined } })],
    ['an expiry in the past', () => forge({ claims: { exp: now - 1 } })],
    ['no expiry', () => forge({ claims: { exp: undefined } })],
    ['an expiry that is text', () => forge({ claims: { exp: `${now + 60}` } })],
    ['nbf in the future', () => forge({ claims: { nbf: now + 60 } })],
    ['iat in the future', () => forge({ claims: { iat: now + 60 } })],
    ['a claim twice', () => forge({ claims: claimsTwice('"email"', '"sam@example.com"')() })],
    ['a claim twice, once escaped', () => forge({ claims: claimsTwice('"\\u0065mail"', '"sam@example.com"')() })],
    ['a header parameter twice', () => forge({ header: `{"alg":"RS256","alg":"RS256","kid":"${key.kid}"}` })],
    ['claims that are no object', () => forge({ claims: '[]' })],
    ['one segment', () => 'abc'],
    ['five segments', () => 'a.b.c.d.e'],
  ])('refuses %s', async (_, token) => {
    const response = await withToken(token());
    expect(response.status).toBe(401);
    expect(await response.text()).toBe('{"message":"Unauthorized"}');
    expect(response.headers.get('www-authenticate')).toMatch(
      /^Bearer scope="" error="invalid_token" error_description="[^"]+"$/,
    );
  });

  it('asks for a token where there is none', async () => {
    for (const headers of [{}, { authorization: '' }, { authorization: 'Bearer ' }]) {
      const response = await fetch(`${service.url}/people`, { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('answers 403 where only the scope is missing, and names it', async () => {
    for (const scope of ['openid', 'countersigned', '', undefined]) {
      const response = await withToken(forge({ claims: { scope } }));
      expect(response.status).toBe(403);
      expect(await response.text()).toBe('{"message":"Forbidden"}');
      expect(response.headers.get('www-authenticate')).toBe(
        'Bearer scope="countersign other" error="insufficient_scope"',
      );
    }
    expect((await withToken(forge({ claims: { scope: 'openid' } }), '/unscoped')).status).toBe(200);
  });

  it('counts the audience in the words of AWS', async () => {
    const response = await withToken(forge({ claims: { aud: 'other' } }));
    expect(response.headers.get('www-authenticate')).toContain('the token does not have a valid audience');
  });
});

describe('another issuer', () => {
  it('may publish a key that is no RSA key; API Gateway takes none of its tokens', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const keys = [{ ...(await exportJWK(publicKey)), kid: 'curve' }];
    const issuer = createServer((request, response) => {
      const url = `http://${request.headers.host}`;
      response.end(JSON.stringify(request.url === '/jwks' ? { keys } : { jwks_uri: `${url}/jwks` }));
    });
    await new Promise<void>((done) => issuer.listen(0, '127.0.0.1', done));
    const iss = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
    const token = await new SignJWT({ iss, aud: 'countersign', exp: Math.floor(Date.now() / 1000) + 60 })
      .setProtectedHeader({ alg: 'ES256', kid: 'curve' })
      .sign(privateKey);
    const authorize = jwtAuthorizer({ name: 'people', issuer: iss, audience: ['countersign'] });
    expect(await authorize(token, [])).toMatchObject({ ok: false, status: 401 });
    await new Promise((done) => issuer.close(done));
  });

  it('that does not answer opens nothing, and says so', async () => {
    const authorize = jwtAuthorizer({ name: 'people', issuer: 'http://127.0.0.1:1', audience: ['countersign'] });
    expect(await authorize(forge(), [])).toMatchObject({
      ok: false,
      status: 401,
      challenge: expect.stringContaining('OIDC discovery endpoint communication error'),
    });
  });
});

describe('signing in', () => {
  const verifier = randomBytes(32).toString('base64url');
  const callback = 'http://127.0.0.1:9/callback';

  /** Follows redirects with cookies, as a browser does, until one leaves the provider. */
  async function browse(start: string) {
    const jar = new Map<string, string>();
    const go = async (url: string, init: RequestInit = {}): Promise<{ url: string; response: Response }> => {
      if (url.startsWith(callback)) return { url, response: new Response() };
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
      for (const one of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? [];
        jar.set(name, value);
      }
      const location = response.headers.get('location');
      return location ? go(new URL(location, url).href) : { url, response };
    };
    return { ...(await go(start)), go };
  }

  const authorizeUrl = (extra: Record<string, string> = {}) =>
    `${service.issuer}/auth?${new URLSearchParams({
      client_id: 'countersign-web',
      response_type: 'code',
      redirect_uri: callback,
      scope: 'openid countersign',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: 'kept',
      ...extra,
    })}`;

  const exchange = (code: string, code_verifier = verifier) =>
    fetch(`${service.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'countersign-web',
        redirect_uri: callback,
        code,
        code_verifier,
      }),
    });

  async function signIn(email: string) {
    const page = await browse(authorizeUrl());
    const done = await page.go(page.url, { method: 'POST', body: new URLSearchParams({ email }) });
    return { page, done };
  }

  it('has a discovery document under its issuer', async () => {
    const found = await fetch(`${service.issuer}/.well-known/openid-configuration`);
    expect(await found.json()).toMatchObject({
      issuer: service.issuer,
      authorization_endpoint: `${service.issuer}/auth`,
      token_endpoint: `${service.issuer}/token`,
      jwks_uri: `${service.issuer}/jwks`,
      code_challenge_methods_supported: ['S256'],
    });
  });

  it('lists people, and gives the chosen one an access token that opens a route while the ID token does not', async () => {
    const page = await browse(authorizeUrl());
    expect(page.url).toContain('/local/oidc/login/');
    const html = await page.response.text();
    for (const email of ['ana@example.com', 'audrey@example.com', 'sam@example.com']) expect(html).toContain(email);
    const done = await page.go(page.url, { method: 'POST', body: new URLSearchParams({ email: 'sam@example.com' }) });
    const { searchParams } = new URL(done.url);
    expect(searchParams.get('state')).toBe('kept');
    const response = await exchange(searchParams.get('code') ?? '');
    expect(response.status).toBe(200);
    const tokens = (await response.json()) as { access_token: string; id_token: string };

    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt', kid: key.kid });
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: service.issuer,
      aud: 'countersign',
      sub: 'sam@example.com',
      email: 'sam@example.com',
      email_verified: true,
      groups: ['approvers'],
      scope: 'countersign',
    });
    expect((await withToken(tokens.access_token)).status).toBe(200);
    expect(decodeJwt(tokens.id_token)).toMatchObject({ aud: 'countersign-web', email: 'sam@example.com' });
    expect((await withToken(tokens.id_token)).status).toBe(401);
    expect((await withToken(tokens.id_token, '/unscoped')).status).toBe(401);
  });

  it('lets another person sign in where somebody is signed in already', async () => {
    const { page } = await signIn('ana@example.com');
    const login = await page.go(authorizeUrl({ prompt: 'login' }));
    const chosen = await page.go(login.url, {
      method: 'POST',
      body: new URLSearchParams({ email: 'sam@example.com' }),
    });
    // The page sends this form by itself: it signs the first one out.
    const html = await chosen.response.text();
    const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1] ?? '';
    const body = new URLSearchParams();
    for (const [, name = '', value = ''] of html.matchAll(/name="(\w+)" value="([^"]*)"/g)) body.append(name, value);
    const done = await page.go(action, { method: 'POST', body });
    const response = await exchange(new URL(done.url).searchParams.get('code') ?? '');
    const { id_token } = (await response.json()) as { id_token: string };
    expect(decodeJwt(id_token)).toMatchObject({ email: 'sam@example.com' });
  });

  it('refuses a code without its verifier, and a code twice', async () => {
    const first = new URL((await signIn('ana@example.com')).done.url).searchParams.get('code') ?? '';
    expect((await exchange(first, randomBytes(32).toString('base64url'))).status).toBe(400);
    const second = new URL((await signIn('ana@example.com')).done.url).searchParams.get('code') ?? '';
    expect((await exchange(second)).status).toBe(200);
    expect((await exchange(second)).status).toBe(400);
  });

  it('refuses an authorization without PKCE, and a redirect to anywhere else', async () => {
    const noPkce = new URL((await browse(authorizeUrl({ code_challenge: '', code_challenge_method: '' }))).url);
    expect(noPkce.searchParams.get('error')).toBe('invalid_request');
    const elsewhere = await browse(authorizeUrl({ redirect_uri: 'http://evil.test/callback' }));
    expect(elsewhere.response.status).toBe(400);
  });

  it('knows nobody who is not listed, and no sign-in that nobody began', async () => {
    const { done } = await signIn('stranger@example.com');
    expect(done.response.status).toBe(400);
    expect((await fetch(`${service.issuer}/login/${randomBytes(8).toString('hex')}`)).status).toBe(400);
  });
});

const strangerJwk = await exportJWK(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey);
