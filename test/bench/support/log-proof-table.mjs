// @ts-check
/** Whether a table of finished proofs would pay: reading one from it, storing one, and computing one from tiles, in turns. @module */
import { importServer } from './bench-database.mjs';
import { hashOfLeaf } from './log-filler.mjs';
import { median, rounded } from './rounds.mjs';

const CREATE = `
  CREATE TABLE bench_proofs (
    leaf_hash    bytea NOT NULL,
    tree_size    bigint NOT NULL,
    proof_hashes bytea[] NOT NULL,
    UNIQUE (leaf_hash, tree_size)
  )`;

/**
 * @param {import('./bench-database.mjs').BenchDatabase} database
 * @param {import('../log.bench.mjs').Size} size
 * @param {(line: string) => void} say
 */
export async function proofTableFigures({ pool }, size, say) {
  const [{ proveInclusion }, { findTiles }, { findLeafIndexByHash }] = await Promise.all([
    import('@kapsel/tree'),
    importServer('attestation/tile-store.js'),
    importServer('attestation/leaf-store.js'),
  ]);
  const leaves = Math.max(...size.sizes);
  const { rows } = await pool.query('SELECT id FROM logs WHERE name = $1', [`bench-${leaves}`]);
  const logId = rows[0].id;
  /** Every tile from the database, as after a restart. */
  const reader = {
    readTile: async (/** @type {number} */ level, /** @type {number} */ index) => {
      const [tile] = await findTiles(pool, logId, [{ level, index }]);
      return new Uint8Array(tile.hashes);
    },
  };
  await pool.query(CREATE);
  /** @type {{ computed: number[], stored: number[], read: number[] }} */
  const ms = { computed: [], stored: [], read: [] };
  for (let k = 0; k < size.requests; k++) {
    const hash = hashOfLeaf((k * 618_033) % leaves);
    /** @type {Uint8Array[]} */
    let path = [];
    ms.computed.push(
      await msOf(async () => {
        const index = await findLeafIndexByHash(pool, logId, hash);
        path = await proveInclusion(reader, index, leaves);
      }),
    );
    ms.stored.push(
      await msOf(() =>
        pool.query('INSERT INTO bench_proofs VALUES ($1, $2, $3)', [
          hash,
          leaves,
          path.map((each) => Buffer.from(each)),
        ]),
      ),
    );
    ms.read.push(
      await msOf(() =>
        pool.query(
          'SELECT proof_hashes FROM bench_proofs WHERE leaf_hash = $1 AND tree_size = $2',
          [hash, leaves],
        ),
      ),
    );
  }
  await pool.query('DROP TABLE bench_proofs');
  const [computed, stored, read] = [ms.computed, ms.stored, ms.read].map(median);
  say(`proof table: computed ${computed} ms, stored ${stored} ms, read ${read} ms`);
  return {
    load: `${size.requests} proofs of ${leaves} leaves one after the other: computed without a cache, stored in a table, read from it`,
    figures: {
      proof_computed_ms: rounded(computed ?? Number.NaN, 2),
      proof_stored_in_table_ms: rounded(stored ?? Number.NaN, 2),
      proof_read_from_table_ms: rounded(read ?? Number.NaN, 2),
    },
    ratios: {},
    goals: [],
  };
}

/** @param {() => Promise<unknown>} work */
async function msOf(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
