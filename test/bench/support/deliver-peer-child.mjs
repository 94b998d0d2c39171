// @ts-check
/**
 * One contestant in a process of its own: `pg-boss`, `graphile-worker`, or `http` for the HTTP client alone. Told `{ url,
 * target, jobs, inFlight }` it lets the jobs wait in its queue first and then does them: a POST of 1,024 bytes each. Answers
 * `{ seconds, cpuSeconds }` from its start on the waiting jobs until the last is marked as done.
 * @module
 */
import pg from 'pg';
import { Pool } from 'undici';
import { loadPeer } from './peers.mjs';

/** @typedef {{ url: string, target: string, jobs: number, inFlight: number }} Order */

const BODY = 'x'.repeat(1_024);
const QUEUE = 'deliver';
const INSERT_ROWS = 5_000;

process.on('message', async (/** @type {Order} */ order) => {
  const contestant = CONTESTANTS[process.argv[2] ?? ''];
  if (contestant === undefined) throw new Error(`no contestant ${process.argv[2]}`);
  process.send?.(await contestant(order));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

/** @type {Record<string, (order: Order) => Promise<{ seconds: number, cpuSeconds: number }>>} */
const CONTESTANTS = { http: httpAlone, 'pg-boss': pgBoss, 'graphile-worker': graphileWorker };

/** @param {Order} order @returns {{ post: (body: string) => Promise<void>, close: () => Promise<void> }} */
function client({ target, inFlight }) {
  const pool = new Pool(new URL(target).origin, { connections: inFlight, pipelining: 1 });
  return {
    async post(body) {
      const response = await pool.request({
        method: 'POST',
        path: '/',
        headers: { 'content-type': 'application/json' },
        body,
      });
      await response.body.arrayBuffer();
      if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
    },
    close: () => pool.close(),
  };
}

function stopwatch() {
  const cpu = process.cpuUsage();
  const start = performance.now();
  return () => {
    const seconds = (performance.now() - start) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  };
}

/** @param {Order} order */
async function httpAlone(order) {
  const { post, close } = client(order);
  let left = order.jobs;
  const read = stopwatch();
  const slot = async () => {
    while (left-- > 0) await post(BODY);
  };
  await Promise.all(Array.from({ length: order.inFlight }, slot));
  const result = read();
  await close();
  return result;
}

/** Large batches, each done at once: what its documentation advises for throughput. @param {Order} order */
async function pgBoss(order) {
  const PgBoss = loadPeer('pg-boss');
  const boss = new PgBoss({
    connectionString: order.url,
    max: 10,
    supervise: false,
    schedule: false,
  });
  await boss.start();
  await boss.createQueue(QUEUE);
  for (let first = 0; first < order.jobs; first += INSERT_ROWS) {
    const count = Math.min(INSERT_ROWS, order.jobs - first);
    await boss.insert(Array.from({ length: count }, () => ({ name: QUEUE, data: { body: BODY } })));
  }
  const { post, close } = client(order);
  let left = order.jobs;
  const read = stopwatch();
  // One fetches and completes while the others send: a worker of pg-boss does one batch after the other.
  await /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const work = async () => {
        for (;;) {
          const jobs = await boss.fetch(QUEUE, { batchSize: order.inFlight });
          if (jobs.length === 0) return;
          await Promise.all(
            jobs.map((/** @type {{ data: { body: string } }} */ job) => post(job.data.body)),
          );
          await boss.complete(
            QUEUE,
            jobs.map((/** @type {{ id: string }} */ job) => job.id),
          );
          left -= jobs.length;
          if (left === 0) resolve();
        }
      };
      for (let worker = 0; worker < 4; worker++) work().catch(reject);
    })
  );
  const result = read();
  await boss.stop({ graceful: false, wait: true });
  await close();
  return result;
}

/** With a local queue and completions in batches, as its page on performance advises. @param {Order} order */
async function graphileWorker(order) {
  const { run, runMigrations, Logger } = loadPeer('graphile-worker');
  const quiet = new Logger(() => () => {});
  const pool = new pg.Pool({ connectionString: order.url, max: 10 });
  // Its own check of pools asks for these; an error shows in the query that it ends.
  pool.on('error', () => {});
  pool.on('connect', (one) => one.on('error', () => {}));
  await runMigrations({ pgPool: pool, logger: quiet });
  await pool.query(
    `SELECT graphile_worker.add_jobs(ARRAY(
       SELECT json_populate_record(NULL::graphile_worker.job_spec,
                json_build_object('identifier', $1::text, 'payload', json_build_object('body', $2::text)))
         FROM generate_series(1, $3::int)))`,
    [QUEUE, BODY, order.jobs],
  );
  const { post, close } = client(order);
  const read = stopwatch();
  const runner = await run({
    pgPool: pool,
    logger: quiet,
    noHandleSignals: true,
    preset: {
      worker: {
        concurrentJobs: order.inFlight,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        pollInterval: 100,
      },
    },
    taskList: {
      [QUEUE]: (/** @type {any} */ payload) => post(payload.body),
    },
  });
  // Done jobs are deleted: the last one is done when the table is empty.
  for (;;) {
    const { rows } = await pool.query(
      'SELECT EXISTS (SELECT FROM graphile_worker._private_jobs) AS left',
    );
    if (!rows[0].left) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const result = read();
  await runner.stop();
  await pool.end();
  await close();
  return result;
}
