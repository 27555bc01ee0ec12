import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { NOTARIES, NotaryLab, sweepNotary } from './notary.ts';
import { MODES } from './proxy.ts';

let opened: NotaryLab;
beforeAll(async () => {
  // The jitter of the SDK's retries is random; without it nothing waits.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  opened = await NotaryLab.open();
}, 120_000);
afterAll(() => opened.close());

/** `npm run test:faults` plays every mode at every call. */
it.each(NOTARIES)(
  '%i notaries at once sign what there is, once and in order, with a fault at every call',
  async (notaries) => {
    const sample = (i: number) => [MODES[i % MODES.length], MODES[(i + 3) % MODES.length]].flatMap((one) => one ?? []);
    const swept = await sweepNotary(opened, notaries, sample);
    expect(swept.wrong).toEqual([]);
    expect(swept.happened).toBeGreaterThan(5);
  },
  300_000,
);
