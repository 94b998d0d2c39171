// @ts-check
/** Fills a log through the real tables in bulk: leaves by `generate_series`, tiles and right edge by `@kapsel/tree`. @module */
import { createHash } from 'node:crypto';

/**
 * @typedef {import('pg').Pool} Pool
 * @typedef {typeof import('@kapsel/tree')} Tree
 */

const CHUNK = 65_536; // whole tiles of level 0, and one of level 1
const LEAVES_PER_INSERT = 500_000;

/** The text of leaf `i`; short, since no proof reads it. @param {number} i */
export function textOfLeaf(i) {
  return `leaf ${i}`;
}

/** Hash of the leaf at `i`. @param {number} i */
export function hashOfLeaf(i) {
  return createHash('sha256').update('\0').update(textOfLeaf(i)).digest();
}

/**
 * Gives the empty log of this name `size` leaves. Nothing is signed: a running server does that.
 * @param {Pool} pool @param {Tree} tree @param {string} name @param {number} size
 * @param {(line: string) => void} say
 */
export async function fillLog(pool, tree, name, size, say) {
  const { rows } = await pool.query('SELECT id FROM logs WHERE name = $1 AND tree_size = 0', [
    name,
  ]);
  const logId = rows[0]?.id;
  if (logId === undefined) throw new Error(`no empty log called ${name}`);
  await Promise.all([insertLeaves(pool, logId, size), insertTiles(pool, tree, logId, size)]);
  say(`log ${name} has ${size} leaves`);
}

/** @param {Pool} pool @param {string} logId @param {number} size */
async function insertLeaves(pool, logId, size) {
  for (let first = 0; first < size; first += LEAVES_PER_INSERT) {
    await pool.query(
      `INSERT INTO merkle_leaves (log_id, leaf_index, leaf_hash, leaf_data)
       SELECT $1, i, sha256('\\x00'::bytea || convert_to('leaf ' || i, 'UTF8')), 'leaf ' || i
         FROM generate_series($2::bigint, $3::bigint) AS i`,
      [logId, first, Math.min(first + LEAVES_PER_INSERT, size) - 1],
    );
  }
}

/** @param {Pool} pool @param {Tree} tree @param {string} logId @param {number} size */
async function insertTiles(pool, tree, logId, size) {
  /** @type {Map<number, { index: number, width: number, hashes: Uint8Array }>} */
  const newest = new Map(); // the last tile of each level: all that an edge can ask for
  const reader = {
    readTile: async (/** @type {number} */ level, /** @type {number} */ index) => {
      const tile = newest.get(level);
      if (tile?.index !== index) throw new Error(`tile ${level}/${index} is not at the edge`);
      return tile.hashes;
    },
  };
  for (let first = 0; first < size; first += CHUNK) {
    const count = Math.min(CHUNK, size - first);
    const hashes = Array.from({ length: count }, (_, i) => new Uint8Array(hashOfLeaf(first + i)));
    const tiles = tree.planTileWrites(first, await tree.readRightEdge(reader, first), hashes);
    for (const tile of tiles) newest.set(tile.level, tile);
    await pool.query(
      `INSERT INTO merkle_tiles (log_id, level, tile_index, width, hashes)
       SELECT $1, row.level, row.tile_index, row.width, row.hashes
         FROM unnest($2::smallint[], $3::bigint[], $4::smallint[], $5::bytea[])
           AS row (level, tile_index, width, hashes)
       ON CONFLICT (log_id, level, tile_index)
       DO UPDATE SET width = EXCLUDED.width, hashes = EXCLUDED.hashes`,
      [
        logId,
        tiles.map(({ level }) => level),
        tiles.map(({ index }) => index),
        tiles.map(({ width }) => width),
        tiles.map(({ hashes: joined }) => Buffer.from(joined)),
      ],
    );
  }
  const edge = tree.compactRangeFromEdge(size, await tree.readRightEdge(reader, size));
  await pool.query('UPDATE logs SET tree_size = $2, right_edge = $3 WHERE id = $1', [
    logId,
    size,
    Buffer.concat(edge.hashes),
  ]);
}
