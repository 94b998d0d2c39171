// @ts-check
/** Bench `ingest`: signed webhooks a second with durable commits, latencies and cost, beside what HTTP and storing alone allow. @module */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDatabase } from './support/bench-database.mjs';
import { startChild } from './support/child.mjs';
import { loadGenerator } from './support/http-load.mjs';
import { openDoor } from './support/ingest-door.mjs';
import { batches, httpOnly, insertOnly, single } from './support/ingest-runs.mjs';
import { median, rounded } from './support/rounds.mjs';
import { startServer } from './support/server-child.mjs';

export const about =
  'signed webhooks a second with durable commits, p99, CPU and memory, beside HTTP alone and storing alone';
export const needsPeers = loadGenerator() === 'autocannon';

const CONNECTIONS = 64;
const BATCH_CONNECTIONS = 8;
const LINES = 100;
const FULL = { rounds: 3, seconds: 8, sustainedSeconds: 60, warmSeconds: 3 };
const QUICK = { rounds: 1, seconds: 1, sustainedSeconds: 2, warmSeconds: 1 };

const GOAL_PER_SECOND = 25_000;
const GOAL_P99_MS = 20;
const GOAL_MIB = 500;
const GOAL_SHARE = 0.6;
const GOAL_BATCH_PER_SECOND = 60_000;

/** The worker has one slot, which a destination that never answers keeps: what is measured is ingestion alone. */
const SETTINGS = {
  KAPSEL_DELIVERY_SLOTS: '1',
  KAPSEL_DELIVERY_TIMEOUT_MS: '30000',
  KAPSEL_ALLOW_HTTP: '1',
  KAPSEL_EGRESS_ALLOW: '127.0.0.1',
};

/** @param {{ quick: boolean, say: (line: string) => void }} options @returns {Promise<import('./run.mjs').Measured>} */
export async function measure({ quick, say }) {
  const size = quick ? QUICK : FULL;
  const busy = rounded(loadavg()[0] ?? 0, 1);
  const folder = await mkdtemp(join(tmpdir(), 'kapsel-bench-ingest-'));
  const database = await startDatabase(say);
  const receiver = await startChild('silent-receiver-child.mjs');
  const server = await startServer({
    ...SETTINGS,
    DATABASE_URL: database.url,
    KAPSEL_DATA: database.folder,
  });
  try {
    const port = await receiver.ask({});
    const door = await openDoor(server, `http://127.0.0.1:${port}/`, folder, LINES);
    const { rows } = await database.pool.query('SELECT id FROM tenants');
    const place = {
      server,
      postmaster: await postmasterOf(database),
      door,
      url: database.url,
      tenantId: rows[0].id,
    };
    const measured = await rounds(place, size, say);
    return {
      postgres: database.version,
      load:
        `POST of 1,024 bytes, HMAC-SHA256 checked, an idempotency key each unless said otherwise, ${CONNECTIONS} connections, ` +
        `${size.rounds} rounds of ${size.seconds} s and one run of ${size.sustainedSeconds} s by ${loadGenerator()}; NDJSON of ${LINES} lines over ` +
        `${BATCH_CONNECTIONS} connections; no deliveries beside it; fsync and synchronous_commit on; server, PostgreSQL ` +
        `and load on the same cores; load average at the start ${busy}`,
      peers: {},
      ...measured,
    };
  } finally {
    // First, or the server would wait for the one delivery that hangs.
    await receiver.stop();
    await server.stop();
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {import('./support/bench-database.mjs').BenchDatabase} database */
async function postmasterOf({ pool }) {
  const { rows } = await pool.query('SHOW data_directory');
  const text = await readFile(join(rows[0].data_directory, 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

/**
 * @param {import('./support/ingest-runs.mjs').Place} place @param {typeof FULL} size @param {(line: string) => void} say
 * @returns {Promise<Pick<import('./run.mjs').Measured, 'figures' | 'ceilings' | 'ratios' | 'goals'>>}
 */
async function rounds(place, { rounds: count, seconds, sustainedSeconds, warmSeconds }, say) {
  const keyed = { seconds, connections: CONNECTIONS, isKeyed: true };
  const runs = {
    keyed: /** @type {import('./support/ingest-runs.mjs').Run[]} */ ([]),
    unkeyed: /** @type {import('./support/ingest-runs.mjs').Run[]} */ ([]),
    batched: /** @type {import('./support/ingest-runs.mjs').Run[]} */ ([]),
    http: /** @type {number[]} */ ([]),
    bare: /** @type {number[]} */ ([]),
    insert: /** @type {number[]} */ ([]),
  };
  await single(place, { ...keyed, seconds: warmSeconds });
  await batches(place, { seconds: warmSeconds, connections: BATCH_CONNECTIONS });
  for (let round = 1; round <= count; round++) {
    runs.keyed.push(await single(place, keyed));
    runs.http.push((await httpOnly(place, keyed, [])).perSecond);
    runs.insert.push(await insertOnly(place, { seconds, isKeyed: true }));
    runs.batched.push(await batches(place, { seconds, connections: BATCH_CONNECTIONS }));
    runs.unkeyed.push(await single(place, { ...keyed, isKeyed: false }));
    runs.bare.push((await httpOnly(place, keyed, ['bare'])).perSecond);
    say(`round ${round} of ${count}: ${rounded(runs.keyed.at(-1)?.perSecond ?? 0)} events/s`);
  }
  const sustained = await single(place, { ...keyed, seconds: sustainedSeconds });
  say(`sustained: ${rounded(sustained.perSecond)} events/s, p99 ${rounded(sustained.p99Ms, 1)} ms`);

  const of = (/** @type {readonly number[]} */ list, digits = 0) => rounded(median(list), digits);
  const http = of(runs.http);
  const insert = of(runs.insert);
  // One event needs both, on the same cores.
  const both = 1 / (1 / http + 1 / insert);
  const perSecond = of(runs.keyed.map((run) => run.perSecond));
  const batched = of(runs.batched.map((run) => run.perSecond * LINES));
  const ofCeiling = rounded(perSecond / both, 2);
  const serverMiB = rounded(Math.max(sustained.serverMiB, ...runs.keyed.map((r) => r.serverMiB)));
  return {
    figures: {
      events_per_s: perSecond,
      p50_ms: of(
        runs.keyed.map((run) => run.p50Ms),
        1,
      ),
      p99_ms: of(
        runs.keyed.map((run) => run.p99Ms),
        1,
      ),
      sustained_events_per_s: rounded(sustained.perSecond),
      sustained_p50_ms: rounded(sustained.p50Ms, 1),
      sustained_p99_ms: rounded(sustained.p99Ms, 1),
      sustained_p999_ms: rounded(sustained.p999Ms, 1),
      sustained_max_ms: rounded(sustained.maxMs, 1),
      without_key_per_s: of(runs.unkeyed.map((run) => run.perSecond)),
      without_key_p99_ms: of(
        runs.unkeyed.map((run) => run.p99Ms),
        1,
      ),
      ndjson_events_per_s: batched,
      ndjson_request_p99_ms: of(
        runs.batched.map((run) => run.p99Ms),
        1,
      ),
      server_cores: rounded(sustained.serverCpu, 2),
      postgres_cores: rounded(sustained.postgresCpu, 2),
      load_cores: rounded(sustained.loadCpu, 2),
      server_peak_mib: serverMiB,
      postgres_mib: rounded(sustained.postgresMiB),
    },
    ceilings: {
      http_only_per_s: http,
      insert_only_per_s: insert,
      both_per_s: rounded(both),
      node_http_per_s: of(runs.bare),
    },
    ratios: { of_ceiling: ofCeiling },
    goals: [
      goal(`events_per_s >= ${GOAL_PER_SECOND}`, perSecond, perSecond >= GOAL_PER_SECOND),
      goal(
        `sustained_events_per_s >= ${GOAL_PER_SECOND}`,
        rounded(sustained.perSecond),
        sustained.perSecond >= GOAL_PER_SECOND,
      ),
      goal(
        `sustained p99_ms < ${GOAL_P99_MS}`,
        rounded(sustained.p99Ms, 1),
        sustained.p99Ms < GOAL_P99_MS,
      ),
      goal(`server_peak_mib < ${GOAL_MIB}`, serverMiB, serverMiB < GOAL_MIB),
      goal(`of_ceiling >= ${GOAL_SHARE}`, ofCeiling, ofCeiling >= GOAL_SHARE),
      goal(
        `ndjson_events_per_s >= ${GOAL_BATCH_PER_SECOND}`,
        batched,
        batched >= GOAL_BATCH_PER_SECOND,
      ),
    ],
  };
}

/** @param {string} name @param {number} measured @param {boolean} met */
function goal(name, measured, met) {
  return { name, measured, met };
}
