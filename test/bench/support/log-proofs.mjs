// @ts-check
/** Inclusion and consistency proofs over HTTP at several tree sizes, from a server that has just started and from a warm one. @module */
import { randomUUID } from 'node:crypto';
import { load } from './load.mjs';
import { fillLog, hashOfLeaf } from './log-filler.mjs';
import { median, rounded } from './rounds.mjs';
import { runCommand, startServer } from './server-child.mjs';

const CONNECTIONS = 64;
const MAX_WARM_MS = 20;
const MAX_COLD_MS = 50;
const JUDGED_SIZE = 1_000_000;
const MAX_GROWTH = 2;
const WARM_UP = 1_000; // of them again for each later run: enough for the generator, and too few to fill the server's caches
const OTHER_LEAVES = 5_000; // of a log that warms up the engine and the connections of a new server, but not its caches

/** @typedef {'inclusion' | 'consistency'} Kind */

/**
 * The logs of all sizes, with a signed head each; those that an earlier run left are kept.
 * @param {import('./bench-database.mjs').BenchDatabase} database
 * @param {import('../log.bench.mjs').Size} size
 * @param {(line: string) => void} say
 */
export async function fillLogs({ pool, url, folder }, size, say) {
  const tree = await import('@kapsel/tree');
  const settings = { DATABASE_URL: url, KAPSEL_DATA: folder };
  const { rows } = await pool.query('SELECT name FROM logs WHERE tree_size > 0');
  const filled = new Set(rows.map(({ name }) => name));
  const missing = [OTHER_LEAVES, ...size.sizes].filter((leaves) => !filled.has(nameOf(leaves)));
  if (missing.length === 0) return;
  for (const leaves of missing) {
    await makeLog(pool, settings, leaves);
    await fillLog(pool, tree, nameOf(leaves), leaves, say);
  }
  await pool.query('VACUUM ANALYZE');
  await signAll(settings, missing);
}

/**
 * @param {import('./bench-database.mjs').BenchDatabase} database
 * @param {import('../log.bench.mjs').Size} size
 * @param {(line: string) => void} say
 */
export async function proofFigures(database, size, say) {
  const { url, folder } = database;
  await fillLogs(database, size, say);
  const settings = { DATABASE_URL: url, KAPSEL_DATA: folder };

  /** @type {Map<string, import('./load.mjs').Load[]>} */
  const loads = new Map();
  for (let round = 1; round <= size.rounds; round++) {
    for (const leaves of size.sizes) {
      for (const kind of /** @type {Kind[]} */ (['inclusion', 'consistency'])) {
        const paths = pathsOf(kind, leaves, size.requests, round);
        const server = await startServer(settings); // nothing cached
        try {
          for (const state of ['cold', 'warm']) {
            const count = state === 'cold' ? OTHER_LEAVES : WARM_UP;
            const warmUp = pathsOf(kind, OTHER_LEAVES, count, round);
            const measured = await load(server.url, warmUp, paths, CONNECTIONS);
            const key = `${kind}_${leaves}_${state}`;
            loads.set(key, [...(loads.get(key) ?? []), measured]);
            const [p50, p99] = [measured.p50Ms, measured.p99Ms].map((ms) => rounded(ms, 1));
            say(`${kind} ${leaves} ${state}: p50 ${p50} ms, p99 ${p99} ms`);
          }
        } finally {
          await server.stop();
        }
      }
    }
    say(`proofs: round ${round} of ${size.rounds} done`);
  }
  return summary(loads, size);
}

/** @param {Map<string, import('./load.mjs').Load[]>} loads @param {import('../log.bench.mjs').Size} size */
function summary(loads, size) {
  /** @type {Record<string, number>} */
  const figures = {};
  for (const [key, list] of loads) {
    figures[`${key}_p50_ms`] = rounded(median(list.map(({ p50Ms }) => p50Ms)), 1);
    figures[`${key}_p99_ms`] = rounded(median(list.map(({ p99Ms }) => p99Ms)), 1);
    figures[`${key}_per_s`] = rounded(median(list.map(({ perSecond }) => perSecond)));
  }
  const judged = size.sizes.includes(JUDGED_SIZE) ? JUDGED_SIZE : Math.max(...size.sizes);
  const [least, most] = [Math.min(...size.sizes), Math.max(...size.sizes)];
  const goals = [];
  /** @type {Record<string, number>} */
  const ratios = {};
  for (const kind of ['inclusion', 'consistency']) {
    for (const [state, limit] of /** @type {const} */ ([
      ['warm', MAX_WARM_MS],
      ['cold', MAX_COLD_MS],
    ])) {
      const p99 = figures[`${kind}_${judged}_${state}_p99_ms`] ?? Number.NaN;
      goals.push({
        name: `${kind} ${state} at ${judged}: p99 < ${limit} ms`,
        measured: p99,
        met: p99 < limit,
      });
      const growth = rounded(
        (figures[`${kind}_${most}_${state}_p50_ms`] ?? Number.NaN) /
          (figures[`${kind}_${least}_${state}_p50_ms`] ?? Number.NaN),
        2,
      );
      ratios[`${kind}_${state}_p50_growth`] = growth;
      goals.push({
        name: `${kind} ${state}: p50 at ${most} <= ${MAX_GROWTH} x that at ${least}`,
        measured: growth,
        met: growth <= MAX_GROWTH,
      });
    }
  }
  return {
    load:
      `${size.requests} distinct proofs over ${CONNECTIONS} connections, each from a server that has just started and answered for ` +
      `another log only (cold) and once more (warm), median of ${size.rounds} rounds`,
    figures,
    ratios,
    goals,
  };
}

/** Spread over the whole tree, other ones in each round. @param {Kind} kind @param {number} leaves @param {number} count @param {number} round */
function pathsOf(kind, leaves, count, round) {
  const log = nameOf(leaves);
  const step = Math.max(1, Math.floor(leaves * 0.618_033)) | 1;
  return Array.from({ length: Math.min(count, leaves - 1) }, (_, k) => {
    const at = ((k + round * count) * step) % leaves;
    return kind === 'inclusion'
      ? `/attestation/proof/${hashOfLeaf(at).toString('hex')}?log=${log}`
      : `/attestation/consistency-proof?old_size=${Math.max(1, at)}&new_size=${leaves}&log=${log}`;
  });
}

/** @param {number} leaves */
function nameOf(leaves) {
  return `bench-${leaves}`;
}

/** A public log with a key of its own. @param {import('pg').Pool} pool @param {Record<string, string>} settings @param {number} leaves */
async function makeLog(pool, settings, leaves) {
  const tenant = randomUUID();
  await pool.query('INSERT INTO tenants (id, name) VALUES ($1, $2)', [tenant, nameOf(leaves)]);
  const origin = `log.kapsel.example/${nameOf(leaves)}`;
  const words = ['--tenant', tenant, '--name', nameOf(leaves), '--origin', origin, '--public'];
  await runCommand(['logs', 'create', ...words], settings);
}

/** A running server signs what is committed. @param {Record<string, string>} settings @param {readonly number[]} sizes */
async function signAll(settings, sizes) {
  const server = await startServer(settings);
  try {
    for (const leaves of sizes) {
      const deadline = Date.now() + 30_000;
      for (;;) {
        const answer = await fetch(`${server.url}/attestation/sth?log=${nameOf(leaves)}`);
        if (answer.ok && JSON.parse(await answer.text()).tree_size === leaves) break;
        if (Date.now() > deadline) throw new Error(`no head of ${nameOf(leaves)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  } finally {
    await server.stop();
  }
}
