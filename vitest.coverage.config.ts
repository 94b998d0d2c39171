/** Coverage of the core (`npm run coverage`): every line and branch of packages/verification/src, or the run fails. @module */
import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

const projects = (config.test?.projects ?? []).flatMap((project) => {
  if (typeof project !== 'object' || !('test' in project) || project.test?.name !== 'unit')
    return [];
  const include = ['packages/verification/test/**/*.test.ts', 'test/conformance/packages.test.ts'];
  return [{ ...project, test: { ...project.test, include } }];
});

export default defineConfig({
  test: {
    ...config.test,
    projects,
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['packages/verification/src/**/*.ts'],
      reporter: ['text', 'json'],
      thresholds: { lines: 100, branches: 100, functions: 100, statements: 100 },
    },
  },
});
