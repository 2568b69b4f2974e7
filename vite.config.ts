import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'backend/**/*.test.ts',
            'electron/**/*.test.ts',
            'renderer/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          // A test reads the colours; all other style sheets stay empty.
          css: { include: [/tokens\.css/] },
          pool: 'forks',
          testTimeout: 30_000,
        },
      },
      {
        // Whole calls over real UDP with real models: one at a time, so that two cores are enough.
        test: {
          name: 'e2e',
          include: ['e2e/*.test.ts'],
          exclude: ['e2e/sip-*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
      {
        // Calls with other people's SIP software on loopback.
        test: {
          name: 'sip',
          include: ['e2e/sip-*.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
      {
        // The real window on a screen of its own.
        test: {
          name: 'window',
          include: ['e2e/window/**/*.test.ts'],
          globalSetup: ['e2e/window/support/display.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
        },
      },
    ],
  },
});
