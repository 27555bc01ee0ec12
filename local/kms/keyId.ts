import type { Caller } from '../types.ts';
import { denied } from './authorize.ts';
import type { KmsContext } from './context.ts';
import { KmsError } from './error.ts';
import { type Input, KEY_ID, requiredString } from './input.ts';
import type { KmsKey } from './types.ts';

const UUID_OR_MRK = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;
const KMS_ARN = /^arn:aws:kms:([a-z0-9-]+):([0-9]{12}):(key|alias)\/(.+)$/;

/**
 * The key that `KeyId` names. A bare id or alias is looked up in the caller's account.
 *
 * @param aliases Operations on policies and tags take key ids and key ARNs alone; DescribeKey, Sign and the like take aliases.
 * @throws KmsError `NotFoundException`, `InvalidArnException`, or `AccessDeniedException` for another account's key, about
 *   which nobody learns whether it exists.
 */
export function findKey(
  { store, region }: KmsContext,
  input: Input,
  caller: Caller,
  operation: string,
  aliases: 'aliases' | 'noAliases' = 'noAliases',
): KmsKey {
  const keyId = requiredString(input, 'KeyId', KEY_ID);
  const arn = keyId.startsWith('arn:') ? keyId : arnOf(keyId, region, caller.accountId);
  const match = KMS_ARN.exec(arn);
  if (match === null) {
    throw keyId.startsWith('arn:')
      ? new KmsError('InvalidArnException', `Invalid arn ${keyId}`)
      : new KmsError('NotFoundException', `Invalid keyId '${keyId}'`);
  }
  const [, keyRegion = '', accountId = '', kind = '', name = ''] = match;
  if (kind === 'alias' && aliases === 'noAliases') {
    throw keyId.startsWith('arn:')
      ? new KmsError('InvalidArnException', 'Key Aliases are not supported for this operation')
      : new KmsError('NotFoundException', `Invalid keyId ${keyId}`);
  }
  if (accountId === caller.accountId && keyRegion !== region) {
    throw new KmsError('NotFoundException', `Invalid arn ${keyRegion}`);
  }
  const target = kind === 'alias' ? store.state.aliases.get(arn)?.keyId : name;
  const key =
    target === undefined ? undefined : store.state.keys.get(`arn:aws:kms:${keyRegion}:${accountId}:key/${target}`);
  if (key !== undefined) return key;
  if (accountId !== caller.accountId) throw denied(caller, `kms:${operation}`, arn);
  throw kind === 'alias'
    ? new KmsError('NotFoundException', `Alias ${arn} is not found.`)
    : new KmsError('NotFoundException', `Key '${arn}' does not exist`);
}

function arnOf(keyId: string, region: string, accountId: string): string {
  if (keyId.startsWith('alias/')) return `arn:aws:kms:${region}:${accountId}:${keyId}`;
  // Anything else that is no id makes no ARN, and is told so by its own text.
  return UUID_OR_MRK.test(keyId) ? `arn:aws:kms:${region}:${accountId}:key/${keyId}` : keyId;
}
