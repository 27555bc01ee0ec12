import { expect, it } from 'vitest';
import { MODES } from './proxy.ts';
import { sweep } from './sweep.ts';

/** Those that need no restart; `npm run test:faults` plays every mode at every call. */
const QUICK = MODES.filter((mode) => !mode.startsWith('crash'));

it('loses nothing, puts nothing twice and leaves nothing stuck, with one fault at each call of a whole story', async () => {
  const swept = await sweep({ choose: (_, i) => [QUICK[i % QUICK.length] ?? 'fail'] });
  expect(swept.violations).toEqual([]);
  expect(swept.happened).toBeGreaterThan(40);
}, 300_000);

it('nor with faults at each call that reaches into another account', async () => {
  const there = /^apply (?:sts|as )/;
  const two = (i: number) => [QUICK[i % QUICK.length] ?? 'fail', QUICK[(i + 3) % QUICK.length] ?? 'fail'];
  const swept = await sweep({ choose: ({ operation }, i) => (there.test(operation) ? two(i) : []), plot: 'elsewhere' });
  expect(swept.violations).toEqual([]);
  // A session, a read before the put, the put, a read after it.
  expect(swept.stories).toBeGreaterThanOrEqual(8);
  expect(swept.happened).toBeGreaterThan(4);
}, 300_000);
