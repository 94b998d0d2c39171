/** Clocks that are apart, and a server that is there: what only a made-up moment shows. @module */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { readConfig } from '../../../src/base/config.ts';
import { runChecks } from '../../../src/commands/doctor/check.ts';
import { DATABASE_CHECKS, findSchema } from '../../../src/commands/doctor/database-checks.ts';
import { type Bench, openBench } from '../../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function examine(aheadMs: number): Promise<Map<string, string>> {
  const config = readConfig({ DATABASE_URL: bench.connectionString });
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs };
  const subject = { config, clock, isOnline: false, pool: bench.pool };
  const findings = await runChecks([...DATABASE_CHECKS, findSchema], subject);
  return new Map(findings.map(({ check, status, code }) => [check, `${status} ${code}`]));
}

describe('a clock', () => {
  it.each([
    [0, 'ok ok'],
    [5_000, 'warn apart'],
    [-5_000, 'warn apart'],
    [60_000, 'fail apart'],
    [-60_000, 'fail apart'],
  ])('that is %i ms ahead of the database', async (aheadMs, finding) => {
    expect((await examine(aheadMs)).get('clock')).toBe(finding);
  });
});

it('a database without our tables is told as empty', async () => {
  await bench.pool.query('DROP SCHEMA public CASCADE');
  await bench.pool.query('CREATE SCHEMA public');
  expect((await examine(0)).get('schema')).toBe('warn empty');
});
