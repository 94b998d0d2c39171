// @ts-check
/** One, two and four servers on one database share a backlog: how fast it is sequenced, and that one tree comes of it. @module */
import { median, rounded } from './rounds.mjs';
import { startServer } from './server-child.mjs';
import { letWait, makeLeaves } from './waiting-leaves.mjs';

const ROUNDS = 3;
const PER_INSERT = 10_000;
const DEADLINE_MS = 120_000;
const LEAST_SHARE = 0.9; // of one process's rate, since runs differ by some per cent

/**
 * @param {import('./bench-database.mjs').BenchDatabase} database
 * @param {import('../log.bench.mjs').Size} size
 * @param {(line: string) => void} say
 */
export async function processFigures({ pool, url, folder }, size, say) {
  const settings = { DATABASE_URL: url, KAPSEL_DATA: folder };
  await (await startServer(settings)).stop(); // makes the shared log and its key
  /** @type {Map<number, number[]>} */
  const rates = new Map(size.processes.map((count) => [count, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const count of size.processes) {
      rates.get(count)?.push(await rateOf(pool, settings, count, size.backlog));
    }
    say(`processes: round ${round} of ${ROUNDS} done`);
  }
  await assertOneTree(pool, settings);
  const rateBy = (/** @type {number} */ count) => rounded(median(rates.get(count) ?? []));
  const one = rateBy(1);
  const several = size.processes.filter((count) => count > 1);
  return {
    load: `${size.backlog} waiting leaves sequenced by ${size.processes.join(', ')} servers, median of ${ROUNDS} rounds`,
    figures: Object.fromEntries(
      size.processes.map((count) => [`sequenced_by_${count}_per_s`, rateBy(count)]),
    ),
    ratios: Object.fromEntries(
      several.map((count) => [`${count}_processes_to_one`, rounded(rateBy(count) / one, 2)]),
    ),
    goals: several.map((count) => ({
      name: `${count} processes: not slower than one (>= ${LEAST_SHARE})`,
      measured: rounded(rateBy(count) / one, 2),
      met: rateBy(count) / one >= LEAST_SHARE,
    })),
  };
}

/**
 * Leaves per second from the moment at which they are committed as waiting until they are in the tree.
 * @param {import('pg').Pool} pool @param {Record<string, string>} settings @param {number} count @param {number} backlog
 */
async function rateOf(pool, settings, count, backlog) {
  const log = await sharedLog(pool);
  const leaves = await makeLeaves(log.origin, backlog);
  const servers = await Promise.all(Array.from({ length: count }, () => startServer(settings)));
  try {
    const start = performance.now();
    for (let first = 0; first < backlog; first += PER_INSERT) {
      await letWait(pool, log.id, leaves.slice(first, first + PER_INSERT));
    }
    const deadline = Date.now() + DEADLINE_MS;
    while ((await sharedLog(pool)).size < log.size + backlog) {
      if (Date.now() > deadline) throw new Error('the backlog was not sequenced');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return (backlog * 1000) / (performance.now() - start);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** @param {import('pg').Pool} pool */
async function sharedLog(pool) {
  const { rows } = await pool.query(
    'SELECT id, origin, tree_size::int AS size FROM logs WHERE tenant_id IS NULL',
  );
  return /** @type {{ id: string, origin: string, size: number }} */ (rows[0]);
}

/** No index twice or missing, no leaf twice, and each head continues the one before. @param {import('pg').Pool} pool @param {Record<string, string>} settings */
async function assertOneTree(pool, settings) {
  const log = await sharedLog(pool);
  const { rows } = await pool.query(
    `SELECT count(*)::int AS leaves, count(DISTINCT leaf_index)::int AS places,
            count(DISTINCT leaf_hash)::int AS hashes, max(leaf_index)::int + 1 AS size
       FROM merkle_leaves WHERE log_id = $1`,
    [log.id],
  );
  for (const [what, value] of Object.entries(rows[0] ?? {})) {
    if (value !== log.size) throw new Error(`${what} is ${value}, the log's size ${log.size}`);
  }
  const { verifyConsistency } = await import('@kapsel/verification');
  const heads = await pool.query(
    `SELECT DISTINCT tree_size::int AS size, root_hash FROM signed_tree_heads WHERE log_id = $1 ORDER BY size`,
    [log.id],
  );
  const server = await startServer(settings);
  try {
    for (const [i, older] of heads.rows.entries()) {
      const newer = heads.rows[i + 1];
      if (newer === undefined) break;
      const query = `old_size=${older.size}&new_size=${newer.size}`;
      const answer = await fetch(`${server.url}/attestation/consistency-proof?${query}`);
      const { proof_hashes: path } = JSON.parse(await answer.text());
      verifyConsistency(
        new Uint8Array(older.root_hash),
        new Uint8Array(newer.root_hash),
        older.size,
        newer.size,
        path.map((/** @type {string} */ hash) => new Uint8Array(Buffer.from(hash, 'hex'))),
      );
    }
  } finally {
    await server.stop();
  }
}
