import { lowerAscii } from '../ascii.ts';
import { readValue } from '../conditionValues.ts';
import {
  CONDITION_KEYS,
  type ConditionKey,
  GLOBAL_CONDITION_KEYS,
  KEY_CONDITION_KEYS,
} from '../data/actions.generated.ts';
import { nearest } from '../operations.ts';
import type { Key } from '../types.ts';
import { quote } from '../visible.ts';
import {
  type ConditionView,
  type Context,
  type Hit,
  listing,
  nodeAt,
  type PolicyRule,
  type StatementView,
} from './context.ts';

const CONDITIONS = 'AWS KMS Developer Guide, "Condition keys for AWS KMS"';
const OPERATORS = 'IAM User Guide, "IAM JSON policy elements: Condition operators"';

const KNOWN: readonly ConditionKey[] = [...CONDITION_KEYS, ...GLOBAL_CONDITION_KEYS];
const EXACT = new Map(KNOWN.map((known) => [lowerAscii(known.key), known]));
/** Keys that end in a name of one's own, such as `kms:EncryptionContext:Department`. */
const OPEN = KNOWN.filter(({ key }) => key.includes('${')).map((known) => ({
  known,
  prefix: lowerAscii(known.key.slice(0, known.key.indexOf('${'))),
}));

function keyOf(lower: string): ConditionKey | undefined {
  return EXACT.get(lower) ?? OPEN.find(({ prefix }) => lower.startsWith(prefix) && lower.length > prefix.length)?.known;
}

/** One hit for each line of a Condition that a test picks out. */
function* each(
  context: Context,
  hit: (condition: ConditionView, view: StatementView) => Omit<Hit, 'path'> | undefined,
): Iterable<Hit> {
  for (const view of context.statements) {
    for (const condition of view.conditions) {
      const found = hit(condition, view);
      if (found !== undefined) yield { path: condition.path, ...found };
    }
  }
}

const FORBIDDEN = /^((aws|kms):resourcetag(\/.*)?|kms:resourcealiases)$/;

const keyForbidden: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_KEY_FORBIDDEN',
  severity: 'error',
  aws: 'MalformedPolicyDocumentException',
  title: 'Condition keys that only IAM policies may have: aws:ResourceTag, kms:ResourceTag, kms:ResourceAliases',
  fix: 'Remove the condition; a key policy speaks of its own key alone.',
  source: 'awsdocs/aws-kms-developer-guide PR #47; error text "These condition keys are not permitted in a key policy"',
  check: (context) =>
    each(context, ({ key, lowerKey }, { name }) =>
      FORBIDDEN.test(lowerKey)
        ? { message: `${name} has the condition key ${quote(key)}, which no key policy may have.` }
        : undefined,
    ),
};

const keyUnknown: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_KEY_UNKNOWN',
  severity: 'warning',
  title: 'A condition key that no request to AWS KMS has, as far as is known',
  fix: 'Correct the name.',
  source: CONDITIONS,
  check: (context) =>
    each(context, ({ key, lowerKey }, { name }) => {
      if (keyOf(lowerKey) !== undefined || FORBIDDEN.test(lowerKey)) return undefined;
      const meant = nearest(
        key,
        KNOWN.map((known) => known.key),
      );
      const message = `${name} has the unknown condition key ${quote(key)}.`;
      return meant === undefined ? { message } : { message, fix: `Probably ${meant} is meant.` };
    }),
};

const keyRepeated: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_KEY_REPEATED',
  severity: 'error',
  title: 'The same condition operator and key twice, told apart only by upper and lower case',
  fix: 'Make it one line with all values, if any of them is to match.',
  source: 'IAM Access Analyzer, "Duplicate keys with different case"',
  check: (context) =>
    context.statements.flatMap(({ conditions, name }) => {
      const seen = new Set<string>();
      return conditions.flatMap(({ operator, key, lowerKey, path }) => {
        const line = JSON.stringify([lowerAscii(operator), lowerKey]);
        if (!seen.has(line)) {
          seen.add(line);
          return [];
        }
        return [
          {
            path,
            message: `${name} has ${quote(key)} under ${quote(operator)} twice; whether one or both count is not defined.`,
          },
        ];
      });
    }),
};

const keyDeprecated: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_KEY_DEPRECATED',
  severity: 'info',
  title: 'A condition key under its old name',
  fix: 'Use kms:KeySpec or kms:KeyUsage.',
  source: CONDITIONS,
  check: (context) =>
    each(context, ({ key, lowerKey }, { name }) =>
      lowerKey === 'kms:customermasterkeyspec' || lowerKey === 'kms:customermasterkeyusage'
        ? { message: `${name} has the deprecated condition key ${quote(key)}.` }
        : undefined,
    ),
};

const operatorUnknown: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_OPERATOR_UNKNOWN',
  severity: 'error',
  aws: 'MalformedPolicyDocumentException',
  title: 'A condition operator that the policy language does not have',
  fix: 'Correct the operator.',
  source: OPERATORS,
  check: (context) =>
    each(context, ({ operator, use }, { name }) =>
      use === undefined || (use.operator === 'Null' && use.ifExists)
        ? { message: `${name} has the unknown condition operator ${quote(operator)}.` }
        : undefined,
    ),
};

const needsSetOperator: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_NEEDS_SET_OPERATOR',
  severity: 'warning',
  title: 'A key that can have several values needs ForAnyValue: or ForAllValues:',
  fix: 'Write ForAnyValue: before the operator if one match is enough, ForAllValues: if every value must match.',
  source: 'AWS KMS Developer Guide, "Condition keys for AWS KMS": multivalued; IAM User Guide, "Set operators"',
  check: (context) =>
    each(context, ({ key, operator, lowerKey, use }, { name }) =>
      use !== undefined &&
      use.operator !== 'Null' &&
      use.quantifier === 'one' &&
      keyOf(lowerKey)?.type.startsWith('ArrayOf')
        ? { message: `${name} tests ${quote(key)}, which can have several values, with ${quote(operator)}.` }
        : undefined,
    ),
};

const setOperatorEmpty: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_FOR_ALL_VALUES_EMPTY',
  severity: 'warning',
  title: 'ForAllValues in an Allow also holds when the request does not have the key at all',
  fix: 'Add Null: {"<key>": "false"}, or use ForAnyValue.',
  source: 'IAM User Guide, "Multivalued context keys": ForAllValues with an Allow effect',
  check: (context) =>
    each(context, ({ key, lowerKey, use }, { name, statement, conditions }) => {
      if (use?.quantifier !== 'all' || statement.effect !== 'Allow') return undefined;
      const required = conditions.some(
        (other) => other.lowerKey === lowerKey && other.use !== undefined && needsKey(other),
      );
      if (required) return undefined;
      return { message: `${name} limits by ForAllValues on ${quote(key)}; a request without that key passes.` };
    }),
};

/** Whether a line can only hold when the request has the key. */
function needsKey({ use, values }: ConditionView): boolean {
  if (use === undefined) return false;
  if (use.operator === 'Null') return values.length > 0 && values.every((value) => lowerAscii(value) === 'false');
  return use.quantifier !== 'all' && !use.ifExists && !use.operator.negative;
}

/** Whether a request for an operation can have a condition key; global keys and those of the key itself are everywhere. */
function hasKey(action: { conditionKeys: readonly string[] }, lowerKey: string): boolean {
  const known = keyOf(lowerKey);
  if (known === undefined || !known.key.startsWith('kms:') || KEY_CONDITION_KEYS.includes(known.key)) return true;
  // Deprecated names of keys that every request on a key has.
  if (/^kms:customermasterkey(spec|usage)$/.test(lowerKey)) return true;
  const enclave = 'kms:RecipientAttestation:';
  if (known.key.startsWith(enclave)) return action.conditionKeys.some((key) => key.startsWith(enclave));
  return action.conditionKeys.includes(known.key);
}

/** Operations of a statement whose requests never have the key; of a wildcard only when that is so for all that it names. */
function without({ actions, statement }: StatementView, lowerKey: string): string[] {
  if (statement.notAction) return [];
  return actions.flatMap(({ operations }) => {
    const governed = operations.filter(({ inKeyPolicy }) => inKeyPolicy);
    return governed.some((action) => hasKey(action, lowerKey)) ? [] : governed.map(({ name }) => name);
  });
}

const blocksAction: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_BLOCKS_ACTION',
  severity: 'warning',
  title: 'A condition that can never hold for an action, because its requests do not have the key',
  fix: 'Put the action into a statement of its own, without the condition.',
  source: `${CONDITIONS}: each key names the operations that it works for`,
  check: (context) =>
    each(context, (condition, view) => {
      const blocked = needsKey(condition) ? [...new Set(without(view, condition.lowerKey))] : [];
      if (blocked.length === 0) return undefined;
      const effect = view.statement.effect === 'Allow' ? 'never allows' : 'never denies';
      return { message: `${view.name} ${effect} ${listing(blocked)}: such a request has no ${quote(condition.key)}.` };
    }),
};

const alwaysHolds: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_ALWAYS_HOLDS',
  severity: 'warning',
  title: 'A condition that always holds for an action, because its requests do not have the key that must not match',
  fix: 'Put the action into a statement of its own.',
  source: `${OPERATORS}: negated operators hold when the key is absent`,
  check: (context) =>
    each(context, (condition, view) => {
      const { use, lowerKey, key } = condition;
      if (use === undefined || use.operator === 'Null' || (!use.operator.negative && !use.ifExists)) return undefined;
      const free = [...new Set(without(view, lowerKey))];
      if (free.length === 0) return undefined;
      const effect = view.statement.effect === 'Allow' ? 'allows' : 'denies';
      return {
        message: `${view.name} ${effect} ${listing(free)} whatever the condition on ${quote(key)} says: such a request has no such key.`,
      };
    }),
};

const noValues: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_NO_VALUES',
  severity: 'warning',
  title: 'A condition without values',
  fix: 'Write the values, or remove the condition.',
  source: OPERATORS,
  check: (context) =>
    each(context, ({ key, values }, { name }) =>
      values.length === 0 ? { message: `${name} compares ${quote(key)} with no value at all.` } : undefined,
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
    each(context, ({ values, use, operator }, { name }) => {
      if (use === undefined) return undefined;
      const bad = values.find((value) => {
        if (value.includes('${')) return false;
        if (use.operator === 'Null') return !/^(true|false)$/i.test(value);
        return readValue(value, use.operator.reading, false).form === 'opaque';
      });
      return bad === undefined ? undefined : { message: `${name} has the value ${quote(bad)} for ${quote(operator)}.` };
    }),
};

const valueNumber: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_VALUE_NUMBER',
  severity: 'error',
  title: 'A JSON number where a string belongs, or one with an exponent',
  fix: 'Write it in quotes; an account id has leading zeros that a number loses.',
  source: 'IAM Access Analyzer, "Data type mismatch"; Countersign: one text must not be read in two ways',
  check: (context) =>
    context.statements.flatMap(({ conditions, name }) =>
      conditions.flatMap(({ path, use, key }) => {
        const node = nodeAt(context.node, path);
        const numeric = use !== undefined && use.operator !== 'Null' && /^(number|date)$/.test(use.operator.type);
        return (node.kind === 'array' ? node.items : [node]).flatMap((item): Hit[] => {
          if (item.kind !== 'number' || (numeric && /^-?[0-9]+(\.[0-9]+)?$/.test(item.raw))) return [];
          const message = `${name} compares ${quote(key)} with the number ${item.raw}; a string belongs there.`;
          return [{ path: item.pointer, message, patch: [{ op: 'replace', path: item.pointer, value: item.raw }] }];
        });
      }),
    ),
};

const wildcardLiteral: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_WILDCARD_IS_LITERAL',
  severity: 'warning',
  title: 'A wildcard under an operator that compares letter by letter',
  fix: 'Use StringLike, or ArnLike for ARNs.',
  source: OPERATORS,
  check: (context) =>
    each(context, ({ values, use, operator }, { name }) => {
      const reading = use === undefined || use.operator === 'Null' ? undefined : use.operator.reading;
      const wild =
        reading === 'string' || reading === 'fold'
          ? values.find((value) => /[*?]/.test(value.replace(/\$\{.*?\}/g, '')))
          : undefined;
      return wild === undefined
        ? undefined
        : { message: `${name} has ${quote(wild)} under ${quote(operator)}, which takes "*" and "?" as they are.` };
    }),
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
      : each(context, ({ values }, { name }) => {
          const variable = values.find((value) => value.includes('${'));
          return variable === undefined
            ? undefined
            : { message: `${name} has the variable ${quote(variable)}, which is not replaced.` };
        }),
};

/** What a value of a key always looks like; another one never matches. */
const FORMS: Readonly<Record<string, { form: RegExp; is: string }>> = {
  'kms:calleraccount': { form: /^[0-9]{12}$/, is: 'an account id of 12 digits' },
  'aws:principalaccount': { form: /^[0-9]{12}$/, is: 'an account id of 12 digits' },
  'aws:sourceaccount': { form: /^[0-9]{12}$/, is: 'an account id of 12 digits' },
  'aws:principalorgid': { form: /^o-[a-z0-9]{10,32}$/, is: 'an organization id such as o-a1b2c3d4e5' },
  'kms:viaservice': {
    form: /^[a-z0-9-]+\.[a-z0-9-]+\.amazonaws\.com$/,
    is: 'of the form service.region.amazonaws.com',
  },
};

/** Keys that have one value in every request on this key. */
function constantsOf(key: Key): Readonly<Record<string, string>> {
  return {
    'kms:keyspec': key.spec,
    'kms:keyusage': key.usage,
    'kms:keyorigin': key.origin,
    'kms:customermasterkeyspec': key.spec,
    'kms:customermasterkeyusage': key.usage,
    'kms:multiregion': String(key.multiRegion),
    'aws:resourceaccount': key.accountId,
    'aws:requestedregion': key.region,
  };
}

const valueNeverMatches: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_VALUE_NEVER_MATCHES',
  severity: 'warning',
  title: 'A value that the key of the condition never has',
  fix: 'Correct the value.',
  source: CONDITIONS,
  check: (context) => {
    const constants = constantsOf(context.key);
    return each(context, ({ key, lowerKey, values, use }, { name }) => {
      if (use === undefined || use.operator === 'Null' || use.operator.reading !== 'string') return undefined;
      const form = Object.hasOwn(FORMS, lowerKey) ? FORMS[lowerKey] : undefined;
      const odd = form && values.find((value) => !form.form.test(value) && !value.includes('${'));
      if (form !== undefined && odd !== undefined) {
        return { message: `${name} compares ${quote(key)} with ${quote(odd)}; its value is always ${form.is}.` };
      }
      const constant = Object.hasOwn(constants, lowerKey) ? constants[lowerKey] : undefined;
      if (
        constant === undefined ||
        values.includes(constant) ||
        values.length === 0 ||
        values.some((value) => value.includes('${'))
      )
        return undefined;
      return {
        message: `${name} compares ${quote(key)} with ${listing(values.map(quote))}; for this key it is always ${quote(constant)}.`,
      };
    });
  },
};

/** Types of operators that only fit some types of keys. */
const FITTING: Readonly<Record<string, RegExp>> = { number: /Numeric|Date/, date: /Date/, ip: /IPAddress/ };

const operatorType: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_OPERATOR_TYPE',
  severity: 'warning',
  title: 'An operator for another type of value than the key has',
  fix: 'Use the operator for the type of the key.',
  source: CONDITIONS,
  check: (context) =>
    each(context, ({ key, operator, lowerKey, use }, { name }) => {
      if (use === undefined || use.operator === 'Null') return undefined;
      const known = keyOf(lowerKey);
      const fitting = FITTING[use.operator.type];
      if (known === undefined || fitting === undefined || fitting.test(known.type) || known.key.includes('${'))
        return undefined;
      return { message: `${name} tests ${quote(key)}, a key of type ${known.type}, with ${quote(operator)}.` };
    }),
};

export const CONDITION_RULES: readonly PolicyRule[] = [
  keyForbidden,
  keyUnknown,
  keyRepeated,
  keyDeprecated,
  operatorUnknown,
  operatorType,
  needsSetOperator,
  setOperatorEmpty,
  blocksAction,
  alwaysHolds,
  noValues,
  valueType,
  valueNumber,
  wildcardLiteral,
  variableOld,
  valueNeverMatches,
];
