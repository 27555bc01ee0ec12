/** Condition keys that say who calls or from where, so that a fixed value of one ties a statement for everyone to chosen callers. */
const KEYS = new Set([
  'kms:calleraccount',
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:userid',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourceorgpaths',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
]);

const ACCOUNT_OF_ARN = /^arn:[^*?:]+:[^*?:]+:[^:]*:[0-9]{12}:/;
const ORGANIZATION_OF_PATH = /^o-[a-z0-9]+\//;

/** What of a value with wildcards must be fixed: the account of an ARN, the organization of a path, the unique id of a role. */
const FIXED_PART: Readonly<Record<string, RegExp>> = {
  'aws:principalarn': ACCOUNT_OF_ARN,
  'aws:sourcearn': ACCOUNT_OF_ARN,
  'aws:principalorgpaths': ORGANIZATION_OF_PATH,
  'aws:sourceorgpaths': ORGANIZATION_OF_PATH,
  'aws:userid': /^[A-Z0-9]{16,}:/,
};

/** An ARN that is fixed as far as its account, or the name of a bucket, which no two accounts can have. */
const FIXED_RESOURCE = /^arn:[^*?:]+:([^*?:]+:[^:]*:[0-9]{12}:|s3:::[^*?/]+(\/|$))/;

/**
 * Whether a value of a condition key ties a request to chosen callers.
 *
 * @param key In lower case.
 * Sources: Amazon S3 User Guide, "The meaning of public"; AWS Config rule KMS_KEY_POLICY_NO_PUBLIC_ACCESS.
 */
export function tiesDown(key: string, value: string): boolean {
  return KEYS.has(key) && (!/[*?]/.test(value) || (FIXED_PART[key]?.test(value) ?? false));
}

/**
 * Whether a value with a policy variable ties a request to the organization that owns the key, which is one and the same in every
 * request for it; an account without organization has none, and then nothing matches.
 *
 * @param key In lower case.
 * Source: IAM User Guide, "AWS global condition context keys": aws:ResourceOrgID.
 */
export function isOwnOrganization(key: string, value: string): boolean {
  return (key === 'aws:principalorgid' || key === 'aws:sourceorgid') && /^\$\{aws:resourceorgid\}$/i.test(value);
}

const SOURCE_KEYS = new Set(['aws:sourcearn', 'aws:sourceaccount', 'aws:sourceorgid', 'aws:sourceorgpaths']);

/**
 * Whether a value of a condition key ties what a service does to chosen accounts: by the source that it acts for, or by the resource
 * that it writes into the encryption context.
 *
 * @param key In lower case.
 * Sources: AWS KMS Developer Guide, "Permissions for AWS services in key policies"; Amazon CloudWatch Logs User Guide, "AWS KMS keys
 * and encryption context".
 */
export function tiesSource(key: string, value: string): boolean {
  if (value.includes('${')) return isOwnOrganization(key, value);
  if (SOURCE_KEYS.has(key) && tiesDown(key, value)) return true;
  return (key === 'aws:sourcearn' || key.startsWith('kms:encryptioncontext:')) && FIXED_RESOURCE.test(value);
}
