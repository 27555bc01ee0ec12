import { lowerAscii } from '../ascii.ts';
import type { Reading, ValueType } from './conditionValues.ts';

/** A condition operator without its prefix and suffix. */
export interface Operator {
  /** In AWS's spelling. */
  name: string;
  type: ValueType;
  reading: Reading;
  /** It holds when no value matches, and then also when the key is not in the request. */
  negative: boolean;
  /** The operator that holds for exactly the other values, if AWS has one. */
  opposite: string | undefined;
}

const row = (name: string, type: ValueType, reading: Reading, negative: boolean, opposite?: string): Operator => ({
  name,
  type,
  reading,
  negative,
  opposite,
});

/** IAM User Guide, "IAM JSON policy elements: Condition operators". ArnEquals and ArnLike are the same operator there. */
const TABLE: readonly Operator[] = [
  row('StringEquals', 'string', 'string', false, 'StringNotEquals'),
  row('StringNotEquals', 'string', 'string', true, 'StringEquals'),
  row('StringEqualsIgnoreCase', 'string', 'fold', false, 'StringNotEqualsIgnoreCase'),
  row('StringNotEqualsIgnoreCase', 'string', 'fold', true, 'StringEqualsIgnoreCase'),
  row('StringLike', 'string', 'like', false, 'StringNotLike'),
  row('StringNotLike', 'string', 'like', true, 'StringLike'),
  row('ArnEquals', 'string', 'arn', false, 'ArnNotEquals'),
  row('ArnNotEquals', 'string', 'arn', true, 'ArnEquals'),
  row('ArnLike', 'string', 'arn', false, 'ArnNotLike'),
  row('ArnNotLike', 'string', 'arn', true, 'ArnLike'),
  row('NumericEquals', 'number', 'number =', false, 'NumericNotEquals'),
  row('NumericNotEquals', 'number', 'number =', true, 'NumericEquals'),
  row('NumericLessThan', 'number', 'number <', false, 'NumericGreaterThanEquals'),
  row('NumericLessThanEquals', 'number', 'number <=', false, 'NumericGreaterThan'),
  row('NumericGreaterThan', 'number', 'number >', false, 'NumericLessThanEquals'),
  row('NumericGreaterThanEquals', 'number', 'number >=', false, 'NumericLessThan'),
  row('DateEquals', 'date', 'date =', false, 'DateNotEquals'),
  row('DateNotEquals', 'date', 'date =', true, 'DateEquals'),
  row('DateLessThan', 'date', 'date <', false, 'DateGreaterThanEquals'),
  row('DateLessThanEquals', 'date', 'date <=', false, 'DateGreaterThan'),
  row('DateGreaterThan', 'date', 'date >', false, 'DateLessThanEquals'),
  row('DateGreaterThanEquals', 'date', 'date >=', false, 'DateLessThan'),
  row('Bool', 'bool', 'bool', false),
  row('BinaryEquals', 'binary', 'binary', false),
  row('IpAddress', 'ip', 'ip', false, 'NotIpAddress'),
  row('NotIpAddress', 'ip', 'ip', true, 'IpAddress'),
];

const BY_NAME = new Map(TABLE.map((operator) => [lowerAscii(operator.name), operator]));

/** How many of the values of the key in the request must match: its only one, any of several, or each. */
export type Quantifier = 'one' | 'any' | 'all';

export interface OperatorUse {
  operator: Operator | 'Null';
  quantifier: Quantifier;
  ifExists: boolean;
}

/** What an operator begins with to say so. */
export const PREFIX = { one: '', any: 'ForAnyValue:', all: 'ForAllValues:' } as const;

/** Every operator with each prefix and suffix, in AWS's spelling and in lower case. */
const USES = new Map<string, OperatorUse>();
for (const operator of [...TABLE, 'Null'] as const) {
  const name = operator === 'Null' ? operator : operator.name;
  for (const ifExists of [false, true]) {
    for (const quantifier of ['one', 'any', 'all'] as const) {
      const written = `${PREFIX[quantifier]}${name}${ifExists ? 'IfExists' : ''}`;
      const use = { operator, quantifier, ifExists };
      USES.set(written, use).set(lowerAscii(written), use);
    }
  }
}

/** Every operator with each prefix and suffix that it can have, in AWS's spelling. */
export const OPERATOR_NAMES: readonly string[] = [
  'Null',
  ...TABLE.flatMap(({ name }) =>
    Object.values(PREFIX).flatMap((prefix) => [`${prefix}${name}`, `${prefix}${name}IfExists`]),
  ),
];

/** Reads an operator with its prefix and suffix, in any case; `undefined` when AWS has none of that name. */
export function readOperator(text: string): OperatorUse | undefined {
  return USES.get(text) ?? USES.get(lowerAscii(text));
}

/** The operator of a name in AWS's spelling. */
export function operatorNamed(name: string): Operator | undefined {
  return BY_NAME.get(lowerAscii(name));
}
