import fc from 'fast-check';
import { expect, it } from 'vitest';
import { commands, crashes, first, type Knowledge } from './commands.ts';
import type { State } from './model.ts';
import { Real } from './real.ts';

/** `MODEL_RUNS` systems, each with `MODEL_COMMANDS` commands and a crash: docs/decisions/0078. */
const RUNS = Number(process.env.MODEL_RUNS ?? 1);
const COMMANDS = Number(process.env.MODEL_COMMANDS ?? 12);
const SEED = Number(process.env.MODEL_SEED ?? 20_261_124);
const LONG = process.env.MODEL_RUNS !== undefined;

it('many people, ways and changes at once, with the power cut now and then: what the model says, and nothing else', async () => {
  const count: Record<string, number> = {};
  const mixed = fc.array(fc.oneof(...commands, crashes), { minLength: COMMANDS, maxLength: COMMANDS, size: 'max' });
  const sequences = fc.tuple(first, mixed, crashes).map(([one, more, last]) => [one, ...more, last]);
  await fc.assert(
    fc.asyncProperty(sequences, async (sequence) => {
      const real = await Real.open();
      try {
        const live = real.first;
        const lately = Object.fromEntries(Object.entries(live).map(([key, hash]) => [key, [hash]])) as State['lately'];
        const knows: Knowledge = {
          state: { changes: {}, live, lately, late: [], links: {} },
          seen: await real.rests(),
          count,
        };
        await fc.asyncModelRun(() => ({ model: knows, real }), sequence);
        expect(await real.end(knows.seen)).toEqual([]);
      } finally {
        await real.close();
      }
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  );
  if (LONG) console.log(count);
  expect(count.commands).toBeGreaterThan(RUNS * 5);
}, 36_000_000);
