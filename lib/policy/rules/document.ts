import { memberOf } from '../document/json.ts';
import { quote } from '../document/visible.ts';
import type { PolicyRule, SubjectRule } from './context.ts';

/** Quota "Key policy document size" in bytes; it cannot be raised. */
export const MAX_BYTES = 32_768;
/** From here on, white space that GetKeyPolicy adds can make the text that is read back too long to be put again. */
export const NEAR_BYTES = 28_000;

const COUNT = new Intl.NumberFormat('en-US');

const ELEMENTS = 'AWS KMS Developer Guide, "Key policies in AWS KMS", elements of a key policy';

/** UTF-8 bytes of a text; AWS does not say which bytes it counts, and no reading counts more than these. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}

const policyTooLarge: SubjectRule = {
  on: 'subject',
  code: 'POLICY_TOO_LARGE',
  severity: 'error',
  aws: 'LimitExceededException',
  title: 'A key policy document has at most 32,768 bytes',
  fix: 'Shorten the policy: merge statements, use wildcards in actions, or move permissions into IAM policies.',
  source: 'AWS KMS Developer Guide, "Resource quotas": key policy document size',
  check: ({ text }) => {
    const bytes = utf8Length(text);
    if (bytes <= MAX_BYTES) return [];
    const message = `The policy has ${COUNT.format(bytes)} bytes, also without white space; at most 32,768 are allowed.`;
    return [{ path: '', message }];
  },
};

const policyMinified: SubjectRule = {
  on: 'subject',
  code: 'POLICY_MINIFIED',
  severity: 'info',
  title: 'The document fits only without its white space, and so it would be sent',
  fix: 'Nothing needs to be done; what is approved is the text without white space.',
  source: 'AWS KMS Developer Guide, "Resource quotas": key policy document size',
  check: ({ text, original }) => {
    if (text === original) return [];
    const [came, sent] = [original, text].map((one) => COUNT.format(utf8Length(one)));
    const message = `The document has ${came} bytes and at most 32,768 are allowed; without white space it has ${sent}.`;
    return [{ path: '', message }];
  },
};

const policyNearLimit: SubjectRule = {
  on: 'subject',
  code: 'POLICY_NEAR_LIMIT',
  severity: 'warning',
  title: 'From about 28,000 bytes, a policy that is read back may be too long to be put again',
  fix: 'Put the policy without white space, or shorten it.',
  source: 'Countersign, inferred: GetKeyPolicy adds white space, and all bytes sent are counted',
  check: ({ text }) => {
    const bytes = utf8Length(text);
    if (bytes < NEAR_BYTES || bytes > MAX_BYTES) return [];
    const message = `The policy has ${COUNT.format(bytes)} of at most 32,768 bytes; there is little room for later changes.`;
    return [{ path: '', message }];
  },
};

const versionMissing: PolicyRule = {
  on: 'policy',
  code: 'VERSION_MISSING',
  severity: 'error',
  title: 'Version must be written',
  fix: 'Add "Version": "2012-10-17".',
  source: ELEMENTS,
  check: ({ policy }) =>
    policy.version === undefined
      ? [
          {
            path: '',
            message: 'The policy has no Version; without it the old language of 2008 is meant.',
            patch: [{ op: 'add', path: '/Version', value: '2012-10-17' }],
          },
        ]
      : [],
};

const versionOld: PolicyRule = {
  on: 'policy',
  code: 'VERSION_OLD',
  severity: 'warning',
  title: 'Version 2008-10-17 is the old language, in which policy variables are plain text',
  fix: 'Write 2012-10-17.',
  source: 'IAM User Guide, "IAM JSON policy elements: Version"',
  check: ({ policy }) =>
    policy.version === '2008-10-17'
      ? [
          {
            path: '/Version',
            message: 'The policy has Version 2008-10-17; the current one is 2012-10-17.',
            patch: [{ op: 'replace', path: '/Version', value: '2012-10-17' }],
          },
        ]
      : [],
};

const versionUnknown: PolicyRule = {
  on: 'policy',
  code: 'VERSION_UNKNOWN',
  severity: 'error',
  aws: 'MalformedPolicyDocumentException',
  title: 'A Version that the policy language does not have',
  fix: 'Write 2012-10-17.',
  source: 'IAM User Guide, "IAM JSON policy elements: Version"',
  check: ({ policy: { version } }) =>
    version === undefined || version === '2012-10-17' || version === '2008-10-17'
      ? []
      : [
          {
            path: '/Version',
            message: `There is no Version ${quote(version)} of the policy language.`,
            patch: [{ op: 'replace', path: '/Version', value: '2012-10-17' }],
          },
        ],
};

const statementMissing: PolicyRule = {
  on: 'policy',
  code: 'STATEMENT_MISSING',
  severity: 'error',
  aws: 'MalformedPolicyDocumentException',
  title: 'A key policy has at least one statement',
  fix: 'Add a statement.',
  source: ELEMENTS,
  check: ({ policy, node }) =>
    policy.statements.length === 0
      ? [
          {
            path: memberOf(node, 'Statement') === undefined ? '' : '/Statement',
            message: 'The policy has no statement.',
          },
        ]
      : [],
};

const duplicateSid: PolicyRule = {
  on: 'policy',
  code: 'DUPLICATE_SID',
  severity: 'warning',
  title: 'Two statements have the same Sid',
  fix: 'Give every statement a Sid of its own.',
  source: 'AWS re:Post, "invalid principals" article: remove duplicate Sids',
  *check({ statements }) {
    const first = new Map<string, string>();
    for (const { statement, name } of statements) {
      const { sid, path } = statement;
      if (sid === undefined) continue;
      const before = first.get(sid);
      if (before === undefined) first.set(sid, name);
      else yield { path: `${path}/Sid`, message: `${name} has the same Sid as an earlier one: ${before}.` };
    }
  },
};

export const DOCUMENT_RULES: readonly (SubjectRule | PolicyRule)[] = [
  policyTooLarge,
  policyMinified,
  policyNearLimit,
  versionMissing,
  versionOld,
  versionUnknown,
  statementMissing,
  duplicateSid,
];
