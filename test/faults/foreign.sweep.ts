import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ForeignLab, sweepForeign, WAYS } from './foreign.ts';
import { shareOf } from './part.ts';
import { MODES } from './proxy.ts';

let opened: ForeignLab;
beforeAll(async () => {
  // The jitter of the SDK's retries is random; without it nothing waits.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  opened = await ForeignLab.open();
}, 120_000);
afterAll(() => opened.lab.close());

it.each(WAYS)('every fault at every call about a foreign write that comes by %s', async (way) => {
  const swept = await sweepForeign(opened, way, () => MODES, shareOf(process.env.FAULTS_PART), console.error);
  console.log(`${way}: ${swept.faults} runs, ${swept.happened} faults came to pass`);
  expect([...swept.wrong, ...(await opened.verify())]).toEqual([]);
});
