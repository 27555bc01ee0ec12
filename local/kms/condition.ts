import type { JsonNode } from '../../lib/policy/document/json.ts';
import { asciiLower } from '../iam/evaluate.ts';
import { KmsError } from './error.ts';

/** The operators of the IAM policy language, without set prefix and `IfExists`; upper and lower case are one. */
const OPERATORS = new Set(
  [
    'StringEquals',
    'StringNotEquals',
    'StringEqualsIgnoreCase',
    'StringNotEqualsIgnoreCase',
    'StringLike',
    'StringNotLike',
    'NumericEquals',
    'NumericNotEquals',
    'NumericLessThan',
    'NumericLessThanEquals',
    'NumericGreaterThan',
    'NumericGreaterThanEquals',
    'DateEquals',
    'DateNotEquals',
    'DateLessThan',
    'DateLessThanEquals',
    'DateGreaterThan',
    'DateGreaterThanEquals',
    'Bool',
    'BinaryEquals',
    'IpAddress',
    'NotIpAddress',
    'ArnEquals',
    'ArnNotEquals',
    'ArnLike',
    'ArnNotLike',
    'Null',
  ].map(asciiLower),
);

/** Keys that hold for the key itself: a key policy may not depend on them. The name of a tag, after the slash, is free. */
const FORBIDDEN = /^(?:(?:aws|kms):resourcetag(?:\/.*)?|kms:resourcealiases)$/is;

/**
 * Checks a Condition block of a key policy: its form, its operators, and that it uses none of the three keys that AWS names in
 * its refusal (key names compare without case).
 *
 * @throws KmsError `MalformedPolicyDocumentException`
 */
export function checkCondition(condition: JsonNode): void {
  if (condition.kind !== 'object') throw malformed('Condition must be a JSON object.');
  for (const { name: operator, value: keys } of condition.members) {
    const name = asciiLower(operator.value).replace(/^(?:foranyvalue|forallvalues):/, '');
    // Null is the one operator to which IfExists cannot be added (IAM User Guide, "Condition operators").
    if (!OPERATORS.has(name.replace(/(?<!^null)ifexists$/, ''))) {
      throw malformed(`Invalid Condition type : ${operator.value}.`);
    }
    if (keys.kind !== 'object') throw malformed(`The condition ${operator.value} must be a JSON object.`);
    for (const { name: key, value } of keys.members) {
      if (FORBIDDEN.test(key.value)) {
        throw malformed(
          'These condition keys are not permitted in a key policy: aws:ResourceTag, kms:ResourceTag, kms:ResourceAliases',
        );
      }
      const items = value.kind === 'array' ? value.items : [value];
      if (items.some((item) => item.kind === 'object' || item.kind === 'array' || item.kind === 'null')) {
        throw malformed(`The values of ${key.value} must be strings, numbers or booleans.`);
      }
    }
  }
}

function malformed(message: string): KmsError {
  return new KmsError('MalformedPolicyDocumentException', message);
}
