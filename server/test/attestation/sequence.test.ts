/** Sequencing: one tree whatever the batches, however many sequencers, and wherever it is struck. @module */

import { compactRangeFromEdge } from '@kapsel/tree';
import { sha256 } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import { insertPendingLeavesAcrossTenants } from '../../src/attestation/pending-store.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { newId } from '../../src/base/ids.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { signRotation } from '../../src/keys/statement.ts';
import { insertKeyStatement, listKeyStatements } from '../../src/keys/statement-store.ts';
import { insertAttestationKey } from '../../src/keys/store.ts';
import { LogHaltedError } from '../../src/logs/log.ts';
import { getTreeState, tryLockSequencer } from '../../src/logs/store.ts';
import { failAt, rewritten, watched } from '../support/faulty-pool.ts';
import {
  type Bench,
  type BenchLog,
  giveSigner,
  makeLog,
  makeSigner,
  openBench,
  START_MS,
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

/** Random numbers that are the same in each run: a linear congruential generator. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function waiting(): Promise<number> {
  const { rows } = await bench.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM pending_leaves WHERE log_id = $1',
    [log.id],
  );
  return rows[0]?.count ?? -1;
}

describe('sequence', () => {
  it.each([1, 255, 256, 257, 700])(
    'makes the tree of %d leaves out of random batches, with its tiles',
    async (size) => {
      const random = seeded(size);
      const settled: string[] = [];
      while (settled.length < size) {
        const count = Math.min(size - settled.length, 1 + Math.floor(random() * 200));
        const leaves = await settleAttempts(bench.pool, log, count);
        settled.push(...leaves.map(({ deliveryAttemptId }) => deliveryAttemptId));
        expect(await sequence(bench.pool, log)).toMatchObject({
          added: count,
          more: false,
          busy: false,
        });
      }
      expect((await checkTree(bench.pool, log)).tree.size).toBe(size);
      const { rows } = await bench.pool.query<{ id: string }>(
        'SELECT delivery_attempt_id AS id FROM merkle_leaves WHERE log_id = $1 ORDER BY leaf_index',
        [log.id],
      );
      expect(rows.map(({ id }) => id)).toEqual(settled);
      expect(await waiting()).toBe(0);
    },
  );

  it('does nothing when nothing waits', async () => {
    expect(await sequence(bench.pool, log)).toMatchObject({ added: 0, more: false, busy: false });
    await settleAttempts(bench.pool, log, 3);
    await sequence(bench.pool, log);
    expect(await sequence(bench.pool, log)).toMatchObject({ added: 0, more: false, busy: false });
    expect((await checkTree(bench.pool, log)).tree.size).toBe(3);
  });

  it('takes at most as many leaves at once as its limit, and says that more may wait', async () => {
    await settleAttempts(bench.pool, log, 6);
    expect(await sequence(bench.pool, log, 5)).toMatchObject({ added: 5, more: true, busy: false });
    expect(await waiting()).toBe(1);
    expect(await sequence(bench.pool, log, 5)).toMatchObject({
      added: 1,
      more: false,
      busy: false,
    });
    expect((await checkTree(bench.pool, log)).tree.size).toBe(6);
  });

  it('numbers leaves also where their indexes no longer fit into 32 bits', async () => {
    const size = 2 ** 31; // one partial tile, the left half of 3/0
    const hashes = Uint8Array.from({ length: 128 * 32 }, (_, i) => i);
    const [edge] = compactRangeFromEdge(size, [{ level: 3, index: 0, width: 128, hashes }]).hashes;
    await bench.pool.query(
      'INSERT INTO merkle_tiles (log_id, level, tile_index, width, hashes) VALUES ($1, 3, 0, 128, $2)',
      [log.id, Buffer.from(hashes)],
    );
    await bench.pool.query('UPDATE logs SET tree_size = $2, right_edge = $3 WHERE id = $1', [
      log.id,
      size,
      Buffer.from(edge ?? []),
    ]);
    await settleAttempts(bench.pool, log, 2);
    expect(await sequence(bench.pool, log)).toMatchObject({ added: 2, more: false, busy: false });
    const { rows } = await bench.pool.query<{ leaf_index: string }>(
      'SELECT leaf_index FROM merkle_leaves WHERE log_id = $1 ORDER BY leaf_index',
      [log.id],
    );
    expect(rows.map((row) => Number(row.leaf_index))).toEqual([size, size + 1]);
  });

  it('leaves the leaves waiting while another process has the lock', async () => {
    await settleAttempts(bench.pool, log, 2);
    await inTransaction(bench.pools.api, async (db) => {
      expect(await tryLockSequencer(db, log.id)).toBe(true);
      expect(await sequence(bench.pool, log)).toMatchObject({ added: 0, more: false, busy: true });
    });
    expect(await waiting()).toBe(2);
    expect(await sequence(bench.pool, log)).toMatchObject({ added: 2, more: false, busy: false });
  });

  it('makes one tree when sequencers run at once while leaves come in', async () => {
    const pools = [bench.pools.sequencer, bench.pools.api, bench.pools.worker];
    let added = 0;
    for (let round = 0; round < 8; round += 1) {
      const results = await Promise.all([
        ...pools.map((pool) => sequence(pool, log)),
        settleAttempts(bench.pools.ingest, log, 40).then(() => ({ added: 0 })),
        ...pools.map((pool) => sequence(pool, log)),
      ]);
      added += results.reduce((sum, result) => sum + result.added, 0);
    }
    added += (await sequence(bench.pool, log)).added;
    expect(added).toBe(320);
    expect((await checkTree(bench.pool, log)).tree.size).toBe(320);
  });

  it('makes one tree even without the advisory lock: the row lock makes the second wait its turn', async () => {
    await settleAttempts(bench.pool, log, 20);
    // Under another name for the lock, each believes that it is alone.
    const unlocked = (pool: Bench['pool']) =>
      watched(pool, (text, values) =>
        text.includes('pg_try_advisory_xact_lock') ? [`${newId(START_MS)}`] : values,
      );
    const results = await Promise.all([
      sequence(unlocked(bench.pools.sequencer), log, 10),
      sequence(unlocked(bench.pools.api), log, 10),
    ]);
    // The second waits for the first, and then sees that its snapshot is too old.
    expect(results.map(({ added }) => added).sort()).toEqual([0, 10]);
    expect(results.every(({ more }) => more)).toBe(true);
    expect(await sequence(bench.pool, log)).toMatchObject({ added: 10, more: false, busy: false });
    expect((await checkTree(bench.pool, log)).tree.size).toBe(20);
  });

  it('tells a statement about a key where it has its place', async () => {
    const [old, next] = [await giveSigner(bench.pool, log), makeSigner()];
    await insertAttestationKey(bench.pool, log.id, {
      keyId: sha256(next.publicKey),
      publicKey: next.publicKey,
      provider: next.provider,
      state: 'announced',
      validFromMs: START_MS,
    });
    const statement = await signRotation(log.origin, old, next, START_MS);
    await insertKeyStatement(bench.pool, log.id, statement);
    await settleAttempts(bench.pool, log, 2);
    await insertPendingLeavesAcrossTenants(bench.pool, [
      { logId: log.id, tenantId: log.tenantId, deliveryAttemptId: null, leaf: statement },
    ]);
    await settleAttempts(bench.pool, log, 1);
    const [before] = await listKeyStatements(bench.pool, log.id);
    expect(before?.leafIndex).toBeNull();
    expect(await sequence(bench.pool, log)).toMatchObject({ added: 4, more: false, busy: false });
    const [after] = await listKeyStatements(bench.pool, log.id);
    expect(after?.leafIndex).toBe(2);
    expect((await checkTree(bench.pool, log)).tree.size).toBe(4);
  });

  it('keeps logs apart', async () => {
    const other = await makeLog(bench.pool);
    await settleAttempts(bench.pool, log, 5);
    await settleAttempts(bench.pool, other, 3);
    const both = await Promise.all([
      sequence(bench.pools.sequencer, log),
      sequence(bench.pools.api, other),
    ]);
    expect(both.map(({ added }) => added)).toEqual([5, 3]);
    expect((await checkTree(bench.pool, log)).tree.size).toBe(5);
    expect((await checkTree(bench.pool, other)).tree.size).toBe(3);
  });
});

describe('a crash', () => {
  it.each(['before', 'after', 'killed'] as const)(
    'at any statement (%s) leaves tree and leaves as they were, or the whole step done',
    async (fault) => {
      await settleAttempts(bench.pool, log, 260);
      await sequence(bench.pool, log);
      await settleAttempts(bench.pool, log, 10);
      const seen: string[] = [];
      for (let at = 0; ; at += 1) {
        const faulty = failAt(bench.pool, at, fault);
        const [run] = await Promise.allSettled([sequence(faulty.pool, log)]);
        if (!faulty.struck()) {
          expect(run).toMatchObject({ status: 'fulfilled' });
          break;
        }
        const statement = faulty.statements.at(-1) ?? '';
        seen.push(statement);
        expect(run?.status, statement).toBe('rejected');
        // Only the answer to COMMIT was lost: the step is done, as whoever asks next will see.
        if (statement === 'COMMIT' && fault === 'after') break;
        expect((await checkTree(bench.pool, log)).tree.size, statement).toBe(260);
        expect(await waiting(), statement).toBe(10);
      }
      expect(seen.at(-1)).toBe('COMMIT');
      expect(seen.length).toBeGreaterThanOrEqual(10); // BEGIN to COMMIT
      expect((await checkTree(bench.pool, log)).tree.size).toBe(270);
      expect(await waiting()).toBe(0);
      await settleAttempts(bench.pool, log, 1);
      expect(await sequence(bench.pool, log)).toMatchObject({ added: 1, more: false, busy: false });
    },
  );
});

/** As an operator does who has found out what happened. */
const resume = () =>
  bench.pool.query('UPDATE logs SET halted_at = NULL, halted_reason = NULL WHERE id = $1', [
    log.id,
  ]);

async function expectHalted(reason: string, size: number, waits: number): Promise<void> {
  // The first tick finds it, all others know it.
  for (let tick = 0; tick < 2; tick += 1) {
    const [run] = await Promise.allSettled([sequence(bench.pool, log)]);
    expect(run).toMatchObject({ status: 'rejected', reason: { logId: log.id } });
    const error: unknown = run.status === 'rejected' ? run.reason : null;
    expect(error).toBeInstanceOf(LogHaltedError);
    expect((error as Error).message).toContain(reason);
  }
  const state = await getTreeState(bench.pool, log.id);
  expect(state.treeSize).toBe(size);
  expect(state.haltedReason).toContain(reason);
  expect(await waiting()).toBe(waits);
}

describe('a leaf that was changed while it waited', () => {
  const change = (set: string) =>
    bench.pool.query(
      `UPDATE pending_leaves SET ${set}
        WHERE id = (SELECT max(id) FROM pending_leaves WHERE log_id = $1)`,
      [log.id],
    );

  it.each([
    ['its text', 'leaf_data = replace(leaf_data, \'"delivered"\', \'"rejected"\')'],
    ['white space in it', "leaf_data = leaf_data || ' '"],
    ['its hash', 'leaf_hash = set_byte(leaf_hash, 31, (get_byte(leaf_hash, 31) + 1) % 256)'],
  ])(
    'halts the log (%s): nothing is sequenced, not even what came before it',
    async (_what, set) => {
      await settleAttempts(bench.pool, log, 2);
      await sequence(bench.pool, log);
      const before = await settleAttempts(bench.pool, log, 3);
      await change(set);
      await expectHalted(before.at(-1)?.deliveryAttemptId ?? '', 2, 3);
      const good = before.at(-1)?.leaf;
      await bench.pool.query(
        'UPDATE pending_leaves SET leaf_data = $2, leaf_hash = $3 WHERE delivery_attempt_id = $1',
        [before.at(-1)?.deliveryAttemptId, good?.data, Buffer.from(good?.hash ?? [])],
      );
      // Repaired, but not yet looked at.
      await expect(sequence(bench.pool, log)).rejects.toThrow(LogHaltedError);
      await resume();
      expect(await sequence(bench.pool, log)).toMatchObject({ added: 3, more: false, busy: false });
      expect((await checkTree(bench.pool, log)).tree.size).toBe(5);
    },
  );

  it('does not halt another log', async () => {
    await settleAttempts(bench.pool, log, 1);
    await change("leaf_data = '{}'");
    const other = await makeLog(bench.pool);
    await settleAttempts(bench.pool, other, 1);
    await expect(sequence(bench.pool, log)).rejects.toThrow(LogHaltedError);
    expect(await sequence(bench.pool, other)).toMatchObject({ added: 1, more: false, busy: false });
  });
});

describe('a tree that was changed', () => {
  const unguarded = async (text: string): Promise<void> => {
    await inTransaction(bench.pool, async (db) => {
      await db.query('SET LOCAL session_replication_role = replica'); // past the tiles' own trigger
      await db.query(text, [log.id]);
    });
  };
  const flip = (column: string) =>
    `${column} = set_byte(${column}, 5, (get_byte(${column}, 5) + 1) % 256)`;

  it.each([
    [
      'a bit of a partial tile',
      `UPDATE merkle_tiles SET ${flip('hashes')} WHERE log_id = $1 AND level = 0 AND tile_index = 1`,
    ],
    [
      'a bit of a partial tile above',
      `UPDATE merkle_tiles SET ${flip('hashes')} WHERE log_id = $1 AND level = 1`,
    ],
    [
      'a tile that is missing',
      'DELETE FROM merkle_tiles WHERE log_id = $1 AND level = 0 AND tile_index = 1',
    ],
    [
      'a tile that is narrower',
      'UPDATE merkle_tiles SET width = 3, hashes = substring(hashes FOR 96) WHERE log_id = $1 AND level = 0 AND tile_index = 1',
    ],
    [
      'a tile that is wider',
      'UPDATE merkle_tiles SET width = 5, hashes = hashes || substring(hashes FOR 32) WHERE log_id = $1 AND level = 0 AND tile_index = 1',
    ],
    ['a bit of the right edge', `UPDATE logs SET ${flip('right_edge')} WHERE id = $1`],
    [
      'a hash of the right edge',
      'UPDATE logs SET right_edge = substring(right_edge FROM 33) WHERE id = $1',
    ],
    ['the size', 'UPDATE logs SET tree_size = 261 WHERE id = $1'],
  ])('halts the log before anything is built on it: %s', async (_what, text) => {
    await settleAttempts(bench.pool, log, 260);
    await sequence(bench.pool, log);
    await settleAttempts(bench.pool, log, 2);
    await unguarded(text);
    await expectHalted('', text.includes('tree_size') ? 261 : 260, 2);
  });
});

describe('the locks', () => {
  const withoutAdvisory = (text: string): string =>
    text.replace('hashtextextended($1, 0)', 'hashtextextended($1 || random(), 0)');
  const withoutRowLock = (text: string): string => text.replace(/ FOR NO KEY UPDATE$/, '');
  const withoutSnapshot = (text: string): string =>
    text.replace('REPEATABLE READ', 'READ COMMITTED');

  it.each([
    ['without the advisory lock', [withoutAdvisory]],
    ['without the row lock either', [withoutAdvisory, withoutRowLock]],
    ['without one snapshot either', [withoutAdvisory, withoutRowLock, withoutSnapshot]],
  ])('are not all that keeps one tree: %s', async (_what, cuts) => {
    await settleAttempts(bench.pool, log, 300);
    const cut = (pool: Bench['pool']) =>
      rewritten(pool, (text) => cuts.reduce((left, each) => each(left), text));
    const pools = [bench.pools.sequencer, bench.pools.api, bench.pools.worker, bench.pools.ingest];
    for (let round = 0; round < 5; round += 1) {
      await Promise.allSettled(pools.map((pool) => sequence(cut(pool), log, 40)));
      await checkTree(bench.pool, log);
    }
    while ((await sequence(bench.pool, log)).more);
    expect((await checkTree(bench.pool, log)).tree.size).toBe(300);
    expect(await waiting()).toBe(0);
  });
});
