import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

export interface OidcKeys {
  /** The private RSA key, with `kid`, `alg` and `use`. */
  signing: JWK & { kid: string };
  /** For the provider's own cookies. */
  cookies: string[];
}

/** The keys of a data folder; made at the first start, so that tokens and sign-ins outlive a restart. */
export async function openOidcKeys(dataDir: string): Promise<OidcKeys> {
  const path = join(dataDir, 'oidc-keys.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as OidcKeys;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const keys: OidcKeys = {
    signing: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' },
    cookies: [randomBytes(32).toString('base64url')],
  };
  writeFileSync(`${path}.new`, JSON.stringify(keys), { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return keys;
}
