/** The audit of a whole log: a clean one passes, and one changed value in any table is found and named. @module */
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditOptions, type AuditReport, LogAudit } from '../../src/audit/audit.ts';
import { type Contradiction, describeContradiction } from '../../src/audit/contradiction.ts';
import { type WrittenLog, writeLog } from '../support/audited-log.ts';
import { type Bench, openBench } from '../support/log-bench.ts';
import { tamper } from '../support/tamper.ts';

const LEAVES = 600;
const ROTATE_AT = 300;

let bench: Bench;
let pool: Pool;
let written: WrittenLog;
beforeAll(async () => {
  bench = await openBench();
  pool = bench.pool;
  written = await writeLog(pool, {
    leaves: LEAVES - 1,
    headEvery: 37,
    waiting: 5,
    rotateAt: ROTATE_AT,
  });
}, 60_000);
afterAll(() => bench.close());

interface Outcome {
  readonly report: AuditReport;
  readonly found: readonly Contradiction[];
  readonly steps: number;
}

async function audit(change: Partial<AuditOptions> = {}, log = written.log): Promise<Outcome> {
  const found: Contradiction[] = [];
  const pass = new LogAudit(pool, log, {
    chunk: 512,
    bodiesOneIn: 1,
    onContradiction: (contradiction) => found.push(contradiction),
    pause: async () => undefined,
    ...change,
  });
  let steps = 1;
  while (await pass.step()) steps += 1;
  return { report: pass.report, found, steps };
}

describe('a clean log', () => {
  it('passes: every leaf, tile, head and body was looked at', async () => {
    const { report, found } = await audit();
    expect(found).toEqual([]);
    expect(report).toEqual({
      log: written.log.name,
      origin: written.log.origin,
      fromSize: 0,
      treeSize: LEAVES,
      checkedLeaves: LEAVES,
      leavesWithoutText: 0,
      checkedHeads: Math.ceil(LEAVES / 37),
      checkedBodies: LEAVES - 1,
      contradictions: 0,
    });
  });

  it('passes from any size, and in small steps', async () => {
    for (const fromSize of [1, 255, 256, 300, LEAVES, LEAVES * 2]) {
      const { report, found } = await audit({ fromSize, chunk: 256 });
      expect(found).toEqual([]);
      expect(report.fromSize).toBe(Math.floor(Math.min(fromSize, LEAVES) / 256) * 256);
      expect(report.checkedLeaves).toBe(LEAVES - report.fromSize);
    }
  });

  it('passes while it grows: what comes after the beginning is left to the next pass', async () => {
    const log = await writeLog(pool, { leaves: 300, headEvery: 100 });
    const found: Contradiction[] = [];
    const pass = new LogAudit(pool, log.log, {
      chunk: 256,
      bodiesOneIn: 1,
      onContradiction: (contradiction) => found.push(contradiction),
      pause: async () => undefined,
    });
    await pass.step();
    await tamper(
      pool,
      'UPDATE merkle_tiles SET width = 45, hashes = hashes || $2 WHERE log_id = $1 AND level = 0 AND tile_index = 1',
      [log.log.id, Buffer.alloc(32)],
    );
    await pool.query('UPDATE logs SET tree_size = 301 WHERE id = $1', [log.log.id]);
    while (await pass.step());
    expect(found).toEqual([]);
  });

  it('is empty', async () => {
    const { log } = await writeLog(pool, { leaves: 1, headEvery: 1 });
    expect((await audit({}, log)).found).toEqual([]);
  });

  it('checks one body in so many, others each round', async () => {
    const counts = await Promise.all(
      [0, 1].map(async (round) => (await audit({ bodiesOneIn: 2, round })).report.checkedBodies),
    );
    expect(counts[0] ?? 0).toBeGreaterThan(LEAVES / 3);
    expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(LEAVES - 1);
  });

  it('is held to what was seen before', async () => {
    const seen = { treeSize: 500, rootHash: written.tree.root(500) };
    expect((await audit({ seen })).found).toEqual([]);
    const other = await audit({ seen: { ...seen, rootHash: new Uint8Array(32) } });
    expect(other.found.map(({ where, at }) => [where, at])).toEqual([
      ['merkle_leaves', 'size 500'],
    ]);
    const larger = await audit({ seen: { ...seen, treeSize: LEAVES + 1 } });
    expect(larger.found.map(({ where }) => where)).toEqual(['logs.tree_size']);
  });
});

type Case = readonly [name: string, where: string, sql: string];

const FLIP = (column: string) => `${column} = set_byte(${column}, 7, get_byte(${column}, 7) # 1)`;
const KEY_TEXT = `replace(leaf_data, '"action":"rotate"', '"action":"rotatf"')`;

// $1 is the log.
const CASES: readonly Case[] = [
  [
    'the text of a leaf',
    'merkle_leaves.leaf_data',
    `UPDATE merkle_leaves SET leaf_data = replace(leaf_data, '"delivered"', '"delivereD"') WHERE log_id = $1 AND leaf_index = 7`,
  ],
  [
    'the text of a leaf with its hash',
    'merkle_leaves.leaf_data',
    `UPDATE merkle_leaves SET leaf_data = leaf_data || ' ', leaf_hash = sha256('\\x00'::bytea || convert_to(leaf_data || ' ', 'UTF8')) WHERE log_id = $1 AND leaf_index = 7`,
  ],
  [
    'the hash of a leaf',
    'merkle_leaves.leaf_hash',
    `UPDATE merkle_leaves SET ${FLIP('leaf_hash')} WHERE log_id = $1 AND leaf_index = 599`,
  ],
  [
    'the attempt of a leaf',
    'merkle_leaves.delivery_attempt_id',
    'UPDATE merkle_leaves SET delivery_attempt_id = gen_random_uuid() WHERE log_id = $1 AND leaf_index = 7',
  ],
  [
    'a leaf that is gone',
    'merkle_leaves.leaf_index',
    'DELETE FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 0',
  ],
  [
    'the last leaf gone',
    'merkle_leaves.leaf_index',
    'DELETE FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 599',
  ],
  [
    'a leaf that moved',
    'merkle_leaves.leaf_index',
    'UPDATE merkle_leaves SET leaf_index = 4000 WHERE log_id = $1 AND leaf_index = 70',
  ],
  [
    'an index twice',
    'merkle_leaves.leaf_index',
    `INSERT INTO merkle_leaves (log_id, leaf_index, leaf_hash, leaf_data, committed_at) SELECT log_id, leaf_index, leaf_hash, leaf_data, committed_at + interval '1 s' FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 7`,
  ],
  [
    'a leaf twice',
    'merkle_leaves.delivery_attempt_id',
    'INSERT INTO merkle_leaves (log_id, leaf_index, delivery_attempt_id, leaf_hash, leaf_data) SELECT gen_random_uuid(), leaf_index, delivery_attempt_id, leaf_hash, leaf_data FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 7',
  ],
  [
    'a full tile',
    'merkle_tiles.hashes',
    `UPDATE merkle_tiles SET ${FLIP('hashes')} WHERE log_id = $1 AND level = 0 AND tile_index = 1`,
  ],
  [
    'a partial tile',
    'merkle_tiles.hashes',
    `UPDATE merkle_tiles SET ${FLIP('hashes')} WHERE log_id = $1 AND level = 0 AND tile_index = 2`,
  ],
  [
    'a tile of level 1',
    'merkle_tiles.hashes',
    `UPDATE merkle_tiles SET ${FLIP('hashes')} WHERE log_id = $1 AND level = 1`,
  ],
  [
    'an upper node of a full tile',
    'merkle_tiles.upper_nodes',
    `UPDATE merkle_tiles SET ${FLIP('upper_nodes')} WHERE log_id = $1 AND level = 0 AND tile_index = 1`,
  ],
  [
    'a tile that is too wide',
    'merkle_tiles.width',
    `UPDATE merkle_tiles SET width = width + 1, hashes = hashes || substring(hashes FOR 32) WHERE log_id = $1 AND level = 0 AND tile_index = 2`,
  ],
  [
    'a tile that is too narrow',
    'merkle_tiles.width',
    `UPDATE merkle_tiles SET width = width - 1, hashes = substring(hashes FOR 32 * (width - 1)), upper_nodes = NULL WHERE log_id = $1 AND level = 0 AND tile_index = 1`,
  ],
  [
    'a tile that is gone',
    'merkle_tiles',
    'DELETE FROM merkle_tiles WHERE log_id = $1 AND level = 0 AND tile_index = 0',
  ],
  [
    'a tile too many',
    'merkle_tiles',
    `INSERT INTO merkle_tiles (log_id, level, tile_index, width, hashes) SELECT log_id, 3, 0, width, hashes FROM merkle_tiles WHERE log_id = $1 AND level = 1`,
  ],
  [
    'the root of a head',
    'signed_tree_heads.root_hash',
    `UPDATE signed_tree_heads SET ${FLIP('root_hash')} WHERE log_id = $1 AND tree_size = 74`,
  ],
  [
    'the signature of a head',
    'signed_tree_heads.signature',
    `UPDATE signed_tree_heads SET ${FLIP('signature')} WHERE log_id = $1 AND tree_size = 74`,
  ],
  [
    'the time of a head',
    'signed_tree_heads.signature',
    'UPDATE signed_tree_heads SET timestamp_ms = timestamp_ms + 1 WHERE log_id = $1 AND tree_size = 74',
  ],
  [
    'heads whose time goes back',
    'signed_tree_heads.timestamp_ms',
    'UPDATE signed_tree_heads SET timestamp_ms = timestamp_ms - 1000 WHERE log_id = $1 AND tree_size = 370',
  ],
  [
    'the size of a head',
    'signed_tree_heads.root_hash',
    'UPDATE signed_tree_heads SET tree_size = tree_size + 1 WHERE log_id = $1 AND tree_size = 74',
  ],
  [
    'a head above the committed size',
    'signed_tree_heads.tree_size',
    'UPDATE signed_tree_heads SET tree_size = 9000 WHERE log_id = $1 AND tree_size = 600',
  ],
  [
    'the checkpoint of a head',
    'signed_tree_heads.checkpoint',
    `UPDATE signed_tree_heads SET checkpoint = replace(checkpoint, E'\\n74\\n', E'\\n75\\n') WHERE log_id = $1 AND tree_size = 74`,
  ],
  [
    'the key of a head',
    'signed_tree_heads.key_id',
    'UPDATE signed_tree_heads h SET key_id = (SELECT key_id FROM signed_tree_heads WHERE log_id = $1 AND tree_size = 600) WHERE log_id = $1 AND tree_size = 74',
  ],
  ['the right edge', 'logs.right_edge', `UPDATE logs SET ${FLIP('right_edge')} WHERE id = $1`],
  [
    'a size that is too small',
    'merkle_leaves.leaf_index',
    'UPDATE logs SET tree_size = tree_size - 1 WHERE id = $1',
  ],
  [
    'a size that is too large',
    'merkle_leaves.leaf_index',
    'UPDATE logs SET tree_size = tree_size + 1 WHERE id = $1',
  ],
  [
    'a size beyond all bounds',
    'logs.tree_size',
    'UPDATE logs SET tree_size = 9007199254740991 WHERE id = $1',
  ],
  [
    'a size that no number holds',
    'logs',
    'UPDATE logs SET tree_size = 9223372036854775807 WHERE id = $1',
  ],
  ['the origin', 'merkle_leaves.leaf_data', `UPDATE logs SET origin = origin || 'x' WHERE id = $1`],
  [
    'the origin, to what is none',
    'merkle_leaves.leaf_data',
    `UPDATE logs SET origin = origin || '+' WHERE id = $1`,
  ],
  [
    'a public key',
    'attestation_keys.public_key',
    `UPDATE attestation_keys SET ${FLIP('public_key')} WHERE log_id = $1 AND state = 'retired'`,
  ],
  [
    'a key statement',
    'key_statements.leaf_data',
    `UPDATE key_statements SET leaf_data = ${KEY_TEXT} WHERE log_id = $1`,
  ],
  [
    'the action of a statement',
    'key_statements.action',
    `UPDATE key_statements SET action = 'revoke' WHERE log_id = $1`,
  ],
  [
    'the place of a statement',
    'key_statements.leaf_index',
    'UPDATE key_statements SET leaf_index = leaf_index + 1 WHERE log_id = $1',
  ],
  [
    'the time of a statement',
    'key_statements.valid_from',
    `UPDATE key_statements SET valid_from = valid_from - interval '1 s' WHERE log_id = $1`,
  ],
  ['a statement that is gone', 'key_statements', 'DELETE FROM key_statements WHERE log_id = $1'],
  [
    'a cosignature',
    'cosignatures.line',
    `UPDATE cosignatures SET line = overlay(line placing CASE WHEN substr(line, 40, 1) = 'A' THEN 'B' ELSE 'A' END from 40) WHERE log_id = $1`,
  ],
  [
    'the witness of a cosignature',
    'cosignatures.line',
    `UPDATE cosignatures SET witness = 'other' WHERE log_id = $1`,
  ],
  [
    'the time of a cosignature',
    'cosignatures.cosigned_at',
    `UPDATE cosignatures SET cosigned_at = cosigned_at + interval '1 s' WHERE log_id = $1`,
  ],
  ...(
    [
      ['outcome', `'unknown'`],
      ['response_status', '201'],
      ['response_hash', `sha256('other')`],
      ['error', `'reset'`],
      ['endpoint_url', `endpoint_url || '&x=1'`],
      ['attempt_number', '2'],
      ['completed_at', `completed_at + interval '1 ms'`],
      ['completed_at', `'infinity'`],
      ['endpoint_id', 'gen_random_uuid()'],
    ] as const
  ).map(
    ([column, value]): Case => [
      `the ${column} of an attempt`,
      `delivery_attempts.${column}`,
      `UPDATE delivery_attempts SET ${column} = ${value} WHERE id = (SELECT delivery_attempt_id FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 7)`,
    ],
  ),
  [
    'the time of an attempt',
    'delivery_attempts',
    `UPDATE delivery_attempts SET attempted_at = attempted_at + interval '1 s' WHERE id = (SELECT delivery_attempt_id FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 599)`,
  ],
  [
    'an attempt that is gone',
    'delivery_attempts',
    'DELETE FROM delivery_attempts WHERE id = (SELECT delivery_attempt_id FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 7)',
  ],
  [
    'a settled attempt without a leaf',
    'merkle_leaves',
    'DELETE FROM pending_leaves WHERE id = (SELECT min(id) FROM pending_leaves WHERE log_id = $1)',
  ],
  [
    'the hash of a payload',
    'webhook_events.payload_hash',
    `UPDATE webhook_events SET ${FLIP('payload_hash')} WHERE id = (SELECT a.event_id FROM merkle_leaves m JOIN delivery_attempts a ON a.id = m.delivery_attempt_id WHERE log_id = $1 AND leaf_index = 7)`,
  ],
  [
    'the size of a payload',
    'webhook_events.payload_size',
    `UPDATE webhook_events SET payload_size = payload_size + 1 WHERE id = (SELECT a.event_id FROM merkle_leaves m JOIN delivery_attempts a ON a.id = m.delivery_attempt_id WHERE log_id = $1 AND leaf_index = 7)`,
  ],
  [
    'a body',
    'event_payloads.body',
    `UPDATE event_payloads SET body = body || 'x' WHERE event_id = (SELECT a.event_id FROM merkle_leaves m JOIN delivery_attempts a ON a.id = m.delivery_attempt_id WHERE log_id = $1 AND leaf_index = 7)`,
  ],
  [
    'a leaf that waits',
    'pending_leaves.leaf_data',
    `UPDATE pending_leaves SET leaf_data = replace(leaf_data, '"log"', '"Log"') WHERE log_id = $1`,
  ],
  [
    'the hash of a leaf that waits',
    'pending_leaves.leaf_data',
    `UPDATE pending_leaves SET ${FLIP('leaf_hash')} WHERE log_id = $1`,
  ],
  [
    'a leaf that waits although it has a place',
    'pending_leaves.delivery_attempt_id',
    'UPDATE pending_leaves SET delivery_attempt_id = (SELECT delivery_attempt_id FROM merkle_leaves WHERE log_id = $1 AND leaf_index = 7) WHERE id = (SELECT min(id) FROM pending_leaves WHERE log_id = $1)',
  ],
];

describe('one changed value behind the server', () => {
  it.each(CASES)('is found: %s', async (_name, where, sql) => {
    const undo = await tamper(pool, sql, [written.log.id]);
    try {
      const { found, report } = await audit();
      expect(found.map((each) => each.where)).toContain(where);
      expect(report.contradictions).toBeGreaterThanOrEqual(found.length);
      for (const each of found) {
        expect(each.log).toBe(written.log.name);
        const line = describeContradiction(each);
        expect(line).not.toMatch(/planted|payload \d|receiver\.test|\n/);
      }
    } finally {
      await undo();
    }
  });

  it('is gone with the change', async () => {
    expect((await audit()).found).toEqual([]);
  });
});
