import { codePoint, lineAndColumn } from '../document/json.ts';
import { firstInvisible, looksLike, quote } from '../document/visible.ts';
import {
  type ConditionView,
  type Context,
  conditionPath,
  type Hit,
  type PolicyRule,
  placed,
  type SubjectRule,
} from './context.ts';

const TROJAN =
  'Countersign: an approver must see what KMS will read (CVE-2021-42574; look-alikes pass the API as \\u escapes)';

/** Whether a text has nothing but printable ASCII and white space, and no escapes that could hide anything else. */
export function isPlain(text: string): boolean {
  return !/[^\t\n\r -[\]-~]/.test(text);
}

/** All but what PutKeyPolicy takes: tab, line feed, carriage return, and U+0020 to U+00FF. */
const NOT_ALLOWED = /[^\t\n\r\u0020-\u00ff]/u;

const characterNotAllowed: SubjectRule = {
  on: 'subject',
  code: 'CHARACTER_NOT_ALLOWED',
  severity: 'error',
  aws: 'ValidationException',
  title: 'A character that PutKeyPolicy does not take: only tab, line feed, carriage return and U+0020 to U+00FF',
  fix: 'Replace it; word processors write curly quotes and long dashes.',
  source: 'AWS KMS API model, PolicyType: pattern [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+',
  check: ({ text, plain }) => {
    const match = plain ? null : NOT_ALLOWED.exec(text);
    if (match === null) return [];
    const { line, column } = lineAndColumn(text, match.index);
    const point = codePoint(match[0].codePointAt(0) ?? 0);
    const message = `Line ${line}, column ${column} has ${point}, which PutKeyPolicy does not take.`;
    return [{ path: '', line, column, message }];
  },
};

/** Called with a string of the document, its place, and what it is: `the action`, or its condition key. */
type Visit = (value: string, path: string, name: string, what: string, conditionKey?: string) => void;

/** Condition keys whose values, and ends of names, people or programs choose freely. */
const FREE_VALUES =
  /^(kms:encryptioncontext(keys$|:)|aws:(principaltag|requesttag|resourcetag)\/|aws:(tagkeys|useragent|referer|sourceidentity|username)$)/;

function hasFreeValues({ test }: ConditionView): boolean {
  return FREE_VALUES.test(test.lowerKey);
}

/** Visits the strings by which KMS finds or matches something. */
function visitIdentifiers({ statements }: Context, visit: Visit): void {
  for (const view of statements) {
    const { name, statement, node, principals, actions } = view;
    for (const { path, named } of actions) visit(named.pattern, path, name, 'the action');
    for (const { path, id } of principals) visit(id, path, name, 'the principal');
    const element = statement.notResource ? 'NotResource' : 'Resource';
    for (const { pointer, value } of placed(node, element)) visit(value, pointer, name, 'the resource');
    for (const condition of view.conditions) {
      const { operator, key } = condition.test;
      const path = conditionPath(view, condition);
      visit(operator, path, name, 'the condition operator');
      if (hasFreeValues(condition)) continue;
      visit(key, path, name, 'the condition key');
      for (const value of condition.values) visit(value, path, name, 'a value of', key);
    }
  }
}

/** Visits the strings that only people read, or whose text the policy's owner chose. */
function visitFreeTexts({ policy, statements }: Context, visit: Visit): void {
  if (policy.id !== undefined) visit(policy.id, '/Id', 'The policy', 'the Id');
  for (const view of statements) {
    const { name, statement } = view;
    if (statement.sid !== undefined) visit(statement.sid, `${statement.path}/Sid`, name, 'the Sid');
    for (const condition of view.conditions) {
      if (!hasFreeValues(condition)) continue;
      const { key } = condition.test;
      const path = conditionPath(view, condition);
      visit(key, path, name, 'the condition key');
      for (const value of condition.values) visit(value, path, name, 'a value of', key);
    }
  }
}

const told = (what: string, key: string | undefined): string => (key === undefined ? what : `${what} ${quote(key)}`);

/** The first character that is not printable ASCII, or else a space at either end. */
function oddIn(value: string, plain: boolean): string | undefined {
  const odd = plain ? undefined : /[^ -~]/u.exec(value)?.[0];
  return odd ?? (value.startsWith(' ') || value.endsWith(' ') ? ' ' : undefined);
}

const identifierCharacter: PolicyRule = {
  on: 'policy',
  code: 'IDENTIFIER_CHARACTER',
  severity: 'error',
  title: 'An identifier with a look-alike, invisible or direction-changing character, also one hidden by an escape',
  fix: 'Type the identifier anew in plain ASCII.',
  source: TROJAN,
  check: (context) => {
    const hits: Hit[] = [];
    visitIdentifiers(context, (value, path, name, what, key) => {
      const odd = oddIn(value, context.plain);
      if (odd === undefined) return;
      const point = codePoint(odd.codePointAt(0) ?? 0);
      const plain = looksLike(value);
      const alike = plain === undefined ? '' : ` It looks like ${quote(plain)}, but is not the same.`;
      hits.push({ path, message: `${name}: ${told(what, key)} ${quote(value)} contains ${point}.${alike}` });
    });
    return hits;
  },
};

const textInvisible: PolicyRule = {
  on: 'policy',
  code: 'TEXT_INVISIBLE_CHARACTER',
  severity: 'warning',
  title: 'Free text with a character that cannot be seen, or that turns the direction of what follows',
  fix: 'Remove the character.',
  source: TROJAN,
  check: (context) => {
    const hits: Hit[] = [];
    if (context.plain) return hits;
    visitFreeTexts(context, (value, path, name, what, key) => {
      const point = firstInvisible(value);
      if (point === undefined) return;
      hits.push({ path, message: `${name}: ${told(what, key)} ${quote(value)} contains ${codePoint(point)}.` });
    });
    return hits;
  },
};

const textEscaped: PolicyRule = {
  on: 'policy',
  code: 'POLICY_CHARSET_ESCAPED',
  severity: 'warning',
  title: 'A \\u escape over U+00FF: the text is plain ASCII, what it decodes to is outside of what KMS takes',
  fix: 'Use characters up to U+00FF.',
  source: 'AWS KMS API model, PolicyType; whether KMS decodes escapes before it checks is not documented',
  check: (context) => {
    const hits: Hit[] = [];
    const visit: Visit = (value, path, name, what, key) => {
      const beyond = /[^\0-\u00ff]/u.exec(value)?.[0].codePointAt(0);
      if (beyond === undefined) return;
      const message = `${name}: ${told(what, key)} ${quote(value)} decodes to ${codePoint(beyond)}, beyond U+00FF.`;
      hits.push({ path, message });
    };
    if (context.plain || !context.text.includes('\\u')) return hits;
    visitFreeTexts(context, visit);
    visitIdentifiers(context, visit);
    return hits;
  },
};

export const CHARACTER_RULES: readonly (SubjectRule | PolicyRule)[] = [
  characterNotAllowed,
  identifierCharacter,
  textInvisible,
  textEscaped,
];
