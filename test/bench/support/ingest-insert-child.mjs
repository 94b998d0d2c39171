// @ts-check
/**
 * A ceiling: the rows of accepted events, stored in whole batches by the statement of the server, with no HTTP and nobody
 * waiting. Told `{ url, tenantId, endpointId, seconds, isKeyed }`; answers `{ rows, seconds, cpuSeconds }`.
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import { importServer } from './bench-database.mjs';

const ROWS = 256;
const WRITERS = 2;
const BODY_BYTES = 1_024;

/**
 * @typedef {{ url: string, tenantId: string, endpointId: string, seconds: number, isKeyed: boolean }} Order
 * @typedef {{ rows: number, seconds: number, cpuSeconds: number }} Outcome
 */

process.on('message', async (/** @type {Order} */ order) => {
  process.send?.(await run(order));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

/** @param {Order} order @returns {Promise<Outcome>} */
async function run({ url, tenantId, endpointId, seconds, isKeyed }) {
  const [{ insertEventsAcrossTenants }, { newId }] = await Promise.all([
    importServer('events/store.js'),
    importServer('base/ids.js'),
  ]);
  const body = Buffer.alloc(BODY_BYTES, 0x61);
  const payloadHash = createHash('sha256').update(body).digest();
  const prefix = randomUUID();
  const pool = new pg.Pool({ connectionString: url, max: WRITERS });
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const untilMs = start + seconds * 1_000;
  let rows = 0;
  const write = async () => {
    while (performance.now() < untilMs) {
      const events = Array.from({ length: ROWS }, () => {
        rows += 1;
        const nowMs = Date.now();
        return {
          id: newId(nowMs),
          tenantId,
          endpointId,
          contentType: 'application/json',
          headers: { 'user-agent': 'wrk' },
          body,
          payloadHash,
          receivedAtMs: nowMs,
          idempotencyKey: isKeyed ? `${prefix}-${rows}` : null,
        };
      });
      await insertEventsAcrossTenants(pool, events);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  await pool.end();
  return { rows, seconds: elapsedMs / 1_000, cpuSeconds: (user + system) / 1e6 };
}
