import { cidrWithin, parseCidr } from '../condition/cidr.ts';
import { type Reading, readValue, type ValueType, valueMatches } from '../condition/conditionValues.ts';
import { type JsonNumber, memberOf, membersOf } from '../document/json.ts';
import { quote } from '../document/visible.ts';
import type { Key } from '../types.ts';
import { type ConditionTest, type Context, type Hit, listing, type PolicyRule } from './context.ts';
import { coverOf } from './cover.ts';
import { eachCondition } from './eachCondition.ts';

const CONDITIONS = 'AWS KMS Developer Guide, "Condition keys for AWS KMS"';
const OPERATORS = 'IAM User Guide, "IAM JSON policy elements: Condition operators"';

/** Readings that take every text. */
const TEXTS: ReadonlySet<Reading> = new Set<Reading>(['string', 'fold', 'like', 'binary']);

const noValues: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_NO_VALUES',
  severity: 'warning',
  title: 'A condition without values',
  fix: 'Write the values, or remove the condition.',
  source: OPERATORS,
  check: (context) =>
    eachCondition(
      context,
      () => true,
      ({ test, values }, { name }) =>
        values.length === 0 ? { message: `${name} compares ${quote(test.key)} with no value at all.` } : undefined,
    ),
};

const valueType: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_VALUE_UNREADABLE',
  severity: 'warning',
  title: 'A value that the operator cannot read: no number, date, address, boolean or ARN',
  fix: 'Write the value in the form that the operator needs, or use a String operator.',
  source: OPERATORS,
  check: (context) =>
    eachCondition(
      context,
      ({ use, compares }) => (compares === undefined ? use !== undefined : !TEXTS.has(compares.operator.reading)),
      ({ test: { compares, operator }, values }, { name }) => {
        // Null is read like Bool.
        const reading = compares?.operator.reading ?? 'bool';
        const bad = values.find((value) => !value.includes('${') && readValue(value, reading, true).form === 'opaque');
        return bad === undefined
          ? undefined
          : { message: `${name} has the value ${quote(bad)} for ${quote(operator)}.` };
      },
    ),
};

const NUMBERS: ReadonlySet<ValueType> = new Set<ValueType>(['number', 'date']);

/** One hit for each JSON number in a Condition that a test picks out. */
function* eachNumber(
  { statements }: Context,
  hit: (number: JsonNumber, test: ConditionTest, name: string) => Hit | undefined,
): Iterable<Hit> {
  for (const { node, conditions, name } of statements) {
    let line = 0;
    for (const { value: block } of membersOf(node && memberOf(node, 'Condition'))) {
      for (const { value } of membersOf(block)) {
        const condition = conditions[line++];
        for (const item of value.kind === 'array' ? value.items : [value]) {
          const found = item.kind === 'number' && condition ? hit(item, condition.test, name) : undefined;
          if (found !== undefined) yield found;
        }
      }
    }
  }
}

const valueNumber: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_VALUE_NUMBER',
  severity: 'error',
  title: 'A JSON number where a string belongs, or one with an exponent',
  fix: 'Write it in quotes; an account id has leading zeros that a number loses.',
  source: 'IAM Access Analyzer, "Data type mismatch"; Countersign: one text must not be read in two ways',
  check: (context) =>
    eachNumber(context, ({ raw, pointer: path }, { compares, key }, name) => {
      const numeric = compares !== undefined && NUMBERS.has(compares.operator.type);
      if (numeric && /^-?[0-9]+(\.[0-9]+)?$/.test(raw)) return undefined;
      const message = `${name} compares ${quote(key)} with the number ${raw}; a string belongs there.`;
      return { path, message, patch: [{ op: 'replace', path, value: raw }] };
    }),
};

/** A wildcard that is not within `${*}` or `${?}`, which are the bare characters. */
const WILDCARD = /(?<!\$\{)[*?]|[*?](?!\})/;

const wildcardLiteral: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_WILDCARD_IS_LITERAL',
  severity: 'warning',
  title: 'A wildcard under an operator that compares letter by letter',
  fix: 'Use StringLike, or ArnLike for ARNs.',
  source: OPERATORS,
  check: (context) =>
    eachCondition(
      context,
      ({ compares }) => compares?.operator.reading === 'string' || compares?.operator.reading === 'fold',
      ({ test, values }, { name }) => {
        const wild = values.find((value) => WILDCARD.test(value));
        if (wild === undefined) return undefined;
        return {
          message: `${name} has ${quote(wild)} under ${quote(test.operator)}, which takes "*" and "?" as they are.`,
        };
      },
    ),
};

const variableOld: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_VARIABLE_NOT_EXPANDED',
  severity: 'warning',
  title: 'A policy variable, which Version 2008-10-17 takes as plain text',
  fix: 'Write "Version": "2012-10-17".',
  source: 'IAM User Guide, "IAM policy elements: Variables and tags"',
  check: (context) =>
    context.policy.version === '2012-10-17'
      ? []
      : eachCondition(
          context,
          () => true,
          ({ values }, { name }) => {
            const variable = values.find((value) => value.includes('${'));
            return variable === undefined
              ? undefined
              : { message: `${name} has the variable ${quote(variable)}, which is not replaced.` };
          },
        ),
};

const ACCOUNT = { form: /^[0-9]{12}$/, is: 'an account id of 12 digits' };
/** What a value of a key always looks like; another one never matches. */
const FORMS: Readonly<Record<string, { form: RegExp; is: string }>> = {
  'kms:calleraccount': ACCOUNT,
  'aws:principalaccount': ACCOUNT,
  'aws:sourceaccount': ACCOUNT,
  'aws:principalorgid': { form: /^o-[a-z0-9]{10,32}$/, is: 'an organization id such as o-a1b2c3d4e5' },
  'kms:grantoperations': { form: /^[A-Z][A-Za-z]+$/, is: 'an operation without its service, such as Decrypt' },
  'aws:sourcevpc': { form: /^vpc-[0-9a-z]+$/, is: 'the id of a VPC such as vpc-1a2b3c4d' },
  'aws:sourcevpce': { form: /^vpce-[0-9a-z]+$/, is: 'the id of a VPC endpoint such as vpce-1a2b3c4d' },
  'kms:viaservice': {
    form: /^[a-z0-9-]+\.[a-z0-9-]+\.amazonaws\.com$/,
    is: 'of the form service.region.amazonaws.com',
  },
};

/** Keys that have one value in every request on this key. */
function constantsOf(key: Key): Readonly<Record<string, string | undefined>> {
  return {
    'kms:keyspec': key.spec,
    'kms:keyusage': key.usage,
    'kms:keyorigin': key.origin,
    'kms:customermasterkeyspec': key.spec,
    'kms:customermasterkeyusage': key.usage,
    'kms:multiregion': String(key.multiRegion),
    ...(key.spec === 'SYMMETRIC_DEFAULT' && { 'kms:encryptionalgorithm': key.spec }),
    'aws:resourceaccount': key.accountId,
    'aws:requestedregion': key.region,
  };
}

/** Readings that are compared with a constant. */
const READ: ReadonlySet<Reading> = new Set<Reading>(['string', 'fold', 'like', 'bool']);

const valueNeverMatches: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_VALUE_NEVER_MATCHES',
  severity: 'warning',
  title: 'A value that the key of the condition never has',
  fix: 'Correct the value.',
  source: CONDITIONS,
  check: (context) => {
    const constants = constantsOf(context.key);
    return eachCondition(
      context,
      ({ lowerKey }) => Object.hasOwn(FORMS, lowerKey) || Object.hasOwn(constants, lowerKey),
      ({ test: { key, lowerKey, compares }, values }, { name }) => {
        if (compares === undefined || !READ.has(compares.operator.reading)) return undefined;
        const { reading, type } = compares.operator;
        const form = reading === 'string' ? FORMS[lowerKey] : undefined;
        const odd = form && values.find((value) => !form.form.test(value) && !value.includes('${'));
        if (form !== undefined && odd !== undefined) {
          return { message: `${name} compares ${quote(key)} with ${quote(odd)}; its value is always ${form.is}.` };
        }
        const constant = constants[lowerKey];
        if (
          constant === undefined ||
          values.length === 0 ||
          values.some((value) => valueMatches(readValue(value, reading, true), constant, type) !== false)
        )
          return undefined;
        return {
          message: `${name} compares ${quote(key)} with ${listing(values.map(quote))}; for this key it is always ${quote(constant)}.`,
        };
      },
    );
  },
};

/** Private, shared, loopback and link-local ranges (RFC 1918, 6598, 4193, 4291). */
const PRIVATE = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['fc00::/7', 'fe80::/10', '::1/128'],
].flatMap((range) => parseCidr(range) ?? []);

const privateAddress: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_PRIVATE_ADDRESS',
  severity: 'warning',
  title: 'A private address under aws:SourceIp, which holds public addresses alone',
  fix: 'Use aws:VpcSourceIp, or aws:SourceVpc or aws:SourceVpce.',
  source:
    'IAM User Guide, "AWS global condition context keys": aws:SourceIp; IAM Access Analyzer, "Private IP address"',
  check: (context) =>
    eachCondition(
      context,
      ({ lowerKey }) => lowerKey === 'aws:sourceip',
      ({ test, values }, { name }) => {
        const found = values.find((value) => {
          const range = parseCidr(value);
          return range !== undefined && PRIVATE.some((wide) => cidrWithin(range, wide));
        });
        if (found === undefined) return undefined;
        return {
          message: `${name} compares ${quote(test.key)} with the private address ${quote(found)}, which KMS never sees.`,
        };
      },
    ),
};

const neverHolds: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_NEVER_HOLDS',
  severity: 'warning',
  title: 'Conditions of one statement that exclude each other, or all the principals that it names',
  fix: 'Make two statements of it, or correct or remove one of the conditions.',
  source: 'IAM User Guide, "IAM JSON policy elements: Condition": all conditions of a statement must hold',
  check: (context) => {
    const cover = coverOf(context);
    return context.statements.flatMap((view) => {
      const { statement, name, conditions } = view;
      if (conditions.length === 0) return [];
      const path = `${statement.path}/Condition`;
      const exclusive = cover.exclusiveKey(view);
      if (exclusive !== undefined) {
        const message = `${name} has conditions on ${quote(exclusive)} that can never hold at once, so it has no effect.`;
        return [{ path, message }];
      }
      const keys = cover.neverForNamed(view);
      if (keys.length === 0) return [];
      const message = `${name} asks of ${listing(keys.map(quote))} what none of the principals that it names has, so it has no effect.`;
      return [{ path, message }];
    });
  },
};

export const CONDITION_VALUE_RULES: readonly PolicyRule[] = [
  noValues,
  valueType,
  valueNumber,
  wildcardLiteral,
  variableOld,
  valueNeverMatches,
  privateAddress,
  neverHolds,
];
