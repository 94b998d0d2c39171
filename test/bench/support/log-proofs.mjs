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
const OTHER_LEAVES = 5_000; // of a log that warms up the engine and the connections of a new server, but not its caches

/** @typedef {'inclusion' | 'consistency'} Kind */

/**
 * @param {import('./bench-database.mjs').BenchDatabase} database
 * @param {import('../log.bench.mjs').Size} size
 * @param {(line: string) => void} say
 */
export async function proofFigures({ pool, url, folder }, size, say) {
  const tree = await import('@kapsel/tree');
  const settings = { DATABASE_URL: url, KAPSEL_DATA: folder };
  for (const leaves of [OTHER_LEAVES, ...size.sizes]) {
    await makeLog(pool, settings, leaves);
    await fillLog(pool, tree, nameOf(leaves), leaves, say);
  }
  await pool.query('VACUUM ANALYZE');
  await signAll(settings, [OTHER_LEAVES, ...size.sizes]);

  /** @type {Map<string, import('./load.mjs').Load[]>} */
  const loads = new Map();
  for (let round = 1; round <= size.rounds; round++) {
    for (const leaves of size.sizes) {
      for (const kind of /** @type {Kind[]} */ (['inclusion', 'consistency'])) {
        const paths = pathsOf(kind, leaves, size.requests, round);
        const server = await startServer(settings); // nothing cached
        try {
          await load(server.url, pathsOf(kind, OTHER_LEAVES, OTHER_LEAVES, round), CONNECTIONS);
          for (const state of ['cold', 'warm']) {
            const measured = await load(server.url, paths, CONNECTIONS);
            const key = `${kind}_${leaves}_${state}`;
            loads.set(key, [...(loads.get(key) ?? []), measured]);
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
