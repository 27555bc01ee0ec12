import { ALGORITHMS_MEMBER, KEY_SPECS } from './keySpec.ts';
import type { KmsKey } from './types.ts';

/**
 * KeyMetadata, as CreateKey and DescribeKey answer with it. Times are seconds since the epoch.
 *
 * @param all Every key that there is: the primary and the replicas of a multi-Region key are among them.
 */
export function keyMetadata(key: KmsKey, all: Iterable<KmsKey>): object {
  const algorithms = KEY_SPECS[key.spec]?.algorithms[key.usage];
  return {
    AWSAccountId: key.accountId,
    KeyId: key.keyId,
    Arn: key.arn,
    CreationDate: key.createdAt / 1000,
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.state,
    ...(key.deletionAt === undefined ? {} : { DeletionDate: key.deletionAt / 1000 }),
    Origin: key.origin,
    ...(key.origin === 'EXTERNAL' && key.state !== 'PendingImport'
      ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
      : {}),
    KeyManager: key.manager,
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    ...(algorithms === undefined ? {} : { [ALGORITHMS_MEMBER[key.usage]]: algorithms }),
    MultiRegion: key.multiRegion,
    ...(key.multiRegion ? { MultiRegionConfiguration: multiRegion(key, all) } : {}),
  };
}

function multiRegion(key: KmsKey, all: Iterable<KmsKey>): object {
  const related = [...all].filter(({ keyId, accountId }) => keyId === key.keyId && accountId === key.accountId);
  const isReplica = (one: KmsKey) => one.multiRegionKeyType === 'REPLICA';
  const told = (one: KmsKey) => ({ Arn: one.arn, Region: one.arn.split(':')[3] });
  return {
    MultiRegionKeyType: key.multiRegionKeyType ?? 'PRIMARY',
    PrimaryKey: told(related.find((one) => !isReplica(one)) ?? key),
    ReplicaKeys: related.filter(isReplica).map(told),
  };
}
