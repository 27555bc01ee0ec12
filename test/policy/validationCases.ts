import type { ValidateInput } from '../../lib/policy/validate.ts';
import { APPLIER, allow, KEY, ROLE, ROOT_STATEMENT, type StatementValue, withRoot } from './judge.ts';

/**
 * Documents with what must be found in them, worked out by hand from AWS's documents before they were tried. `codes` are all
 * errors and warnings in order of their codes; `aws` is the error of KMS, where it would refuse the put.
 */
export interface ValidationCase {
  id: string;
  document: unknown;
  more?: Partial<ValidateInput>;
  codes: string[];
  aws?: string;
}

const MALFORMED = 'MalformedPolicyDocumentException';
const FOREIGN = 'arn:aws:iam::444455556666';
const SAML = 'arn:aws:iam::111122223333:saml-provider/corp';
const one = (change: StatementValue): unknown => withRoot(allow(change));
const when = (operator: string, key: string, value: unknown, change: StatementValue = {}): unknown =>
  one({ Condition: { [operator]: { [key]: value } }, ...change });
const service = (name: string, more: StatementValue = {}): unknown => one({ Principal: { Service: name }, ...more });
const source = { Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } } };
const key = (change: object): Partial<ValidateInput> => ({ key: { ...KEY, ...change } });
const star = { Principal: { AWS: '*' } };
const denyPut = (change: StatementValue): unknown =>
  one({ Effect: 'Deny', Principal: { AWS: '*' }, Action: 'kms:PutKeyPolicy', ...change });
const text = (document: unknown): string => JSON.stringify(document);

export const VALIDATION_CASES: ValidationCase[] = [
  { id: 'a Sid twice', document: withRoot(allow(), allow({ Action: 'kms:Encrypt' })), codes: ['DUPLICATE_SID'] },
  { id: 'a Sid of 8,000 letters', document: one({ Sid: 'x'.repeat(8000) }), codes: [] },
  { id: 'an empty Sid', document: one({ Sid: '' }), codes: [] },
  { id: 'no actions in a list', document: one({ Action: [] }), codes: ['ACTION_MISSING'], aws: MALFORMED },
  { id: 'no resources in a list', document: one({ Resource: [] }), codes: ['RESOURCE_MISSING'], aws: MALFORMED },
  {
    id: 'no principals in a list',
    document: one({ Principal: { AWS: [] } }),
    codes: ['PRINCIPAL_MISSING'],
    aws: MALFORMED,
  },
  {
    id: 'a principal that is null',
    document: one({ Principal: { AWS: null } }),
    codes: ['ELEMENT_TYPE'],
    aws: MALFORMED,
  },
  { id: 'an empty condition', document: one({ Condition: {} }), codes: [] },
  { id: 'a condition that is null', document: one({ Condition: null }), codes: ['ELEMENT_TYPE'], aws: MALFORMED },
  {
    id: 'a condition without values',
    document: when('StringEquals', 'kms:ViaService', []),
    codes: ['CONDITION_NO_VALUES'],
  },
  {
    id: 'an account id as a number',
    document: when('StringEquals', 'kms:CallerAccount', 111122223333),
    codes: ['CONDITION_VALUE_NUMBER'],
  },
  {
    id: 'a number where numbers are compared',
    document: when('NumericLessThan', 'kms:GrantConstraintType', 5, { Action: 'kms:CreateGrant' }),
    codes: ['CONDITION_OPERATOR_TYPE'],
  },
  { id: 'one statement that is no list', document: { Version: '2012-10-17', Statement: ROOT_STATEMENT }, codes: [] },
  { id: 'an Effect in small letters', document: one({ Effect: 'allow' }), codes: ['EFFECT_INVALID'], aws: MALFORMED },
  {
    id: 'an Id that is a number',
    document: { ...(withRoot() as object), Id: 1 },
    codes: ['ELEMENT_TYPE'],
    aws: MALFORMED,
  },
  {
    id: 'an element that there is not',
    document: { ...(withRoot() as object), Statements: [] },
    codes: ['ELEMENT_UNKNOWN'],
    aws: MALFORMED,
  },
  {
    id: 'a name that an escape hides',
    document: text(one({})).replace('"Action":"kms:Decrypt"', '"Action":"kms:Decrypt","Act\\u0069on":"kms:*"'),
    codes: ['JSON_DUPLICATE_NAME'],
    aws: MALFORMED,
  },
  { id: 'a comma too many', document: text(one({})).replace(']}', ',]}'), codes: ['JSON_SYNTAX'], aws: MALFORMED },
  {
    id: 'a byte order mark',
    document: `\ufeff${text(withRoot())}`,
    codes: ['CHARACTER_NOT_ALLOWED', 'JSON_BYTE_ORDER_MARK'],
    aws: 'ValidationException',
  },
  {
    id: 'Allow with NotPrincipal',
    document: one({ Principal: undefined, NotPrincipal: { AWS: ROLE } }),
    codes: ['NOTPRINCIPAL_ALLOW'],
    aws: MALFORMED,
  },
  {
    id: 'Allow with NotAction',
    document: one({ Action: undefined, NotAction: 'kms:Put*' }),
    codes: ['NOT_ACTION_ALLOW'],
  },
  {
    id: 'Deny with NotAction',
    document: one({ Effect: 'Deny', Action: undefined, NotAction: 'kms:Decrypt' }),
    codes: [],
  },
  {
    id: 'everyone beside a role',
    document: one({ Principal: { AWS: [ROLE, '*'] } }),
    codes: ['APPLIER_AMONG_EVERYONE', 'PRINCIPAL_STAR_WITHOUT_CONDITION'],
  },
  {
    id: 'everyone of the account through a service, as AWS managed keys have it',
    document: one({
      ...star,
      Condition: {
        StringEquals: { 'kms:CallerAccount': '111122223333', 'kms:ViaService': 's3.us-west-2.amazonaws.com' },
      },
    }),
    codes: [],
  },
  {
    id: 'everyone by the name of a user, whom any account may have',
    document: when('StringEquals', 'aws:username', 'Bob', star),
    codes: ['PRINCIPAL_STAR_WITHOUT_CONDITION'],
  },
  {
    id: 'everyone from one network',
    document: when('IpAddress', 'aws:SourceIp', '203.0.113.0/24', star),
    codes: ['APPLIER_AMONG_EVERYONE', 'PRINCIPAL_STAR_WITHOUT_CONDITION'],
  },
  {
    id: 'every AWS service for every account',
    document: when('Bool', 'aws:PrincipalIsAWSService', 'true', star),
    codes: ['PRINCIPAL_STAR_WITHOUT_CONDITION'],
  },
  {
    id: 'everyone of an organization',
    document: when('StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5', star),
    codes: ['APPLIER_AMONG_EVERYONE'],
  },
  {
    id: 'an account of another partition',
    document: one({ Principal: { AWS: 'arn:aws-us-gov:iam::444455556666:root' } }),
    codes: ['PRINCIPAL_OTHER_PARTITION'],
    aws: MALFORMED,
  },
  {
    id: 'a role that AWS made for a service',
    document: one({
      Principal: {
        AWS: 'arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
      },
    }),
    codes: [],
  },
  {
    id: 'CloudFront for one distribution',
    document: service('cloudfront.amazonaws.com', {
      Condition: { StringEquals: { 'aws:SourceArn': 'arn:aws:cloudfront::111122223333:distribution/E1' } },
    }),
    codes: [],
  },
  { id: 'S3 for any account', document: service('s3.amazonaws.com'), codes: ['SERVICE_WITHOUT_SOURCE'] },
  { id: 'S3 is denied', document: service('s3.amazonaws.com', { Effect: 'Deny' }), codes: [] },
  { id: 'EC2 for one account', document: service('ec2.amazonaws.com', source), codes: ['SERVICE_DOES_NOT_CALL_KMS'] },
  {
    id: 'a canonical user of S3',
    document: one({ Principal: { CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' } }),
    codes: ['PRINCIPAL_CANONICAL_USER'],
    aws: MALFORMED,
  },
  { id: 'a SAML provider', document: one({ Principal: { Federated: SAML } }), codes: ['PRINCIPAL_FEDERATED'] },
  {
    id: 'a session',
    document: one({ Principal: { AWS: 'arn:aws:sts::111122223333:assumed-role/ExampleRole/batch' } }),
    codes: ['PRINCIPAL_SESSION'],
  },
  {
    id: 'encryption with an HMAC key',
    document: one({ Action: ['kms:GenerateMac', 'kms:Encrypt'] }),
    more: key({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' }),
    codes: ['ACTION_NOT_SUPPORTED_BY_KEY'],
  },
  {
    id: 'a data key from an RSA key',
    document: one({ Action: ['kms:Decrypt', 'kms:GenerateDataKey*'] }),
    more: key({ spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' }),
    codes: ['ACTION_NOT_SUPPORTED_BY_KEY'],
  },
  {
    id: 'rotation of a key that signs',
    document: one({ Action: ['kms:Sign', 'kms:EnableKeyRotation'] }),
    more: key({ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' }),
    codes: ['ACTION_NOT_SUPPORTED_BY_KEY'],
  },
  {
    id: 'a replica of a key of one Region',
    document: one({ Action: 'kms:ReplicateKey' }),
    codes: ['ACTION_NOT_SUPPORTED_BY_KEY', 'STATEMENT_NO_EFFECT'],
  },
  {
    id: 'a replica of a multi-Region key',
    document: one({ Action: 'kms:ReplicateKey' }),
    more: key({ multiRegion: true }),
    codes: [],
  },
  {
    id: 'import into a key of KMS material',
    document: one({ Action: ['kms:Decrypt', 'kms:ImportKeyMaterial'] }),
    codes: ['ACTION_NOT_SUPPORTED_BY_KEY'],
  },
  {
    id: 'an operation with another name for its permission',
    document: one({ Action: ['kms:Decrypt', 'kms:ReEncrypt'] }),
    codes: ['ACTION_UNKNOWN'],
  },
  {
    id: 'random bytes, which need no key',
    document: one({ Action: ['kms:Decrypt', 'kms:GenerateRandom'] }),
    codes: ['ACTION_NOT_EFFECTIVE_IN_KEY_POLICY'],
  },
  { id: 'an action in small letters', document: one({ Action: 'kms:decrypt' }), codes: [] },
  {
    id: 'an administrator of another account',
    document: one({ Principal: { AWS: `${FOREIGN}:role/Admin` }, Action: ['kms:Decrypt', 'kms:PutKeyPolicy'] }),
    codes: ['ACTION_NOT_CROSS_ACCOUNT'],
  },
  {
    id: 'an encryption context on a grant',
    document: when('StringEquals', 'kms:EncryptionContext:Dept', 'HR', { Action: 'kms:CreateGrant' }),
    codes: [],
  },
  {
    id: 'the grant condition on decryption',
    document: when('Bool', 'kms:GrantIsForAWSResource', true),
    codes: ['CONDITION_BLOCKS_ACTION'],
  },
  {
    id: 'several values without a set operator',
    document: when('StringEquals', 'kms:EncryptionContextKeys', 'Dept'),
    codes: ['CONDITION_NEEDS_SET_OPERATOR'],
  },
  {
    id: 'ForAllValues in an Allow',
    document: when('ForAllValues:StringEquals', 'kms:EncryptionContextKeys', 'Dept'),
    codes: ['CONDITION_FOR_ALL_VALUES_EMPTY'],
  },
  {
    id: 'ForAllValues in a Deny',
    document: when('ForAllValues:StringEquals', 'kms:EncryptionContextKeys', 'Dept', { Effect: 'Deny' }),
    codes: [],
  },
  {
    id: 'a service by its short name',
    document: when('StringEquals', 'kms:ViaService', 's3'),
    codes: ['CONDITION_VALUE_NEVER_MATCHES'],
  },
  {
    id: 'another spec than the key has',
    document: when('StringEquals', 'kms:KeySpec', 'RSA_2048'),
    codes: ['CONDITION_VALUE_NEVER_MATCHES'],
  },
  {
    id: 'a private network',
    document: when('IpAddress', 'aws:SourceIp', '10.1.0.0/16'),
    codes: ['CONDITION_PRIVATE_ADDRESS'],
  },
  {
    id: 'a wildcard that is taken as it is',
    document: when('StringEquals', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*'),
    codes: ['CONDITION_NEVER_HOLDS', 'CONDITION_WILDCARD_IS_LITERAL'],
  },
  {
    id: 'a boolean that is none',
    document: when('Bool', 'aws:SecureTransport', 'yes'),
    codes: ['CONDITION_VALUE_UNREADABLE'],
  },
  {
    id: 'tags of the key',
    document: when('StringEquals', 'aws:ResourceTag/env', 'prod'),
    codes: ['CONDITION_KEY_FORBIDDEN'],
    aws: MALFORMED,
  },
  { id: 'tags of the caller', document: when('StringEquals', 'aws:PrincipalTag/team', 'red'), codes: [] },
  {
    id: 'nobody may skip the safety check',
    document: denyPut({ Condition: { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } } }),
    codes: [],
  },
  {
    id: 'nobody but the applier may change the policy',
    document: denyPut({ Condition: { ArnNotEquals: { 'aws:PrincipalArn': APPLIER } } }),
    codes: ['NOBODY_BUT_APPLIER'],
  },
  {
    id: 'the policy may be changed through a service alone',
    document: denyPut({ Condition: { Null: { 'kms:ViaService': 'true' } } }),
    codes: ['APPLIER_LOCKED_OUT', 'NOBODY_BUT_APPLIER'],
    aws: MALFORMED,
  },
  {
    id: 'nobody outside of an organization may change the policy',
    document: denyPut({ Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } }),
    codes: ['ADMINISTRATORS_CONDITIONAL', 'APPLIER_MAY_BE_LOCKED_OUT'],
  },
  {
    id: 'nobody with long-term credentials',
    document: denyPut({ Condition: { Null: { 'aws:TokenIssueTime': 'true' } } }),
    codes: [],
  },
  { id: 'no IAM user', document: denyPut({ Condition: { StringLike: { 'aws:username': '*' } } }), codes: [] },
  {
    id: 'nobody of another account than the key',
    document: denyPut({ Condition: { StringNotEquals: { 'aws:PrincipalAccount': `$${'{aws:ResourceAccount}'}` } } }),
    codes: [],
  },
  {
    id: 'everyone of the account of the key, by a variable, through a service',
    document: withRoot(
      allow({
        Principal: '*',
        Condition: {
          StringEquals: {
            'aws:PrincipalAccount': `$${'{aws:ResourceAccount}'}`,
            'kms:ViaService': 's3.us-west-2.amazonaws.com',
          },
        },
      }),
    ),
    codes: ['PRINCIPAL_STAR_STRING'],
  },
  {
    id: 'CloudWatch Logs for the log groups of one account',
    document: service('logs.us-west-2.amazonaws.com', {
      Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:us-west-2:111122223333:*' } },
    }),
    codes: [],
  },
  {
    id: 'CloudWatch Logs for every log group',
    document: service('logs.us-west-2.amazonaws.com', {
      Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:*' } },
    }),
    codes: ['CONDITION_VALUE_UNREADABLE', 'SERVICE_WITHOUT_SOURCE'],
  },
  {
    id: 'DNSSEC for every hosted zone',
    document: service('dnssec-route53.amazonaws.com', {
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:route53:::hostedzone/*' } },
    }),
    codes: ['SERVICE_WITHOUT_SOURCE'],
  },
  {
    id: 'DNSSEC for every hosted zone of one account',
    document: service('dnssec-route53.amazonaws.com', {
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:route53:::hostedzone/*' }, ...source.Condition },
    }),
    codes: [],
  },
  {
    id: 'the services of IAM Identity Center for the account of the key',
    document: service('sso.amazonaws.com', {
      Condition: { StringEquals: { 'aws:SourceAccount': `$${'{aws:ResourceAccount}'}` } },
    }),
    codes: [],
  },
  {
    id: 'everyone of the organization that owns the key',
    document: one({
      ...star,
      Condition: {
        StringEquals: { 'aws:PrincipalOrgID': `$${'{aws:ResourceOrgID}'}` },
        StringLike: { 'kms:ViaService': 'sso.*.amazonaws.com' },
      },
    }),
    codes: [],
  },
  {
    id: 'services that act for the organization that owns the key',
    document: one({
      ...star,
      Condition: {
        Bool: { 'aws:PrincipalIsAWSService': 'true' },
        StringEquals: { 'aws:SourceOrgID': `$${'{aws:ResourceOrgID}'}` },
      },
    }),
    codes: [],
  },
  {
    id: 'a service of an organization by the key for identities',
    document: service('cloudtrail.amazonaws.com', {
      Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5', 'aws:SourceAccount': '111122223333' } },
    }),
    codes: ['CONDITION_KEY_NOT_OF_SERVICE'],
  },
  {
    id: 'a role under the condition of another account',
    document: when('StringEquals', 'aws:PrincipalAccount', '444455556666'),
    codes: ['CONDITION_NEVER_HOLDS'],
  },
  {
    id: 'another account under a condition on roles of it',
    document: when('ArnLike', 'aws:PrincipalArn', `${FOREIGN}:role/*`, { Principal: { AWS: `${FOREIGN}:root` } }),
    codes: [],
  },
  {
    id: 'grants for chosen operations alone',
    document: when('ForAllValues:StringEquals', 'kms:GrantOperations', ['Decrypt'], { Action: 'kms:CreateGrant' }),
    codes: [],
  },
  {
    id: 'an encryption context of just these names',
    document: one({
      Condition: {
        'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['AppName'] },
        StringEquals: { 'kms:EncryptionContext:AppName': 'ExampleApp' },
      },
    }),
    codes: [],
  },
  {
    id: 'an enclave, or nobody',
    document: one({
      Effect: 'Deny',
      ...star,
      Condition: { StringNotEqualsIgnoreCaseIfExists: { 'kms:RecipientAttestation:PCR0': 'ab12' } },
    }),
    codes: [],
  },
  {
    id: 'a VPC where an endpoint belongs',
    document: when('StringEquals', 'aws:SourceVpce', 'vpc-1a2b3c4d'),
    codes: ['CONDITION_VALUE_NEVER_MATCHES'],
  },
  {
    id: 'everyone, and no root',
    document: { Version: '2012-10-17', Statement: [{ ...ROOT_STATEMENT, Principal: { AWS: '*' } }] },
    codes: ['APPLIER_AMONG_EVERYONE', 'PRINCIPAL_STAR_WITHOUT_CONDITION'],
  },
];
