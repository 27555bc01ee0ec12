import { expect, it } from 'vitest';
import { handler } from '../../functions/trail.ts';

it.each([{}, { eventName: 'PutKeyPolicy' }, 'text'])(
  'an event of CloudTrail that cannot be read is an error, which is tried again and then rings: %j',
  async (detail) => {
    await expect(handler({ detail }, {} as never)).rejects.toThrow('cannot be read');
  },
);
