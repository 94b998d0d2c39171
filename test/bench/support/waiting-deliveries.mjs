// @ts-check
/** Events that wait for their delivery, put there by the statement of the ingest while no server runs. @module */
import { createHash } from 'node:crypto';
import { importServer } from './bench-database.mjs';

const ROWS = 1_000;
const BODY = Buffer.alloc(1_024, 0x61);

/** @param {import('pg').Pool} pool @param {string} tenantId @param {string} endpointId @param {number} count */
export async function letDeliveriesWait(pool, tenantId, endpointId, count) {
  const [{ insertEventsAcrossTenants }, { newId }] = await Promise.all([
    importServer('events/store.js'),
    importServer('base/ids.js'),
  ]);
  const payloadHash = createHash('sha256').update(BODY).digest();
  for (let first = 0; first < count; first += ROWS) {
    const nowMs = Date.now();
    await insertEventsAcrossTenants(
      pool,
      Array.from({ length: Math.min(ROWS, count - first) }, () => ({
        id: newId(nowMs),
        tenantId,
        endpointId,
        contentType: 'application/json',
        headers: {},
        body: BODY,
        payloadHash,
        receivedAtMs: nowMs,
      })),
    );
  }
}

/** Resolves when none waits. @param {import('pg').Pool} pool @param {number} deadlineMs */
export async function untilDelivered(pool, deadlineMs) {
  const untilMs = performance.now() + deadlineMs;
  for (;;) {
    const { rows } = await pool.query('SELECT EXISTS (SELECT FROM delivery_queue) AS left');
    if (!rows[0].left) return;
    if (performance.now() > untilMs) throw new Error('the deliveries did not end in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
