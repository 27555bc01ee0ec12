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

/**
 * Whether a value of a condition key ties a request to chosen callers.
 *
 * @param key In lower case.
 * Sources: Amazon S3 User Guide, "The meaning of public"; AWS Config rule KMS_KEY_POLICY_NO_PUBLIC_ACCESS.
 */
export function tiesDown(key: string, value: string): boolean {
  return KEYS.has(key) && (!/[*?]/.test(value) || (FIXED_PART[key]?.test(value) ?? false));
}
