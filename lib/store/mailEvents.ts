import { createHash } from 'node:crypto';
import { refuse } from '../change/refusal.ts';
import type { Along } from './changes.ts';
import { type Address, get } from './table.ts';

/** Seconds that an event about a mail is remembered: far longer than it is sent again. */
const REMEMBERED = 1_209_600;

const address = (event: string): Address => ({
  pk: `MAILEVENT#${createHash('sha256').update(event).digest('hex')}`,
  sk: 'EVENT',
});

/** Was this event noted before? */
export const mailEventIsNoted = async (event: string): Promise<boolean> => (await get(address(event))) !== undefined;

/** What notes an event together with its fact, once: EventBridge delivers at least once. */
export const noteMailEvent = (event: string, at: string): Along => ({
  writes: [
    {
      put: { ...address(event), ttl: Math.ceil(Date.parse(at) / 1000) + REMEMBERED },
      condition: { expression: 'attribute_not_exists(pk)' },
    },
  ],
  refusal: refuse('ALREADY_DECIDED', 'This event was noted before.').refusal,
});
