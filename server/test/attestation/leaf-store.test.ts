/** Leaves with a place in the tree: found by hash by anybody, by attempt by their tenant alone. @module */
import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  findLeafByAttempt,
  findLeafIndexByHash,
  findLeafIndexesByHash,
  hasAttempt,
  isPendingLeafHash,
} from '../../src/attestation/leaf-store.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type DeliveryAttemptId, newId } from '../../src/base/ids.ts';
import type { Db } from '../../src/db/transaction.ts';
import {
  type AttemptLeaf,
  type Bench,
  type BenchLog,
  insertAttempts,
  makeLog,
  openBench,
  START_MS,
  settleAttempts,
} from '../support/log-bench.ts';

let bench: Bench;
let log: BenchLog;
let stranger: BenchLog;
let leaves: AttemptLeaf[];
let leaf: AttemptLeaf;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  log = await makeLog(bench.pool);
  stranger = await makeLog(bench.pool);
  leaves = await settleAttempts(bench.pool, log, 3);
  await sequence(bench.pool, log);
  if (leaves[1] === undefined) throw new TypeError('no leaf');
  leaf = leaves[1];
});
afterAll(() => bench.close());

/** Counts what is asked. */
function counted(db: Db): { db: Db; asked: string[] } {
  const asked: string[] = [];
  const query = (text: string, values: unknown[]): unknown => {
    asked.push(text);
    return db.query(text, values);
  };
  return { db: { query } as unknown as Db, asked };
}

describe('findLeafIndexByHash', () => {
  it('finds each leaf in its place', async () => {
    for (const [i, { leaf: each }] of leaves.entries()) {
      expect(await findLeafIndexByHash(bench.pool, log.id, each.hash)).toBe(i);
    }
  });

  it('knows no other hash, and none of another log', async () => {
    expect(await findLeafIndexByHash(bench.pool, log.id, new Uint8Array(32))).toBeNull();
    expect(await findLeafIndexByHash(bench.pool, stranger.id, leaf.leaf.hash)).toBeNull();
  });
});

describe('findLeafIndexesByHash', () => {
  it('finds many leaves at once in the order asked for, and null for what the log does not have', async () => {
    const hashes = leaves.map((each) => each.leaf.hash).reverse();
    const asked = [new Uint8Array(32), ...hashes, hashes[0] ?? new Uint8Array()];
    const want = [null, ...hashes.map((_, i) => hashes.length - 1 - i), hashes.length - 1];
    expect(await findLeafIndexesByHash(bench.pool, log.id, asked)).toEqual(want);
    const theirs = await findLeafIndexesByHash(bench.pool, stranger.id, asked);
    expect(theirs).toEqual(asked.map(() => null));
    expect(await findLeafIndexesByHash(bench.pool, log.id, [])).toEqual([]);
  });
});

describe('isPendingLeafHash', () => {
  it('knows what waits in the log, and nothing that has its place', async () => {
    const [waiting] = await settleAttempts(bench.pool, log, 1);
    const hash = waiting?.leaf.hash ?? new Uint8Array();
    expect(await isPendingLeafHash(bench.pool, log.id, hash)).toBe(true);
    expect(await isPendingLeafHash(bench.pool, stranger.id, hash)).toBe(false);
    expect(await isPendingLeafHash(bench.pool, log.id, leaf.leaf.hash)).toBe(false);
    await sequence(bench.pool, log);
    expect(await isPendingLeafHash(bench.pool, log.id, hash)).toBe(false);
  });
});

/** The same attempt under an id that was made at another time. */
async function withIdOf(timeMs: number): Promise<DeliveryAttemptId> {
  const id = newId<'delivery_attempt'>(timeMs);
  await bench.pool.query(
    'UPDATE merkle_leaves SET delivery_attempt_id = $2 WHERE delivery_attempt_id = $1',
    [leaf.deliveryAttemptId, id],
  );
  await bench.pool.query('UPDATE delivery_attempts SET id = $2 WHERE id = $1', [
    leaf.deliveryAttemptId,
    id,
  ]);
  return id;
}

// Beyond the year 9999, as only an id from outside can be.
const FAR_MS = 2 ** 48 - 1;

describe('the time in an id', () => {
  it('leads to the month of leaf and attempt at the first look', async () => {
    const id = await withIdOf(systemClock.nowMs());
    const { db, asked } = counted(bench.pool);
    expect(await findLeafByAttempt(db, log.tenantId, id)).toMatchObject({ leafIndex: 1 });
    expect(await hasAttempt(db, log.tenantId, id)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it.each([0, START_MS, FAR_MS])('that is wrong (%d) hides neither', async (timeMs) => {
    const id = await withIdOf(timeMs);
    expect(await findLeafByAttempt(bench.pool, log.tenantId, id)).toMatchObject({ leafIndex: 1 });
    expect(await hasAttempt(bench.pool, log.tenantId, id)).toBe(true);
  });
});

describe('findLeafByAttempt', () => {
  it('finds the leaf exactly as it was written', async () => {
    const found = await findLeafByAttempt(bench.pool, log.tenantId, leaf.deliveryAttemptId);
    expect(found).toMatchObject({ logId: log.id, leafIndex: 1, leafData: leaf.leaf.data });
    expect(hexFromBytes(found?.leafHash ?? new Uint8Array())).toBe(hexFromBytes(leaf.leaf.hash));
  });

  it('finds nothing for another tenant', async () => {
    const { deliveryAttemptId: id } = leaf;
    expect(await findLeafByAttempt(bench.pool, stranger.tenantId, id)).toBeNull();
    expect(await findLeafByAttempt(bench.pool, log.tenantId, newId(START_MS))).toBeNull();
  });
});

describe('hasAttempt', () => {
  it('knows attempts without a leaf too, and none of another tenant', async () => {
    const [attempt] = await insertAttempts(bench.pool, log, 1);
    if (attempt === undefined) throw new TypeError('no attempt');
    expect(await hasAttempt(bench.pool, log.tenantId, attempt.id)).toBe(true);
    expect(await findLeafByAttempt(bench.pool, log.tenantId, attempt.id)).toBeNull();
    expect(await hasAttempt(bench.pool, stranger.tenantId, attempt.id)).toBe(false);
    expect(await hasAttempt(bench.pool, log.tenantId, newId(START_MS))).toBe(false);
  });
});
