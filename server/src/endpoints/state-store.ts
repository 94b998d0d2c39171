/** Whether endpoints take deliveries: since when none succeeded, who disabled them and why, and what is being released. @module */
import { timeFromMs } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

export type DisabledReason = 'gone' | 'failing' | 'requested';

/** What a delivery says of its endpoint: it took it, it did not, that was once too often, or it told us to stop. */
export type HealthNews = 'good' | 'failing' | 'overdue' | 'gone';

export interface DisabledEndpoint {
  readonly endpointId: EndpointId;
  readonly tenantId: TenantId;
  readonly reason: DisabledReason;
}

// Locked in the order of their ids, so that two servers never wait for each other.
// What another server has written since is asked again: only a real change is written.
const NOTE_HEALTH = `
  WITH news AS (
    SELECT DISTINCT ON (id) id, news
      FROM unnest($1::uuid[], $2::text[]) AS row (id, news)
     ORDER BY id, array_position(ARRAY['gone', 'good', 'overdue', 'failing'], news)
  ), locked AS MATERIALIZED (
    SELECT e.id, n.news
      FROM endpoints e
      JOIN news n ON n.id = e.id
     WHERE CASE n.news WHEN 'good' THEN e.failing_since IS NOT NULL
                       WHEN 'failing' THEN e.failing_since IS NULL
                       WHEN 'gone' THEN e.disabled_at IS NULL
                       ELSE e.disabled_at IS NULL AND e.disable_after_h > 0
                            AND e.failing_since + make_interval(hours => e.disable_after_h) <= now() END
     ORDER BY e.id
       FOR NO KEY UPDATE OF e
  )
  UPDATE endpoints e
     SET failing_since = CASE WHEN l.news = 'good' THEN NULL ELSE coalesce(e.failing_since, now()) END,
         disabled_at = CASE WHEN l.news IN ('gone', 'overdue') THEN now() ELSE e.disabled_at END,
         disabled_reason = CASE l.news WHEN 'gone' THEN 'gone' WHEN 'overdue' THEN 'failing' ELSE e.disabled_reason END,
         release_from = CASE WHEN l.news IN ('gone', 'overdue') THEN NULL ELSE e.release_from END
    FROM locked l
   WHERE e.id = l.id
  RETURNING e.id, e.tenant_id, l.news, e.disabled_reason AS reason`;

/** Writes what has changed; answers the endpoints that are disabled by it. */
export async function noteHealthAcrossTenants(
  db: Db,
  news: readonly { readonly endpointId: EndpointId; readonly news: HealthNews }[],
): Promise<DisabledEndpoint[]> {
  const { rows } = await db.query<{
    id: EndpointId;
    tenant_id: TenantId;
    news: HealthNews;
    reason: DisabledReason | null;
  }>(NOTE_HEALTH, [news.map(({ endpointId }) => endpointId), news.map((each) => each.news)]);
  return rows.flatMap((row) =>
    (row.news === 'gone' || row.news === 'overdue') && row.reason !== null
      ? [{ endpointId: row.id, tenantId: row.tenant_id, reason: row.reason }]
      : [],
  );
}

const DISABLE_ENDPOINT = `
  UPDATE endpoints
     SET disabled_at = coalesce(disabled_at, now()), disabled_reason = coalesce(disabled_reason, 'requested'),
         release_from = NULL
   WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`;

/** By request of its tenant; one that is disabled keeps its reason. False when there is no such endpoint. */
export async function disableEndpoint(
  db: Db,
  tenantId: TenantId,
  endpointId: EndpointId,
): Promise<boolean> {
  const { rowCount } = await db.query(DISABLE_ENDPOINT, [tenantId, endpointId]);
  return rowCount === 1;
}

// Those who commit accepted events hold a share of this row while it says "disabled": see `INSERT_EVENTS`. What they
// hold back is committed before this goes on, and is released with the rest.
const ENABLE_ENDPOINT = `
  UPDATE endpoints
     SET disabled_at = NULL, disabled_reason = NULL, failing_since = NULL, release_from = $3
   WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`;

/** Which held events are let go: all, none, or those received since a time. */
export type Release = 'all' | 'none' | { readonly sinceMs: number };

/** False when there is no such endpoint. */
export async function enableEndpoint(
  db: Db,
  tenantId: TenantId,
  endpointId: EndpointId,
  release: Release,
): Promise<boolean> {
  const { rowCount } = await db.query(ENABLE_ENDPOINT, [tenantId, endpointId, fromOf(release)]);
  return rowCount === 1;
}

function fromOf(release: Release): string | null {
  if (release === 'none') return null;
  return release === 'all' ? '-infinity' : timeFromMs(release.sinceMs);
}
