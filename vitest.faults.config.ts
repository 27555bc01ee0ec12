import { defineConfig } from 'vitest/config';

/** `npm run test:faults`: every fault at every call, or with `FAULTS_PART=2/4` a share of them. Hours; docs/testing.md says how many. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.sweep.ts'],
    maxWorkers: 2,
    // Progress and violations are seen at once.
    disableConsoleIntercept: true,
    testTimeout: 7_200_000,
    hookTimeout: 60_000,
  },
});
