/** Detached months: leaves without a text are checked from tiles, and only where a month can have gone. @module */
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LogAudit } from '../../src/audit/audit.ts';
import type { Contradiction } from '../../src/audit/contradiction.ts';
import { type WrittenLog, writeLog } from '../support/audited-log.ts';
import { type Bench, openBench } from '../support/log-bench.ts';

let bench: Bench;
let pool: Pool;
beforeAll(async () => {
  bench = await openBench();
  pool = bench.pool;
});
afterAll(() => bench.close());

let written: WrittenLog;
/** A log whose first 270 leaves were committed, with their attempts, two months ago. */
beforeEach(async () => {
  written = await writeLog(pool, { leaves: 300, headEvery: 90, waiting: 3, agedLeaves: 270 });
  const { id } = written.log;
  await pool.query(`UPDATE logs SET created_at = created_at - interval '61 days' WHERE id = $1`, [
    id,
  ]);
  await pool.query(
    `UPDATE merkle_leaves SET committed_at = committed_at - interval '61 days' WHERE log_id = $1 AND leaf_index < 270`,
    [id],
  );
});

async function audit(fromSize = 0) {
  const found: Contradiction[] = [];
  const pass = new LogAudit(pool, written.log, {
    fromSize,
    chunk: 256,
    bodiesOneIn: 1,
    onContradiction: (contradiction) => found.push(contradiction),
    pause: async () => undefined,
  });
  while (await pass.step());
  return { found, report: pass.report };
}

async function detach(table: string): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT min(c.relname) AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1)`,
    [table],
  );
  await pool.query(`ALTER TABLE ${table} DETACH PARTITION ${rows[0]?.name}`);
  await pool.query(`DROP TABLE ${rows[0]?.name}`);
}

describe('a log with a detached month', () => {
  it('is whole; the leaves without a text are counted', async () => {
    expect((await audit()).report).toMatchObject({ leavesWithoutText: 0, contradictions: 0 });
    await detach('merkle_leaves');
    expect(await audit()).toMatchObject({
      found: [],
      report: { leavesWithoutText: 270, checkedLeaves: 300, checkedHeads: 4, checkedBodies: 30 },
    });
    expect((await audit(256)).report).toMatchObject({ leavesWithoutText: 14, contradictions: 0 });
  });

  it('misses a leaf that lies behind the detached ones', async () => {
    await detach('merkle_leaves');
    await pool.query('DELETE FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 280', [
      written.log.id,
    ]);
    const { found } = await audit();
    expect(found.map(({ where, at }) => `${where} ${at}`)).toContain(
      'merkle_leaves.leaf_index index 280',
    );
  });

  it('finds a tile that was changed below leaves without a text', async () => {
    await detach('merkle_leaves');
    await pool.query('ALTER TABLE merkle_tiles DISABLE TRIGGER merkle_tiles_only_grow');
    await pool.query(
      'UPDATE merkle_tiles SET hashes = set_byte(hashes, 5, get_byte(hashes, 5) # 1) WHERE log_id = $1 AND level = 0 AND tile_index = 0',
      [written.log.id],
    );
    await pool.query('ALTER TABLE merkle_tiles ENABLE TRIGGER merkle_tiles_only_grow');
    const { found } = await audit();
    expect(found.map(({ where }) => where)).toEqual(
      expect.arrayContaining(['merkle_tiles.hashes', 'signed_tree_heads.root_hash']),
    );
  });

  it('may not miss its first leaves while its first month is attached', async () => {
    await pool.query('DELETE FROM merkle_leaves WHERE log_id = $1 AND leaf_index < 2', [
      written.log.id,
    ]);
    const { found, report } = await audit();
    expect(found.filter(({ where }) => where === 'merkle_leaves.leaf_index')).toHaveLength(2);
    expect(report.leavesWithoutText).toBe(0);
  });
});
