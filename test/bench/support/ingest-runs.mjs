// @ts-check
/** One run of each contestant of the ingest bench: the server, its NDJSON batches, and what bounds them. @module */
import { startChild } from './child.mjs';
import { postLoad } from './http-load.mjs';
import { cpuSecondsOf, cpuSecondsOfFamily, memoryMiBOfFamily } from './process-cpu.mjs';

/**
 * @typedef {import('./http-load.mjs').HttpLoad} HttpLoad
 * @typedef {{
 *   serverCpu: number,
 *   postgresCpu: number,
 *   loadCpu: number,
 *   serverMiB: number,
 *   postgresMiB: number,
 * }} Cost CPU in seconds a second: 1 is a whole core.
 * @typedef {HttpLoad & Cost} Run
 * @typedef {{ url: string, pid: number, peakMiB: () => Promise<number> }} Server
 * @typedef {{
 *   server: Server,
 *   postmaster: number,
 *   door: import('./ingest-door.mjs').Door,
 *   url: string,
 *   tenantId: string,
 * }} Place
 */

/** The server has been running for a while: what it is compared with is warm too. */
const WARM_S = 2;

/** @param {Place} place @param {{ seconds: number, connections: number, isKeyed: boolean }} how @returns {Promise<Run>} */
export function single({ server, postmaster, door }, how) {
  return costed(server, postmaster, {
    ...bodyOf(door.single),
    url: `${server.url}/ingest/${door.endpointId}`,
    ...how,
  });
}

/** @param {Place} place @param {{ seconds: number, connections: number }} how @returns {Promise<Run>} */
export function batches({ server, postmaster, door }, how) {
  return costed(server, postmaster, {
    ...bodyOf(door.batch),
    url: `${server.url}/ingest/${door.endpointId}/batch`,
    isKeyed: false,
    ...how,
  });
}

/** @param {import('./ingest-door.mjs').SignedBody} body */
function bodyOf({ file, contentType, signature }) {
  return { bodyFile: file, contentType, signature };
}

/** @param {Server} server @param {number} postmaster @param {import('./http-load.mjs').HttpOrder} order @returns {Promise<Run>} */
async function costed(server, postmaster, order) {
  const before = [await cpuSecondsOf(server.pid), await cpuSecondsOfFamily(postmaster)];
  const start = performance.now();
  const outcome = await postLoad(order);
  const seconds = (performance.now() - start) / 1_000;
  const after = [await cpuSecondsOf(server.pid), await cpuSecondsOfFamily(postmaster)];
  const share = (/** @type {number} */ i) => ((after[i] ?? 0) - (before[i] ?? 0)) / seconds;
  return {
    ...outcome,
    serverCpu: share(0),
    postgresCpu: share(1),
    loadCpu: outcome.cpuSeconds / seconds,
    serverMiB: await server.peakMiB(),
    postgresMiB: await memoryMiBOfFamily(postmaster),
  };
}

/**
 * Requests a second of the HTTP side alone, `bare`: of `node:http` and nothing else.
 * @param {Place} place @param {{ seconds: number, connections: number, isKeyed: boolean }} how @param {readonly string[]} words
 */
export async function httpOnly({ door }, how, words) {
  const child = await startChild('ingest-http-child.mjs', words);
  try {
    const { endpointId, scheme, secret } = door;
    const port = await child.ask({ endpointId, scheme, secret });
    const url = `http://127.0.0.1:${port}/ingest/${endpointId}`;
    const order = { ...bodyOf(door.single), url, ...how };
    await postLoad({ ...order, seconds: WARM_S });
    return await postLoad(order);
  } finally {
    await child.stop();
  }
}

/** Rows a second. @param {Place} place @param {{ seconds: number, isKeyed: boolean }} how */
export async function insertOnly({ url, tenantId, door }, how) {
  const child = await startChild('ingest-insert-child.mjs');
  try {
    const order = { url, tenantId, endpointId: door.endpointId, ...how };
    await child.ask({ ...order, seconds: WARM_S });
    /** @type {import('./ingest-insert-child.mjs').Outcome} */
    const outcome = await child.ask(order);
    return outcome.rows / outcome.seconds;
  } finally {
    await child.stop();
  }
}
