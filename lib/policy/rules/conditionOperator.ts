import { readOperator } from '../condition/operators.ts';
import { memberOf } from '../document/json.ts';
import { quote } from '../document/visible.ts';
import type { PolicyRule } from './context.ts';
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
  check: ({ statements }) =>
    statements.flatMap(({ node, name }) => {
      const element = node && memberOf(node, 'Condition');
      const operators = element?.kind === 'object' ? element.members.map((member) => member.name) : [];
      return operators
        .filter(({ value }) => isUnknown(value))
        .map(({ value, pointer }) => ({
          path: pointer,
          message: `${name} has the unknown condition operator ${quote(value)}.`,
        }));
    }),
};

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
    eachCondition(context, ({ key, operator, lowerKey, use }, { name }) => {
      if (use === undefined || use.operator === 'Null') return undefined;
      const known = keyOf(lowerKey);
      const fitting = FITTING[use.operator.type];
      if (known === undefined || fitting === undefined || fitting.test(known.type) || known.key.includes('${'))
        return undefined;
      return { message: `${name} tests ${quote(key)}, a key of type ${known.type}, with ${quote(operator)}.` };
    }),
};

const needsSetOperator: PolicyRule = {
  on: 'policy',
  code: 'CONDITION_NEEDS_SET_OPERATOR',
  severity: 'warning',
  title: 'A key that can have several values needs ForAnyValue: or ForAllValues:',
  fix: 'Write ForAnyValue: before the operator if one match is enough, ForAllValues: if every value must match.',
  source: 'AWS KMS Developer Guide, "Condition keys for AWS KMS": multivalued; IAM User Guide, "Set operators"',
  check: (context) =>
    eachCondition(context, ({ key, operator, lowerKey, use }, { name }) =>
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
  fix: 'Add the condition Null with "false" for the key, or use ForAnyValue.',
  source: 'IAM User Guide, "Multivalued context keys": ForAllValues with an Allow effect',
  check: (context) =>
    eachCondition(context, ({ key, lowerKey, use }, { name, statement, conditions }) => {
      if (use?.quantifier !== 'all' || statement.effect !== 'Allow') return undefined;
      const required = conditions.some(
        (other) => other.lowerKey === lowerKey && other.use !== undefined && needsKey(other),
      );
      if (required) return undefined;
      const message = `${name} limits by ForAllValues on ${quote(key)}; a request without that key passes.`;
      const fix = `Add the condition Null: {${JSON.stringify(key)}: "false"}, or use ForAnyValue.`;
      if (conditions.some((other) => other.use?.operator === 'Null')) return { message, fix };
      return {
        message,
        fix,
        patch: [{ op: 'add', path: `${statement.path}/Condition/Null`, value: { [key]: 'false' } }],
      };
    }),
};

export const CONDITION_OPERATOR_RULES: readonly PolicyRule[] = [
  operatorUnknown,
  operatorType,
  needsSetOperator,
  setOperatorEmpty,
];
