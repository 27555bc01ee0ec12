import { expect, it } from 'vitest';
import { tiesSource } from '../../lib/policy/condition/confining.ts';
import { OPERATOR_NAMES } from '../../lib/policy/condition/operators.ts';

const ORGANIZATION = `$${'{aws:ResourceOrgID}'}`;

it.each<[boolean, string, string]>([
  [true, 'aws:principalorgid', ORGANIZATION],
  [true, 'aws:sourceorgid', ORGANIZATION.toLowerCase()],
  [false, 'aws:sourceaccount', ORGANIZATION],
  [false, 'aws:sourceorgid', `x${ORGANIZATION}`],
  [false, 'aws:sourceorgid', `${ORGANIZATION}x`],
  [true, 'aws:sourcearn', 'arn:aws:cloudfront::x'],
  [true, 'aws:sourcearn', 'arn:aws:sns:us-east-1:111122223333:*'],
  [false, 'aws:sourcearn', 'arn:aws:sns:us-east-1:*:x'],
  [true, 'kms:encryptioncontext:a', 'arn:aws:logs:us-east-1:111122223333:*'],
  [false, 'kms:encryptioncontext:a', 'xarn:aws:logs:us-east-1:111122223333:*'],
])('a service is tied to chosen accounts: %s by %s of %s', (ties, key, value) => {
  expect(tiesSource(key, value)).toBe(ties);
});

it('the names of operators have every prefix and suffix', () => {
  for (const name of ['Null', 'StringLike', 'ForAllValues:StringLike', 'ForAnyValue:ArnLikeIfExists', 'BoolIfExists'])
    expect(OPERATOR_NAMES).toContain(name);
});
