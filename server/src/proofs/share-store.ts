/** Share links in the database: the row is what makes a link revocable. @module */
import { timeFromMs } from '../base/clock.ts';
import type { DeliveryAttemptId, ShareLinkId, TenantId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';

export interface ShareLink {
  readonly id: ShareLinkId;
  readonly expiresAtMs: number;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

const INSERT_LINK = `
  INSERT INTO share_links (id, tenant_id, delivery_attempt_id, expires_at, created_at)
  VALUES ($1, $2, $3, $4, $5)`;

export async function insertShareLink(
  db: Db,
  tenantId: TenantId,
  deliveryAttemptId: DeliveryAttemptId,
  link: Omit<ShareLink, 'revokedAtMs'>,
): Promise<void> {
  await db.query(INSERT_LINK, [
    link.id,
    tenantId,
    deliveryAttemptId,
    timeFromMs(link.expiresAtMs),
    timeFromMs(link.createdAtMs),
  ]);
}

// One of a tenant at a time, so that the count holds; the lock ends with the transaction.
const LOCK_LINKS = "SELECT pg_advisory_xact_lock(hashtextextended('share links ' || $1, 0))";
const COUNT_LINKS = `
  SELECT count(*) AS of_tenant, count(*) FILTER (WHERE delivery_attempt_id = $2) AS of_attempt
    FROM share_links
   WHERE tenant_id = $1 AND expires_at > $3 AND revoked_at IS NULL`;

/** How many links are open; the answer holds until the transaction ends. */
export async function countOpenLinks(
  db: Db,
  tenantId: TenantId,
  deliveryAttemptId: DeliveryAttemptId,
  nowMs: number,
): Promise<{ ofTenant: number; ofAttempt: number }> {
  await db.query(LOCK_LINKS, [tenantId]);
  const { rows } = await db.query<{ of_tenant: string; of_attempt: string }>(COUNT_LINKS, [
    tenantId,
    deliveryAttemptId,
    timeFromMs(nowMs),
  ]);
  return {
    ofTenant: integerFromRow(rows[0]?.of_tenant ?? '0'),
    ofAttempt: integerFromRow(rows[0]?.of_attempt ?? '0'),
  };
}

// A chunk at a time: a delete of all would hold its locks for long. Rows that others hold are left to the next one.
const DELETE_OVER = `
  DELETE FROM share_links
   WHERE id = ANY(ARRAY(SELECT id FROM share_links WHERE expires_at < $1
                         ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))`;

/** Removes links that were over before `untilMs`; answers how many. */
export async function deleteLinksAcrossTenants(
  db: Db,
  untilMs: number,
  limit: number,
): Promise<number> {
  const { rowCount } = await db.query(DELETE_OVER, [timeFromMs(untilMs), limit]);
  return rowCount ?? 0;
}

const LIST_LINKS = `
  SELECT id, expires_at, created_at, revoked_at
    FROM share_links
   WHERE tenant_id = $1 AND delivery_attempt_id = $2
   ORDER BY id DESC
   LIMIT $3`;

/** The newest links of an attempt, newest first. */
export async function listShareLinks(
  db: Db,
  tenantId: TenantId,
  deliveryAttemptId: DeliveryAttemptId,
  limit: number,
): Promise<ShareLink[]> {
  const { rows } = await db.query<{
    id: ShareLinkId;
    expires_at: Date;
    created_at: Date;
    revoked_at: Date | null;
  }>(LIST_LINKS, [tenantId, deliveryAttemptId, limit]);
  return rows.map((row) => ({
    id: row.id,
    expiresAtMs: row.expires_at.getTime(),
    createdAtMs: row.created_at.getTime(),
    revokedAtMs: row.revoked_at?.getTime() ?? null,
  }));
}

// A second time is no fault, and keeps the first time.
const REVOKE_LINK = `
  UPDATE share_links SET revoked_at = coalesce(revoked_at, now())
   WHERE tenant_id = $1 AND delivery_attempt_id = $2 AND id = $3`;

/** Ends a link at once, on all servers. False when the tenant has no such link. */
export async function revokeShareLink(
  db: Db,
  tenantId: TenantId,
  deliveryAttemptId: DeliveryAttemptId,
  id: ShareLinkId,
): Promise<boolean> {
  const { rowCount } = await db.query(REVOKE_LINK, [tenantId, deliveryAttemptId, id]);
  return rowCount === 1;
}

// Asked with a token whose HMAC fits, by somebody who is no tenant: the row says on whose behalf.
const FIND_OWNER = `
  SELECT tenant_id
    FROM share_links
   WHERE id = $1 AND delivery_attempt_id = $2 AND revoked_at IS NULL AND expires_at > $3`;

/** Whose link this is, or null when it was revoked or never made. */
export async function findShareOwnerAcrossTenants(
  db: Db,
  id: ShareLinkId,
  deliveryAttemptId: DeliveryAttemptId,
  nowMs: number,
): Promise<TenantId | null> {
  const { rows } = await db.query<{ tenant_id: TenantId }>(FIND_OWNER, [
    id,
    deliveryAttemptId,
    timeFromMs(nowMs),
  ]);
  return rows[0]?.tenant_id ?? null;
}
