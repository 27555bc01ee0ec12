import { ACCOUNT_ID, REGION } from './iam/principals.ts';
import { SPOKE } from './iam/spoke.ts';
import { newPrivateKey } from './kms/createKey.ts';
import { KEY_SPECS } from './kms/keySpec.ts';
import type { Entry, KeyUsage, NewKey, Tag } from './kms/types.ts';
import type { ServiceKey } from './serverless.ts';

/** What is fixed about a seeded key; ids are the same in every folder, so that docs and scripts can name them. */
export interface Seed {
  alias: string;
  keyId: string;
  description: string;
  spec: string;
  usage: KeyUsage;
  manager: 'CUSTOMER' | 'AWS';
  tags: Tag[];
  policy: object;
}

interface Use {
  administrators: string[];
  users: string[];
  externalAccounts?: string[];
  actions?: string[];
  accountId?: string;
}

const ADMINISTRATION = [
  'kms:Create*',
  'kms:Describe*',
  'kms:Enable*',
  'kms:List*',
  'kms:Put*',
  'kms:Update*',
  'kms:Revoke*',
  'kms:Disable*',
  'kms:Get*',
  'kms:Delete*',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:ScheduleKeyDeletion',
  'kms:CancelKeyDeletion',
  'kms:RotateKeyOnDemand',
];
const SYMMETRIC_USE = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
const SIGNING_USE = ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign', 'kms:Verify'];

/** The keys of a fresh folder. */
export const SEEDS: readonly Seed[] = [
  {
    ...customer('alias/payments', '1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1001', 'Card data of the payment service'),
    policy: consolePolicy({ administrators: ['KMSAdmin'], users: ['AppRole', 'PaymentsWorker'] }),
  },
  {
    ...customer('alias/prod/ledger', '1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1002', 'The ledger, production'),
    tags: [{ TagKey: 'env', TagValue: 'prod' }],
    policy: consolePolicy({ administrators: ['KMSAdmin', 'BreakGlass'], users: ['LedgerService'] }),
  },
  {
    ...customer('alias/reports', '1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1003', 'Reports at rest'),
    policy: consolePolicy({ administrators: ['KMSAdmin'], users: ['ReportsRole', 'AppRole'] }),
  },
  {
    ...customer('alias/partner-exchange', '1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1004', 'Files shared with a partner'),
    tags: [{ TagKey: 'partner', TagValue: '444455556666' }],
    policy: consolePolicy({
      administrators: ['KMSAdmin'],
      users: ['ExchangeRole'],
      externalAccounts: ['444455556666'],
    }),
  },
  {
    ...customer('alias/release-signing', '1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1005', 'Signs releases'),
    spec: 'ECC_NIST_P256',
    usage: 'SIGN_VERIFY',
    policy: consolePolicy({ administrators: ['KMSAdmin'], users: ['ReleaseRole'], actions: SIGNING_USE }),
  },
  {
    ...customer('alias/aws/s3', '1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1006', 'Default key that protects my S3 objects'),
    manager: 'AWS',
    policy: awsManagedPolicy('s3'),
  },
];

/** A key of the second account: only with its roles can it be seen and changed. */
export const SPOKE_SEED: Seed = {
  ...customer('alias/warehouse', '1b6f3a52-8c1d-4e0a-9f27-3d5c7a9e1007', 'Another account: the data warehouse'),
  policy: consolePolicy({ administrators: ['KMSAdmin'], users: ['Loader'], accountId: SPOKE.accountId }),
};

/** The journal entries that make the seeded keys, for `openKms`. The signing key's material is new in every folder. */
export function seedEntries(now: number = Date.now()): Entry[] {
  const entries = ({ alias, policy, ...seed }: Seed, accountId: string) =>
    making(seed, JSON.stringify(policy), [alias], now, accountId);
  return [...SEEDS.flatMap((seed) => entries(seed, ACCOUNT_ID)), ...entries(SPOKE_SEED, SPOKE.accountId)];
}

/** The journal entries that make the keys of the template, by ARN. */
export function declaredEntries(keys: readonly ServiceKey[], now: number = Date.now()): Map<string, Entry[]> {
  return new Map(
    keys.map(({ keyId, arn, description, spec, usage, policy, aliases }) => {
      const seed = { keyId, description, spec, usage: usage as KeyUsage, manager: 'CUSTOMER' as const, tags: [] };
      return [arn, making(seed, policy, aliases, now)];
    }),
  );
}

function making(
  seed: Omit<Seed, 'alias' | 'policy'>,
  policy: string,
  aliases: readonly string[],
  at: number,
  accountId = ACCOUNT_ID,
): Entry[] {
  const facts = KEY_SPECS[seed.spec];
  const privateKey = facts === undefined ? undefined : newPrivateKey(facts);
  const key: NewKey = {
    ...seed,
    arn: `arn:aws:kms:${REGION}:${accountId}:key/${seed.keyId}`,
    accountId,
    origin: 'AWS_KMS',
    multiRegion: false,
    ...(privateKey === undefined ? {} : { privateKey }),
    state: 'Enabled',
  };
  return [
    { type: 'createKey', at, key, policy, ids: {} },
    ...aliases.map((name): Entry => {
      const arn = `arn:aws:kms:${REGION}:${accountId}:${name}`;
      return { type: 'setAlias', at, name, accountId, keyId: seed.keyId, arn };
    }),
  ];
}

function customer(alias: string, keyId: string, description: string): Omit<Seed, 'policy'> {
  const shape = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', manager: 'CUSTOMER' } as const;
  return { alias, keyId, description, ...shape, tags: [] };
}

/** A policy as the console writes it. */
function consolePolicy({
  administrators,
  users,
  externalAccounts = [],
  actions = SYMMETRIC_USE,
  accountId: own = ACCOUNT_ID,
}: Use): object {
  const root = (accountId: string) => `arn:aws:iam::${accountId}:root`;
  const roles = (names: string[]) => names.map((name) => `arn:aws:iam::${own}:role/${name}`);
  const using = { AWS: scalarOrList([...roles(users), ...externalAccounts.map(root)]) };
  return {
    Version: '2012-10-17',
    Id: 'key-consolepolicy-3',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: root(own) },
        Action: 'kms:*',
        Resource: '*',
      },
      {
        Sid: 'Allow access for Key Administrators',
        Effect: 'Allow',
        Principal: { AWS: scalarOrList(roles(administrators)) },
        Action: ADMINISTRATION,
        Resource: '*',
      },
      { Sid: 'Allow use of the key', Effect: 'Allow', Principal: using, Action: actions, Resource: '*' },
      {
        Sid: 'Allow attachment of persistent resources',
        Effect: 'Allow',
        Principal: using,
        Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
        Resource: '*',
        Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      },
    ],
  };
}

/** A policy as AWS gives its own keys: everyone in the account through the service, and reading for the account. */
function awsManagedPolicy(service: string): object {
  return {
    Version: '2012-10-17',
    Id: `auto-${service}-2`,
    Statement: [
      {
        Sid: `Allow access through ${service.toUpperCase()} for all principals in the account that are authorized to use it`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [...SYMMETRIC_USE, 'kms:CreateGrant'],
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:ViaService': `${service}.${REGION}.amazonaws.com`, 'kms:CallerAccount': ACCOUNT_ID },
        },
      },
      {
        Sid: 'Allow direct access to key metadata to the account',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT_ID}:root` },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
        Resource: '*',
      },
    ],
  };
}

function scalarOrList(values: string[]): string | string[] {
  return values.length === 1 && values[0] !== undefined ? values[0] : values;
}
