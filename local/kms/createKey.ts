import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { authorizeByIam } from './authorize.ts';
import type { Operation } from './context.ts';
import { KmsError } from './error.ts';
import { oneOf, optionalBoolean, optionalString } from './input.ts';
import { keyMetadata } from './keyMetadata.ts';
import { checkNewPolicy, defaultPolicy } from './keyPolicies.ts';
import { KEY_SPECS, type KeySpecFacts } from './keySpec.ts';
import { readTags } from './tags.ts';
import type { KeyUsage, NewKey } from './types.ts';

const USAGES: readonly KeyUsage[] = ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT'];

/** CreateKey. Key material of asymmetric keys is real; symmetric and HMAC keys have none, as nothing here encrypts. */
export const createKey: Operation = ({ store, iam, region, tell }, input, caller) => {
  const bypass = optionalBoolean(input, 'BypassPolicyLockoutSafetyCheck');
  authorizeByIam('CreateKey', '*', caller, { 'kms:BypassPolicyLockoutSafetyCheck': [String(bypass)] });
  const specs = Object.keys(KEY_SPECS);
  const spec = oneOf(input, 'KeySpec', specs) ?? oneOf(input, 'CustomerMasterKeySpec', specs) ?? 'SYMMETRIC_DEFAULT';
  const usage = oneOf(input, 'KeyUsage', USAGES) ?? 'ENCRYPT_DECRYPT';
  const facts = KEY_SPECS[spec];
  if (facts === undefined || !facts.usages.includes(usage)) {
    throw new KmsError('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}`);
  }
  const origin = oneOf(input, 'Origin', ['AWS_KMS', 'EXTERNAL']) ?? 'AWS_KMS';
  const multiRegion = optionalBoolean(input, 'MultiRegion');
  const keyId = multiRegion ? `mrk-${randomUUID().replaceAll('-', '')}` : randomUUID();
  const privateKey = origin === 'AWS_KMS' ? newPrivateKey(facts) : undefined;
  const key: NewKey = {
    keyId,
    arn: `arn:aws:kms:${region}:${caller.accountId}:key/${keyId}`,
    accountId: caller.accountId,
    description: optionalString(input, 'Description', { max: 8192 }) ?? '',
    spec,
    usage,
    origin,
    manager: 'CUSTOMER',
    multiRegion,
    tags: readTags(input, 'optional'),
    ...(privateKey === undefined ? {} : { privateKey }),
    state: origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled',
  };
  const policy = optionalString(input, 'Policy') ?? defaultPolicy(caller.accountId);
  const ids = checkNewPolicy({ iam }, policy, caller, key, bypass);
  const now = Date.now();
  store.record({ type: 'createKey', at: now, key, policy, ids });
  const at = new Date(now).toISOString();
  tell({ eventName: 'CreateKey', keyArn: key.arn, keyId, policy: optionalString(input, 'Policy'), at, bypass }, caller);
  const created = store.state.keys.get(key.arn);
  if (created === undefined) throw new Error(`${key.arn} was not stored`);
  return { KeyMetadata: keyMetadata(created, store.state.keys.values()) };
};

/** A new private key as PKCS#8 DER in base64; undefined for a spec without a key pair. */
export function newPrivateKey({ pair }: KeySpecFacts): string | undefined {
  if (pair === undefined) return undefined;
  const { privateKey } =
    pair.kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: pair.modulusLength })
      : generateKeyPairSync('ec', { namedCurve: pair.namedCurve });
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
}
