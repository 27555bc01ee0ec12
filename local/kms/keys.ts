import { authorize, authorizeByIam } from './authorize.ts';
import type { KmsContext, Operation } from './context.ts';
import { KmsError } from './error.ts';
import { optionalInteger } from './input.ts';
import { findKey } from './keyId.ts';
import { keyMetadata } from './keyMetadata.ts';
import { pageOf } from './page.ts';
import type { KmsKey } from './types.ts';

const DAY_MS = 86_400_000;

export const describeKey: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'DescribeKey', 'aliases');
  authorize('DescribeKey', key, caller, context.iam);
  return { KeyMetadata: keyMetadata(key, context.store.state.keys.values()) };
};

export const listKeys: Operation = ({ store, region }, input, caller) => {
  authorizeByIam('ListKeys', '*', caller);
  const own = [...store.state.keys.values()].filter(({ arn }) =>
    arn.startsWith(`arn:aws:kms:${region}:${caller.accountId}:`),
  );
  const sorted = own.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
  const { items, ...rest } = pageOf(input, sorted, (key) => key.keyId, { fallback: 100, max: 1000 });
  return { Keys: items.map((key) => ({ KeyId: key.keyId, KeyArn: key.arn })), ...rest };
};

/** ScheduleKeyDeletion. The key stays listed, in the state PendingDeletion, also after its date: nothing here outlives a laptop. */
export const scheduleKeyDeletion: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'ScheduleKeyDeletion');
  authorize('ScheduleKeyDeletion', key, caller, context.iam);
  const days = optionalInteger(input, 'PendingWindowInDays', 30, 7, 30);
  if (key.state === 'PendingDeletion' || key.state === 'Creating') throw wrongState(key);
  const deletionAt = Date.now() + days * DAY_MS;
  setState(context, key, 'PendingDeletion', deletionAt);
  return {
    KeyId: key.arn,
    DeletionDate: deletionAt / 1000,
    KeyState: key.state,
    PendingWindowInDays: days,
  };
};

export const cancelKeyDeletion: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'CancelKeyDeletion');
  authorize('CancelKeyDeletion', key, caller, context.iam);
  if (key.state !== 'PendingDeletion') throw wrongState(key);
  setState(context, key, 'Disabled');
  return { KeyId: key.arn };
};

export const disableKey: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'DisableKey');
  authorize('DisableKey', key, caller, context.iam);
  if (key.state !== 'Enabled' && key.state !== 'Disabled') throw wrongState(key);
  setState(context, key, 'Disabled');
  return {};
};

export const enableKey: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'EnableKey');
  authorize('EnableKey', key, caller, context.iam);
  if (key.state !== 'Enabled' && key.state !== 'Disabled') throw wrongState(key);
  setState(context, key, 'Enabled');
  return {};
};

/** `KMSInvalidStateException` in AWS's words. */
export function wrongState(key: KmsKey): KmsError {
  const state = key.state === 'PendingDeletion' ? 'pending deletion' : key.state;
  return new KmsError('KMSInvalidStateException', `${key.arn} is ${state}.`);
}

function setState({ store }: KmsContext, key: KmsKey, state: KmsKey['state'], deletionAt?: number): void {
  if (key.manager === 'AWS') {
    throw new KmsError('UnsupportedOperationException', `${key.arn} is managed by AWS and cannot be changed.`);
  }
  const at = Date.now();
  store.record({ type: 'setState', at, arn: key.arn, state, ...(deletionAt === undefined ? {} : { deletionAt }) });
}
