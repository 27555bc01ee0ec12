import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    // Whole systems are started by some tests: two files at a time is what a small machine carries.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env.CI === 'true' ? ['default', ['junit', { outputFile: 'artifacts/junit.xml' }]] : ['default'],
  },
});
