import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'test/**/*.test.{ts,tsx}'],
    testTimeout: 120_000,
    hookTimeout: 600_000,
    globalSetup: 'test/support/setup.ts',
    maxWorkers: 2,
    reporters: ['default', ['json', { outputFile: '.build/test-results.json' }]],
  },
});
