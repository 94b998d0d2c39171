/** The waiting room of leaves: first in, first out, each taken once, none lost. @module */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  insertPendingLeavesAcrossTenants,
  type PendingLeaf,
  takePendingLeavesAcrossTenants,
} from '../../src/attestation/pending-store.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import {
  type Bench,
  type BenchLog,
  insertAttempts,
  makeLog,
  openBench,
  settleAttempts,
} from '../support/log-bench.ts';

let bench: Bench;
let log: BenchLog;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  log = await makeLog(bench.pool);
});
afterAll(() => bench.close());

const idsOf = (leaves: readonly PendingLeaf[]): string[] =>
  leaves.map(({ deliveryAttemptId }) => deliveryAttemptId);

const take = (limit: number, pool = bench.pool, of = log): Promise<PendingLeaf[]> =>
  inTransaction(pool, (db) => takePendingLeavesAcrossTenants(db, of.id, limit));

async function waiting(): Promise<number> {
  const { rows } = await bench.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pending_leaves WHERE log_id = $1',
    [log.id],
  );
  return rows[0]?.count ?? -1;
}

describe('takePendingLeavesAcrossTenants', () => {
  it('takes the oldest first, up to its limit, each once, exactly as they were written', async () => {
    const settled = [
      ...(await settleAttempts(bench.pool, log, 3)),
      ...(await settleAttempts(bench.pool, log, 4)),
    ];
    const first = await take(5);
    const second = await take(5);
    expect(idsOf([...first, ...second])).toEqual(idsOf(settled));
    expect(first).toHaveLength(5);
    expect(await take(5)).toEqual([]);
    const plain = (leaves: readonly PendingLeaf[]) =>
      leaves.map(({ leaf, ...rest }) => ({ ...rest, data: leaf.data, hash: [...leaf.hash] }));
    expect(plain([...first, ...second])).toEqual(plain(settled));
  });

  it('gives them back when the transaction is undone, in the same order', async () => {
    const settled = await settleAttempts(bench.pool, log, 3);
    const undone = inTransaction(bench.pool, async (db) => {
      expect(await takePendingLeavesAcrossTenants(db, log.id, 2)).toHaveLength(2);
      throw new Error('crash');
    });
    await expect(undone).rejects.toThrow('crash');
    expect(idsOf(await take(10))).toEqual(idsOf(settled));
  });

  it('passes by what another transaction is taking, without waiting', async () => {
    const settled = idsOf(await settleAttempts(bench.pool, log, 5));
    await inTransaction(bench.pool, async (db) => {
      expect(idsOf(await takePendingLeavesAcrossTenants(db, log.id, 2))).toEqual(
        settled.slice(0, 2),
      );
      expect(idsOf(await take(10, bench.pools.api))).toEqual(settled.slice(2));
    });
    expect(await waiting()).toBe(0);
  });

  it('does not see what is not committed yet, and loses none of it', async () => {
    const attempts = await settleAttempts(bench.pool, log, 1);
    const late = inTransaction(bench.pools.worker, async (db) => {
      // This row has a smaller id than the one below, and is committed after it.
      const [leaf] = await leavesFor(1);
      await insertPendingLeavesAcrossTenants(db, leaf === undefined ? [] : [leaf]);
      const early = await settleAttempts(bench.pool, log, 1);
      expect(idsOf(await take(10))).toEqual(idsOf([...attempts, ...early]));
      return leaf;
    });
    const leaf = await late;
    expect(idsOf(await take(10))).toEqual([leaf?.deliveryAttemptId]);
  });

  it('leaves the leaves of other logs alone', async () => {
    const other = await makeLog(bench.pool);
    await settleAttempts(bench.pool, log, 2);
    const settled = await settleAttempts(bench.pool, other, 2);
    expect(idsOf(await take(10, bench.pool, other))).toEqual(idsOf(settled));
    expect(await waiting()).toBe(2);
  });
});

/** Leaves of new attempts that nobody has handed in. */
async function leavesFor(count: number): Promise<PendingLeaf[]> {
  const attempts = await insertAttempts(bench.pool, log, count);
  return attempts.map(({ id }) => ({
    logId: log.id,
    tenantId: log.tenantId,
    deliveryAttemptId: id,
    leaf: { data: `{"id":"${id}"}`, hash: new Uint8Array(32) },
  }));
}

describe('insertPendingLeavesAcrossTenants', () => {
  it('refuses a second leaf for one attempt, and all that come with it', async () => {
    const [first] = await settleAttempts(bench.pool, log, 1);
    const [second] = await leavesFor(1);
    if (first === undefined || second === undefined) throw new TypeError('no leaves');
    await expect(
      insertPendingLeavesAcrossTenants(bench.pool, [second, first]),
    ).rejects.toMatchObject({ code: '23505' }); // unique_violation
    expect(await waiting()).toBe(1);
  });

  it('refuses a leaf of an attempt that does not exist', async () => {
    const [leaf] = await leavesFor(1);
    if (leaf === undefined) throw new TypeError('no leaf');
    const stray = {
      ...leaf,
      deliveryAttemptId: log.eventId as unknown as typeof leaf.deliveryAttemptId,
    };
    await expect(insertPendingLeavesAcrossTenants(bench.pool, [stray])).rejects.toMatchObject({
      code: '23503', // foreign_key_violation
    });
  });

  it('has nothing to do for no leaves', async () => {
    await insertPendingLeavesAcrossTenants(bench.pool, []);
    expect(await waiting()).toBe(0);
  });
});
