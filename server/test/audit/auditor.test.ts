/** The background auditor: rounds, slices, what halts a log, and what it survives. @module */
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditReport } from '../../src/audit/audit.ts';
import { type Auditor, type AuditorDeps, startAuditor } from '../../src/audit/auditor.ts';
import type { Contradiction } from '../../src/audit/contradiction.ts';
import { systemClock } from '../../src/base/clock.ts';
import { getTreeState, haltLog } from '../../src/logs/store.ts';
import { type LogShape, type WrittenLog, writeLog } from '../support/audited-log.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { tamper } from '../support/tamper.ts';

const SHAPE: LogShape = { leaves: 300, headEvery: 50, waiting: 2 };

let bench: Bench;
let pool: Pool;
beforeAll(async () => {
  bench = await openBench();
  pool = bench.pool;
});
afterAll(() => bench.close());

interface Seen {
  readonly auditor: Auditor;
  readonly passes: AuditReport[];
  readonly found: Contradiction[];
  readonly errors: unknown[];
  leaves: number;
  /** Resolves once `is` holds, looked at after each callback. */
  until(is: () => boolean): Promise<void>;
}

function start(change: Partial<AuditorDeps> = {}): Seen {
  let told = (): void => undefined;
  const passes: AuditReport[] = [];
  const found: Contradiction[] = [];
  const errors: unknown[] = [];
  const seen: Omit<Seen, 'auditor'> = {
    passes,
    found,
    errors,
    leaves: 0,
    async until(is) {
      while (!is()) {
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
    },
  };
  const auditor = startAuditor({
    pool,
    clock: systemClock,
    intervalMs: 1,
    pauseMs: 1,
    onChecked: (count) => {
      seen.leaves += count;
    },
    onPass: (report) => {
      passes.push(report);
      told();
    },
    onContradiction: (contradiction) => {
      found.push(contradiction);
      told();
    },
    onError: (error) => {
      errors.push(error);
      told();
    },
    ...change,
  });
  return Object.assign(seen, { auditor });
}

const haltedReason = async ({ log }: WrittenLog): Promise<string | null> =>
  (await getTreeState(pool, log.id)).haltedReason;

describe('the auditor', () => {
  it('goes over all logs again and again, and looks at other bodies each round', async () => {
    const one = await writeLog(pool, SHAPE);
    const two = await writeLog(pool, { ...SHAPE, leaves: 3 });
    const seen = start();
    const passesOf = ({ log }: WrittenLog) => seen.passes.filter((each) => each.log === log.name);
    await seen.until(() => passesOf(one).length >= 3 && passesOf(two).length >= 3);
    await seen.auditor.stop();
    expect(seen.found).toEqual([]);
    expect(passesOf(one)[0]).toMatchObject({ checkedLeaves: 300, contradictions: 0 });
    expect(seen.leaves).toBeGreaterThanOrEqual(3 * 303);
    const bodies = passesOf(one).map(({ checkedBodies }) => checkedBodies);
    expect(Math.max(...bodies)).toBeLessThan(40);
    expect(await haltedReason(one)).toBeNull();
  });

  it.each([
    [
      'merkle_leaves.leaf_data',
      `UPDATE merkle_leaves SET leaf_data = replace(leaf_data, '"v1"', '"v2"') || ' ' WHERE log_id = $1 AND leaf_index = 290`,
    ],
    [
      'merkle_tiles.hashes',
      'UPDATE merkle_tiles SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1) WHERE log_id = $1 AND level = 0 AND tile_index = 1',
    ],
    [
      'signed_tree_heads.signature',
      'UPDATE signed_tree_heads SET signature = set_byte(signature, 40, get_byte(signature, 40) # 1) WHERE log_id = $1 AND tree_size = 300',
    ],
    [
      'logs.right_edge',
      'UPDATE logs SET right_edge = set_byte(right_edge, 4, get_byte(right_edge, 4) # 1) WHERE id = $1',
    ],
    [
      'attestation_keys.public_key',
      'UPDATE attestation_keys SET public_key = set_byte(public_key, 4, get_byte(public_key, 4) # 1) WHERE log_id = $1',
    ],
    ['cosignatures.line', `UPDATE cosignatures SET witness = 'else' WHERE log_id = $1`],
    [
      'delivery_attempts.outcome',
      `UPDATE delivery_attempts SET outcome = 'rejected' WHERE id = (SELECT delivery_attempt_id FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 1)`,
    ],
    [
      'webhook_events.payload_hash',
      'UPDATE webhook_events SET payload_hash = set_byte(payload_hash, 4, get_byte(payload_hash, 4) # 1) WHERE tenant_id = (SELECT tenant_id FROM logs WHERE id = $1)',
    ],
    [
      'event_payloads.body',
      'UPDATE event_payloads SET body = $2 WHERE event_id IN (SELECT id FROM webhook_events WHERE tenant_id = (SELECT tenant_id FROM logs WHERE id = $1))',
    ],
    [
      'pending_leaves.leaf_data',
      `UPDATE pending_leaves SET leaf_data = leaf_data || ' ' WHERE log_id = $1`,
    ],
  ])('halts a log whose %s was changed, and no other', async (where, sql) => {
    const whole = await writeLog(pool, { ...SHAPE, leaves: 3 });
    const changed = await writeLog(pool, SHAPE);
    const values = [changed.log.id, Buffer.from('other')].slice(0, sql.includes('$2') ? 2 : 1);
    const undo = await tamper(pool, sql, values);
    const seen = start();
    await seen.until(() => seen.found.length > 0);
    await seen.auditor.stop();
    // A head's proof may come upon a changed tile before the tile's own turn.
    const found = seen.found[0]?.where ?? '';
    expect([where, ...(where.startsWith('merkle_tiles') ? ['signed_tree_heads'] : [])]).toContain(
      found,
    );
    expect(seen.found[0]?.log).toBe(changed.log.name);
    expect(await haltedReason(changed)).toContain(found);
    expect(await haltedReason(whole)).toBeNull();
    await undo();
  });

  it('leaves a log alone that is halted, and finds nothing twice', async () => {
    const { log } = await writeLog(pool, { leaves: 3, headEvery: 1 });
    await haltLog(pool, log.id, 'somebody looks at it');
    await tamper(pool, `UPDATE cosignatures SET witness = 'else' WHERE log_id = $1`, [log.id]);
    const other = await writeLog(pool, { leaves: 3, headEvery: 1 });
    const seen = start();
    await seen.until(() => seen.passes.filter((each) => each.log === other.log.name).length >= 2);
    await seen.auditor.stop();
    expect(seen.passes.map((each) => each.log)).not.toContain(log.name);
    expect(seen.found).toEqual([]);
  });

  it('notices a log that was set back to an older state, although that is whole in itself', async () => {
    const { log, tree } = await writeLog(pool, { leaves: 3, headEvery: 1 });
    const older = await writeLog(pool, { leaves: 2, headEvery: 1 });
    const seen = start();
    await seen.until(() => seen.passes.some((each) => each.log === log.name));
    expect(tree.size).toBe(3);
    // The older log takes the place of the newer one.
    await pool.query(`UPDATE logs SET name = 'kept' WHERE id = $1`, [log.id]);
    await pool.query('UPDATE logs SET tree_size = 2 WHERE id = $1', [log.id]);
    await seen.until(() => seen.found.length > 0);
    await seen.auditor.stop();
    expect(seen.found[0]?.where).toBe('logs.tree_size');
    expect(await haltedReason(older)).toBeNull();
  });

  it('goes on after a database that was away: the pass begins anew', async () => {
    const written = await writeLog(pool, SHAPE);
    let failures = 2;
    const broken = {
      query: pool.query.bind(pool),
      connect: () => (failures-- > 0 ? Promise.reject(new Error('away')) : pool.connect()),
    } as unknown as Pool;
    const seen = start({ pool: broken });
    await seen.until(() => seen.passes.some((each) => each.log === written.log.name));
    await seen.auditor.stop();
    expect(seen.errors).toHaveLength(2);
    expect(seen.found).toEqual([]);
  });

  it('stops in the middle of a pass', async () => {
    await writeLog(pool, SHAPE);
    const seen = start({ pauseMs: 60_000, intervalMs: 60_000 });
    await seen.auditor.stop();
    expect(seen.errors).toEqual([]);
  });
});
