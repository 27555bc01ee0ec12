/**
 * Pairs of policies with the difference that AWS's documents demand, each worked out by hand from them before it was tried.
 * `by` names the document and the rule. Who gains or loses is told with the actions; `when` only where the text is certain.
 */
const OWN = '111122223333';
const FOREIGN = '444455556666';
export const ROOT = `arn:aws:iam::${OWN}:root`;
const PARTNER = `arn:aws:iam::${FOREIGN}:root`;
const APP = `arn:aws:iam::${OWN}:role/app`;
const ADMIN = `arn:aws:iam::${OWN}:role/admin`;
const ETL = `arn:aws:iam::${FOREIGN}:role/etl`;
const SESSION = `arn:aws:sts::${OWN}:assumed-role/app/batch`;
const OTHER_SESSION = `arn:aws:sts::${OWN}:assumed-role/app/nightly`;
const LOGS = 'logs.us-east-1.amazonaws.com';

type Value = string | string[];
type Block = Record<string, Record<string, unknown>>;

interface Change {
  principal: string;
  /** Names without `kms:`; `all but …` for the rest of the table. */
  actions: string;
  when?: Block;
  kind?: 'delegated';
  certainty?: 'may';
}

export interface DiffCase {
  id: string;
  by: string;
  before: object[];
  after: object[];
  gains?: Change[];
  loses?: Change[];
  changed?: Change[];
  public?: boolean;
  crossAccount?: string[];
  lockout?: boolean;
}

const statement =
  (effect: string) =>
  (principal: unknown, action: Value, condition?: Block, more: object = {}) => ({
    Effect: effect,
    Principal: typeof principal === 'string' && principal !== '*' ? { AWS: principal } : principal,
    Action: typeof action === 'string' ? `kms:${action}` : action.map((name) => `kms:${name}`),
    Resource: '*',
    ...(condition && { Condition: condition }),
    ...more,
  });
const allow = statement('Allow');
const deny = statement('Deny');
const root = allow(ROOT, '*');
const via = (...services: string[]): Block => ({ StringEquals: { 'kms:ViaService': services } });
const S3 = 's3.us-east-1.amazonaws.com';
const RDS = 'rds.us-east-1.amazonaws.com';
const TRAILS = { Service: 'cloudtrail.amazonaws.com' };
const TRAIL = `arn:aws:cloudtrail:us-east-1:${OWN}:trail/`;
const TRAIL_CONTEXT = 'kms:EncryptionContext:aws:cloudtrail:arn';
const ofTrail: Block = { StringEquals: { 'aws:SourceArn': `${TRAIL}main` } };
const ofGroup = (operator: string, group: string): Block => ({
  [operator]: { 'kms:EncryptionContext:aws:logs:arn': [`arn:aws:logs:us-east-1:${OWN}:log-group:${group}`] },
});
const swap = (element: object, from: string, to: object) => {
  const { [from]: _, ...rest } = element as Record<string, unknown>;
  return { ...rest, ...to };
};

const EVALUATION = 'IAM User Guide, "Policy evaluation logic"';
const OPERATORS = 'IAM User Guide, "IAM JSON policy elements: Condition operators"';
const SETS = 'IAM User Guide, "Multivalued context keys"';
const PRINCIPAL = 'IAM User Guide, "AWS JSON policy elements: Principal"';
const GLOBAL = 'IAM User Guide, "AWS global condition context keys"';
const KMS_KEYS = 'AWS KMS Developer Guide, "Condition keys for AWS KMS"';
const PUBLIC = 'Amazon S3 User Guide, "The meaning of public"; AWS Config, KMS_KEY_POLICY_NO_PUBLIC_ACCESS';
const KEY_POLICY = 'AWS KMS Developer Guide, "Key policies in AWS KMS"';

export const DIFF_CASES: DiffCase[] = [
  {
    id: 'NotPrincipal with Allow opens to everyone but the named',
    by: 'IAM User Guide, "NotPrincipal", in its older edition: allows all but the named',
    before: [root],
    after: [root, swap(allow(APP, 'Decrypt'), 'Principal', { NotPrincipal: { AWS: APP } })],
    gains: [{ principal: '*', actions: 'Decrypt' }],
    public: true,
  },
  {
    id: 'NotAction in a Deny takes all but the named',
    by: 'IAM User Guide, "IAM JSON policy elements: NotAction"',
    before: [root, allow(APP, '*')],
    after: [root, allow(APP, '*'), swap(deny(APP, 'Decrypt'), 'Action', { NotAction: 'kms:Decrypt' })],
    loses: [{ principal: APP, actions: 'all but Decrypt' }],
  },
  {
    id: 'NotAction of another service gives everything',
    by: 'IAM User Guide, "IAM JSON policy elements: NotAction"',
    before: [root],
    after: [root, swap(allow(APP, 'Decrypt'), 'Action', { NotAction: 's3:*' })],
    gains: [{ principal: APP, actions: 'all but ' }],
  },
  {
    id: 'a wildcard that names more than its writer thought',
    by: 'Service Authorization Reference, AWS KMS',
    before: [root, allow(APP, 'Decrypt')],
    after: [root, allow(APP, 'De*')],
    gains: [{ principal: APP, actions: 'DeleteAlias DeleteImportedKeyMaterial DeriveSharedSecret DescribeKey' }],
  },
  {
    id: 'ViaService widened from one Region to all',
    by: KMS_KEYS,
    before: [root, allow(APP, 'Decrypt', via(S3))],
    after: [root, allow(APP, 'Decrypt', { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com' } })],
    gains: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'ViaService added to what was open',
    by: KMS_KEYS,
    before: [root, allow(APP, ['Decrypt', 'Encrypt'])],
    after: [root, allow(APP, ['Decrypt', 'Encrypt'], via(S3, RDS))],
    loses: [{ principal: APP, actions: 'Decrypt Encrypt' }],
  },
  {
    id: 'Deny unless through one service',
    by: `${EVALUATION}; ${OPERATORS}: a negated operator holds without the key`,
    before: [root, allow(APP, 'Decrypt')],
    after: [root, allow(APP, 'Decrypt'), deny('*', 'Decrypt', { StringNotEquals: { 'kms:ViaService': S3 } })],
    loses: [
      { principal: ROOT, actions: 'Decrypt' },
      { principal: APP, actions: 'Decrypt' },
    ],
  },
  {
    id: 'the grant condition goes',
    by: KMS_KEYS,
    before: [root, allow(APP, 'CreateGrant', { Bool: { 'kms:GrantIsForAWSResource': 'true' } })],
    after: [root, allow(APP, 'CreateGrant')],
    gains: [{ principal: APP, actions: 'CreateGrant' }],
  },
  {
    id: 'a boolean and the word for it',
    by: 'AWS KMS Developer Guide, "Default key policy", which shows both',
    before: [root, allow(APP, 'CreateGrant', { Bool: { 'kms:GrantIsForAWSResource': 'true' } })],
    after: [root, allow(APP, 'CreateGrant', { Bool: { 'kms:GrantIsForAWSResource': true } })],
  },
  {
    id: 'a word for a boolean in capitals',
    by: `${OPERATORS}: Boolean`,
    before: [root, allow(APP, 'CreateGrant', { Bool: { 'kms:GrantIsForAWSResource': 'true' } })],
    after: [root, allow(APP, 'CreateGrant', { Bool: { 'kms:GrantIsForAWSResource': 'TRUE' } })],
  },
  {
    id: 'the grant condition turned round',
    by: KMS_KEYS,
    before: [root, allow(APP, 'CreateGrant', { Bool: { 'kms:GrantIsForAWSResource': 'true' } })],
    after: [root, allow(APP, 'CreateGrant', { Bool: { 'kms:GrantIsForAWSResource': 'false' } })],
    changed: [{ principal: APP, actions: 'CreateGrant' }],
  },
  {
    id: 'IfExists lets requests without the key in',
    by: `${OPERATORS}: IfExists`,
    before: [root, allow(APP, 'Decrypt', { StringEquals: { 'kms:EncryptionContext:Dept': 'HR' } })],
    after: [root, allow(APP, 'Decrypt', { StringEqualsIfExists: { 'kms:EncryptionContext:Dept': 'HR' } })],
    gains: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'ForAllValues in place of ForAnyValue',
    by: `${SETS}: ForAllValues holds when the key is missing; ForAnyValue wants one match only`,
    before: [root, allow(APP, 'Decrypt', { 'ForAnyValue:StringEquals': { 'kms:EncryptionContextKeys': ['a', 'b'] } })],
    after: [root, allow(APP, 'Decrypt', { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['a', 'b'] } })],
    // Of the loss no request with several values is tried as a proof, so it is not certain.
    changed: [{ principal: APP, actions: 'Decrypt', certainty: 'may' }],
  },
  {
    id: 'the Null beside a ForAllValues goes',
    by: SETS,
    before: [
      root,
      allow(APP, 'Decrypt', {
        'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': 'a' },
        Null: { 'kms:EncryptionContextKeys': 'false' },
      }),
    ],
    after: [root, allow(APP, 'Decrypt', { 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': 'a' } })],
    gains: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'Deny of direct use, by Null',
    by: `${OPERATORS}: Null is true when the key is absent`,
    before: [root, allow(APP, 'Decrypt')],
    after: [root, allow(APP, 'Decrypt'), deny('*', 'Decrypt', { Null: { 'kms:ViaService': 'true' } })],
    loses: [
      { principal: ROOT, actions: 'Decrypt' },
      { principal: APP, actions: 'Decrypt' },
    ],
  },
  {
    id: 'Allow only through services, by Null',
    by: `${OPERATORS}: Null is false when the key is there`,
    before: [root],
    after: [root, allow(APP, 'Decrypt', { Null: { 'kms:ViaService': 'false' } })],
    gains: [{ principal: APP, actions: 'Decrypt', when: { Null: { 'kms:ViaService': ['false'] } } }],
  },
  {
    id: 'Bool and BoolIfExists on MFA in a Deny',
    by: `${GLOBAL}: aws:MultiFactorAuthPresent is absent with long-term credentials`,
    before: [root, deny('*', 'ScheduleKeyDeletion', { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } })],
    after: [root, deny('*', 'ScheduleKeyDeletion', { Bool: { 'aws:MultiFactorAuthPresent': 'false' } })],
    gains: [{ principal: ROOT, actions: 'ScheduleKeyDeletion' }],
  },
  {
    id: 'a federated provider',
    by: PRINCIPAL,
    before: [root],
    after: [root, allow({ Federated: 'cognito-identity.amazonaws.com' }, 'Decrypt')],
    gains: [{ principal: 'Federated:cognito-identity.amazonaws.com', actions: 'Decrypt' }],
  },
  {
    id: 'a service for one source alone',
    by: 'AWS KMS Developer Guide, "Permissions for AWS services in key policies"',
    before: [root],
    after: [
      root,
      allow({ Service: 'cloudtrail.amazonaws.com' }, 'GenerateDataKey*', {
        StringEquals: { 'aws:SourceArn': `arn:aws:cloudtrail:us-east-1:${OWN}:trail/main` },
      }),
    ],
    gains: [
      {
        principal: 'Service:cloudtrail.amazonaws.com',
        actions:
          'GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext',
        when: { StringEquals: { 'aws:SourceArn': [`arn:aws:cloudtrail:us-east-1:${OWN}:trail/main`] } },
      },
    ],
  },
  {
    id: 'the source account of a service goes',
    by: 'IAM User Guide, "The confused deputy problem"',
    before: [root, allow({ Service: 's3.amazonaws.com' }, 'Decrypt', { StringEquals: { 'aws:SourceAccount': OWN } })],
    after: [root, allow({ Service: 's3.amazonaws.com' }, 'Decrypt')],
    gains: [{ principal: 'Service:s3.amazonaws.com', actions: 'Decrypt' }],
  },
  {
    id: 'CloudFront for one distribution, then for another',
    by: 'Amazon CloudFront Developer Guide, origin access control with SSE-KMS',
    before: [
      root,
      allow({ Service: 'cloudfront.amazonaws.com' }, 'Decrypt', {
        StringEquals: { 'aws:SourceArn': `arn:aws:cloudfront::${OWN}:distribution/E1` },
      }),
    ],
    after: [
      root,
      allow({ Service: 'cloudfront.amazonaws.com' }, 'Decrypt', {
        StringEquals: { 'aws:SourceArn': `arn:aws:cloudfront::${OWN}:distribution/E2` },
      }),
    ],
    changed: [{ principal: 'Service:cloudfront.amazonaws.com', actions: 'Decrypt' }],
  },
  {
    id: 'a Deny for all that are no AWS service leaves the service alone',
    by: `${GLOBAL}: aws:PrincipalIsAWSService is true when a service principal calls`,
    before: [root, allow({ Service: LOGS }, 'Decrypt'), allow(APP, 'Decrypt')],
    after: [
      root,
      allow({ Service: LOGS }, 'Decrypt'),
      allow(APP, 'Decrypt'),
      deny('*', 'Decrypt', { Bool: { 'aws:PrincipalIsAWSService': 'false' } }),
    ],
    loses: [
      { principal: ROOT, actions: 'Decrypt' },
      { principal: APP, actions: 'Decrypt' },
    ],
  },
  {
    id: 'everyone that is an AWS service, and no identity',
    by: `${GLOBAL}: aws:PrincipalIsAWSService is false for identities`,
    before: [root, allow(APP, 'Encrypt')],
    after: [root, allow(APP, 'Encrypt'), allow(APP, 'Decrypt', { Bool: { 'aws:PrincipalIsAWSService': 'true' } })],
  },
  {
    id: 'a session of a role that is allowed already',
    by: `${PRINCIPAL}: permissions of a role apply to its sessions`,
    before: [root, allow(APP, 'Decrypt')],
    after: [root, allow(APP, 'Decrypt'), allow(SESSION, 'Decrypt')],
  },
  {
    id: 'a session alone',
    by: `${PRINCIPAL}: role session principals`,
    before: [root],
    after: [root, allow(SESSION, 'Decrypt')],
    gains: [{ principal: SESSION, actions: 'Decrypt' }],
  },
  {
    id: 'a session in place of its role',
    by: `${PRINCIPAL}: role session principals`,
    before: [root, allow(APP, 'Decrypt')],
    after: [root, allow(SESSION, 'Decrypt')],
    loses: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'a user in place of a role of the same name',
    by: PRINCIPAL,
    before: [root, allow(APP, 'Decrypt')],
    after: [root, allow(APP.replace('role/', 'user/'), 'Decrypt')],
    gains: [{ principal: APP.replace('role/', 'user/'), actions: 'Decrypt' }],
    loses: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'a deleted role is taken out',
    by: 'AWS re:Post, "invalid principals": AROA stands for a deleted role',
    before: [root, allow('AROADBQP57FF2AEXAMPLE', 'Decrypt')],
    after: [root],
    loses: [{ principal: 'AROADBQP57FF2AEXAMPLE', actions: 'Decrypt' }],
  },
  {
    id: 'the key of an encryption context in another case',
    by: 'AWS KMS Developer Guide, "kms:EncryptionContext:context-key": the condition key is not case sensitive',
    before: [root, allow(APP, 'Decrypt', { StringEquals: { 'kms:EncryptionContext:Dept': 'HR' } })],
    after: [root, allow(APP, 'Decrypt', { StringEquals: { 'kms:EncryptionContext:DEPT': 'HR' } })],
  },
  {
    id: 'the value of an encryption context in another case',
    by: 'AWS KMS Developer Guide, "kms:EncryptionContext:context-key": the operator decides for the value',
    before: [root, allow(APP, 'Decrypt', { StringEquals: { 'kms:EncryptionContext:Dept': 'HR' } })],
    after: [root, allow(APP, 'Decrypt', { StringEquals: { 'kms:EncryptionContext:Dept': 'hr' } })],
    changed: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'the value of an encryption context in any case',
    by: OPERATORS,
    before: [root, allow(APP, 'Decrypt', { StringEquals: { 'kms:EncryptionContext:Dept': 'HR' } })],
    after: [root, allow(APP, 'Decrypt', { StringEqualsIgnoreCase: { 'kms:EncryptionContext:Dept': 'hr' } })],
    gains: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'a Deny on the account goes',
    by: `${EVALUATION}; a Deny for the account denies everyone in it`,
    before: [root, allow(APP, 'Decrypt'), deny(ROOT, 'Decrypt')],
    after: [root, allow(APP, 'Decrypt')],
    gains: [
      { principal: ROOT, actions: 'Decrypt' },
      { principal: APP, actions: 'Decrypt' },
    ],
  },
  {
    id: 'a Deny on a role that IAM policies alone could let in goes',
    by: 'AWS KMS Developer Guide, "Default key policy": enables IAM policies',
    before: [root, deny(APP, 'Decrypt')],
    after: [root],
    gains: [{ principal: APP, actions: 'Decrypt', kind: 'delegated' }],
  },
  {
    id: 'the delegation shrinks to one action while an administrator is named',
    by: 'AWS KMS Developer Guide, "Default key policy"',
    before: [root, allow(ADMIN, 'PutKeyPolicy')],
    after: [allow(ROOT, 'Decrypt'), allow(ADMIN, 'PutKeyPolicy')],
    // What IAM policies can no longer give the administrator is said with the account.
    loses: [{ principal: ROOT, actions: 'all but Decrypt' }],
  },
  {
    id: 'the delegation hangs on the organization',
    by: `${KEY_POLICY}; satisfiable, so no lockout`,
    before: [root],
    after: [allow(ROOT, '*', { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
    loses: [{ principal: ROOT, actions: 'all but ' }],
  },
  {
    id: 'everyone of one other account',
    by: KMS_KEYS,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'kms:CallerAccount': FOREIGN } })],
    gains: [{ principal: '*', actions: 'Decrypt', when: { StringEquals: { 'kms:CallerAccount': [FOREIGN] } } }],
    crossAccount: [FOREIGN],
  },
  {
    id: 'another account beside the own',
    by: KMS_KEYS,
    before: [root, allow('*', 'Decrypt', { StringEquals: { 'kms:CallerAccount': OWN } })],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'kms:CallerAccount': [OWN, FOREIGN] } })],
    gains: [{ principal: '*', actions: 'Decrypt', when: { StringEquals: { 'kms:CallerAccount': [FOREIGN] } } }],
    crossAccount: [FOREIGN],
  },
  {
    id: 'all roles of one other account, by pattern',
    by: `${GLOBAL}: aws:PrincipalArn; ${PUBLIC}`,
    before: [root],
    after: [root, allow('*', 'Decrypt', { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${FOREIGN}:role/*` } })],
    gains: [{ principal: '*', actions: 'Decrypt' }],
    crossAccount: [FOREIGN],
  },
  {
    id: 'a role name of any account, by pattern',
    by: PUBLIC,
    before: [root],
    after: [root, allow('*', 'Decrypt', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/Admin' } })],
    gains: [{ principal: '*', actions: 'Decrypt' }],
    public: true,
  },
  {
    id: 'everyone through one service',
    by: `${PUBLIC}: kms:ViaService alone says nothing of who calls`,
    before: [root],
    after: [root, allow('*', 'Decrypt', via(S3))],
    gains: [{ principal: '*', actions: 'Decrypt', when: { StringEquals: { 'kms:ViaService': [S3] } } }],
    public: true,
  },
  {
    id: 'everyone but one account',
    by: `${PUBLIC}: negated operators do not confine`,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringNotEquals: { 'kms:CallerAccount': FOREIGN } })],
    gains: [{ principal: '*', actions: 'Decrypt' }],
    public: true,
  },
  {
    id: 'an organization, if the caller has one',
    by: `${PUBLIC}: IfExists does not confine`,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
    gains: [{ principal: '*', actions: 'Decrypt' }],
    public: true,
  },
  {
    id: 'any organization',
    by: `${PUBLIC}: a wildcard is no fixed value`,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringLike: { 'aws:PrincipalOrgID': 'o-*' } })],
    gains: [{ principal: '*', actions: 'Decrypt' }],
    public: true,
  },
  {
    id: 'an account that is a variable',
    by: `${PUBLIC}: a policy variable is no fixed value`,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'kms:CallerAccount': `$${'{aws:PrincipalAccount}'}` } })],
    gains: [{ principal: '*', actions: 'Decrypt', certainty: 'may' }],
    public: true,
  },
  {
    id: 'the account of the key as a variable',
    by: `${GLOBAL}: aws:ResourceAccount is the account that owns the key`,
    before: [root, allow('*', 'Decrypt', { StringEquals: { 'aws:PrincipalAccount': OWN } })],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'aws:PrincipalAccount': `$${'{aws:ResourceAccount}'}` } })],
  },
  {
    id: 'an ARN with a wildcard in its last part alone, by either operator',
    by: `${OPERATORS}: in ARNs a wildcard stays within its part, and the last part holds all the rest`,
    before: [root, allow('*', 'Decrypt', { ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${OWN}:role/team/*` } })],
    after: [root, allow('*', 'Decrypt', { StringLike: { 'aws:PrincipalArn': `arn:aws:iam::${OWN}:role/team/*` } })],
  },
  {
    id: 'a role of any account by ARN, and then by text, in which a wildcard takes colons too',
    by: `${OPERATORS}: ArnLike`,
    before: [root, allow('*', 'Decrypt', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/team' } })],
    after: [root, allow('*', 'Decrypt', { StringLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/team' } })],
    gains: [{ principal: '*', actions: 'Decrypt', certainty: 'may' }],
    public: true,
  },
  {
    id: 'accounts whose id begins alike',
    by: `${PUBLIC}: a value with a wildcard is not fixed`,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringLike: { 'kms:CallerAccount': '4444*' } })],
    gains: [{ principal: '*', actions: 'Decrypt' }],
    public: true,
  },
  {
    id: 'everyone, and a Deny for all that are neither of the organization nor of a partner',
    by: `${EVALUATION}; ${PUBLIC}`,
    before: [root],
    after: [
      root,
      allow('*', 'Decrypt'),
      deny('*', 'Decrypt', {
        StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5', 'aws:PrincipalAccount': FOREIGN },
      }),
    ],
    gains: [
      { principal: '*', actions: 'Decrypt', when: { StringEquals: { 'aws:PrincipalAccount': [FOREIGN] } } },
      { principal: '*', actions: 'Decrypt', when: { StringEquals: { 'aws:PrincipalOrgID': ['o-a1b2c3d4e5'] } } },
    ],
    loses: [{ principal: ROOT, actions: 'Decrypt' }],
    crossAccount: [FOREIGN],
  },
  {
    id: 'everyone, and a Deny for all that are neither of the organization nor a service',
    by: `${EVALUATION}; ${PUBLIC}: a service may call for any account`,
    before: [root],
    after: [
      root,
      allow('*', 'Decrypt'),
      deny('*', 'Decrypt', {
        StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' },
        Bool: { 'aws:PrincipalIsAWSService': 'false' },
      }),
    ],
    gains: [
      { principal: '*', actions: 'Decrypt', when: { BoolIfExists: { 'aws:PrincipalIsAWSService': ['true'] } } },
      { principal: '*', actions: 'Decrypt', when: { StringEquals: { 'aws:PrincipalOrgID': ['o-a1b2c3d4e5'] } } },
    ],
    loses: [{ principal: ROOT, actions: 'Decrypt', certainty: 'may' }],
    public: true,
  },
  {
    id: 'everyone from one endpoint',
    by: PUBLIC,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'aws:SourceVpce': 'vpce-1234567890abcdef0' } })],
    gains: [{ principal: '*', actions: 'Decrypt' }],
  },
  {
    id: 'replication of a multi-Region key',
    by: 'AWS KMS Developer Guide, "Multi-Region keys"',
    before: [root],
    after: [root, allow(ADMIN, ['ReplicateKey', 'UpdatePrimaryRegion'])],
    gains: [{ principal: ADMIN, actions: 'ReplicateKey UpdatePrimaryRegion' }],
  },
  {
    id: 'statements without actions or principals, and a very long Sid',
    by: `${KEY_POLICY}; AWS Health notice of 2025-05-06: such statements have no effect`,
    before: [root],
    after: [
      { ...root, Sid: 'x'.repeat(4000) },
      allow(APP, []),
      allow({ AWS: [] }, 'Decrypt'),
      { ...allow(APP, 'Decrypt'), Resource: [] },
    ],
  },
  {
    id: 'a session is given more, another one of its role is not',
    by: `${PRINCIPAL}: role session principals`,
    before: [root, allow({ AWS: [SESSION, OTHER_SESSION] }, 'Encrypt')],
    after: [root, allow({ AWS: [SESSION, OTHER_SESSION] }, 'Encrypt'), allow(SESSION, 'Decrypt')],
    gains: [{ principal: SESSION, actions: 'Decrypt' }],
  },
  {
    id: 'a role is given more, and with it its sessions',
    by: `${PRINCIPAL}: permissions of a role apply to its sessions`,
    before: [root, allow(SESSION, 'Encrypt')],
    after: [root, allow(SESSION, 'Encrypt'), allow(APP, 'Decrypt')],
    gains: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'a role is denied, and with it its sessions',
    by: `${EVALUATION}; a Deny for a role denies its sessions`,
    before: [root, allow(SESSION, 'Decrypt')],
    after: [root, allow(SESSION, 'Decrypt'), deny(APP, 'Decrypt')],
    loses: [
      { principal: APP, actions: 'Decrypt', kind: 'delegated' },
      { principal: SESSION, actions: 'Decrypt' },
    ],
  },
  {
    id: 'NotPrincipal excepts a role with its account, and so its sessions',
    by: 'IAM User Guide, "NotPrincipal": the account must be excepted beside the role',
    before: [root, allow({ AWS: [APP, SESSION, ADMIN] }, 'Decrypt')],
    after: [
      root,
      allow({ AWS: [APP, SESSION, ADMIN] }, 'Decrypt'),
      swap(deny(APP, 'Decrypt'), 'Principal', { NotPrincipal: { AWS: [APP, ROOT] } }),
    ],
    loses: [{ principal: ADMIN, actions: 'Decrypt' }],
  },
  {
    id: 'NotPrincipal excepts one session, and no other of the role',
    by: 'IAM User Guide, "NotPrincipal"',
    before: [allow({ AWS: [SESSION, OTHER_SESSION] }, 'Decrypt')],
    after: [
      allow({ AWS: [SESSION, OTHER_SESSION] }, 'Decrypt'),
      swap(deny(APP, 'Decrypt'), 'Principal', { NotPrincipal: { AWS: [SESSION, ROOT] } }),
    ],
    loses: [{ principal: OTHER_SESSION, actions: 'Decrypt' }],
    lockout: true,
  },
  {
    id: 'what all but some are denied changes',
    by: 'IAM User Guide, "NotPrincipal"',
    before: [allow(ADMIN, '*'), swap(deny(APP, 'Decrypt'), 'Principal', { NotPrincipal: { AWS: [APP, ROOT] } })],
    after: [allow(ADMIN, '*'), swap(deny(APP, 'Encrypt'), 'Principal', { NotPrincipal: { AWS: [APP, ROOT] } })],
    gains: [{ principal: ADMIN, actions: 'Decrypt' }],
    loses: [{ principal: ADMIN, actions: 'Encrypt' }],
  },
  {
    id: 'one more is excepted from what all others are denied',
    by: 'IAM User Guide, "NotPrincipal"',
    before: [allow(ADMIN, '*'), swap(deny(APP, 'Decrypt'), 'Principal', { NotPrincipal: { AWS: [APP, ROOT] } })],
    after: [allow(ADMIN, '*'), swap(deny(APP, 'Decrypt'), 'Principal', { NotPrincipal: { AWS: [APP, ADMIN, ROOT] } })],
    gains: [{ principal: ADMIN, actions: 'Decrypt' }],
  },
  {
    id: 'a deleted role may be of the account that is denied now',
    by: 'AWS re:Post, "invalid principals": an AROA id does not tell its account',
    before: [root, allow('AROADBQP57FF2AEXAMPLE', 'Decrypt')],
    after: [root, allow('AROADBQP57FF2AEXAMPLE', 'Decrypt'), deny(ROOT, 'Decrypt')],
    loses: [
      { principal: ROOT, actions: 'Decrypt' },
      { principal: 'AROADBQP57FF2AEXAMPLE', actions: 'Decrypt', certainty: 'may' },
    ],
  },
  {
    id: 'everyone beside a role in one list',
    by: PRINCIPAL,
    before: [root, allow({ AWS: ['*', APP] }, 'Encrypt'), allow(APP, 'Decrypt')],
    after: [root, allow({ AWS: [APP, '*'] }, 'Encrypt')],
    loses: [{ principal: APP, actions: 'Decrypt' }],
    public: true,
  },
  {
    id: 'one statement cut into four',
    by: 'IAM User Guide, "Grammar of the IAM JSON policy language": statements are joined by or',
    before: [root, allow({ AWS: [APP, ADMIN] }, ['Decrypt', 'Encrypt'])],
    after: [
      root,
      allow(APP, 'Decrypt'),
      allow(APP, 'Encrypt'),
      allow(ADMIN, 'Decrypt'),
      allow(ADMIN, 'Encrypt', undefined, { Sid: 'fourth' }),
    ],
  },
  {
    id: 'a narrow Deny goes while a wide one stays',
    by: EVALUATION,
    before: [root, allow(APP, 'Decrypt'), deny(APP, 'Decrypt', via(S3)), deny(APP, 'Decrypt')],
    after: [root, allow(APP, 'Decrypt'), deny(APP, 'Decrypt')],
  },
  {
    id: 'a Deny for one who never had it',
    by: `${EVALUATION}: an implicit Deny stands already`,
    before: [allow(ADMIN, '*')],
    after: [allow(ADMIN, '*'), deny(APP, 'Decrypt')],
  },
  {
    id: 'a Deny for the account of another, over its named role',
    by: `${EVALUATION}; ${PRINCIPAL}: the account stands for all in it in a Deny`,
    before: [root, allow(ETL, 'Decrypt')],
    after: [root, allow(ETL, 'Decrypt'), deny(PARTNER, 'Decrypt')],
    loses: [{ principal: ETL, actions: 'Decrypt' }],
  },
  {
    id: 'everyone is denied the policy itself',
    by: 'AWS KMS API Reference, PutKeyPolicy: the lockout safety check',
    before: [allow(ADMIN, '*')],
    after: [allow(ADMIN, '*'), deny('*', 'PutKeyPolicy')],
    loses: [{ principal: ADMIN, actions: 'PutKeyPolicy' }],
    lockout: true,
  },
  {
    id: 'everyone but the administrator is denied the policy',
    by: `${OPERATORS}: ArnNotEquals`,
    before: [allow({ AWS: [ADMIN, APP] }, '*')],
    after: [
      allow({ AWS: [ADMIN, APP] }, '*'),
      deny('*', 'PutKeyPolicy', { ArnNotEquals: { 'aws:PrincipalArn': ADMIN } }),
    ],
    loses: [{ principal: APP, actions: 'PutKeyPolicy' }],
  },
  {
    id: 'a date is put off',
    by: `${OPERATORS}: Date`,
    before: [root, allow(APP, 'Decrypt', { DateLessThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } })],
    after: [root, allow(APP, 'Decrypt', { DateLessThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' } })],
    gains: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'a network becomes a part of itself',
    by: `${OPERATORS}: IP address`,
    before: [root, allow(APP, 'Decrypt', { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } })],
    after: [root, allow(APP, 'Decrypt', { IpAddress: { 'aws:SourceIp': '203.0.113.128/25' } })],
    loses: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'a number as text and as a number',
    by: `${OPERATORS}: Numeric`,
    before: [
      root,
      allow(APP, 'ScheduleKeyDeletion', {
        NumericGreaterThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' },
      }),
    ],
    after: [
      root,
      allow(APP, 'ScheduleKeyDeletion', {
        NumericGreaterThanEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': 30 },
      }),
    ],
  },
  {
    id: 'a log group becomes all log groups',
    by: 'Amazon CloudWatch Logs User Guide, "AWS KMS keys and encryption context"',
    before: [root, allow({ Service: LOGS }, ['Encrypt', 'Decrypt'], ofGroup('ArnEquals', 'payments'))],
    after: [root, allow({ Service: LOGS }, ['Encrypt', 'Decrypt'], ofGroup('ArnLike', '*'))],
    gains: [{ principal: `Service:${LOGS}`, actions: 'Decrypt Encrypt', when: ofGroup('ArnLike', '*') }],
  },
  {
    id: 'a log group by an ARN operator and by text',
    by: `${OPERATORS}: ARN`,
    before: [root, allow({ Service: LOGS }, 'Decrypt', ofGroup('ArnEquals', 'payments'))],
    after: [root, allow({ Service: LOGS }, 'Decrypt', ofGroup('StringEquals', 'payments'))],
  },
  {
    id: 'the encryption context of a service goes while its source stays',
    by: 'AWS CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail"',
    before: [root, allow(TRAILS, 'GenerateDataKey', { ...ofTrail, StringLike: { [TRAIL_CONTEXT]: 'arn:aws:*' } })],
    after: [root, allow(TRAILS, 'GenerateDataKey', ofTrail)],
    gains: [{ principal: 'Service:cloudtrail.amazonaws.com', actions: 'GenerateDataKey' }],
  },
  {
    id: 'a wildcard that was taken as it is becomes one',
    by: `${OPERATORS}: String`,
    before: [root, allow(TRAILS, 'GenerateDataKey', { StringEquals: { 'aws:SourceArn': `${TRAIL}*` } })],
    after: [root, allow(TRAILS, 'GenerateDataKey', { StringLike: { 'aws:SourceArn': `${TRAIL}*` } })],
    gains: [{ principal: 'Service:cloudtrail.amazonaws.com', actions: 'GenerateDataKey' }],
  },
  {
    id: 'ForAnyValue on a key of one value says nothing',
    by: SETS,
    before: [root, allow(APP, 'Decrypt', { 'ForAnyValue:StringEquals': { 'kms:ViaService': [S3] } })],
    after: [root, allow(APP, 'Decrypt', via(S3))],
  },
  {
    id: 'ForAllValues on a key of one value lets requests without it in',
    by: SETS,
    before: [root, allow(APP, 'Decrypt', via(S3))],
    after: [root, allow(APP, 'Decrypt', { 'ForAllValues:StringEquals': { 'kms:ViaService': [S3] } })],
    gains: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'the operations of a grant are widened',
    by: `${KMS_KEYS}: kms:GrantOperations`,
    before: [root, allow(APP, 'CreateGrant', { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] } })],
    after: [
      root,
      allow(APP, 'CreateGrant', { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['CreateGrant', 'Decrypt'] } }),
    ],
    gains: [{ principal: APP, actions: 'CreateGrant' }],
  },
  {
    id: 'another grantee',
    by: `${KMS_KEYS}: kms:GranteePrincipal`,
    before: [root, allow(APP, 'CreateGrant', { StringEquals: { 'kms:GranteePrincipal': APP } })],
    after: [root, allow(APP, 'CreateGrant', { StringEquals: { 'kms:GranteePrincipal': ETL } })],
    changed: [{ principal: APP, actions: 'CreateGrant' }],
  },
  {
    id: 'a Deny for another source account hits all who have none',
    by: `${OPERATORS}: a negated operator holds when the key is absent; ${GLOBAL}: aws:SourceAccount`,
    before: [root, allow(TRAILS, 'Decrypt')],
    after: [root, allow(TRAILS, 'Decrypt'), deny('*', 'Decrypt', { StringNotEquals: { 'aws:SourceAccount': OWN } })],
    loses: [
      { principal: ROOT, actions: 'Decrypt' },
      { principal: 'Service:cloudtrail.amazonaws.com', actions: 'Decrypt' },
    ],
  },
  {
    id: 'such a Deny is mended by Null',
    by: `${OPERATORS}: Null`,
    before: [root, deny('*', 'Decrypt', { StringNotEquals: { 'aws:SourceAccount': OWN } })],
    after: [
      root,
      deny('*', 'Decrypt', { StringNotEquals: { 'aws:SourceAccount': OWN }, Null: { 'aws:SourceAccount': 'false' } }),
    ],
    gains: [{ principal: ROOT, actions: 'Decrypt' }],
  },
  {
    id: 'IfExists adds nothing to an operator that is negated',
    by: `${OPERATORS}: IfExists`,
    before: [root, deny('*', 'Decrypt', { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
    after: [root, deny('*', 'Decrypt', { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } })],
  },
  {
    id: 'two conditions that are all there is',
    by: EVALUATION,
    before: [
      root,
      allow(APP, 'Decrypt', via(S3)),
      allow(APP, 'Decrypt', { StringNotEquals: { 'kms:ViaService': S3 } }),
    ],
    after: [root, allow(APP, 'Decrypt')],
  },
  {
    id: 'a condition becomes a Deny, which binds the IAM policies too',
    by: EVALUATION,
    before: [root, allow(APP, 'Decrypt', { Bool: { 'aws:MultiFactorAuthPresent': 'true' } })],
    after: [
      root,
      allow(APP, 'Decrypt'),
      deny(APP, 'Decrypt', { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } }),
    ],
    loses: [{ principal: APP, actions: 'Decrypt', kind: 'delegated' }],
  },
  {
    id: 'a Deny becomes a condition, which leaves the IAM policies free',
    by: EVALUATION,
    before: [root, allow(APP, 'Decrypt'), deny(APP, 'Decrypt', { StringNotEquals: { 'kms:ViaService': S3 } })],
    after: [root, allow(APP, 'Decrypt', via(S3))],
    gains: [{ principal: APP, actions: 'Decrypt', kind: 'delegated' }],
  },
  {
    id: 'everyone of another account, written as the account',
    by: PRINCIPAL,
    before: [root, allow('*', 'Decrypt', { StringEquals: { 'kms:CallerAccount': FOREIGN } })],
    after: [root, allow(PARTNER, 'Decrypt')],
    loses: [
      {
        principal: '*',
        actions: 'Decrypt',
        when: { StringEquals: { 'kms:CallerAccount': [FOREIGN] } },
        certainty: 'may',
      },
    ],
    crossAccount: [FOREIGN],
  },
  {
    id: 'another account, written as everyone of it',
    by: PRINCIPAL,
    before: [root, allow(PARTNER, 'Decrypt')],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'aws:PrincipalAccount': FOREIGN } })],
    gains: [
      {
        principal: '*',
        actions: 'Decrypt',
        when: { StringEquals: { 'aws:PrincipalAccount': [FOREIGN] } },
        certainty: 'may',
      },
    ],
    crossAccount: [FOREIGN],
  },
  {
    id: 'another account, written as everyone of it and of a third',
    by: PRINCIPAL,
    before: [root, allow(PARTNER, 'Decrypt')],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'kms:CallerAccount': [FOREIGN, '777788889999'] } })],
    gains: [
      {
        principal: '*',
        actions: 'Decrypt',
        when: { StringEquals: { 'kms:CallerAccount': [FOREIGN, '777788889999'] } },
      },
    ],
    crossAccount: [FOREIGN, '777788889999'],
  },
  {
    id: 'a role, written as everyone with its ARN',
    by: `${GLOBAL}: aws:PrincipalArn`,
    before: [root, allow(APP, 'Decrypt')],
    after: [root, allow('*', 'Decrypt', { ArnEquals: { 'aws:PrincipalArn': APP } })],
    gains: [
      { principal: '*', actions: 'Decrypt', when: { ArnEquals: { 'aws:PrincipalArn': [APP] } }, certainty: 'may' },
    ],
  },
  {
    id: 'everyone with the ARN of a role, written as the role, with one action less',
    by: `${GLOBAL}: aws:PrincipalArn`,
    before: [root, allow('*', ['Decrypt', 'Encrypt'], { ArnEquals: { 'aws:PrincipalArn': APP } })],
    after: [root, allow(APP, 'Decrypt')],
    loses: [
      { principal: '*', actions: 'Decrypt', when: { ArnEquals: { 'aws:PrincipalArn': [APP] } }, certainty: 'may' },
      { principal: '*', actions: 'Encrypt', when: { ArnEquals: { 'aws:PrincipalArn': [APP] } } },
    ],
  },
  {
    id: 'everyone of the own account is more than its root',
    by: 'AWS KMS Developer Guide, "Default key policy"',
    before: [root, allow('*', 'Decrypt', { StringEquals: { 'kms:CallerAccount': OWN } })],
    after: [root, allow(ROOT, 'Decrypt')],
    loses: [{ principal: '*', actions: 'Decrypt', when: { StringEquals: { 'kms:CallerAccount': [OWN] } } }],
  },
  {
    id: 'everyone of the organization that owns the key, by a variable',
    by: `${GLOBAL}: aws:ResourceOrgID; IAM Identity Center User Guide, "Baseline KMS key policy"`,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'aws:PrincipalOrgID': `$${'{aws:ResourceOrgID}'}` } })],
    gains: [{ principal: '*', actions: 'Decrypt', certainty: 'may' }],
  },
  {
    id: "everyone of the caller's own organization is everyone of any",
    by: PUBLIC,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'aws:PrincipalOrgID': `$${'{aws:PrincipalOrgID}'}` } })],
    gains: [{ principal: '*', actions: 'Decrypt', certainty: 'may' }],
    public: true,
  },
  {
    id: 'an enclave of another image',
    by: `${KMS_KEYS}: kms:RecipientAttestation`,
    before: [root, allow(APP, 'Decrypt', { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': 'AB12' } })],
    after: [root, allow(APP, 'Decrypt', { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': 'ab13' } })],
    changed: [{ principal: APP, actions: 'Decrypt' }],
  },
  {
    id: 'the measurement of an enclave in another case, by an operator that does not mind',
    by: `${OPERATORS}: String`,
    before: [root, allow(APP, 'Decrypt', { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': 'AB12' } })],
    after: [root, allow(APP, 'Decrypt', { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:PCR0': 'ab12' } })],
  },
  {
    id: 'a deleted role cannot keep the policy',
    by: 'IAM User Guide, "IAM identifiers": unique identifiers',
    before: [root, allow('AROADBQP57FF2AEXAMPLE', '*')],
    after: [allow('AROADBQP57FF2AEXAMPLE', '*')],
    loses: [{ principal: ROOT, actions: 'all but ' }],
    lockout: true,
  },
  {
    id: 'everyone of another account cannot keep the policy',
    by: 'AWS KMS API Reference, PutKeyPolicy: cross-account use: no',
    before: [root],
    after: [allow('*', '*', { StringEquals: { 'kms:CallerAccount': FOREIGN } })],
    gains: [{ principal: '*', actions: 'all but ' }],
    loses: [{ principal: ROOT, actions: 'all but ' }],
    crossAccount: [FOREIGN],
    lockout: true,
  },
  {
    id: 'an ARN whose wildcard is taken as it is, which nobody has',
    by: `${OPERATORS}: String; IAM User Guide, "IAM and AWS STS quotas": characters of names`,
    before: [root],
    after: [root, allow('*', 'Decrypt', { StringEquals: { 'aws:PrincipalArn': `arn:aws:iam::${FOREIGN}:role/*` } })],
    gains: [{ principal: '*', actions: 'Decrypt', certainty: 'may' }],
    crossAccount: [FOREIGN],
  },
];
