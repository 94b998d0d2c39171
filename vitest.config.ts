/** Test projects; all run from TypeScript source, so no build is needed first (except for the shipped artefacts). @module */
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const SOURCE = '@kapsel/source';
const resolution = {
  resolve: { conditions: [SOURCE, ...defaultClientConditions] },
  ssr: {
    resolve: {
      conditions: [SOURCE, ...defaultServerConditions],
      externalConditions: [SOURCE, 'node'],
    },
  },
};
const SLOW = '**/*.slow.test.ts';

export default defineConfig({
  test: {
    // All cores: the default leaves one to itself, which is half of a machine with two.
    maxWorkers: '100%',
    reporters: ['default', './test/support/parts-reporter.ts'],
    projects: [
      {
        ...resolution,
        test: {
          name: 'unit',
          include: [
            'packages/*/test/**/*.test.ts',
            'test/*.test.ts',
            'test/conformance/**/*.test.ts',
          ],
          exclude: [SLOW],
          setupFiles: ['test/support/guard.ts'],
          testTimeout: 20_000,
        },
      },
      {
        ...resolution,
        test: {
          name: 'db',
          include: ['server/test/**/*.test.ts'],
          exclude: [SLOW],
          setupFiles: ['test/support/guard.ts'],
          globalSetup: ['test/support/postgres-global-setup.ts'],
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...resolution,
        test: {
          name: 'cli',
          include: ['cli/test/**/*.test.ts'],
          exclude: [SLOW],
          globalSetup: ['test/support/build-global-setup.ts'],
          testTimeout: 20_000,
        },
      },
      {
        ...resolution,
        test: {
          name: 'page',
          include: ['web-verifier/test/**/*.test.ts'],
          exclude: [SLOW],
          globalSetup: [
            'test/support/build-global-setup.ts',
            'test/support/browser-global-setup.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...resolution,
        test: {
          name: 'console',
          include: ['server/console/test/**/*.test.ts'],
          exclude: [SLOW],
          globalSetup: [
            'test/support/build-global-setup.ts',
            'test/support/browser-global-setup.ts',
            'test/support/postgres-global-setup.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...resolution,
        test: {
          name: 'scenario',
          include: ['test/{scenario,chaos}/**/*.test.ts'],
          exclude: [SLOW],
          globalSetup: [
            'test/support/build-global-setup.ts',
            'test/support/postgres-global-setup.ts',
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
