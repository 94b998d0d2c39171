/** Any single byte that is changed in any table of a log is found, wherever it stands. @module */
import fc from 'fast-check';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LogAudit } from '../../src/audit/audit.ts';
import { type WrittenLog, writeLog } from '../support/audited-log.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { tamper } from '../support/tamper.ts';

let bench: Bench;
let pool: Pool;
let written: WrittenLog;
beforeAll(async () => {
  bench = await openBench();
  pool = bench.pool;
  written = await writeLog(pool, { leaves: 270, headEvery: 60, waiting: 4, rotateAt: 100 });
});
afterAll(() => bench.close());

const OF_TENANT = 'tenant_id = (SELECT tenant_id FROM logs WHERE id = $1)';

/** Columns of bytes and of text, with the condition that names the log's rows and what orders them. */
const COLUMNS = [
  ['merkle_leaves', 'leaf_data', 'log_id = $1', 'leaf_index'],
  ['merkle_leaves', 'leaf_hash', 'log_id = $1', 'leaf_index'],
  ['merkle_tiles', 'hashes', 'log_id = $1', 'level, tile_index'],
  ['merkle_tiles', 'upper_nodes', 'log_id = $1 AND width = 256', 'level, tile_index'],
  ['signed_tree_heads', 'root_hash', 'log_id = $1', 'tree_size'],
  ['signed_tree_heads', 'signature', 'log_id = $1', 'tree_size'],
  ['signed_tree_heads', 'checkpoint', 'log_id = $1', 'tree_size'],
  ['logs', 'right_edge', 'id = $1', 'id'],
  ['logs', 'origin', 'id = $1', 'id'],
  ['attestation_keys', 'public_key', 'log_id = $1', 'key_id'],
  ['key_statements', 'leaf_data', 'log_id = $1', 'leaf_hash'],
  ['key_statements', 'leaf_hash', 'log_id = $1', 'leaf_hash'],
  ['cosignatures', 'line', 'log_id = $1', 'tree_size'],
  [
    'delivery_attempts',
    'response_hash',
    `${OF_TENANT} AND outcome = 'delivered' AND id IN (SELECT delivery_attempt_id FROM merkle_leaves)`,
    'id',
  ],
  [
    'delivery_attempts',
    'endpoint_url',
    `${OF_TENANT} AND id IN (SELECT delivery_attempt_id FROM merkle_leaves)`,
    'id',
  ],
  [
    'webhook_events',
    'payload_hash',
    `${OF_TENANT} AND id IN (SELECT event_id FROM delivery_attempts a JOIN merkle_leaves m ON m.delivery_attempt_id = a.id)`,
    'id',
  ],
  [
    'event_payloads',
    'body',
    `event_id IN (SELECT event_id FROM delivery_attempts a JOIN merkle_leaves m ON m.delivery_attempt_id = a.id WHERE log_id = $1)`,
    'event_id',
  ],
  ['pending_leaves', 'leaf_data', 'log_id = $1', 'id'],
  ['pending_leaves', 'leaf_hash', 'log_id = $1', 'id'],
] as const;

async function countFound(): Promise<number> {
  const audit = new LogAudit(pool, written.log, {
    chunk: 512,
    bodiesOneIn: 1,
    onContradiction: () => undefined,
    pause: async () => undefined,
  });
  while (await audit.step());
  return audit.report.contradictions;
}

/** Another byte at this place: in text another printable character, so that the column still holds it. */
function change(value: Buffer | string, place: number, bits: number): Buffer | string {
  const at = place % value.length;
  if (typeof value !== 'string') {
    const changed = Buffer.from(value);
    changed[at] = (changed[at] ?? 0) ^ bits;
    return changed;
  }
  const old = value.charCodeAt(at);
  const code = 0x21 + ((old - 0x21 + (bits % 0x5e)) % 0x5e);
  return (
    value.slice(0, at) + String.fromCharCode(code === old ? code ^ 1 : code) + value.slice(at + 1)
  );
}

it('finds a hundred random changes of one byte', async () => {
  expect(await countFound()).toBe(0);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...COLUMNS),
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }).filter((bits) => bits % 0x5e !== 0),
      async ([table, column, condition, order], row, place, bits) => {
        const { rows } = await pool.query<{ place: string; value: Buffer | string }>(
          `SELECT tableoid || ' ' || ctid AS place, ${column} AS value FROM ${table} WHERE ${condition} ORDER BY ${order}`,
          [written.log.id],
        );
        const chosen = rows[row % rows.length];
        if (chosen === undefined) throw new Error(`${table} has no row`);
        const undo = await tamper(
          pool,
          `UPDATE ${table} SET ${column} = $2 WHERE tableoid || ' ' || ctid = $1`,
          [chosen.place, change(chosen.value, place, bits)],
        );
        try {
          expect(await countFound(), `${table}.${column}`).toBeGreaterThan(0);
        } finally {
          await undo();
        }
      },
    ),
    { numRuns: 100, interruptAfterTimeLimit: 100_000 },
  );
  expect(await countFound()).toBe(0);
}, 120_000);
