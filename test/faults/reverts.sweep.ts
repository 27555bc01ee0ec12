import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lab } from './lab.ts';
import { shareOf } from './part.ts';
import { MODES } from './proxy.ts';
import { sweepReverts } from './reverts.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open();
});
afterAll(() => lab.close());

it('every fault at every call that puts a temporary change back', async () => {
  const swept = await sweepReverts(lab, () => MODES, shareOf(process.env.FAULTS_PART), console.error);
  console.log(`${swept.faults} runs, ${swept.happened} faults came to pass`);
  expect(swept.wrong).toEqual([]);
});
