import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { NOTARIES, NotaryLab, sweepNotary } from './notary.ts';
import { shareOf } from './part.ts';
import { MODES } from './proxy.ts';

let opened: NotaryLab;
beforeAll(async () => {
  // The jitter of the SDK's retries is random; without it nothing waits.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  opened = await NotaryLab.open();
});
afterAll(() => opened.close());

it.each(NOTARIES)('every fault at every call of %i notaries that sign at once', async (notaries) => {
  const swept = await sweepNotary(opened, notaries, () => MODES, shareOf(process.env.FAULTS_PART), console.error);
  console.log(`${notaries}: ${swept.faults} runs, ${swept.happened} faults came to pass`);
  expect(swept.wrong).toEqual([]);
});
