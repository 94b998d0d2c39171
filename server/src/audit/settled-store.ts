/** What waits for its place in a tree, and attempts that should have one: read in pages, across tenants. @module */
import type { LogId, TenantId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';

export interface WaitingLeaf {
  readonly id: number;
  readonly deliveryAttemptId: string | null;
  readonly leafHash: Uint8Array;
  readonly leafData: string;
  /** Its attempt has a place in a tree already: it would get a second one. */
  readonly isPlaced: boolean;
}

const LIST_WAITING = `
  SELECT p.id, p.delivery_attempt_id, p.leaf_hash, p.leaf_data,
         EXISTS (SELECT 1 FROM merkle_leaves m WHERE m.delivery_attempt_id = p.delivery_attempt_id) AS is_placed
    FROM pending_leaves p
   WHERE p.log_id = $1 AND p.id > $2
   ORDER BY p.id
   LIMIT $3`;

export async function listWaitingAcrossTenants(
  db: Db,
  logId: LogId,
  afterId: number,
  limit: number,
): Promise<WaitingLeaf[]> {
  const { rows } = await db.query<{
    id: string;
    delivery_attempt_id: string | null;
    leaf_hash: Buffer;
    leaf_data: string;
    is_placed: boolean;
  }>(LIST_WAITING, [logId, afterId, limit]);
  return rows.map((row) => ({
    id: integerFromRow(row.id),
    deliveryAttemptId: row.delivery_attempt_id,
    leafHash: row.leaf_hash,
    leafData: row.leaf_data,
    isPlaced: row.is_placed,
  }));
}

export interface SettledAttempt {
  readonly id: string;
  readonly hasLeaf: boolean;
}

// One page of attempts by id; the shared log answers for all tenants without a log of their own.
const LIST_SETTLED = `
  SELECT a.id,
         EXISTS (SELECT 1 FROM merkle_leaves m WHERE m.delivery_attempt_id = a.id)
      OR EXISTS (SELECT 1 FROM pending_leaves p WHERE p.delivery_attempt_id = a.id) AS has_leaf
    FROM delivery_attempts a
   WHERE a.id > $1 AND a.attempted_at >= $2 AND a.outcome IS NOT NULL
     AND CASE WHEN $3::uuid IS NULL
              THEN NOT EXISTS (SELECT 1 FROM logs l WHERE l.tenant_id = a.tenant_id)
              ELSE a.tenant_id = $3 END
   ORDER BY a.id
   LIMIT $4`;

/** Settled attempts of a log's tenants since `since`, a page behind `afterId`. */
export async function listSettledAcrossTenants(
  db: Db,
  logTenantId: TenantId | null,
  afterId: string,
  since: string,
  limit: number,
): Promise<SettledAttempt[]> {
  const { rows } = await db.query<{ id: string; has_leaf: boolean }>(LIST_SETTLED, [
    afterId,
    since,
    logTenantId,
    limit,
  ]);
  return rows.map(({ id, has_leaf }) => ({ id, hasLeaf: has_leaf }));
}
