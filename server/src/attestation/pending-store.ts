/** Leaves that are settled and wait to be numbered. @module */
import type { DeliveryAttemptId, LogId, TenantId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import type { Leaf } from './leaf.ts';

export interface PendingLeaf {
  readonly logId: LogId;
  readonly tenantId: TenantId;
  readonly deliveryAttemptId: DeliveryAttemptId;
  readonly leaf: Leaf;
}

// A second leaf for one attempt violates the unique key: the whole settlement fails instead of lying.
const INSERT_PENDING = `
  INSERT INTO pending_leaves (log_id, tenant_id, delivery_attempt_id, leaf_hash, leaf_data)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::text[])`;

export async function insertPendingLeavesAcrossTenants(
  db: Db,
  leaves: readonly PendingLeaf[],
): Promise<void> {
  if (leaves.length === 0) return;
  await db.query(INSERT_PENDING, [
    leaves.map(({ logId }) => logId),
    leaves.map(({ tenantId }) => tenantId),
    leaves.map(({ deliveryAttemptId }) => deliveryAttemptId),
    leaves.map(({ leaf }) => Buffer.from(leaf.hash)),
    leaves.map(({ leaf }) => leaf.data),
  ]);
}

interface PendingRow {
  tenant_id: TenantId;
  delivery_attempt_id: DeliveryAttemptId;
  leaf_hash: Buffer;
  leaf_data: string;
}

// Taking deletes: no "last seen id" is kept, because ids become visible out of order and a row
// below the cursor would be lost for ever.
const TAKE_PENDING = `
  WITH taken AS (
    DELETE FROM pending_leaves
     WHERE id = ANY(ARRAY(
       SELECT id FROM pending_leaves
        WHERE log_id = $1
        ORDER BY id
        LIMIT $2
          FOR UPDATE SKIP LOCKED))
    RETURNING id, tenant_id, delivery_attempt_id, leaf_hash, leaf_data
  )
  SELECT tenant_id, delivery_attempt_id, leaf_hash, leaf_data FROM taken ORDER BY id`;

/** Takes up to `limit` leaves out of the waiting room, in the order they will have in the tree. */
export async function takePendingLeavesAcrossTenants(
  db: Db,
  logId: LogId,
  limit: number,
): Promise<PendingLeaf[]> {
  const { rows } = await db.query<PendingRow>(TAKE_PENDING, [logId, limit]);
  return rows.map((row) => ({
    logId,
    tenantId: row.tenant_id,
    deliveryAttemptId: row.delivery_attempt_id,
    leaf: { data: row.leaf_data, hash: row.leaf_hash },
  }));
}
