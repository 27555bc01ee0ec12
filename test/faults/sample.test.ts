import { expect, it } from 'vitest';
import { MODES } from './proxy.ts';
import { sweep } from './sweep.ts';

/** Those that need no restart; `npm run test:faults` plays every mode at every call. */
const QUICK = MODES.filter((mode) => !mode.startsWith('crash'));

it('loses nothing, puts nothing twice and leaves nothing stuck, with one fault at each call of a whole story', async () => {
  const swept = await sweep((i) => [QUICK[i % QUICK.length] ?? 'fail']);
  expect(swept.violations).toEqual([]);
  expect(swept.happened).toBeGreaterThan(40);
}, 300_000);
