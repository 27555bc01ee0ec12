import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import type { Running } from '../../local/demo/running.ts';
import type { OidcKeys } from '../../local/oidc/keys.ts';

const STRANGER = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const encode = (text: string) => Buffer.from(text).toString('base64url');

/** Makes access tokens by hand for a running system, with its own key, so that they can be wrong in every way. */
export function forger(running: Pick<Running, 'api' | 'dataDir'>) {
  const { signing } = JSON.parse(readFileSync(join(running.dataDir, 'oidc-keys.json'), 'utf8')) as OidcKeys;
  const { n = '', e = '' } = signing;
  const publicPem = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  const now = Math.floor(Date.now() / 1000);
  const good = {
    iss: `${running.api}/local/oidc`,
    aud: 'countersign',
    sub: 'eve@example.com',
    scope: 'openid countersign',
    email: 'eve@example.com',
    email_verified: true,
    groups: ['submitters', 'approvers', 'auditors', 'admins'],
    iat: now,
    exp: now + 3_600,
  };

  function forge(
    claims: Record<string, unknown> | string = {},
    header: Record<string, unknown> = {},
    key: KeyObject | 'own' | 'public key as secret' | 'none' = 'own',
  ): string {
    const head = encode(JSON.stringify({ alg: 'RS256', kid: signing.kid, typ: 'at+jwt', ...header }));
    const body = encode(typeof claims === 'string' ? claims : JSON.stringify({ ...good, ...claims }));
    const input = Buffer.from(`${head}.${body}`);
    const signature =
      key === 'none'
        ? Buffer.alloc(0)
        : key === 'public key as secret'
          ? createHmac('sha256', publicPem).update(input).digest()
          : sign('sha256', input, key === 'own' ? { key: signing as JWK & { kty: string }, format: 'jwk' } : key);
    return `${head}.${body}.${signature.toString('base64url')}`;
  }

  const twice = JSON.stringify(good).replace('"email":', '"email":"sam@example.com","email":');
  /** Name, token, and what API Gateway answers: 401, or 403 where all that is missing is the scope. */
  const bad: [name: string, authorization: string | undefined, status: 401 | 403][] = [
    ['no token', undefined, 401],
    ['garbage', 'Bearer garbage', 401],
    ['alg none', `Bearer ${forge({}, { alg: 'none' }, 'none')}`, 401],
    ['HS256 with the public key as the secret', `Bearer ${forge({}, { alg: 'HS256' }, 'public key as secret')}`, 401],
    ['an unknown kid', `Bearer ${forge({}, { kid: 'other' })}`, 401],
    ['the key of somebody else', `Bearer ${forge({}, {}, STRANGER)}`, 401],
    ['another audience', `Bearer ${forge({ aud: 'other' })}`, 401],
    ['another issuer', `Bearer ${forge({ iss: 'https://issuer.example.org' })}`, 401],
    ['expired', `Bearer ${forge({ exp: now - 1 })}`, 401],
    ['not valid yet', `Bearer ${forge({ nbf: now + 600 })}`, 401],
    ['a claim twice', `Bearer ${forge(twice)}`, 401],
    ['an ID token, which is for the client', `Bearer ${forge({ aud: 'countersign-web', scope: undefined })}`, 401],
    ['an ID token whose client is called like the API', `Bearer ${forge({ scope: undefined }, { typ: 'JWT' })}`, 403],
  ];
  return { forge, bad };
}
