import { defineConfig } from 'vitest/config';

/** `npm run test:faults`: every fault at every call. Takes its time; docs/faults.md says how long. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.sweep.ts'],
    maxWorkers: 2,
    testTimeout: 7_200_000,
    hookTimeout: 60_000,
  },
});
