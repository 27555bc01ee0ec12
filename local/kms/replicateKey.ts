import { authorize, authorizeByIam } from './authorize.ts';
import type { Operation } from './context.ts';
import { KmsError } from './error.ts';
import { optionalBoolean, optionalString, requiredString } from './input.ts';
import { findKey } from './keyId.ts';
import { keyMetadata } from './keyMetadata.ts';
import { checkNewPolicy, defaultPolicy } from './keyPolicies.ts';
import { readTags } from './tags.ts';
import type { NewKey } from './types.ts';

/** ReplicateKey: a key of the same id and material in another Region, with a policy, tags and aliases of its own. */
export const replicateKey: Operation = (context, input, caller) => {
  const { store } = context;
  const primary = findKey(context, input, caller, 'ReplicateKey');
  const region = requiredString(input, 'ReplicaRegion', { min: 1, max: 32, pattern: /^([a-z]+-){2,3}\d+$/ });
  const bypass = optionalBoolean(input, 'BypassPolicyLockoutSafetyCheck');
  authorize('ReplicateKey', primary, caller, context.iam);
  authorizeByIam('CreateKey', '*', caller, { 'kms:BypassPolicyLockoutSafetyCheck': [String(bypass)] });
  if (!primary.multiRegion || primary.multiRegionKeyType === 'REPLICA' || region === context.region) {
    throw new KmsError(
      'UnsupportedOperationException',
      `${primary.arn} is no multi-Region primary key of another Region`,
    );
  }
  const arn = `arn:aws:kms:${region}:${primary.accountId}:key/${primary.keyId}`;
  if (store.state.keys.has(arn)) throw new KmsError('AlreadyExistsException', `${arn} already exists`);
  const { keyId, accountId, spec, usage, origin, manager, multiRegion, privateKey } = primary;
  const key: NewKey = {
    ...{ keyId, arn, accountId, spec, usage, origin, manager, multiRegion },
    description: optionalString(input, 'Description', { max: 8192 }) ?? '',
    tags: readTags(input, 'optional'),
    ...(privateKey === undefined ? {} : { privateKey }),
    state: origin === 'EXTERNAL' ? 'PendingImport' : 'Enabled',
  };
  const policy = optionalString(input, 'Policy') ?? defaultPolicy(accountId);
  const ids = checkNewPolicy(context, policy, caller, key, bypass);
  const at = Date.now();
  store.record({
    type: 'seed',
    entries: [
      { type: 'createKey', at, key, policy, ids },
      { type: 'setKey', at, arn, multiRegionKeyType: 'REPLICA' },
    ],
  });
  const created = store.state.keys.get(arn);
  if (created === undefined) throw new Error(`${arn} was not stored`);
  return {
    ReplicaKeyMetadata: keyMetadata(created, store.state.keys.values()),
    ReplicaPolicy: policy,
    ReplicaTags: key.tags,
  };
};
