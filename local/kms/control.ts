import type { AwsRequest, AwsResponse } from '../types.ts';
import type { KmsContext } from './context.ts';
import { KEY_STATES, type KmsKey } from './types.ts';

/**
 * The paths that AWS does not have: `GET /_kms/journal`, `GET` and `PUT /_kms/options`, and `PUT /_kms/keys/{keyId}` with
 * `{"KeyState", "KeyManager", "MultiRegionKeyType"}`, for states and kinds of key that AWS reaches without a call of ours.
 */
export function control(context: KmsContext, request: AwsRequest): AwsResponse {
  const { store } = context;
  const path = request.path.split('?')[0] ?? '';
  if (path === '/_kms/journal' && request.method === 'GET') return answer(200, { puts: store.state.puts });
  if (path === '/_kms/options') {
    if (request.method === 'PUT') {
      const { consistencyDelayMs } = bodyOf(request);
      if (typeof consistencyDelayMs !== 'number' || !(consistencyDelayMs >= 0)) {
        return answer(400, { message: 'want {"consistencyDelayMs": milliseconds}' });
      }
      store.record({ type: 'setOptions', at: Date.now(), consistencyDelayMs });
    }
    return answer(200, { consistencyDelayMs: store.state.consistencyDelayMs ?? context.consistencyDelayMs });
  }
  const keyId = /^\/_kms\/keys\/([\w-]+)$/.exec(path)?.[1];
  const key = [...store.state.keys.values()].find((candidate) => candidate.keyId === keyId);
  if (key !== undefined && request.method === 'PUT') return setKey(context, key, bodyOf(request));
  return answer(404, { message: `nothing at ${request.method} ${path}` });
}

function setKey({ store }: KmsContext, key: KmsKey, wanted: Record<string, unknown>): AwsResponse {
  const state = KEY_STATES.find((name) => name === wanted.KeyState);
  const manager = (['CUSTOMER', 'AWS'] as const).find((name) => name === wanted.KeyManager);
  const multiRegionKeyType = (['PRIMARY', 'REPLICA'] as const).find((name) => name === wanted.MultiRegionKeyType);
  const at = Date.now();
  if (state !== undefined) store.record({ type: 'setState', at, arn: key.arn, state });
  if (manager !== undefined || multiRegionKeyType !== undefined) {
    store.record({
      type: 'setKey',
      at,
      arn: key.arn,
      ...(manager === undefined ? {} : { manager }),
      ...(multiRegionKeyType === undefined ? {} : { multiRegionKeyType }),
    });
  }
  return answer(200, { KeyState: key.state, KeyManager: key.manager });
}

function bodyOf(request: AwsRequest): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8'));
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function answer(status: number, value: unknown): AwsResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
