import { codePoint } from '../json.ts';
import { firstInvisible, looksLike, quote } from '../visible.ts';
import { type Context, type Hit, type PolicyRule, placed, type SubjectRule } from './context.ts';

const TROJAN =
  'Countersign: an approver must see what KMS will read (CVE-2021-42574; look-alikes pass the API as \\u escapes)';

/** What PutKeyPolicy takes: tab, line feed, carriage return, and U+0020 to U+00FF. */
const ALLOWED = /^[\t\n\r\u0020-\u00ff]*$/;
const NOT_ALLOWED = /[^\t\n\r\u0020-\u00ff]/u;

const characterNotAllowed: SubjectRule = {
  on: 'subject',
  code: 'CHARACTER_NOT_ALLOWED',
  severity: 'error',
  aws: 'ValidationException',
  title: 'A character that PutKeyPolicy does not take: only tab, line feed, carriage return and U+0020 to U+00FF',
  fix: 'Replace it; word processors write curly quotes and long dashes.',
  source: 'AWS KMS API model, PolicyType: pattern [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
  check: ({ text }) => {
    if (ALLOWED.test(text)) return [];
    const match = NOT_ALLOWED.exec(text);
    if (match === null) return [];
    const lines = text.slice(0, match.index).split(/\r\n|\n|\r/);
    const line = lines.length;
    const column = (lines.at(-1) ?? '').length + 1;
    const point = codePoint(match[0].codePointAt(0) ?? 0);
    return [
      {
        path: '',
        line,
        column,
        message: `Line ${line}, column ${column} has ${point}, which PutKeyPolicy does not take.`,
      },
    ];
  },
};

interface Piece {
  path: string;
  /** For the message: `the action`; worked out only when there is one. */
  what: () => string;
  name: string;
  value: string;
}

/** Condition keys whose values people or programs choose freely. */
const FREE_VALUES =
  /^(kms:encryptioncontext(keys$|:)|aws:(principaltag|requesttag|resourcetag)\/|aws:(tagkeys|useragent|referer|sourceidentity|username)$)/;

/** Strings by which KMS finds or matches something. */
function identifiers(context: Context): Piece[] {
  return context.statements.flatMap(({ name, statement, node, principals, actions, conditions }) => [
    ...actions.map(({ path, pattern }) => ({ path, what: () => 'the action', name, value: pattern })),
    ...principals.map(({ path, written }) => ({ path, what: () => 'the principal', name, value: written })),
    ...placed(node, statement.notResource ? 'NotResource' : 'Resource', statement.resources).map(({ path, value }) => ({
      path,
      what: () => 'the resource',
      name,
      value,
    })),
    ...conditions.flatMap(({ path, operator, key, lowerKey, values }) => [
      { path, what: () => 'the condition operator', name, value: operator },
      ...(FREE_VALUES.test(lowerKey) ? [] : [{ path, what: () => 'the condition key', name, value: key }]),
      ...(FREE_VALUES.test(lowerKey)
        ? []
        : values.map((value) => ({ path, what: () => `a value of ${quote(key)}`, name, value }))),
    ]),
  ]);
}

/** Strings that only people read, or whose text the policy's owner chose. */
function freeTexts({ policy, statements }: Context): Piece[] {
  return [
    ...(policy.id === undefined ? [] : [{ path: '/Id', what: () => 'Id', name: 'The policy', value: policy.id }]),
    ...statements.flatMap(({ name, statement, conditions }) => [
      ...(statement.sid === undefined
        ? []
        : [{ path: `${statement.path}/Sid`, what: () => 'the Sid', name, value: statement.sid }]),
      ...conditions.flatMap(({ path, key, lowerKey, values }) =>
        FREE_VALUES.test(lowerKey)
          ? [key, ...values].map((value) => ({ path, what: () => `a free text of ${quote(key)}`, name, value }))
          : [],
      ),
    ]),
  ];
}

const identifierCharacter: PolicyRule = {
  on: 'policy',
  code: 'IDENTIFIER_CHARACTER',
  severity: 'error',
  title: 'An identifier with a look-alike, invisible or direction-changing character, also one hidden by an escape',
  fix: 'Type the identifier anew in plain ASCII.',
  source: TROJAN,
  check: (context) =>
    identifiers(context).flatMap(({ path, what, name, value }): Hit[] => {
      const match = /[^ -~]/u.exec(value) ?? /^ | $/.exec(value);
      if (match === null) return [];
      const point = codePoint(match[0].codePointAt(0) ?? 0);
      const plain = looksLike(value);
      const alike = plain === undefined ? '' : ` It looks like ${quote(plain)}, but is not the same.`;
      return [{ path, message: `${name}: ${what()} ${quote(value)} contains ${point}.${alike}` }];
    }),
};

const textInvisible: PolicyRule = {
  on: 'policy',
  code: 'TEXT_INVISIBLE_CHARACTER',
  severity: 'warning',
  title: 'Free text with a character that cannot be seen, or that turns the direction of what follows',
  fix: 'Remove the character.',
  source: TROJAN,
  check: (context) =>
    freeTexts(context).flatMap(({ path, what, name, value }) => {
      const point = firstInvisible(value);
      return point === undefined
        ? []
        : [{ path, message: `${name}: ${what()} ${quote(value)} contains ${codePoint(point)}.` }];
    }),
};

const textEscaped: PolicyRule = {
  on: 'policy',
  code: 'POLICY_CHARSET_ESCAPED',
  severity: 'warning',
  title: 'A \\u escape over U+00FF: the text is plain ASCII, what it decodes to is outside of what KMS takes',
  fix: 'Use characters up to U+00FF.',
  source: 'AWS KMS API model, PolicyType; whether KMS decodes escapes before it checks is not documented',
  check: (context) => {
    if (!/\\u/i.test(context.text)) return [];
    return [...freeTexts(context), ...identifiers(context)].flatMap(({ path, what, name, value }) => {
      const beyond = /[^\0-\u00ff]/u.exec(value)?.[0].codePointAt(0);
      return beyond === undefined
        ? []
        : [{ path, message: `${name}: ${what()} ${quote(value)} decodes to ${codePoint(beyond)}, beyond U+00FF.` }];
    });
  },
};

export const CHARACTER_RULES: readonly (SubjectRule | PolicyRule)[] = [
  characterNotAllowed,
  identifierCharacter,
  textInvisible,
  textEscaped,
];
