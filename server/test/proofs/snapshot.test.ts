/** A snapshot shows one head and tiles that agree with it, while the log grows under it. @module */
import { rootFromTiles } from '@kapsel/tree';
import { hexFromBytes } from '@kapsel/verification';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withSnapshot } from '../../src/proofs/snapshot.ts';
import { type Bench, type BenchLog, makeLog, openBench } from '../support/log-bench.ts';
import { growLog, headOf, type SignedLog, signLog } from '../support/signed-log.ts';

let bench: Bench;
let log: BenchLog;
let signed: SignedLog;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(async () => {
  log = await makeLog(bench.pool);
  signed = await signLog(bench.pool, log);
});
afterAll(() => bench.close());

describe('withSnapshot', () => {
  it('refuses a log without a head: what is not signed is not served', async () => {
    const ask = () => withSnapshot(bench.pools.api, log, async () => 'served');
    await expect(ask()).rejects.toMatchObject({ kind: 'no_tree_head' });
    await growLog(signed, 3);
    await expect(ask()).rejects.toMatchObject({ kind: 'no_tree_head' });
    await headOf(signed);
    expect(await ask()).toBe('served');
  });

  it('keeps head and tiles together while the log grows and is signed again', async () => {
    await growLog(signed, 250);
    await headOf(signed);
    await withSnapshot(bench.pools.api, log, async ({ head, tiles }) => {
      expect(head.treeSize).toBe(250);
      await growLog(signed, 20); // the tile 0/0 becomes full, 0/1 begins
      await headOf(signed);
      const root = await rootFromTiles(tiles, 250);
      expect(hexFromBytes(root)).toBe(hexFromBytes(head.rootHash));
      await expect(tiles.readTile(0, 1, 14)).rejects.toThrow('missing');
    });
    await withSnapshot(bench.pools.api, log, async ({ head }) => {
      expect(head.treeSize).toBe(270);
    });
  });

  it('gives the connection back when the work fails', async () => {
    await growLog(signed, 1);
    await headOf(signed);
    for (let i = 0; i < 10; i += 1) {
      const failing = withSnapshot(bench.pools.api, log, () => Promise.reject(new Error('no')));
      await expect(failing).rejects.toThrow('no');
    }
    expect(bench.pools.api.idleCount).toBe(bench.pools.api.totalCount);
  });

  it('writes nothing', async () => {
    await growLog(signed, 1);
    await headOf(signed);
    const writing = withSnapshot(bench.pools.api, log, ({ db }) =>
      db.query('DELETE FROM proof_cache'),
    );
    await expect(writing).rejects.toMatchObject({ code: '25006' }); // read_only_sql_transaction
  });
});
