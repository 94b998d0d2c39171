/** The waiting room of leaves: first in, first out, each numbered once, none lost. @module */
import { leafHash, utf8FromString } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  insertPendingLeavesAcrossTenants,
  listWaitingLogsAcrossTenants,
  numberPendingLeavesAcrossTenants,
  type PendingLeaf,
  pickPendingLeavesAcrossTenants,
} from '../../src/attestation/pending-store.ts';
import { type Db, inTransaction } from '../../src/db/transaction.ts';
import { haltLog } from '../../src/logs/store.ts';
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
  await bench.pool.query('DELETE FROM pending_leaves');
  log = await makeLog(bench.pool);
});
afterAll(() => bench.close());

const idsOf = (leaves: readonly PendingLeaf[]): (string | null)[] =>
  leaves.map(({ deliveryAttemptId }) => deliveryAttemptId);

/** Picks and numbers in one snapshot, as the sequencer does. */
async function number(db: Db, firstIndex: number, limit: number, of = log): Promise<number> {
  const batch = await pickPendingLeavesAcrossTenants(db, of.id, limit);
  await numberPendingLeavesAcrossTenants(db, of.id, firstIndex, batch);
  return batch.count;
}

const take = (firstIndex: number, limit: number, of = log): Promise<number> =>
  inTransaction(bench.pool, (db) => number(db, firstIndex, limit, of), 'REPEATABLE READ');

interface Row {
  readonly index: number;
  readonly id: string;
  readonly data: string;
  readonly hash: Buffer;
}

async function numbered(of = log): Promise<Row[]> {
  const { rows } = await bench.pool.query<Row>(
    `SELECT leaf_index::int AS index, delivery_attempt_id AS id, leaf_data AS data, leaf_hash AS hash
       FROM merkle_leaves WHERE log_id = $1 ORDER BY leaf_index`,
    [of.id],
  );
  return rows;
}

async function waiting(): Promise<number> {
  const { rows } = await bench.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pending_leaves WHERE log_id = $1',
    [log.id],
  );
  return rows[0]?.count ?? -1;
}

describe('a batch', () => {
  it('is the oldest leaves, up to its limit, each numbered once, exactly as they were written', async () => {
    const settled = [
      ...(await settleAttempts(bench.pool, log, 3)),
      ...(await settleAttempts(bench.pool, log, 4)),
    ];
    expect(await take(40, 5)).toBe(5);
    expect(await waiting()).toBe(2);
    expect(await take(45, 5)).toBe(2);
    expect(await take(47, 5)).toBe(0);
    expect(await numbered()).toEqual(
      settled.map(({ deliveryAttemptId, leaf }, i) => ({
        index: 40 + i,
        id: deliveryAttemptId,
        data: leaf.data,
        hash: Buffer.from(leaf.hash),
      })),
    );
  });

  it('is described without being taken', async () => {
    const settled = await settleAttempts(bench.pool, log, 3);
    const batch = await pickPendingLeavesAcrossTenants(bench.pool, log.id, 2);
    expect(batch).toMatchObject({ count: 2, keyPositions: [], changed: null });
    expect(batch.hashes.map((hash) => Buffer.from(hash))).toEqual(
      settled.slice(0, 2).map(({ leaf }) => Buffer.from(leaf.hash)),
    );
    expect(await waiting()).toBe(3);
  });

  it('of an empty waiting room is empty', async () => {
    expect(await pickPendingLeavesAcrossTenants(bench.pool, log.id, 5)).toEqual({
      count: 0,
      lastId: '0',
      hashes: [],
      keyPositions: [],
      changed: null,
      traceparents: [],
    });
  });

  it('names a leaf whose text does not belong to its hash, and no other', async () => {
    const [, second] = await settleAttempts(bench.pool, log, 3);
    await bench.pool.query(
      "UPDATE pending_leaves SET leaf_data = leaf_data || ' ' WHERE delivery_attempt_id = $1",
      [second?.deliveryAttemptId],
    );
    const { changed } = await pickPendingLeavesAcrossTenants(bench.pool, log.id, 5);
    expect(changed).toBe(second?.deliveryAttemptId);
    const before = await pickPendingLeavesAcrossTenants(bench.pool, log.id, 1);
    expect(before.changed).toBeNull();
  });

  it('says where the leaves about keys stand', async () => {
    await settleAttempts(bench.pool, log, 2);
    await insertPendingLeavesAcrossTenants(bench.pool, [keyLeaf('one'), keyLeaf('two')]);
    await settleAttempts(bench.pool, log, 1);
    const batch = await pickPendingLeavesAcrossTenants(bench.pool, log.id, 10);
    expect(batch).toMatchObject({ count: 5, keyPositions: [2, 3], changed: null });
    expect(await take(0, 10)).toBe(5);
    expect((await numbered()).map(({ id }) => id === null)).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it('waits again when the transaction is undone, in the same order', async () => {
    const settled = await settleAttempts(bench.pool, log, 3);
    const undone = inTransaction(
      bench.pool,
      async (db) => {
        expect(await number(db, 0, 2)).toBe(2);
        throw new Error('crash');
      },
      'REPEATABLE READ',
    );
    await expect(undone).rejects.toThrow('crash');
    expect(await numbered()).toEqual([]);
    expect(await take(0, 10)).toBe(3);
    expect((await numbered()).map(({ id }) => id)).toEqual(idsOf(settled));
  });

  it('does not see what is not committed yet, and loses none of it', async () => {
    const attempts = await settleAttempts(bench.pool, log, 1);
    const late = inTransaction(bench.pools.worker, async (db) => {
      // This row has a smaller id than the one below, and is committed after it.
      const [leaf] = await leavesFor(1);
      await insertPendingLeavesAcrossTenants(db, leaf === undefined ? [] : [leaf]);
      const early = await settleAttempts(bench.pool, log, 1);
      expect(await take(0, 10)).toBe(2);
      expect((await numbered()).map(({ id }) => id)).toEqual(idsOf([...attempts, ...early]));
      return leaf;
    });
    const leaf = await late;
    expect(await take(2, 10)).toBe(1);
    expect((await numbered()).at(-1)?.id).toBe(leaf?.deliveryAttemptId);
  });

  it('stays what it is while leaves with smaller ids are committed', async () => {
    const settled = await settleAttempts(bench.pool, log, 1);
    const [early] = await leavesFor(1);
    const client = await bench.pools.worker.connect();
    await client.query('BEGIN');
    await insertPendingLeavesAcrossTenants(client, early === undefined ? [] : [early]);
    settled.push(...(await settleAttempts(bench.pool, log, 1)));
    await inTransaction(
      bench.pool,
      async (db) => {
        const batch = await pickPendingLeavesAcrossTenants(db, log.id, 10);
        await client.query('COMMIT');
        await numberPendingLeavesAcrossTenants(db, log.id, 0, batch);
      },
      'REPEATABLE READ',
    );
    client.release();
    expect((await numbered()).map(({ id }) => id)).toEqual(idsOf(settled));
    expect(await waiting()).toBe(1);
  });

  it('is refused when other leaves would be numbered than were picked', async () => {
    await settleAttempts(bench.pool, log, 2);
    const mixed = inTransaction(bench.pool, async (db) => {
      const batch = await pickPendingLeavesAcrossTenants(db, log.id, 10);
      await numberPendingLeavesAcrossTenants(db, log.id, 0, { ...batch, count: 3 });
    });
    await expect(mixed).rejects.toThrow('want 3');
    expect(await waiting()).toBe(2);
  });

  it('leaves the leaves of other logs alone', async () => {
    const other = await makeLog(bench.pool);
    await settleAttempts(bench.pool, log, 2);
    const settled = await settleAttempts(bench.pool, other, 2);
    expect(await take(0, 10, other)).toBe(2);
    expect((await numbered(other)).map(({ id }) => id)).toEqual(idsOf(settled));
    expect(await waiting()).toBe(2);
  });
});

/** Leaves of new attempts that nobody has handed in. */
async function leavesFor(count: number): Promise<PendingLeaf[]> {
  const attempts = await insertAttempts(bench.pool, log, count);
  return attempts.map(({ id }) => leafOf({ deliveryAttemptId: id, text: `{"id":"${id}"}` }));
}

function leafOf(of: Pick<PendingLeaf, 'deliveryAttemptId'> & { text: string }): PendingLeaf {
  return {
    logId: log.id,
    tenantId: of.deliveryAttemptId === null ? null : log.tenantId,
    deliveryAttemptId: of.deliveryAttemptId,
    leaf: { data: of.text, hash: leafHash(utf8FromString(of.text)) },
  };
}

const keyLeaf = (text: string): PendingLeaf => leafOf({ deliveryAttemptId: null, text });

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

  it('refuses a leaf of a log or a tenant that does not exist', async () => {
    const [leaf] = await leavesFor(1);
    if (leaf === undefined) throw new TypeError('no leaf');
    for (const stray of [
      { ...leaf, logId: log.eventId as never },
      { ...leaf, tenantId: log.eventId as never },
    ]) {
      await expect(insertPendingLeavesAcrossTenants(bench.pool, [stray])).rejects.toMatchObject({
        code: '23503', // foreign_key_violation
      });
    }
  });

  it('has nothing to do for no leaves', async () => {
    await insertPendingLeavesAcrossTenants(bench.pool, []);
    expect(await waiting()).toBe(0);
  });
});

describe('listWaitingLogsAcrossTenants', () => {
  it('names each log that has waiting leaves once, and whether it is halted', async () => {
    expect(await listWaitingLogsAcrossTenants(bench.pool)).toEqual([]);
    const logs = [log, await makeLog(bench.pool), await makeLog(bench.pool)];
    await makeLog(bench.pool); // nothing waits in it
    for (const each of logs) await settleAttempts(bench.pool, each, 3);
    await haltLog(bench.pool, log.id, 'looked at');
    const listed = await listWaitingLogsAcrossTenants(bench.pool);
    expect(listed).toHaveLength(3);
    expect(new Map(listed.map(({ id, haltedReason }) => [id, haltedReason]))).toEqual(
      new Map(logs.map(({ id }) => [id, id === log.id ? 'looked at' : null])),
    );
    expect(listed.find(({ id }) => id === log.id)).toMatchObject({
      tenantId: log.tenantId,
      name: log.name,
      isPublic: true,
      origin: log.origin,
    });
    expect(await take(0, 10)).toBe(3);
    expect(await listWaitingLogsAcrossTenants(bench.pool)).toHaveLength(2);
  });
});
