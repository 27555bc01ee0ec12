import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ForeignLab, sweepForeign } from './foreign.ts';
import { MODES } from './proxy.ts';

let opened: ForeignLab;
beforeAll(async () => {
  // The jitter of the SDK's retries is random; without it nothing waits.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  opened = await ForeignLab.open();
}, 120_000);
afterAll(() => opened.lab.close());

/** Of each way so many faults; `npm run test:faults` plays every mode at every call. */
it.each([
  ['event', 3],
  ['event lost', 4],
  ['reconcile', 4],
  ['elsewhere', 4],
  ['comparison', 25],
] as const)(
  'a foreign write by %s is told once, traced, and ends what waited, with a fault at every call of %i',
  async (way, every) => {
    const sample = (i: number) => (i % every === 0 ? [MODES[(i / every) % MODES.length] ?? 'fail'] : []);
    const swept = await sweepForeign(opened, way, sample);
    expect([...swept.wrong, ...(await opened.verify())]).toEqual([]);
    expect(swept.happened).toBeGreaterThan(4);
  },
  300_000,
);

it('knows a write of an event by the next comparison, a quarter of an hour after a read that was behind', async () => {
  const { happened, violations } = await opened.play('event', {
    operation: 'foreign kms.GetKeyPolicy',
    nth: 1,
    mode: 'stale',
  });
  expect({ happened, violations }).toEqual({ happened: true, violations: [] });
});

it('expects a write that was put over no more once a comparison has seen that it was', async () => {
  expect(await opened.putTwice()).toEqual(['event', 'comparison']);
});
