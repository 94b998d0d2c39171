/** Leaves that have a place in the tree. @module */
import type { DeliveryAttemptId, LogId, TenantId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';
import type { PendingLeaf } from './pending-store.ts';

const INSERT_LEAVES = `
  INSERT INTO merkle_leaves (log_id, leaf_index, tenant_id, delivery_attempt_id, leaf_hash, leaf_data)
  SELECT $1, $2 + row.ordinal - 1, row.tenant_id, row.delivery_attempt_id, row.leaf_hash, row.leaf_data
    FROM unnest($3::uuid[], $4::uuid[], $5::bytea[], $6::text[]) WITH ORDINALITY
      AS row (tenant_id, delivery_attempt_id, leaf_hash, leaf_data, ordinal)`;

/** Gives the leaves the indexes `firstIndex`, `firstIndex + 1`, … */
export async function insertLeavesAcrossTenants(
  db: Db,
  logId: LogId,
  firstIndex: number,
  leaves: readonly PendingLeaf[],
): Promise<void> {
  await db.query(INSERT_LEAVES, [
    logId,
    firstIndex,
    leaves.map(({ tenantId }) => tenantId),
    leaves.map(({ deliveryAttemptId }) => deliveryAttemptId),
    leaves.map(({ leaf }) => Buffer.from(leaf.hash)),
    leaves.map(({ leaf }) => leaf.data),
  ]);
}

const FIND_INDEX = 'SELECT leaf_index FROM merkle_leaves WHERE log_id = $1 AND leaf_hash = $2';

/** Where a leaf hash stands in the log, or null. Hashes are public, so no tenant is asked for. */
export async function findLeafIndexByHash(
  db: Db,
  logId: LogId,
  leafHash: Uint8Array,
): Promise<number | null> {
  const { rows } = await db.query<{ leaf_index: string }>(FIND_INDEX, [
    logId,
    Buffer.from(leafHash),
  ]);
  return rows[0] === undefined ? null : integerFromRow(rows[0].leaf_index);
}

export interface SequencedLeaf {
  readonly logId: LogId;
  readonly leafIndex: number;
  readonly leafHash: Uint8Array;
  readonly leafData: string;
}

const FIND_LEAF = `
  SELECT log_id, leaf_index, leaf_hash, leaf_data
    FROM merkle_leaves
   WHERE tenant_id = $1 AND delivery_attempt_id = $2`;

/** The leaf of a tenant's delivery attempt, or null while it has no place in the tree. */
export async function findLeafByAttempt(
  db: Db,
  tenantId: TenantId,
  deliveryAttemptId: DeliveryAttemptId,
): Promise<SequencedLeaf | null> {
  const { rows } = await db.query<{
    log_id: LogId;
    leaf_index: string;
    leaf_hash: Buffer;
    leaf_data: string;
  }>(FIND_LEAF, [tenantId, deliveryAttemptId]);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    logId: row.log_id,
    leafIndex: integerFromRow(row.leaf_index),
    leafHash: row.leaf_hash,
    leafData: row.leaf_data,
  };
}

const HAS_ATTEMPT =
  'SELECT EXISTS (SELECT 1 FROM delivery_attempts WHERE tenant_id = $1 AND id = $2) AS found';

/** True when the tenant made this attempt, whether or not its leaf is in the tree yet. */
export async function hasAttempt(
  db: Db,
  tenantId: TenantId,
  deliveryAttemptId: DeliveryAttemptId,
): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(HAS_ATTEMPT, [tenantId, deliveryAttemptId]);
  return rows[0]?.found === true;
}
