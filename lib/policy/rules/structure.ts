import type { Finding } from '../types.ts';

/** What the reference page says of a rule; the code never changes its meaning. */
export interface RuleText {
  code: string;
  severity: Finding['severity'];
  /** The error name with which KMS would refuse the put. */
  aws?: string;
  title: string;
  /** How to mend it, in general; a finding may say it more exactly. */
  fix: string;
  /** The document that states the rule, or why this project has it. */
  source: string;
}

const MALFORMED = 'MalformedPolicyDocumentException';
const GRAMMAR = 'IAM User Guide, "Grammar of the IAM JSON policy language"';
const KMS_DOCUMENT = 'AWS KMS Developer Guide, "Key policies in AWS KMS", elements of a key policy';
const RFC8259 = 'RFC 8259';
const OWN_JSON = 'Countersign: two parsers must not read one approved text in two ways';

/** Every one of these makes KMS refuse the put. */
type StructureRule = RuleText & { aws: string };

const json = (code: string, title: string, fix: string, source = RFC8259): StructureRule => ({
  code,
  severity: 'error',
  aws: MALFORMED,
  title,
  fix,
  source,
});

/** Rules that reading itself applies: a document that breaks one has no meaning that could be judged further. */
export const STRUCTURE = {
  JSON_TOO_LARGE: {
    code: 'JSON_TOO_LARGE',
    severity: 'error',
    aws: 'ValidationException',
    title: 'The text is longer than the 131,072 characters that PutKeyPolicy takes at all',
    fix: 'Shorten the policy.',
    source: 'AWS KMS API model, PolicyType: length 1 to 131,072',
  },
  JSON_NOT_UTF8: json('JSON_NOT_UTF8', 'The bytes are not UTF-8', 'Save the document as UTF-8.'),
  JSON_BYTE_ORDER_MARK: {
    ...json('JSON_BYTE_ORDER_MARK', 'The text begins with a byte order mark', 'Save the document without it.'),
    aws: 'ValidationException',
  },
  POLICY_EMPTY: {
    code: 'POLICY_EMPTY',
    severity: 'error',
    aws: 'ValidationException',
    title: 'Policy must have at least one character',
    fix: 'Send a key policy.',
    source: 'AWS KMS API model, PolicyType: length 1 to 131,072',
  },
  JSON_EMPTY: json('JSON_EMPTY', 'The text is white space alone', 'Send a key policy.'),
  JSON_SYNTAX: json('JSON_SYNTAX', 'The text is not JSON', 'Write valid JSON.'),
  JSON_COMMENT: json('JSON_COMMENT', 'The text holds a comment', 'Remove it; JSON has no comments.'),
  JSON_TRAILING_TEXT: json('JSON_TRAILING_TEXT', 'Text follows the document', 'Remove it.'),
  JSON_NUMBER: json('JSON_NUMBER', 'A number is not spelled as JSON spells numbers', 'Write it in plain digits.'),
  JSON_CONTROL_CHARACTER: json('JSON_CONTROL_CHARACTER', 'A string holds a control character', 'Remove it.'),
  JSON_LONE_SURROGATE: json(
    'JSON_LONE_SURROGATE',
    'Half of a surrogate pair, which is no character',
    'Remove it.',
    OWN_JSON,
  ),
  JSON_DUPLICATE_NAME: json(
    'JSON_DUPLICATE_NAME',
    'One object holds the same name twice, also where an escape hides it',
    'Remove one of the two.',
    'AWS re:Post, "invalid principals" article: duplicate JSON elements',
  ),
  JSON_TOO_DEEP: json('JSON_TOO_DEEP', 'The document is nested too deep', 'Flatten it.', OWN_JSON),
  JSON_TOO_MANY_VALUES: json('JSON_TOO_MANY_VALUES', 'The document holds too many values', 'Shorten it.', OWN_JSON),
  DOCUMENT_NOT_OBJECT: json(
    'DOCUMENT_NOT_OBJECT',
    'The document is not a JSON object',
    'Put the statements into an object with Version and Statement.',
    KMS_DOCUMENT,
  ),
  ELEMENT_UNKNOWN: json(
    'ELEMENT_UNKNOWN',
    'An element that the policy language does not have; names are case-sensitive',
    'Remove the element or correct its name.',
    GRAMMAR,
  ),
  ELEMENT_TYPE: json('ELEMENT_TYPE', 'An element has a value of the wrong JSON type', 'Write the type named.', GRAMMAR),
  ELEMENTS_EXCLUSIVE: json(
    'ELEMENTS_EXCLUSIVE',
    'Two elements that exclude each other stand in one statement',
    'Keep one of the two.',
    GRAMMAR,
  ),
  EFFECT_INVALID: json('EFFECT_INVALID', 'Effect is neither Allow nor Deny', 'Write Allow or Deny.', KMS_DOCUMENT),
  PRINCIPAL_TYPE_UNKNOWN: json(
    'PRINCIPAL_TYPE_UNKNOWN',
    'A principal of a type that the policy language does not have',
    'Use AWS or Service.',
    'IAM User Guide, "AWS JSON policy elements: Principal"',
  ),
} as const satisfies Record<string, StructureRule>;

export type StructureCode = keyof typeof STRUCTURE;
