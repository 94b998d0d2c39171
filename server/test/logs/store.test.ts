/** The state of a tree moves from one size to the next, once; locks last as long as their transaction. @module */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertPendingLeavesAcrossTenants } from '../../src/attestation/pending-store.ts';
import { newId } from '../../src/base/ids.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { SHARED_LOG_NAME } from '../../src/logs/log.ts';
import {
  findLogByName,
  findLogOfTenant,
  findSharedLog,
  getTreeState,
  haltLog,
  insertLog,
  listLogs,
  moveTreeState,
  tryLockSequencer,
} from '../../src/logs/store.ts';
import { type Bench, type BenchLog, makeLog, openBench, START_MS } from '../support/log-bench.ts';

let bench: Bench;
let log: BenchLog;
beforeAll(async () => {
  bench = await openBench();
  log = await makeLog(bench.pool);
});
afterAll(() => bench.close());

const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const plain = (hashes: readonly Uint8Array[]): number[][] => hashes.map((bytes) => [...bytes]);

describe('the state of a tree', () => {
  it('begins empty', async () => {
    expect(await getTreeState(bench.pool, log.id)).toEqual({
      treeSize: 0,
      rightEdge: [],
      haltedReason: null,
    });
  });

  it('moves on, and comes back as it was written', async () => {
    const next = { treeSize: 3, rightEdge: [hash(1), hash(2)] };
    await moveTreeState(bench.pool, log.id, 0, next);
    const state = await getTreeState(bench.pool, log.id);
    expect(state.treeSize).toBe(3);
    expect(plain(state.rightEdge)).toEqual(plain(next.rightEdge));
  });

  it('refuses a move from a size that somebody else has left', async () => {
    const move = moveTreeState(bench.pool, log.id, 0, { treeSize: 4, rightEdge: [hash(4)] });
    await expect(move).rejects.toThrow('no longer at size 0');
    expect((await getTreeState(bench.pool, log.id)).treeSize).toBe(3);
  });

  it('holds sizes up to 2^53 - 1', async () => {
    const big = await makeLog(bench.pool);
    const rightEdge = Array.from({ length: 53 }, (_, i) => hash(i));
    await moveTreeState(bench.pool, big.id, 0, { treeSize: Number.MAX_SAFE_INTEGER, rightEdge });
    const state = await getTreeState(bench.pool, big.id);
    expect(state.treeSize).toBe(Number.MAX_SAFE_INTEGER);
    expect(plain(state.rightEdge)).toEqual(plain(rightEdge));
  });

  it('is not there for an unknown log', async () => {
    await expect(getTreeState(bench.pool, newId(START_MS))).rejects.toThrow('no row');
    const move = moveTreeState(bench.pool, newId(START_MS), 0, { treeSize: 1, rightEdge: [] });
    await expect(move).rejects.toThrow();
  });

  it('stays where it is while another transaction has locked it', async () => {
    await inTransaction(bench.pool, async (db) => {
      await getTreeState(db, log.id, true);
      const other = inTransaction(bench.pools.api, async (late) => {
        await late.query('SET LOCAL lock_timeout = 50');
        await moveTreeState(late, log.id, 3, { treeSize: 9, rightEdge: [hash(9)] });
      });
      await expect(other).rejects.toMatchObject({ code: '55P03' }); // lock_not_available
      // Readers pass.
      expect((await getTreeState(bench.pools.api, log.id)).treeSize).toBe(3);
    });
  });
});

describe('a tree that is being moved', () => {
  it('does not hold up leaves that begin to wait for it', async () => {
    const other = await makeLog(bench.pool);
    await inTransaction(bench.pool, async (db) => {
      await getTreeState(db, other.id, true);
      await moveTreeState(db, other.id, 0, { treeSize: 1, rightEdge: [hash(1)] });
      await inTransaction(bench.pools.api, async (late) => {
        await late.query('SET LOCAL lock_timeout = 50');
        const leaf = { data: '{}', hash: hash(1) };
        await insertPendingLeavesAcrossTenants(late, [
          { logId: other.id, tenantId: null, deliveryAttemptId: null, leaf },
        ]);
      });
    });
  });
});

describe('a right edge', () => {
  it('of more than 64 hashes is refused by the table', async () => {
    const other = await makeLog(bench.pool);
    const rightEdge = Array.from({ length: 65 }, (_, i) => hash(i));
    const move = moveTreeState(bench.pool, other.id, 0, { treeSize: 1, rightEdge });
    await expect(move).rejects.toMatchObject({ code: '23514' }); // check_violation
  });
});

describe('a halted log', () => {
  it('says why, for ever the first reason, and moves no more', async () => {
    const other = await makeLog(bench.pool);
    expect(await haltLog(bench.pool, other.id, 'first')).toBe(true);
    expect(await haltLog(bench.pool, other.id, 'second')).toBe(false);
    expect((await getTreeState(bench.pool, other.id)).haltedReason).toBe('first');
    const move = moveTreeState(bench.pool, other.id, 0, { treeSize: 1, rightEdge: [hash(1)] });
    await expect(move).rejects.toThrow('no longer at size 0');
    expect((await getTreeState(bench.pool, log.id)).haltedReason).toBeNull();
  });
});

describe('insertLog', () => {
  it('refuses an origin twice and a second shared log', async () => {
    const again = {
      id: newId<'log'>(START_MS),
      tenantId: null,
      name: 'shared',
      isPublic: true,
      origin: log.origin,
    };
    await expect(insertLog(bench.pool, again)).rejects.toMatchObject({ code: '23505' });
    await insertLog(bench.pool, { ...again, origin: 'log.kapsel.test/shared' });
    const second = { ...again, id: newId<'log'>(START_MS), origin: 'log.kapsel.test/second' };
    await expect(insertLog(bench.pool, second)).rejects.toMatchObject({ code: '23505' });
  });
});

describe('logs', () => {
  it('are found by name and by tenant, and listed with the shared one first', async () => {
    const shared = await findSharedLog(bench.pool);
    expect(shared).not.toBeNull();
    const { endpointId: _endpoint, eventId: _event, ...own } = await makeLog(bench.pool);
    expect(await findLogByName(bench.pool, own.name)).toEqual(own);
    expect(await findLogByName(bench.pool, SHARED_LOG_NAME)).toEqual(shared);
    expect(await findLogByName(bench.pool, 'no-such-log')).toBeNull();
    expect(await findLogOfTenant(bench.pool, own.tenantId)).toEqual(own);
    expect(await findLogOfTenant(bench.pool, newId(START_MS))).toBeNull();
    const listed = await listLogs(bench.pool);
    expect(listed[0]).toEqual(shared);
    expect(listed).toContainEqual(own);
  });
});

describe('tryLockSequencer', () => {
  it('lets one transaction in for each log, until it ends', async () => {
    const other = await makeLog(bench.pool);
    await inTransaction(bench.pool, async (db) => {
      expect(await tryLockSequencer(db, log.id)).toBe(true);
      await inTransaction(bench.pools.api, async (late) => {
        expect(await tryLockSequencer(late, log.id)).toBe(false);
        expect(await tryLockSequencer(late, other.id)).toBe(true);
      });
    });
    await inTransaction(bench.pools.api, async (late) => {
      expect(await tryLockSequencer(late, log.id)).toBe(true);
    });
  });
});
