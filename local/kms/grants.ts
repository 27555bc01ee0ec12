import { randomBytes } from 'node:crypto';
import { authorize } from './authorize.ts';
import type { Operation } from './context.ts';
import { KmsError } from './error.ts';
import { type Input, invalid, missing, optionalString, requiredString } from './input.ts';
import { findKey } from './keyId.ts';
import { pageOf } from './page.ts';
import { checkPrincipal, invalidPrincipals } from './principal.ts';
import type { Grant } from './types.ts';

const PRINCIPAL_ID = { min: 1, max: 256, pattern: /^[\w+=,.@:/-]+$/ };
const OPERATIONS: ReadonlySet<string> = new Set([
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
]);

/** CreateGrant. What a grant allows is not judged on a laptop: nothing here decrypts. */
export const createGrant: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'CreateGrant');
  authorize('CreateGrant', key, caller, context.iam);
  const GranteePrincipal = requiredString(input, 'GranteePrincipal', PRINCIPAL_ID);
  const RetiringPrincipal = optionalString(input, 'RetiringPrincipal', PRINCIPAL_ID);
  for (const principal of [GranteePrincipal, RetiringPrincipal]) {
    if (principal === '*') throw invalidPrincipals();
    if (principal !== undefined)
      checkPrincipal(/^arn:/.test(principal) ? 'AWS' : 'Service', principal, context.iam.world);
  }
  const Name = optionalString(input, 'Name', { min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ });
  const grant: Grant = {
    KeyId: key.arn,
    GrantId: randomBytes(32).toString('hex'),
    GranteePrincipal,
    IssuingAccount: `arn:aws:iam::${caller.accountId}:root`,
    Operations: operationsOf(input),
    ...(Name === undefined ? {} : { Name }),
    ...(RetiringPrincipal === undefined ? {} : { RetiringPrincipal }),
    ...constraintsOf(input),
  };
  context.store.record({ type: 'createGrant', at: Date.now(), arn: key.arn, grant });
  return { GrantId: grant.GrantId, GrantToken: Buffer.from(grant.GrantId).toString('base64url') };
};

/** ListGrants, with the filters by grant and by grantee. */
export const listGrants: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'ListGrants');
  authorize('ListGrants', key, caller, context.iam);
  const id = optionalString(input, 'GrantId');
  const grantee = optionalString(input, 'GranteePrincipal', PRINCIPAL_ID);
  const wanted = key.grants
    .filter((grant) => id === undefined || grant.GrantId === id)
    .filter((grant) => grantee === undefined || grant.GranteePrincipal === grantee)
    .sort((a, b) => (a.GrantId < b.GrantId ? -1 : 1));
  const { items, ...rest } = pageOf(input, wanted, ({ GrantId }) => GrantId, { fallback: 50, max: 100 });
  return { Grants: items, ...rest };
};

function operationsOf({ Operations }: Input): string[] {
  if (!Array.isArray(Operations)) throw missing('Operations');
  return Operations.map((operation: unknown) => {
    if (typeof operation === 'string' && OPERATIONS.has(operation)) return operation;
    throw invalid('operations', String(operation), 'Member must satisfy enum value set');
  });
}

function constraintsOf({ Constraints }: Input): Pick<Grant, 'Constraints'> {
  if (Constraints === undefined || Constraints === null) return {};
  if (typeof Constraints !== 'object' || Array.isArray(Constraints)) {
    throw new KmsError('SerializationException', 'Constraints must be an object');
  }
  return { Constraints };
}
