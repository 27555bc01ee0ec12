import { ALGORITHMS_MEMBER, KEY_SPECS } from './keySpec.ts';
import type { KmsKey } from './types.ts';

/** KeyMetadata, as CreateKey and DescribeKey answer with it. Times are seconds since the epoch. */
export function keyMetadata(key: KmsKey): object {
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
    ...(key.multiRegion ? { MultiRegionConfiguration: multiRegion(key) } : {}),
  };
}

function multiRegion(key: KmsKey): object {
  const region = key.arn.split(':')[3];
  return {
    MultiRegionKeyType: key.multiRegionKeyType ?? 'PRIMARY',
    PrimaryKey: { Arn: key.arn, Region: region },
    ReplicaKeys: [],
  };
}
