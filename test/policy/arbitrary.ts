import fc from 'fast-check';
import type { JsonObject } from '../../lib/policy/document/json.ts';
import { parseKeyPolicy } from '../../lib/policy/document/parse.ts';
import type { KeyPolicy } from '../../lib/policy/types.ts';

/** The policy of a document given as a value or as text; fails the test when it cannot be read. */
export function policyOf(document: unknown): KeyPolicy {
  return readingOf(document).policy;
}

export function readingOf(document: unknown): { policy: KeyPolicy; node: JsonObject; text: string } {
  const result = parseKeyPolicy(typeof document === 'string' ? document : JSON.stringify(document));
  if (!result.ok) throw new Error(result.findings.map((finding) => `${finding.path}: ${finding.message}`).join('\n'));
  return result;
}

const account = fc.constantFrom('111122223333', '444455556666');
const principalId = fc.oneof(
  account,
  account.map((id) => `arn:aws:iam::${id}:root`),
  fc
    .tuple(account, fc.constantFrom('App', 'Admin', 'deep/er/Path'))
    .map(([id, name]) => `arn:aws:iam::${id}:role/${name}`),
  fc.constantFrom(
    '*',
    'AIDACKCEVSQ6C2EXAMPLE',
    'arn:aws:iam::111122223333:user/Ana',
    'arn:aws:sts::111122223333:assumed-role/App/s',
  ),
);
const few = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> => fc.oneof(one, fc.array(one, { maxLength: 4 }));
const action = fc.constantFrom(
  'kms:*',
  '*',
  'kms:Decrypt',
  'KMS:decrypt',
  'kms:Put*',
  'kms:P?tKeyPolicy',
  'kms:Sign',
  's3:GetObject',
  'kms:ListKeys',
);
const conditionKey = fc.constantFrom(
  'kms:ViaService',
  'KMS:viaservice',
  'kms:CallerAccount',
  'aws:PrincipalArn',
  'kms:EncryptionContext:Dept',
  'kms:GrantIsForAWSResource',
  '__proto__',
);
const operator = fc.constantFrom(
  'StringEquals',
  'stringequals',
  'StringNotLike',
  'Bool',
  'ForAnyValue:StringLike',
  'Null',
  'NumericLessThan',
);
const conditionValue = fc.oneof(
  fc.constantFrom('a', 'b*', '111122223333', 'true'),
  fc.boolean(),
  fc.integer({ min: 0, max: 9 }),
);

/** Statement objects as people write them, legal in grammar but not always sensible. */
export const statementValue: fc.Arbitrary<Record<string, unknown>> = fc
  .record(
    {
      Sid: fc.constantFrom('a', 'b', 'Allow use of the key', 'é'),
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: fc.oneof(
        fc.constant('*' as unknown),
        few(principalId).map((ids) => ({ AWS: ids })),
        fc.record({
          AWS: few(principalId),
          Service: few(fc.constantFrom('logs.us-east-1.amazonaws.com', 'ec2.amazonaws.com')),
        }),
      ),
      Action: few(action),
      Resource: few(fc.constantFrom('*', 'arn:aws:kms:us-east-1:111122223333:key/x')),
      Condition: fc.dictionary(operator, fc.dictionary(conditionKey, few(conditionValue), { maxKeys: 3 }), {
        maxKeys: 3,
      }),
      not: fc.constantFrom('Action', 'Principal', 'Resource'),
    },
    { requiredKeys: ['Effect'] },
  )
  .map(({ not, ...statement }) => {
    if (not === undefined || statement[not] === undefined) return statement;
    const { [not]: value, ...rest } = statement;
    return { ...rest, [`Not${not}`]: value };
  });

/** Key policies as values. */
export const policyValue: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    Version: fc.constantFrom('2012-10-17', '2008-10-17'),
    Id: fc.constantFrom('key-default-1', 'x'),
    Statement: fc.oneof(statementValue, fc.array(statementValue, { maxLength: 5 })),
  },
  { requiredKeys: ['Statement'] },
);

/** Texts that are near to policies: cut, doubled, and with bytes changed. */
export const mutatedPolicy: fc.Arbitrary<string> = fc
  .tuple(
    policyValue,
    fc.array(fc.tuple(fc.nat(), fc.nat(6), fc.string({ unit: 'binary', maxLength: 3 })), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([value, edits]) => {
    let text = JSON.stringify(value);
    for (const [seed, length, insert] of edits) {
      const at = seed % (text.length + 1);
      text = text.slice(0, at) + insert + text.slice(at + length);
    }
    return text;
  });
