import { quote } from '../document/visible.ts';
import type { Finding, Key } from '../types.ts';
import { listing, type SubjectRule } from './context.ts';

/** Key policies can be changed for customer managed keys alone; those of AWS managed keys can only be viewed. */
const keyAwsManaged = {
  on: 'subject',
  code: 'KEY_AWS_MANAGED',
  severity: 'error',
  aws: 'AccessDeniedException',
  title: 'The key is managed by AWS: its policy can be viewed, never changed',
  fix: 'Use a customer managed key.',
  source: 'AWS KMS Developer Guide, "Changing a key policy"',
  check: ({ key }) => {
    const message = whyAwsManaged(key);
    return message === undefined ? [] : [{ path: '', message }];
  },
} as const satisfies SubjectRule;

/** Says that AWS manages a key, so that nobody can change its policy; `undefined` for a customer managed key. */
export function whyAwsManaged(key: Key): string | undefined {
  const alias = key.aliases.find((name) => name.startsWith('alias/aws/'));
  if (key.manager === 'CUSTOMER' && alias === undefined) return undefined;
  const which = alias === undefined ? key.arn : `${key.arn} (${alias})`;
  return `${which} is an AWS managed key: AWS manages its policy, and it cannot be changed; only that of a customer managed key can.`;
}

/** The one thing to say of whatever is asked for such a key: edits, a document or a copy. */
export function awsManaged(key: Key): Finding[] {
  const { code, severity, aws, fix } = keyAwsManaged;
  const message = whyAwsManaged(key);
  return message === undefined ? [] : [{ code, severity, message, path: '', fix, aws }];
}

const keyOtherAccount: SubjectRule = {
  on: 'subject',
  code: 'KEY_OTHER_ACCOUNT',
  severity: 'error',
  aws: 'AccessDeniedException',
  title: 'The key belongs to another account',
  fix: 'Make the change in the account that owns the key.',
  source: 'AWS KMS API Reference, PutKeyPolicy: "Cross-account use: No"',
  check: ({ key, guardians }) => {
    const applier = guardians.applier.split(':')[4];
    const owner = key.arn.split(':')[4];
    if (owner === key.accountId && applier === owner) return [];
    const accounts = listing([...new Set([owner ?? '', key.accountId])]);
    const message = `The key belongs to account ${accounts}; changes are applied in account ${applier}, and PutKeyPolicy does not work across accounts.`;
    return [{ path: '', message }];
  },
};

const policyNameInvalid: SubjectRule = {
  on: 'subject',
  code: 'POLICY_NAME_INVALID',
  severity: 'error',
  aws: 'ValidationException',
  title: 'PolicyName does not fit the pattern [\\w]+ of 1 to 128 characters',
  fix: 'Leave PolicyName out or write default.',
  source: 'AWS KMS API model, PolicyNameType',
  check: ({ request: { policyName = 'default' } }) =>
    /^\w{1,128}$/.test(policyName)
      ? []
      : [
          {
            path: '',
            message: `The policy name ${quote(policyName)} is not made of 1 to 128 letters, digits and underscores.`,
          },
        ],
};

const policyNameNotDefault: SubjectRule = {
  on: 'subject',
  code: 'POLICY_NAME_NOT_DEFAULT',
  severity: 'error',
  aws: 'UnsupportedOperationException',
  title: 'The only key policy is the one named default',
  fix: 'Leave PolicyName out or write default.',
  source: 'AWS KMS API Reference, PutKeyPolicy: the only valid value is default',
  check: ({ request: { policyName } }) =>
    policyName === undefined || policyName === 'default' || !/^\w{1,128}$/.test(policyName)
      ? []
      : [{ path: '', message: `A key has one policy, named "default", and none named ${quote(policyName)}.` }],
};

const lockoutBypassed: SubjectRule = {
  on: 'subject',
  code: 'LOCKOUT_BYPASSED',
  severity: 'warning',
  title: "KMS's own lockout safety check is switched off for this put",
  fix: 'Leave BypassPolicyLockoutSafetyCheck out.',
  source: 'AWS KMS API Reference, PutKeyPolicy: BypassPolicyLockoutSafetyCheck',
  check: ({ request }) =>
    request.bypass === true
      ? [
          {
            path: '',
            message: 'BypassPolicyLockoutSafetyCheck is true: KMS will take a policy that nobody can change again.',
          },
        ]
      : [],
};

const keyPendingDeletion: SubjectRule = {
  on: 'subject',
  code: 'KEY_PENDING_DELETION',
  severity: 'info',
  title: 'The key is about to be deleted; its policy can still be changed',
  fix: 'Cancel the deletion first if the key is to stay.',
  source: 'AWS KMS Developer Guide, "Key states of AWS KMS keys": PutKeyPolicy succeeds in every state',
  check: ({ key }) =>
    key.state === 'PendingDeletion' || key.state === 'PendingReplicaDeletion'
      ? [
          {
            path: '',
            message: `The key is in state ${key.state}: the policy can be changed, but the key will be deleted.`,
          },
        ]
      : [],
};

const keyMultiRegion: SubjectRule = {
  on: 'subject',
  code: 'KEY_MULTI_REGION',
  severity: 'info',
  title: 'Every key of a multi-Region set has a policy of its own',
  fix: 'Make the same change for the related keys if they should have it too.',
  source: 'AWS KMS Developer Guide, "Security considerations for multi-Region keys"',
  check: ({ key }) =>
    key.multiRegion && key.related === undefined
      ? [
          {
            path: '',
            message: `This changes the key in ${key.region} alone; related multi-Region keys keep their own policies.`,
          },
        ]
      : [],
};

const keyRelatedKept: SubjectRule = {
  on: 'subject',
  code: 'KEY_RELATED_KEPT',
  severity: 'warning',
  title: 'The other keys of a multi-Region key keep their policies',
  fix: 'Submit it as a set (POST /sets), with these keys among its keys, if they should have it too.',
  source: 'AWS KMS Developer Guide, "Security considerations for multi-Region keys"',
  check: ({ key: { region, related = [] } }) =>
    related.length === 0
      ? []
      : [
          {
            path: '',
            message: `This changes the key in ${region} alone; the same key material is used under policies of their own in ${listing(related)}.`,
          },
        ],
};

export const KEY_RULES: readonly SubjectRule[] = [
  keyAwsManaged,
  keyOtherAccount,
  policyNameInvalid,
  policyNameNotDefault,
  lockoutBypassed,
  keyPendingDeletion,
  keyRelatedKept,
  keyMultiRegion,
];
