import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Lab } from './lab.ts';
import { pairs } from './pairs.ts';
import { shareOf } from './part.ts';

let lab: Lab;
beforeAll(async () => {
  // The jitter of the SDK's retries is random; without it nothing waits.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  lab = await Lab.open();
});
afterAll(() => lab.close());

/** Every so many of the pairs; `PAIRS_STEP=1` runs all of them. */
const STEP = Number(process.env.PAIRS_STEP ?? 7);

it(`every fault at every call of the apply step, and one of ${STEP} faults after each`, async () => {
  const paired = await pairs(lab, (n) => n % STEP === 0, shareOf(process.env.FAULTS_PART), console.error);
  console.log(`${paired.runs} runs, in ${paired.happened} every fault came to pass`);
  expect(paired.violations).toEqual([]);
});
