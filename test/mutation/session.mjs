// @ts-check
/** One vitest process over instrumented sources: takes its orders from a file, goes through the test files one by one. @module */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { createVitest } from 'vitest/node';
import { instrument } from './instrument.mjs';
import { killedIn } from './log.mjs';

/**
 * @typedef {{ sources: string[], tests: string[], ownTests: string[], explained: number[], orders: string, log: string }} Plan
 * Explained mutants meet only the tests of the chosen sources: nothing stops one early, so that each costs a whole run.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = '@kapsel/source';

/** @param {Plan} plan */
async function run({ sources, tests, ownTests, explained, orders, log }) {
  const texts = new Map();
  let mutants = 0;
  for (const source of sources) {
    const made = instrument(relative(ROOT, source), readFileSync(source, 'utf8'), mutants);
    mutants += made.mutants.length;
    texts.set(source, made.text);
  }
  const vitest = await createVitest(
    'test',
    {
      config: false,
      root: ROOT,
      watch: false,
      include: ['packages/verification/test/**/*.test.ts'],
      runner: './test/mutation/runner.mjs',
      pool: 'threads', // they end with this process, also when it is killed in an endless computation,
      fileParallelism: false,
      maxWorkers: 1,
      testTimeout: 60_000,
      reporters: [{}],
    },
    {
      resolve: { conditions: [SOURCE, ...defaultClientConditions] },
      ssr: {
        resolve: {
          conditions: [SOURCE, ...defaultServerConditions],
          externalConditions: [SOURCE, 'node'],
        },
      },
      plugins: [
        { name: 'mutants', enforce: 'pre', transform: (_code, id) => texts.get(id) ?? null },
      ],
    },
  );
  const all = Array.from({ length: mutants }, (_, id) => id);
  for (const test of tests) {
    const settled = killedIn(log);
    const isOwn = ownTests.includes(test);
    const todo = all.filter((id) => !settled.has(id) && (isOwn || !explained.includes(id)));
    writeFileSync(orders, JSON.stringify({ mutants, todo, log }));
    const [specification] = await vitest.globTestSpecifications([test]);
    if (specification === undefined) throw new Error(`no test file ${test}`);
    const { unhandledErrors } = await vitest.runTestSpecifications([specification], true);
    if (unhandledErrors.length > 0) throw unhandledErrors[0];
    writeFileSync(log, `${JSON.stringify({ done: test })}\n`, { flag: 'a' });
  }
  await vitest.close();
}

process.env.KAPSEL_MUTATION_ORDERS = process.argv[3];
await run(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
