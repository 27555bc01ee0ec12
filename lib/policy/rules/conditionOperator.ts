import { isEmpty, minus, setOf } from '../actions.ts';
import { OPERATOR_NAMES, readOperator } from '../condition/operators.ts';
import { type JsonNode, type JsonString, memberOf, membersOf, toValue } from '../document/json.ts';
import { quote } from '../document/visible.ts';
import { nearest } from '../operations.ts';
import type { Hit, PolicyRule } from './context.ts';
import { eachCondition, keyOf, needsKey } from './eachCondition.ts';

const CONDITIONS = 'AWS KMS Developer Guide, "Condition keys for AWS KMS"';
const OPERATORS = 'IAM User Guide, "IAM JSON policy elements: Condition operators"';

const operatorUnknown: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_OPERATOR_UNKNOWN',
  severity: 'error',
  aws: 'MalformedPolicyDocumentException',
  title: 'A condition operator that the policy language does not have',
  fix: 'Correct the operator.',
  source: OPERATORS,
  *check({ statements }) {
    for (const { node, name } of statements) {
      const element = node && memberOf(node, 'Condition');
      if (element === undefined) continue;
      for (const { name: operator, value: block } of membersOf(element)) {
        if (!isUnknown(operator.value)) continue;
        yield {
          path: operator.pointer,
          message: `${name} has the unknown condition operator ${quote(operator.value)}.`,
          ...corrected(element, operator, block),
        };
      }
    }
  },
};

const withoutIfExists = (operator: string): string => operator.slice(0, -'IfExists'.length);
/** A negated operator is never taken for its opposite. */
const isNegated = (operator: string): boolean => /not/i.test(operator);

/** The operator that is nearly spelt so, with the patch where nothing stands under its name yet. */
function corrected(
  element: JsonNode,
  { value: operator, pointer: path }: JsonString,
  block: JsonNode,
): Pick<Hit, 'fix' | 'patch'> {
  const meant = readOperator(operator) === undefined ? nearest(operator, OPERATOR_NAMES) : withoutIfExists(operator);
  if (meant === undefined || isNegated(meant) !== isNegated(operator)) return {};
  const fix = `Probably ${meant} is meant.`;
  if (memberOf(element, meant) !== undefined) return { fix };
  const add = { op: 'add', path: `${element.pointer}/${meant}`, value: toValue(block) } as const;
  return { fix, patch: [{ op: 'remove', path }, add] };
}

function isUnknown(operator: string): boolean {
  const use = readOperator(operator);
  return use === undefined || (use.operator === 'Null' && use.ifExists);
}

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
    eachCondition(
      context,
      ({ lowerKey, compares }) => {
        const fitting = compares && FITTING[compares.operator.type];
        const known = keyOf(lowerKey);
        return known !== undefined && fitting !== undefined && !fitting.test(known.type) && !known.key.includes('${');
      },
      ({ test: { key, lowerKey, operator } }, { name }) => ({
        message: `${name} tests ${quote(key)}, a key of type ${keyOf(lowerKey)?.type}, with ${quote(operator)}.`,
      }),
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
    eachCondition(
      context,
      ({ lowerKey, compares }) =>
        compares?.quantifier === 'one' && keyOf(lowerKey)?.type.startsWith('ArrayOf') === true,
      ({ test: { key, operator } }, { name }) => ({
        message: `${name} tests ${quote(key)}, which can have several values, with ${quote(operator)}.`,
      }),
    ),
};

const CREATE_GRANT = setOf(['kms:CreateGrant']);
/** A request with one name of an encryption context has its list of names too. */
const CONTEXT_KEYS = 'kms:encryptioncontextkeys';
const CONTEXT = 'kms:encryptioncontext:';

const setOperatorEmpty: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_FOR_ALL_VALUES_EMPTY',
  severity: 'warning',
  title: 'ForAllValues in an Allow also holds when the request does not have the key at all',
  fix: 'Add the condition Null with "false" for the key, or use ForAnyValue.',
  source: 'IAM User Guide, "Multivalued context keys": ForAllValues with an Allow effect',
  check: (context) =>
    eachCondition(
      context,
      ({ use }) => use?.quantifier === 'all',
      ({ test: { key, lowerKey } }, { name, statement, conditions, operations }) => {
        if (statement.effect !== 'Allow') return undefined;
        // Operations is a parameter that every CreateGrant must have.
        if (lowerKey === 'kms:grantoperations' && isEmpty(minus(operations, CREATE_GRANT))) return undefined;
        const shows = (other: string): boolean =>
          other === lowerKey || (lowerKey === CONTEXT_KEYS && other.startsWith(CONTEXT));
        if (conditions.some((other) => shows(other.test.lowerKey) && needsKey(other))) return undefined;
        const message = `${name} limits by ForAllValues on ${quote(key)}; a request without that key passes.`;
        const fix = `Add the condition Null: {${JSON.stringify(key)}: "false"}, or use ForAnyValue.`;
        if (conditions.some(({ test }) => test.use?.operator === 'Null')) return { message, fix };
        return {
          message,
          fix,
          patch: [{ op: 'add', path: `${statement.path}/Condition/Null`, value: { [key]: 'false' } }],
        };
      },
    ),
};

export const CONDITION_OPERATOR_RULES: readonly PolicyRule[] = [
  operatorUnknown,
  operatorType,
  needsSetOperator,
  setOperatorEmpty,
];
