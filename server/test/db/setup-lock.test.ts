/** The setup lock: one holder at a time, until its transaction ends. @module */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lockSetup } from '../../src/db/setup-lock.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

it('lets the second in only when the first has committed', async () => {
  const order: string[] = [];
  let second: Promise<void> = Promise.resolve();
  await inTransaction(bench.pool, async (db) => {
    await lockSetup(db);
    second = inTransaction(bench.pools.api, async (other) => {
      await lockSetup(other);
      order.push('second');
    });
    await untilSomebodyWaits();
    order.push('first');
  });
  await second;
  expect(order).toEqual(['first', 'second']);
});

it('gives up after the lock timeout of the pool instead of waiting for ever', async () => {
  await inTransaction(bench.pool, async (db) => {
    await lockSetup(db);
    const run = inTransaction(bench.pools.api, async (other) => {
      await other.query('SET LOCAL lock_timeout = 50');
      await lockSetup(other);
    });
    await expect(run).rejects.toMatchObject({ code: '55P03' }); // lock_not_available
  });
});

async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const { rowCount } = await bench.pools.worker.query(
      `SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'advisory'`,
    );
    if (rowCount === 1) return;
  }
}
