import type { Finding } from '../types.ts';

/** What the reference page says of a code of this room; the code never changes its meaning. */
interface CodeText {
  severity: Finding['severity'];
  /** The error name with which KMS would refuse a policy made so. */
  aws?: string;
  title: string;
  /** How to mend it, in general; a finding may say it more exactly. */
  fix: string;
  source: string;
}

const MALFORMED = 'MalformedPolicyDocumentException';
const CONSOLE =
  'AWS KMS Developer Guide, "Default key policy" and "Change a key policy": the default view of the console';
const PRINCIPAL = 'IAM User Guide, "AWS JSON policy elements: Principal"';
const EXTERNAL = 'AWS KMS Developer Guide, "Allowing users in other accounts to use a KMS key"';
const NOT_GUESSED = 'Countersign: what is not known is asked, not guessed';
const WHOLE = 'Submit a whole document.';

/** What can be wrong with an edit of the default view. All are errors: an edit is done as it was meant, or not at all. */
const EDIT_CODES = {
  EDIT_PRINCIPAL_MISSING: {
    severity: 'error',
    title: 'An edit that needs a principal names none',
    fix: 'Give the ARN or account id it is about.',
    source: CONSOLE,
  },
  EDIT_PRINCIPAL_UNEXPECTED: {
    severity: 'error',
    title: 'Whether administrators may delete the key is said of all of them together, and takes no principal',
    fix: 'Leave the principal out.',
    source: CONSOLE,
  },
  EDIT_PRINCIPAL_INVALID: {
    severity: 'error',
    title: 'Text that is not the ARN of a user or role',
    fix: 'Give the ARN of a role.',
    source: PRINCIPAL,
  },
  EDIT_PRINCIPAL_ROOT: {
    severity: 'error',
    title: 'The account itself in the place of a user or role of it',
    fix: 'Name a user or role; the statement for the account stands already.',
    source: CONSOLE,
  },
  EDIT_PRINCIPAL_WILDCARD: {
    severity: 'error',
    aws: MALFORMED,
    title: 'A wildcard, which no principal may hold, and which the default view has no place for',
    fix: 'Name each user or role.',
    source: PRINCIPAL,
  },
  EDIT_PRINCIPAL_SESSION: {
    severity: 'error',
    title: 'A session, which ends within hours',
    fix: 'Name the role.',
    source: PRINCIPAL,
  },
  EDIT_PRINCIPAL_DELETED: {
    severity: 'error',
    aws: MALFORMED,
    title: 'The unique id of a deleted user or role',
    fix: 'Give the ARN of one that exists.',
    source: 'IAM User Guide, "IAM identifiers": unique identifiers',
  },
  EDIT_PRINCIPAL_GROUP: {
    severity: 'error',
    aws: 'InvalidArnException',
    title: 'An IAM group, which cannot be a principal',
    fix: 'Name its users, or give the group the IAM policy that comes with the finding.',
    source: 'AWS KMS Developer Guide, "Changing a key policy": groups',
  },
  EDIT_PRINCIPAL_FOREIGN: {
    severity: 'error',
    title: 'A principal of another account among the administrators or users of this one',
    fix: 'Add the other account instead; it chooses its users itself.',
    source: EXTERNAL,
  },
  EDIT_PRINCIPAL_PARTITION: {
    severity: 'error',
    aws: MALFORMED,
    title: "A principal of another partition than the key's",
    fix: 'Give a principal of the same partition.',
    source: 'IAM User Guide, "IAM identifiers": partitions',
  },
  EDIT_ACCOUNT_INVALID: {
    severity: 'error',
    title: 'Text that is neither an account id of 12 digits nor the root ARN of an account',
    fix: 'Give one of these.',
    source: EXTERNAL,
  },
  EDIT_ACCOUNT_OWN: {
    severity: 'error',
    title: "The key's own account in the place of another",
    fix: 'Name users and roles of it.',
    source: CONSOLE,
  },
  EDIT_NO_EFFECT: {
    severity: 'error',
    title: 'An edit that would change nothing: its author had another policy in mind',
    fix: 'Leave it out, or look at the live policy again.',
    source: NOT_GUESSED,
  },
  EDIT_NO_ADMINISTRATORS: {
    severity: 'error',
    title: 'There is no statement of administrators that could allow or prevent deletion',
    fix: 'Add an administrator first.',
    source: CONSOLE,
  },
  EDIT_STATEMENT_TWICE: {
    severity: 'error',
    title: 'The Sid of a console statement stands twice, so that it is not clear which is meant',
    fix: 'Merge the two, or give one of them another Sid, with a whole document.',
    source: NOT_GUESSED,
  },
  EDIT_STATEMENT_UNRECOGNISED: {
    severity: 'error',
    title: 'The console statement that the edit is about is not as the console writes it',
    fix: 'Change it with a whole document.',
    source: CONSOLE,
  },
  EDIT_LEAVES_NO_STATEMENT: {
    severity: 'error',
    aws: MALFORMED,
    title: 'The policy would be left without any statement',
    fix: 'Add what shall stand instead first.',
    source: 'AWS KMS Developer Guide, "Key policies in AWS KMS": elements of a key policy',
  },
  EDIT_NO_STATEMENT_ELEMENT: {
    severity: 'error',
    aws: MALFORMED,
    title: 'The policy has no Statement element to add to',
    fix: WHOLE,
    source: 'AWS KMS Developer Guide, "Key policies in AWS KMS": elements of a key policy',
  },
  EDIT_USAGE_UNKNOWN: {
    severity: 'error',
    title: 'What the console lets users of a key of this usage do is not known',
    fix: 'Submit a whole document with the actions you mean.',
    source: NOT_GUESSED,
  },
} as const satisfies Readonly<Record<string, CodeText>>;

/** What a copy of another key's policy put right (notes), leaves for a person to look at (warnings), or cannot do (errors). */
const COPY_CODES = {
  COPY_KEY: {
    severity: 'info',
    title: 'The id or ARN of the other key is now that of this one',
    fix: 'Nothing has to be done.',
    source: NOT_GUESSED,
  },
  COPY_FROM_AWS_MANAGED: {
    severity: 'error',
    title:
      'The policy of an AWS managed key lets a service of AWS use it, and nobody manage it: no customer managed key can have it',
    fix: 'Copy the policy of a customer managed key, or submit a whole document.',
    source: 'AWS KMS Developer Guide, "AWS managed keys" and "Changing a key policy"',
  },
  COPY_ALIAS: {
    severity: 'info',
    title: 'The alias of the other key is now that of this one',
    fix: 'Nothing has to be done.',
    source: NOT_GUESSED,
  },
  COPY_ACCOUNT: {
    severity: 'info',
    title: 'The account of the other key is now that of this one',
    fix: 'Make sure that the roles and users named exist there.',
    source: 'AWS KMS API Reference, PutKeyPolicy: principals must exist and be visible to KMS',
  },
  COPY_REGION: {
    severity: 'info',
    title: 'The Region of the other key is now that of this one',
    fix: 'Nothing has to be done.',
    source: NOT_GUESSED,
  },
  COPY_PARTITION: {
    severity: 'info',
    title: 'The partition of the other key is now that of this one',
    fix: 'Nothing has to be done.',
    source: 'IAM User Guide, "IAM identifiers": partitions',
  },
  COPY_ACTIONS: {
    severity: 'info',
    title: "The console's list of actions is now the one for this key",
    fix: 'Look whether it is what is meant for this key.',
    source: CONSOLE,
  },
  COPY_GRANTS_LEFT_OUT: {
    severity: 'info',
    title: "The console's statement for grants to AWS services is left out, as the console leaves it out for HMAC keys",
    fix: 'Nothing has to be done.',
    source: 'AWS KMS Developer Guide, "Controlling access to HMAC KMS keys"',
  },
  COPY_ACTION_DROPPED: {
    severity: 'warning',
    title: 'Actions that cannot be done with this key are left out',
    fix: 'Look whether what is left is enough.',
    source: 'AWS KMS Developer Guide, "Key type reference"',
  },
  COPY_DENY_WITHOUT_EFFECT: {
    severity: 'warning',
    title: 'A Deny of what this key does not do',
    fix: 'Deny what this key does instead, if the same is meant.',
    source: 'AWS KMS Developer Guide, "Key type reference"',
  },
  COPY_TARGET_WAS_EXTERNAL: {
    severity: 'warning',
    title: 'A principal that was of an external account to the other key is of the account that owns this one',
    fix: 'Take it out if it was there for access from outside.',
    source: EXTERNAL,
  },
  COPY_ACCOUNT_KEPT: {
    severity: 'warning',
    title: 'The account of the other key stands in a place whose meaning is not known',
    fix: 'Write the account of this key there if it is meant.',
    source: NOT_GUESSED,
  },
  COPY_REGION_KEPT: {
    severity: 'warning',
    title: 'The Region of the other key stands in a place whose meaning is not known',
    fix: 'Write the Region of this key there if it is meant.',
    source: NOT_GUESSED,
  },
  COPY_KEY_KEPT: {
    severity: 'warning',
    title: 'A third key, whose id means nothing in another account or Region',
    fix: 'Give the ARN of the key that takes its place, or take it out.',
    source: NOT_GUESSED,
  },
  COPY_KEY_FACT_KEPT: {
    severity: 'warning',
    title: 'A condition compares a property of the key, and this key has another one',
    fix: 'Compare with what this key is, or take the condition out.',
    source: 'AWS KMS Developer Guide, "AWS KMS condition keys"',
  },
  COPY_ACTION_NOT_FOR_USAGE: {
    severity: 'error',
    title: 'A statement that allows nothing that can be done with this key',
    fix: 'Submit a whole document in which it is left out or allows what is meant.',
    source: 'AWS KMS Developer Guide, "Key type reference"',
  },
  COPY_USAGE_UNKNOWN: {
    severity: 'error',
    title: 'What corresponds to the actions of a statement for a key of this usage is not known',
    fix: 'Submit a whole document with the actions you mean.',
    source: NOT_GUESSED,
  },
  COPY_ALIAS_UNCLEAR: {
    severity: 'error',
    title: 'A condition names the alias of the other key, and this key has none or several',
    fix: 'Take the condition out, or submit a whole document with the alias you mean.',
    source: NOT_GUESSED,
  },
  COPY_PARTITION_FOREIGN: {
    severity: 'error',
    title: 'A principal of the partition of the other key, from which nobody reaches this one',
    fix: 'Take it out, or name who takes its place there.',
    source: 'IAM User Guide, "IAM identifiers": partitions',
  },
} as const satisfies Readonly<Record<string, CodeText>>;

export type EditCode = keyof typeof EDIT_CODES;
export type CopyCode = keyof typeof COPY_CODES;

const CODES: Readonly<Record<EditCode | CopyCode, CodeText>> = { ...EDIT_CODES, ...COPY_CODES };

/** For the reference page. */
export const CONSOLE_THEMES: readonly { title: string; codes: Readonly<Record<string, CodeText>> }[] = [
  { title: 'Edits of the default view', codes: EDIT_CODES },
  { title: "Copies of another key's policy", codes: COPY_CODES },
];

/** A finding of this room: what the table says of its code, and where and how it was found. */
export function consoleFinding(
  code: EditCode | CopyCode,
  found: Pick<Finding, 'message' | 'path' | 'fix' | 'documents'>,
): Finding {
  const { severity, aws } = CODES[code];
  return { code, severity, ...found, ...(aws !== undefined && { aws }) };
}
