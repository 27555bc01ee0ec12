import { defineConfig } from 'vitest/config';

/** The tests of the mutated rooms alone, for mutation testing: thousands of runs, in one worker that loads each module once a run. */
export default defineConfig({
  test: {
    include: ['test/policy/**/*.test.ts', 'test/change/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    isolate: false,
    fileParallelism: false,
    testTimeout: 60_000,
  },
});
