import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 600_000,
    maxWorkers: 2,
    setupFiles: ['test/support/engine.ts'],
    reporters: ['default', ['json', { outputFile: '.build/test-results.json' }]],
    projects: [
      { extends: true, test: { name: 'unit', include: ['src/**/*.test.{ts,tsx}'] } },
      // These run what users run, the bundle, so it must be of the present source.
      { extends: true, test: { name: 'whole', include: ['test/**/*.test.{ts,tsx}'], globalSetup: 'test/support/setup.ts' } },
    ],
  },
});
