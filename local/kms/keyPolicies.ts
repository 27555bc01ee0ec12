import { createHash } from 'node:crypto';
import { ACCOUNT_ID } from '../iam/principals.ts';
import type { Caller } from '../types.ts';
import { allowedBy, authorize, denied } from './authorize.ts';
import type { KmsContext, Operation } from './context.ts';
import { KmsError } from './error.ts';
import { type Input, KEY_ID, missing, optionalBoolean, optionalString, requiredString } from './input.ts';
import { findKey } from './keyId.ts';
import { pageOf } from './page.ts';
import { checkPolicy, checkShape } from './policyCheck.ts';
import { policyText } from './policyText.ts';
import { visiblePolicy } from './state.ts';
import type { KmsKey } from './types.ts';

const POLICY_NAME = { min: 1, max: 128, pattern: /^[\w]+$/ };

/**
 * PutKeyPolicy. Every call, a refused one too, becomes one line of the journal before it is answered; the line of a call that
 * went well is its effect as well, so that the journal and the keys cannot tell two stories.
 */
export const putKeyPolicy: Operation = (context, input, caller) => {
  const { store } = context;
  const text = typeof input.Policy === 'string' ? input.Policy : '';
  let key: KmsKey | undefined;
  const line = (result: string, ids: Record<string, string>) => {
    const at = Date.now();
    const bypass = input.BypassPolicyLockoutSafetyCheck === true;
    context.tell(
      {
        eventName: 'PutKeyPolicy',
        keyArn: key?.arn ?? null,
        keyId: String(input.KeyId ?? ''),
        policy: text,
        at: new Date(at).toISOString(),
        ...(result === 'ok' ? {} : { errorCode: result }),
        bypass,
      },
      caller,
    );
    store.record({
      type: 'putKeyPolicy',
      at,
      record: {
        seq: store.state.puts.length + 1,
        keyId: key?.keyId ?? String(input.KeyId ?? ''),
        keyArn: key?.arn ?? null,
        policy: text,
        sha256: createHash('sha256').update(text, 'utf8').digest('hex'),
        caller: caller.arn,
        at: new Date(at).toISOString(),
        result,
        bypass,
      },
      ids,
    });
  };
  try {
    checkPutInput(input);
    key = findKey(context, input, caller, 'PutKeyPolicy');
    line('ok', checkPut(context, input, caller, key));
  } catch (error) {
    line(error instanceof KmsError ? error.name : 'KMSInternalException', {});
    throw error;
  }
  return {};
};

function checkPutInput(input: Input): void {
  requiredString(input, 'KeyId', KEY_ID);
  optionalString(input, 'PolicyName', POLICY_NAME);
  optionalBoolean(input, 'BypassPolicyLockoutSafetyCheck');
  const policy = optionalString(input, 'Policy');
  if (policy === undefined) throw missing('Policy');
  checkShape(policy);
}

function checkPut(context: KmsContext, input: Input, caller: Caller, key: KmsKey): Record<string, string> {
  const bypass = optionalBoolean(input, 'BypassPolicyLockoutSafetyCheck');
  authorize('PutKeyPolicy', key, caller, context.iam, bypass);
  // AWS names no error for a key of its own; the policy of such a key gives the account no more than reading.
  if (key.manager === 'AWS') throw denied(caller, 'kms:PutKeyPolicy', key.arn);
  const name = optionalString(input, 'PolicyName', POLICY_NAME) ?? 'default';
  if (name !== 'default') throw new KmsError('UnsupportedOperationException', 'Policy name must be "default".');
  return checkNewPolicy(context, requiredString(input, 'Policy'), caller, key, bypass);
}

/**
 * Everything that CreateKey and PutKeyPolicy demand of a policy: the document itself, then the lockout safety check, which asks
 * whether this caller could put a policy again.
 *
 * @returns The ARN behind each unique id in the text.
 */
export function checkNewPolicy(
  { iam }: Pick<KmsContext, 'iam'>,
  text: string,
  caller: Caller,
  key: Pick<KmsKey, 'arn' | 'accountId' | 'spec' | 'usage' | 'origin' | 'multiRegion'>,
  bypass: boolean,
): Record<string, string> {
  const check = checkPolicy(text, iam.world);
  if (!check.ok) throw check.error;
  if (!bypass && !allowedBy({ text, ids: check.ids }, { caller, action: 'kms:PutKeyPolicy', key }, iam)) {
    throw new KmsError(
      'MalformedPolicyDocumentException',
      'The new key policy will not allow you to update the key policy in the future.',
    );
  }
  return check.ids;
}

export const getKeyPolicy: Operation = (context, input, caller) => {
  const name = optionalString(input, 'PolicyName', POLICY_NAME) ?? 'default';
  const key = findKey(context, input, caller, 'GetKeyPolicy');
  authorize('GetKeyPolicy', key, caller, context.iam);
  if (name !== 'default') throw new KmsError('NotFoundException', 'No such policy exists');
  const delay = context.store.state.consistencyDelayMs ?? context.consistencyDelayMs;
  const policy = visiblePolicy(key, delay, Date.now());
  return { Policy: policyText(policy, context.iam.world), PolicyName: 'default' };
};

export const listKeyPolicies: Operation = (context, input, caller) => {
  const key = findKey(context, input, caller, 'ListKeyPolicies');
  authorize('ListKeyPolicies', key, caller, context.iam);
  const { items, ...rest } = pageOf(input, ['default'], (name) => name, { fallback: 100, max: 1000 });
  return { PolicyNames: items, ...rest };
};

/** The policy of a key that was created through the API without one. */
export function defaultPolicy(accountId = ACCOUNT_ID): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
}
