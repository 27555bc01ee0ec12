import type { Adapter, AdapterPayload } from 'oidc-provider';

/** Where the provider keeps sign-ins in progress. In memory: after a restart people sign in again. */
export function memoryAdapter(): (model: string) => Adapter {
  const items = new Map<string, { payload: AdapterPayload; expiresAt: number }>();
  const live = (id: string) => {
    const item = items.get(id);
    if (item === undefined || item.expiresAt > Date.now()) return item?.payload;
    items.delete(id);
    return undefined;
  };
  const firstOf = (model: string, fits: (payload: AdapterPayload) => boolean) => {
    for (const id of items.keys()) {
      const payload = id.startsWith(`${model}:`) ? live(id) : undefined;
      if (payload && fits(payload)) return payload;
    }
    return undefined;
  };
  return (model) => ({
    upsert: async (id, payload, expiresIn) => {
      const expiresAt = expiresIn === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresIn * 1000;
      items.set(`${model}:${id}`, { payload, expiresAt });
    },
    find: async (id) => live(`${model}:${id}`),
    findByUid: async (uid) => firstOf(model, (payload) => payload.uid === uid),
    findByUserCode: async (userCode) => firstOf(model, (payload) => payload.userCode === userCode),
    consume: async (id) => {
      const payload = live(`${model}:${id}`);
      if (payload) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => {
      items.delete(`${model}:${id}`);
    },
    // Of this model alone: a sign-in in progress has the grant of the person before, and goes on when that one is signed out.
    revokeByGrantId: async (grantId) => {
      for (const [id, { payload }] of items) {
        if (id.startsWith(`${model}:`) && payload.grantId === grantId) items.delete(id);
      }
    },
  });
}
