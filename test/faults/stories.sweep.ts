import { expect, it } from 'vitest';
import { shareOf } from './part.ts';
import { MODES, type Mode } from './proxy.ts';
import { sweep } from './sweep.ts';

const crash = (mode: Mode) => mode.startsWith('crash');
const CRASHES = MODES.filter(crash);
const OTHERS = MODES.filter((mode) => !crash(mode));

it.each([
  ['without a crash', OTHERS, 'standing'],
  ['with a crash', CRASHES, 'standing'],
  ['of access for a time, without a crash', OTHERS, 'temporary'],
  ['of access for a time, with a crash', CRASHES, 'temporary'],
  ['of a key in another account, without a crash', OTHERS, 'elsewhere'],
  ['of a key in another account, with a crash', CRASHES, 'elsewhere'],
] as const)('every call of a whole story, %s', async (_, modes, plot) => {
  const swept = await sweep({ choose: () => modes, plot, share: shareOf(process.env.FAULTS_PART), say: console.error });
  console.log(`${swept.stories} stories, ${swept.happened} faults came to pass`, swept.slowest);
  expect(swept.violations).toEqual([]);
});
