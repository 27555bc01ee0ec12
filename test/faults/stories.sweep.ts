import { expect, it } from 'vitest';
import { MODES, type Mode } from './proxy.ts';
import { sweep } from './sweep.ts';

const crash = (mode: Mode) => mode.startsWith('crash');

it.each([
  ['without a crash', MODES.filter((mode) => !crash(mode))],
  ['with a crash', MODES.filter(crash)],
])('every call of a whole story, %s', async (_, modes) => {
  const swept = await sweep(
    () => modes,
    (line) => console.error(line),
  );
  console.log(`${swept.stories} stories, ${swept.happened} faults came to pass`, swept.slowest);
  expect(swept.violations).toEqual([]);
});
