/** The log that a command is about. @module */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CommandInput, UsageError } from '../../src/commands/command.ts';
import { pickLog } from '../../src/commands/pick-log.ts';
import { ensureSharedLog } from '../../src/logs/ensure-shared.ts';
import { type Bench, makeLog, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const named = (name: string | null): CommandInput => ({
  args: [],
  text: () => name,
  demand: () => name ?? '',
  flag: () => false,
});

it('is the shared one, or the one that is named', async () => {
  await expect(pickLog(bench.pool, named(null))).rejects.toThrow(UsageError);
  const shared = await ensureSharedLog(bench.pool, 'log.kapsel.test/shared', START_MS);
  const own = await makeLog(bench.pool);
  expect((await pickLog(bench.pool, named(null))).id).toBe(shared.id);
  expect((await pickLog(bench.pool, named(own.name))).id).toBe(own.id);
  await expect(pickLog(bench.pool, named('nowhere'))).rejects.toThrow(UsageError);
});
