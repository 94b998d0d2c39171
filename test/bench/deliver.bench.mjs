// @ts-check
/** Bench `deliver`: claimed, posted, settled and made a leaf, beside other queues of PostgreSQL and the HTTP client alone. @module */
import { loadavg } from 'node:os';
import { startDatabase } from './support/bench-database.mjs';
import { startChild } from './support/child.mjs';
import { bloatFigures } from './support/deliver-bloat.mjs';
import { versionOfPeer } from './support/peers.mjs';
import { cpuSecondsOf } from './support/process-cpu.mjs';
import { median, rounded } from './support/rounds.mjs';
import { startServer } from './support/server-child.mjs';
import { letDeliveriesWait, untilDelivered } from './support/waiting-deliveries.mjs';

export const about =
  'deliveries a second with claim, POST, settlement and leaf, beside pg-boss, graphile-worker and HTTP alone';
export const needsPeers = true;
export const parts = ['rounds', 'slow', 'bloat'];

const FULL = { jobs: 10_000, rounds: 3, slow: 3_000, bloatEvents: 1_000_000 };
const QUICK = { jobs: 500, rounds: 1, slow: 200, bloatEvents: 2_000 };
const IN_FLIGHT = 64;
/** A slot of ours is held from the claim to the end of the settlement, not for the request alone: as the peers fetch ahead. */
const SLOTS = 512;
const SLOW_IN_FLIGHT = 1_000;
const SLOW_MS = 2_000;
const DEADLINE_MS = 120_000;
const PEERS = /** @type {const} */ (['pg-boss', 'graphile-worker']);
const GOAL_TO_PEERS = 1.3;
const GOAL_TO_HTTP = 0.6;

/** @typedef {Pick<import('./run.mjs').Measured, 'figures' | 'ceilings' | 'peers' | 'ratios' | 'goals'>} Part */

/** @param {import('./run.mjs').Options} options @returns {Promise<import('./run.mjs').Measured>} */
export async function measure({ quick, say, parts: wanted }) {
  const size = quick ? QUICK : FULL;
  const busy = rounded(loadavg()[0] ?? 0, 1);
  const database = await startDatabase(say);
  const receiver = await startChild('counting-receiver-child.mjs');
  try {
    const place = await openPlace(database, receiver);
    // The bloat takes half an hour: only when it is asked for by name, or quick.
    const does = (/** @type {string} */ part) =>
      wanted.length === 0 ? quick || part !== 'bloat' : wanted.includes(part);
    /** @type {Part[]} */
    const done = [];
    if (does('rounds')) done.push(await rounds(place, size, say));
    if (does('slow')) done.push(await slow(place, size, say));
    if (does('bloat')) done.push({ ceilings: {}, peers: {}, ...(await bloat(place, size, say)) });
    return {
      postgres: database.version,
      load:
        `${size.jobs} waiting jobs of 1,024 bytes to a loopback receiver in a process of its own, ${IN_FLIGHT} in flight (ours: ${SLOTS} slots), ` +
        `${size.rounds} rounds; fsync and synchronous_commit on; all on the same cores; load average at the start ${busy}`,
      figures: Object.assign({}, ...done.map(({ figures }) => figures)),
      ceilings: Object.assign({}, ...done.map(({ ceilings }) => ceilings)),
      peers: Object.assign({}, ...done.map(({ peers }) => peers)),
      ratios: Object.assign({}, ...done.map(({ ratios }) => ratios)),
      goals: done.flatMap(({ goals }) => goals),
    };
  } finally {
    await receiver.stop();
    await database.stop();
  }
}

/**
 * @typedef {{
 *   database: import('./support/bench-database.mjs').BenchDatabase,
 *   receiver: Awaited<ReturnType<typeof startChild>>,
 *   target: string,
 *   tenantId: string,
 *   endpointId: string,
 *   start: (inFlight: number) => ReturnType<typeof startServer>,
 * }} Place
 */

/** @param {Place['database']} database @param {Place['receiver']} receiver @returns {Promise<Place>} */
async function openPlace(database, receiver) {
  const { port } = await receiver.ask({ delayMs: 0 });
  const target = `http://127.0.0.1:${port}/`;
  const start = (/** @type {number} */ inFlight) =>
    startServer({
      DATABASE_URL: database.url,
      KAPSEL_DATA: database.folder,
      KAPSEL_ALLOW_HTTP: '1',
      KAPSEL_EGRESS_ALLOW: '127.0.0.1',
      KAPSEL_DELIVERY_SLOTS: `${inFlight}`,
      // One endpoint of one tenant may have them all here: the peers know no such caps.
      KAPSEL_ENDPOINT_SLOTS: `${inFlight}`,
      KAPSEL_TENANT_SLOTS: `${inFlight}`,
    });
  const server = await start(IN_FLIGHT);
  const response = await fetch(`${server.url}/v1/endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}` },
    body: JSON.stringify({ url: target }),
  });
  const text = await response.text();
  await server.stop();
  if (response.status !== 201) throw new Error(`no endpoint: ${response.status} ${text}`);
  const { rows } = await database.pool.query('SELECT id FROM tenants');
  return {
    database,
    receiver,
    target,
    tenantId: rows[0].id,
    endpointId: JSON.parse(text).id,
    start,
  };
}

/** Deliveries a second, from the first request until the last is settled. @param {Place} place @param {number} jobs @param {number} inFlight */
async function ours(
  { database, receiver, tenantId, endpointId, start },
  jobs,
  inFlight,
  delayMs = 0,
) {
  await letDeliveriesWait(database.pool, tenantId, endpointId, jobs);
  await receiver.ask({ delayMs });
  const server = await start(inFlight);
  try {
    await untilDelivered(database.pool, DEADLINE_MS);
    const endMs = Date.now();
    /** @type {import('./support/counting-receiver-child.mjs').Counted} */
    const counted = await receiver.ask({});
    return {
      perSecond: (jobs * 1_000) / (endMs - counted.firstMs),
      cpuPerJobUs: ((await cpuSecondsOf(server.pid)) / jobs) * 1e6,
      requests: counted.requests,
      mostAtOnce: counted.mostAtOnce,
    };
  } finally {
    await server.stop();
  }
}

/** @param {Place} place @param {string} name @param {number} jobs */
async function other({ database, receiver, target }, name, jobs) {
  await receiver.ask({ delayMs: 0 });
  const child = await startChild('deliver-peer-child.mjs', [name]);
  try {
    const { seconds } = await child.ask({ url: database.url, target, jobs, inFlight: IN_FLIGHT });
    return jobs / seconds;
  } finally {
    await child.stop();
  }
}

/** @param {Place} place @param {typeof FULL} size @param {(line: string) => void} say @returns {Promise<Part>} */
async function rounds(place, { jobs, rounds: count }, say) {
  /** @type {Record<string, number[]>} */
  const rates = { ours: [], http: [], 'pg-boss': [], 'graphile-worker': [] };
  /** @type {number[]} */
  const cpu = [];
  for (let round = 1; round <= count; round++) {
    const run = await ours(place, jobs, SLOTS);
    if (run.requests !== jobs) throw new Error(`${run.requests} requests for ${jobs} events`);
    rates.ours?.push(run.perSecond);
    cpu.push(run.cpuPerJobUs);
    for (const name of ['http', ...PEERS]) rates[name]?.push(await other(place, name, jobs));
    const told = Object.entries(rates).map(
      ([name, list]) => `${name} ${rounded(list.at(-1) ?? 0)}`,
    );
    say(`round ${round} of ${count}, a second: ${told.join(', ')}`);
  }
  const rateOf = (/** @type {string} */ name) => rounded(median(rates[name] ?? []));
  const best = Math.max(...PEERS.map(rateOf));
  const toPeers = rounded(rateOf('ours') / best, 2);
  const toHttp = rounded(rateOf('ours') / rateOf('http'), 2);
  return {
    figures: { deliveries_per_s: rateOf('ours'), server_cpu_us_with_start: rounded(median(cpu)) },
    ceilings: { http_client_only_per_s: rateOf('http') },
    peers: Object.fromEntries(
      PEERS.map((name) => [name, { version: versionOfPeer(name), jobs_per_s: rateOf(name) }]),
    ),
    ratios: { vs_best_peer: toPeers, of_http_client: toHttp },
    goals: [
      {
        name: `vs_best_peer >= ${GOAL_TO_PEERS}`,
        measured: toPeers,
        met: toPeers >= GOAL_TO_PEERS,
      },
      { name: `of_http_client >= ${GOAL_TO_HTTP}`, measured: toHttp, met: toHttp >= GOAL_TO_HTTP },
    ],
  };
}

/** Destinations that take two seconds each. @param {Place} place @param {typeof FULL} size @param {(line: string) => void} say @returns {Promise<Part>} */
async function slow(place, size, say) {
  const inFlight = Math.min(SLOW_IN_FLIGHT, size.slow);
  const run = await ours(place, size.slow, inFlight, SLOW_MS);
  say(`slow: ${run.mostAtOnce} deliveries of ${SLOW_MS} ms at once`);
  return {
    figures: { slow_at_once: run.mostAtOnce, slow_per_s: rounded(run.perSecond) },
    ceilings: {},
    peers: {},
    ratios: {},
    goals: [
      {
        name: `${inFlight} deliveries of ${SLOW_MS} ms at once`,
        measured: run.mostAtOnce,
        met: run.mostAtOnce >= inFlight && run.requests === size.slow,
      },
    ],
  };
}

/** @param {Place} place @param {typeof FULL} size @param {(line: string) => void} say */
function bloat({ database, tenantId, endpointId, start }, { bloatEvents }, say) {
  const { pool } = database;
  return bloatFigures({
    pool,
    start: () => start(SLOTS),
    tenantId,
    endpointId,
    events: bloatEvents,
    say,
  });
}
