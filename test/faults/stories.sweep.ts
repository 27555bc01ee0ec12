import { expect, it } from 'vitest';
import { MODES, type Mode } from './proxy.ts';
import { sweep } from './sweep.ts';

const crash = (mode: Mode) => mode.startsWith('crash');

it.each([
  ['without a crash', MODES.filter((mode) => !crash(mode)), false],
  ['with a crash', MODES.filter(crash), false],
  ['of access for a time, without a crash', MODES.filter((mode) => !crash(mode)), true],
  ['of access for a time, with a crash', MODES.filter(crash), true],
])('every call of a whole story, %s', async (_, modes, temporary) => {
  const swept = await sweep(
    () => modes,
    (line) => console.error(line),
    temporary,
  );
  console.log(`${swept.stories} stories, ${swept.happened} faults came to pass`, swept.slowest);
  expect(swept.violations).toEqual([]);
});
