// @ts-check
/** What many deliveries leave behind in the queue's table and indexes, and whether claiming from it has become slower. @module */
import { median, rounded } from './rounds.mjs';
import { letDeliveriesWait, untilDelivered } from './waiting-deliveries.mjs';

const WAVE = 20_000;
const CLAIMS = 30;
const WAVE_DEADLINE_MS = 280_000;

/**
 * @param {{ pool: import('pg').Pool, start: () => Promise<{ stop: () => Promise<void> }>, tenantId: string, endpointId: string,
 *   events: number, say: (line: string) => void }} place
 */
export async function bloatFigures({ pool, start, tenantId, endpointId, events, say }) {
  const wave = Math.min(WAVE, events);
  await letDeliveriesWait(pool, tenantId, endpointId, wave);
  const fresh = { bytes: await queueBytes(pool), claimMs: await claimMs(pool) };
  const server = await start();
  try {
    await untilDelivered(pool, WAVE_DEADLINE_MS);
    for (let done = wave; done < events; done += wave) {
      await letDeliveriesWait(pool, tenantId, endpointId, wave);
      await untilDelivered(pool, WAVE_DEADLINE_MS);
      say(`bloat: ${done + wave} of ${events} delivered`);
    }
  } finally {
    await server.stop();
  }
  // As many rows wait as in the fresh table.
  await letDeliveriesWait(pool, tenantId, endpointId, wave);
  const used = { bytes: await queueBytes(pool), claimMs: await claimMs(pool) };
  const bytes = rounded(used.bytes / fresh.bytes, 2);
  const claims = rounded(used.claimMs / fresh.claimMs, 2);
  return {
    figures: {
      queue_kib_fresh: rounded(fresh.bytes / 1_024),
      queue_kib_used: rounded(used.bytes / 1_024),
      claim_fresh_ms: rounded(fresh.claimMs, 2),
      claim_used_ms: rounded(used.claimMs, 2),
    },
    ratios: { queue_size_used_to_fresh: bytes, claim_time_used_to_fresh: claims },
    goals: [
      { name: `queue after ${events} events < 2 x fresh`, measured: bytes, met: bytes < 2 },
      { name: `claim time after ${events} events <= 1.2 x`, measured: claims, met: claims <= 1.2 },
    ],
  };
}

/** Table and indexes. @param {import('pg').Pool} pool */
async function queueBytes(pool) {
  const { rows } = await pool.query(
    "SELECT pg_total_relation_size('delivery_queue')::float8 AS bytes",
  );
  return rows[0].bytes;
}

/** The median of looking for 256 due rows and locking them, given back at once. @param {import('pg').Pool} pool */
async function claimMs(pool) {
  const client = await pool.connect();
  try {
    const times = [];
    for (let i = 0; i < CLAIMS; i++) {
      const start = performance.now();
      await client.query('BEGIN');
      await client.query(
        `SELECT event_id FROM delivery_queue
          WHERE attempts = 0 AND run_at <= now() AND inflight_attempt_id IS NULL
          ORDER BY run_at LIMIT 256 FOR UPDATE SKIP LOCKED`,
      );
      await client.query('ROLLBACK');
      times.push(performance.now() - start);
    }
    return median(times);
  } finally {
    client.release();
  }
}
