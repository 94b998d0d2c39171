/** Retention over real old months: what is detached is proved from tiles, and packages that were handed out still verify. @module */
import { proveInclusion } from '@kapsel/tree';
import {
  bytesFromHex,
  hexFromBytes,
  verifyInclusion,
  verifyProofPackage,
} from '@kapsel/verification';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkTree } from '../../../test/support/check-log.ts';
import { findLeafByAttempt, findLeafIndexByHash } from '../../src/attestation/leaf-store.ts';
import { tileReader } from '../../src/attestation/tile-store.ts';
import { encodeTreeHeadJson } from '../../src/attestation/tree-head.ts';
import {
  keepPartitions,
  type PartitionKeeperDeps,
  startPartitionKeeper,
} from '../../src/db/partition-keeper.ts';
import { listPartitions, type Partitioned } from '../../src/db/partitions.ts';
import { proveLeafHash } from '../../src/proofs/prove-inclusion.ts';
import { type Journal, openJournal } from '../support/journal.ts';
import { type Bench, makeLog, openBench } from '../support/log-bench.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openTestProofs } from '../support/proofs.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';

const DAY_MS = 86_400_000;
const RETAIN_DAYS = { event_payloads: 90, delivery_attempts: 2_557, merkle_leaves: 2_557 };
const OLD_MONTH = Date.UTC(2017, 0, 1);

let bench: Bench;
let journal: Journal;
let signed: SignedLog;
beforeEach(async () => {
  bench = await openBench();
  journal = openJournal();
  signed = await signLog(bench.pool, await makeLog(bench.pool));
});
afterEach(() => bench.close());

const clock = new ManualClock(Date.now());
const deps = (change: Partial<PartitionKeeperDeps> = {}): PartitionKeeperDeps => ({
  pool: bench.pool,
  connectionString: bench.connectionString,
  clock,
  logger: journal,
  retainDays: RETAIN_DAYS,
  dropPayloadsDays: 7,
  ...change,
});

const linesOf = (event: string) => journal.lines.filter((line) => line.event === event);
const reasonsOf = (event: string) => linesOf(event).map(({ reason }) => reason);

async function attachedNames(): Promise<string[]> {
  return (await listPartitions(bench.pool)).map(({ name }) => name);
}

/** All leaves of now are put into January 2017, with their attempts. */
async function age(): Promise<void> {
  const day = new Date(OLD_MONTH + 3 * DAY_MS);
  for (const parent of ['delivery_attempts', 'merkle_leaves']) {
    await bench.pool.query('SELECT ensure_month_partition($1, $2)', [parent, day]);
  }
  await bench.pool.query('UPDATE merkle_leaves SET committed_at = $1', [day]);
  await bench.pool.query('UPDATE delivery_attempts SET attempted_at = $1', [day]);
}

describe('a month past its retention', () => {
  it('is detached, and proofs of its leaves go on: old packages verify, new proofs come from tiles', async () => {
    const { log, pool } = signed;
    const old = await growLog(signed, 300);
    const head = await headOf(signed);
    const [index, leaf] = [271, old[271]];
    if (leaf === undefined) throw new Error('no leaf');
    const path = await proveInclusion(tileReader(pool, log.id), index, 300);
    const handedOut = JSON.stringify({
      format: 'kapsel.proof/v1',
      delivery_attempt_id: leaf.deliveryAttemptId,
      leaf_data: leaf.leaf.data,
      leaf_hash: hexFromBytes(leaf.leaf.hash),
      inclusion_proof: {
        leaf_hash: hexFromBytes(leaf.leaf.hash),
        leaf_index: index,
        tree_size: 300,
        proof_hashes: path.map(hexFromBytes),
        root_hash: hexFromBytes(head.rootHash),
      },
      signed_tree_head: encodeTreeHeadJson(head),
    });
    await age();
    await growLog(signed, 20); // of this month
    const newest = await headOf(signed);

    await keepPartitions(deps());
    expect(reasonsOf('partition detached').sort()).toEqual([
      'delivery_attempts_2017_01',
      'merkle_leaves_2017_01',
    ]);
    expect(await attachedNames()).not.toContain('merkle_leaves_2017_01');
    // The rows are out of the way, but nothing was dropped: a check of everything finds them.
    expect(await findLeafIndexByHash(pool, log.id, leaf.leaf.hash)).toBeNull();
    expect(await findLeafByAttempt(pool, log.tenantId, leaf.deliveryAttemptId)).toBeNull();
    expect((await checkTree(pool, log)).tree.size).toBe(320);

    // Proofs go on: of the detached leaf by its hash and place, and none for another place or hash.
    const proofs = openTestProofs(bench.pools.api);
    const prove = (leafHash: Uint8Array, leafIndex: number | null) =>
      proveLeafHash(proofs, log.id, { leafHash, treeSize: null, leafIndex });
    const fresh = await prove(leaf.leaf.hash, index);
    expect(fresh).toMatchObject({ leaf_index: index, tree_size: 320 });
    const fold = fresh.proof_hashes.map(bytesFromHex);
    verifyInclusion(leaf.leaf.hash, index, 320, fold, newest.rootHash);
    await expect(prove(leaf.leaf.hash, index + 1)).rejects.toMatchObject({ kind: 'not_found' });
    await expect(prove(new Uint8Array(32), index)).rejects.toMatchObject({ kind: 'not_found' });
    const keys = [{ publicKey: bytesFromHex(hexFromBytes(head.publicKey)), name: null }];
    const nowMs = signed.clock.nowMs() + DAY_MS;
    expect(verifyProofPackage(handedOut, { keys }, { nowMs }).verdict).toBe('verified');

    // The log grows on over the gap.
    await growLog(signed, 5);
    expect((await checkTree(pool, log)).tree.size).toBe(325);
    await keepPartitions(deps());
    expect(linesOf('partition detached')).toHaveLength(2);
  });

  it('is kept while a leaf of it is under no signed head', async () => {
    await growLog(signed, 3);
    await age();
    await keepPartitions(deps());
    expect(reasonsOf('partition kept')).toEqual([expect.stringContaining('merkle_leaves_2017_01')]);
    expect(await attachedNames()).toContain('merkle_leaves_2017_01');
    await headOf(signed);
    await keepPartitions(deps());
    expect(await attachedNames()).not.toContain('merkle_leaves_2017_01');
  });

  it('that an interrupted detaching left behind is finished', async () => {
    await growLog(signed, 3);
    await headOf(signed);
    await age();
    const client = await bench.pools.api.connect();
    await client.query('BEGIN');
    await client.query('SELECT count(*) FROM merkle_leaves');
    const cut = keepPartitions(
      deps({
        retainDays: { ...RETAIN_DAYS, delivery_attempts: 10_000, merkle_leaves: 2_557 },
        detachTimeoutMs: 200,
      }),
    );
    await expect(cut).rejects.toMatchObject({ code: '57014' });
    expect((await listPartitions(bench.pool)).filter(({ isPending }) => isPending)).toHaveLength(1);
    await client.query('COMMIT');
    client.release();
    // Whatever the retention says now: it is half done.
    await keepPartitions(
      deps({ retainDays: { ...RETAIN_DAYS, delivery_attempts: 10_000, merkle_leaves: 10_000 } }),
    );
    expect(reasonsOf('partition detached')).toEqual(['merkle_leaves_2017_01']);
  });
});

describe('the keeper', () => {
  it('makes the months before it resolves, tells the headroom, and looks again a day later', async () => {
    const headroom: [Partitioned, number][] = [];
    const waits = clock.asked.length;
    const keeper = await startPartitionKeeper(
      deps({ onHeadroom: (table, days) => headroom.push([table, days]) }),
    );
    expect(headroom.map(([table]) => table)).toEqual(Object.keys(RETAIN_DAYS));
    for (const [table, days] of headroom) {
      const isWeekly = table === 'event_payloads';
      expect(days).toBeGreaterThan(isWeekly ? 27 : 85);
      expect(days).toBeLessThan(isWeekly ? 36 : 125);
    }
    await clock.untilAsked(waits + 1);
    expect(clock.asked.at(-1)).toBe(DAY_MS);
    clock.advance(DAY_MS);
    await clock.untilAsked(waits + 2);
    expect(headroom.length).toBe(9); // at the start, and at each of two looks
    await keeper.stop();
  });

  it('does not start when the months cannot be made', async () => {
    await bench.pool.query('DROP FUNCTION ensure_month_partitions');
    await expect(startPartitionKeeper(deps())).rejects.toMatchObject({ code: '42883' }); // undefined_function
  });

  it('goes on after a failure, and cries when the months run out', async () => {
    await bench.pool.query(`CREATE OR REPLACE FUNCTION ensure_month_partitions(parent text, since timestamptz, until timestamptz)
      RETURNS integer LANGUAGE sql AS $$ SELECT 0 $$`);
    const later = new ManualClock(Date.now() + 400 * DAY_MS);
    const keeper = await startPartitionKeeper(deps({ clock: later }));
    await later.untilAsked(1);
    expect(reasonsOf('partitions run out')).toEqual(
      expect.arrayContaining(['delivery_attempts', 'merkle_leaves']),
    );
    await bench.pool.query('DROP FUNCTION ensure_month_partitions');
    later.advance(DAY_MS);
    await later.untilAsked(2);
    expect(linesOf('keeping partitions failed')).toHaveLength(1);
    await keeper.stop();
  });
});
