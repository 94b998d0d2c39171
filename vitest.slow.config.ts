/** The slow families (`npm run test:slow`): the same projects, only their `*.slow.test.ts` files. @module */
import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

const MINUTES_MS = 60_000;

const projects = (config.test?.projects ?? []).flatMap((project) => {
  if (typeof project !== 'object' || !('test' in project)) return [];
  const { test } = project;
  const include = (test?.include ?? []).map((glob) => glob.replace('.test.ts', '.slow.test.ts'));
  return [{ ...project, test: { ...test, include, exclude: [], testTimeout: 10 * MINUTES_MS } }];
});

export default defineConfig({ test: { ...config.test, projects, passWithNoTests: false } });
