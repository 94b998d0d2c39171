// @ts-check
/**
 * A load generator in a process of its own: keeps a fixed number of connections busy with GETs, one request in flight on
 * each, and reports the latencies. It is told `{ origin, warmUp, paths, connections }` and answers when all paths were asked
 * for. `warmUp` goes first over the same connections and is not counted: a generator that has just started is slower than
 * the server, and the first request on each of 64 connections would be the slowest hundredth of a short run.
 * @module
 */
import { performance } from 'node:perf_hooks';
import { Client } from 'undici';

/**
 * @typedef {{ origin: string, warmUp: readonly string[], paths: readonly string[], connections: number }} Order
 * @typedef {{ seconds: number, latenciesMs: readonly number[], cpuSeconds: number, notOk: number }} Outcome
 */

process.on('message', async (/** @type {Order} */ order) => {
  process.send?.(await run(order));
});
process.send?.('ready');

/** @param {Order} order @returns {Promise<Outcome>} */
async function run({ origin, warmUp, paths, connections }) {
  const clients = Array.from({ length: connections }, () => new Client(origin, { pipelining: 1 }));
  await askAll(clients, warmUp);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const { latenciesMs, notOk } = await askAll(clients, paths);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await Promise.all(clients.map((client) => client.close()));
  return { seconds, latenciesMs, cpuSeconds: (user + system) / 1e6, notOk };
}

/** @param {readonly Client[]} clients @param {readonly string[]} paths */
async function askAll(clients, paths) {
  /** @type {number[]} */
  const latenciesMs = [];
  let notOk = 0;
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
        const begin = performance.now();
        const { statusCode, body } = await client.request({ method: 'GET', path });
        await body.arrayBuffer();
        latenciesMs.push(performance.now() - begin);
        if (statusCode !== 200) notOk += 1;
      }
    }),
  );
  return { latenciesMs, notOk };
}
