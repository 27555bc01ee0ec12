import { defineConfig } from 'vitest/config';

/** The tests of the pure rooms alone, for mutation testing: hundreds of thousands of runs. */
export default defineConfig({
  test: {
    include: ['test/policy/**/*.test.ts', 'test/change/**/*.test.ts', 'test/audit/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    testTimeout: 60_000,
  },
});
