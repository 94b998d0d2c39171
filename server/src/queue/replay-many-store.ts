/** Many events back into the queue by their tenant's wish, and the answers that idempotency keys have got. @module */
import { timeFromMs } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

/** Which events are to be delivered again; null members narrow nothing. */
export interface ReplayFilter {
  readonly status: 'failed' | 'delivered';
  readonly endpointId: EndpointId | null;
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
}

// Only what can be delivered again: the body is there, and the endpoint not deleted.
const FITTING = `
           w.tenant_id = $1
       AND w.status = $2
       AND ($3::uuid IS NULL OR w.endpoint_id = $3)
       AND ($4::timestamptz IS NULL OR w.received_at >= $4)
       AND ($5::timestamptz IS NULL OR w.received_at < $5)
       AND EXISTS (SELECT 1 FROM event_payloads p WHERE p.event_id = w.id)`;

const COUNT_REPLAYABLE = `
  SELECT count(*)::int AS count
    FROM (SELECT 1
            FROM webhook_events w
            JOIN endpoints e ON e.id = w.endpoint_id AND e.tenant_id = $1 AND e.deleted_at IS NULL
           WHERE ${FITTING}
           LIMIT $6) AS counted`;

/** How many there are, counted up to `most`. */
export async function countReplayable(
  db: Db,
  tenantId: TenantId,
  filter: ReplayFilter,
  most: number,
): Promise<number> {
  const values = [...valuesOf(tenantId, filter), most];
  const { rows } = await db.query<{ count: number }>(COUNT_REPLAYABLE, values);
  return rows[0]?.count ?? 0;
}

// Numbers and leases go on where they ended: an attempt number is never used twice, and an old settlement fits no new
// row. The share of the endpoints' rows keeps them enabled, or disabled, until this is committed; in the order of their
// ids, as whoever locks several of them.
const REPLAY = `
  WITH locked AS MATERIALIZED (
    SELECT id, disabled_at
      FROM endpoints
     WHERE tenant_id = $1 AND deleted_at IS NULL AND ($3::uuid IS NULL OR id = $3)
     ORDER BY id
       FOR SHARE
  ), picked AS MATERIALIZED (
    SELECT w.id, w.endpoint_id, w.tenant_id, l.disabled_at IS NOT NULL AS is_stopped
      FROM locked l
      JOIN webhook_events w ON w.endpoint_id = l.id
     WHERE ${FITTING}
     ORDER BY w.id
     LIMIT $6
       FOR NO KEY UPDATE OF w SKIP LOCKED
  ), reopened AS (
    UPDATE webhook_events w
       SET status = 'pending', failure_reason = NULL, held = p.is_stopped
      FROM picked p
     WHERE w.tenant_id = $1 AND w.id = p.id
  ), queued AS (
    INSERT INTO delivery_queue (event_id, endpoint_id, tenant_id, run_at, attempts, uncounted, lease_id)
    SELECT p.id, p.endpoint_id, p.tenant_id, now(), n.attempts, n.attempts, n.lease_id
      FROM picked p
     CROSS JOIN LATERAL (
       SELECT coalesce(max(attempt_number), 0) AS attempts, coalesce(max(lease_id) + 1, 0) AS lease_id
         FROM delivery_attempts
        WHERE tenant_id = $1 AND event_id = p.id
     ) n
     WHERE NOT p.is_stopped
        ON CONFLICT DO NOTHING
  )
  SELECT count(*) FILTER (WHERE NOT is_stopped)::int AS queued,
         count(*) FILTER (WHERE is_stopped)::int AS held
    FROM picked`;

/** Queues at most `limit` of them, the oldest first, or marks them as held where their endpoint is disabled. */
export async function replayAll(
  db: Db,
  tenantId: TenantId,
  filter: ReplayFilter,
  limit: number,
): Promise<{ readonly queued: number; readonly held: number }> {
  const values = [...valuesOf(tenantId, filter), limit];
  const { rows } = await db.query<{ queued: number; held: number }>(REPLAY, values);
  return rows[0] ?? { queued: 0, held: 0 };
}

function valuesOf(tenantId: TenantId, filter: ReplayFilter): unknown[] {
  const { status, endpointId, sinceMs, untilMs } = filter;
  const time = (ms: number | null): string | null => (ms === null ? null : timeFromMs(ms));
  return [tenantId, status, endpointId, time(sinceMs), time(untilMs)];
}

const FORGET_OLD_KEYS = `
  DELETE FROM replays WHERE tenant_id = $1 AND created_at < now() - interval '7 days'`;

// A second request with the key waits here until the first is committed or has failed.
const TAKE_KEY = `
  INSERT INTO replays (tenant_id, key, request_sha256) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`;

const FIND_ANSWER = 'SELECT request_sha256, answer FROM replays WHERE tenant_id = $1 AND key = $2';

export interface KeptAnswer {
  readonly requestSha256: Buffer;
  readonly answer: unknown;
}

/** Null when the key is free, and from now on taken; else what was answered under it. Call inside a transaction. */
export async function takeReplayKey(
  db: Db,
  tenantId: TenantId,
  key: string,
  requestSha256: Buffer,
): Promise<KeptAnswer | null> {
  await db.query(FORGET_OLD_KEYS, [tenantId]);
  const { rowCount } = await db.query(TAKE_KEY, [tenantId, key, requestSha256]);
  if (rowCount === 1) return null;
  const { rows } = await db.query<{ request_sha256: Buffer; answer: unknown }>(FIND_ANSWER, [
    tenantId,
    key,
  ]);
  const row = rows[0];
  if (row === undefined) throw new Error('a replay key ended while it was used');
  return { requestSha256: row.request_sha256, answer: row.answer };
}

const KEEP_ANSWER = 'UPDATE replays SET answer = $3 WHERE tenant_id = $1 AND key = $2';

export async function keepReplayAnswer(
  db: Db,
  tenantId: TenantId,
  key: string,
  answer: unknown,
): Promise<void> {
  await db.query(KEEP_ANSWER, [tenantId, key, JSON.stringify(answer)]);
}
