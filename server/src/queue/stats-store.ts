/** How a tenant stands: its events, endpoints and queue in numbers, each counted within a bound. @module */
import type { TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

export interface TenantStats {
  /** By status, each counted up to the bound. */
  readonly received: number;
  readonly pending: number;
  readonly delivered: number;
  readonly failed: number;
  readonly held: number;
  readonly endpoints: number;
  readonly disabled: number;
  /** Endpoints whose circuit is not closed. */
  readonly interrupted: number;
  readonly waiting: number;
  readonly inFlight: number;
  /** How long the delivery that is most overdue has been due; 0 where none is. */
  readonly oldestDueS: number;
}

// Each count stops at its bound, so that a tenant with many events costs no more than one with some.
const COUNT_ALL = `
  WITH mine AS MATERIALIZED (
    SELECT id, disabled_at FROM endpoints WHERE tenant_id = $1 AND deleted_at IS NULL
  ), queued AS MATERIALIZED (
    SELECT q.run_at, q.inflight_attempt_id
      FROM mine m
     CROSS JOIN LATERAL (
       SELECT run_at, inflight_attempt_id FROM delivery_queue WHERE endpoint_id = m.id ORDER BY run_at LIMIT $2
     ) q
     LIMIT $2
  )
  SELECT (SELECT count(*)::int FROM (
            SELECT 1 FROM webhook_events WHERE tenant_id = $1 AND status = 'received' LIMIT $2) c) AS received,
         (SELECT count(*)::int FROM (
            SELECT 1 FROM webhook_events WHERE tenant_id = $1 AND status = 'pending' LIMIT $2) c) AS pending,
         (SELECT count(*)::int FROM (
            SELECT 1 FROM webhook_events WHERE tenant_id = $1 AND status = 'delivered' LIMIT $2) c) AS delivered,
         (SELECT count(*)::int FROM (
            SELECT 1 FROM webhook_events WHERE tenant_id = $1 AND status = 'failed' LIMIT $2) c) AS failed,
         (SELECT count(*)::int FROM (
            SELECT 1 FROM mine m JOIN webhook_events w ON w.endpoint_id = m.id AND w.held LIMIT $2) c) AS held,
         (SELECT count(*)::int FROM mine) AS endpoints,
         (SELECT count(*)::int FROM mine WHERE disabled_at IS NOT NULL) AS disabled,
         (SELECT count(*)::int FROM mine m
            JOIN endpoint_circuits k ON k.endpoint_id = m.id AND k.state <> 'closed') AS interrupted,
         (SELECT count(*)::int FROM queued WHERE inflight_attempt_id IS NULL) AS waiting,
         (SELECT count(*)::int FROM queued WHERE inflight_attempt_id IS NOT NULL) AS in_flight,
         (SELECT greatest(0, coalesce(extract(epoch FROM now() - min(run_at)), 0))::float8
            FROM queued WHERE inflight_attempt_id IS NULL) AS oldest_due_s`;

/** Counts of events and of the queue stop at `most`. */
export async function countTenantStats(
  db: Db,
  tenantId: TenantId,
  most: number,
): Promise<TenantStats> {
  const { rows } = await db.query<{
    received: number;
    pending: number;
    delivered: number;
    failed: number;
    held: number;
    endpoints: number;
    disabled: number;
    interrupted: number;
    waiting: number;
    in_flight: number;
    oldest_due_s: number;
  }>(COUNT_ALL, [tenantId, most]);
  const row = rows[0];
  if (row === undefined) throw new Error('counting answered nothing');
  const { in_flight: inFlight, oldest_due_s: oldestDueS, ...counts } = row;
  return { ...counts, inFlight, oldestDueS };
}
