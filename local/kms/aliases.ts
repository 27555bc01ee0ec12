import type { Caller } from '../types.ts';
import { authorize, authorizeByIam } from './authorize.ts';
import type { KmsContext, Operation } from './context.ts';
import { KmsError } from './error.ts';
import { ALIAS_NAME, type Input, requiredString } from './input.ts';
import { findKey } from './keyId.ts';
import { pageOf } from './page.ts';
import type { Alias, KmsKey } from './types.ts';

export const createAlias: Operation = (context, input, caller) => {
  const { name, arn } = aliasName(context, input, caller);
  const key = targetKey(context, input, caller);
  authorizeByIam('CreateAlias', arn, caller);
  authorize('CreateAlias', key, caller, context.iam);
  if (context.store.state.aliases.has(arn)) {
    throw new KmsError('AlreadyExistsException', `An alias with the name ${arn} already exists`);
  }
  return point(context, name, arn, key);
};

export const updateAlias: Operation = (context, input, caller) => {
  const { name, arn } = aliasName(context, input, caller);
  const alias = aliasOf(context, arn);
  const key = targetKey(context, input, caller);
  authorizeByIam('UpdateAlias', arn, caller);
  authorize('UpdateAlias', key, caller, context.iam);
  const current = context.store.state.keys.get(key.arn.replace(key.keyId, alias.keyId));
  if (current !== undefined) authorize('UpdateAlias', current, caller, context.iam);
  return point(context, name, arn, key);
};

export const deleteAlias: Operation = (context, input, caller) => {
  const { arn } = aliasName(context, input, caller);
  aliasOf(context, arn);
  authorizeByIam('DeleteAlias', arn, caller);
  context.store.record({ type: 'deleteAlias', at: Date.now(), arn });
  return {};
};

export const listAliases: Operation = (context, input, caller) => {
  authorizeByIam('ListAliases', '*', caller);
  const wanted =
    input.KeyId === undefined || input.KeyId === null ? undefined : findKey(context, input, caller, 'ListAliases');
  const own = [...context.store.state.aliases.values()].filter(
    ({ arn, keyId }) =>
      arn.startsWith(`arn:aws:kms:${context.region}:${caller.accountId}:`) &&
      (wanted === undefined || keyId === wanted.keyId),
  );
  const sorted = own.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const { items, ...rest } = pageOf(input, sorted, (alias) => alias.name, { fallback: 50, max: 100 });
  const Aliases = items.map((alias) => ({
    AliasName: alias.name,
    AliasArn: alias.arn,
    TargetKeyId: alias.keyId,
    CreationDate: alias.createdAt / 1000,
    LastUpdatedDate: alias.updatedAt / 1000,
  }));
  return { Aliases, ...rest };
};

function aliasName({ region }: KmsContext, input: Input, caller: Caller): { name: string; arn: string } {
  const name = requiredString(input, 'AliasName', ALIAS_NAME);
  if (!name.startsWith('alias/') || name === 'alias/') {
    throw new KmsError(
      'ValidationException',
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name.startsWith('alias/aws/')) throw new KmsError('NotAuthorizedException', '');
  return { name, arn: `arn:aws:kms:${region}:${caller.accountId}:${name}` };
}

function aliasOf({ store }: KmsContext, arn: string): Alias {
  const alias = store.state.aliases.get(arn);
  if (alias === undefined) throw new KmsError('NotFoundException', `Alias ${arn} is not found.`);
  return alias;
}

function targetKey(context: KmsContext, input: Input, caller: Caller): KmsKey {
  const TargetKeyId = requiredString(input, 'TargetKeyId', { min: 1, max: 2048 });
  if (TargetKeyId.startsWith('alias/'))
    throw new KmsError('ValidationException', 'Aliases must refer to keys. Not aliases');
  return findKey(context, { KeyId: TargetKeyId }, caller, 'CreateAlias');
}

function point({ store }: KmsContext, name: string, arn: string, key: KmsKey): object {
  const { accountId, keyId } = key;
  store.record({ type: 'setAlias', at: Date.now(), name, arn, accountId, keyId });
  return {};
}
