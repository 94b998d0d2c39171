/** Leaves that are settled and wait for their place in a tree, and the statements that give it to them. @module */
import type { DeliveryAttemptId, LogId, TenantId } from '../base/ids.ts';
import { hashesFromRow, integerFromRow } from '../base/rows.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';
import type { Leaf } from './leaf.ts';

/** A leaf about a key has no attempt, and none of the shared log has a tenant. */
export interface PendingLeaf {
  readonly logId: LogId;
  readonly tenantId: TenantId | null;
  readonly deliveryAttemptId: DeliveryAttemptId | null;
  readonly leaf: Leaf;
  /** Of the delivery; absent or null while nobody traces. */
  readonly traceparent?: string | null;
}

// A second leaf for one attempt violates the unique key: the whole settlement fails instead of lying.
// Hashes travel as one bytea that is cut here: an array of buffers would travel as hex text.
const INSERT_PENDING = `
  INSERT INTO pending_leaves (log_id, tenant_id, delivery_attempt_id, leaf_hash, leaf_data, traceparent)
  SELECT row.log_id, row.tenant_id, row.attempt_id,
         substring($4::bytea FROM (row.ordinal::int - 1) * 32 + 1 FOR 32), row.leaf_data, row.traceparent
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $5::text[], $6::text[]) WITH ORDINALITY
      AS row (log_id, tenant_id, attempt_id, leaf_data, traceparent, ordinal)`;

export async function insertPendingLeavesAcrossTenants(
  db: Db,
  leaves: readonly PendingLeaf[],
): Promise<void> {
  if (leaves.length === 0) return;
  await db.query(
    prepared(INSERT_PENDING, [
      leaves.map(({ logId }) => logId),
      leaves.map(({ tenantId }) => tenantId),
      leaves.map(({ deliveryAttemptId }) => deliveryAttemptId),
      Buffer.concat(leaves.map(({ leaf }) => leaf.hash)),
      leaves.map(({ leaf }) => leaf.data),
      leaves.map(({ traceparent }) => traceparent ?? null),
    ]),
  );
}

// One index probe for each log that has waiting leaves, however many there are.
const LIST_WAITING = `
  WITH RECURSIVE waiting AS (
    (SELECT log_id FROM pending_leaves ORDER BY log_id LIMIT 1)
    UNION ALL
    SELECT (SELECT p.log_id FROM pending_leaves p WHERE p.log_id > w.log_id ORDER BY p.log_id LIMIT 1)
      FROM waiting w
     WHERE w.log_id IS NOT NULL
  )
  SELECT l.id, l.tenant_id, l.name, l.is_public, l.origin, l.halted_reason
    FROM waiting w
    JOIN logs l ON l.id = w.log_id
   ORDER BY l.tenant_id NULLS FIRST, l.id`;

interface WaitingRow {
  id: LogId;
  tenant_id: TenantId | null;
  name: string;
  is_public: boolean;
  origin: string;
  halted_reason: string | null;
}

/** The logs that have waiting leaves, the shared one first; those that are halted too. */
export async function listWaitingLogsAcrossTenants(
  db: Db,
): Promise<(Log & { readonly haltedReason: string | null })[]> {
  const { rows } = await db.query<WaitingRow>(LIST_WAITING);
  return rows.map((row) => ({
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    isPublic: row.is_public,
    origin: row.origin,
    haltedReason: row.halted_reason,
  }));
}

// Hashed again here, because this is the last moment at which a changed text can be kept out of the tree.
// Texts stay in the database: 16,384 of them are 11 MB, their hashes 0.5 MB.
const PICK_PENDING = `
  SELECT count(*) AS count, max(id) AS last_id,
         coalesce(string_agg(leaf_hash, '' ORDER BY id), '') AS hashes,
         (array_agg(traceparent) FILTER (WHERE traceparent IS NOT NULL))[1:256] AS traceparents,
         coalesce(array_agg(ordinal) FILTER (WHERE delivery_attempt_id IS NULL), '{}') AS key_ordinals,
         min(coalesce(delivery_attempt_id::text, encode(leaf_hash, 'hex')))
           FILTER (WHERE sha256(decode('00', 'hex') || convert_to(leaf_data, 'UTF8')) <> leaf_hash) AS changed
    FROM (SELECT id, row_number() OVER (ORDER BY id)::int AS ordinal, delivery_attempt_id, leaf_hash, leaf_data, traceparent
            FROM pending_leaves
           WHERE log_id = $1
           ORDER BY id
           LIMIT $2) AS picked`;

/** The next leaves of a log, in the order that they will have in the tree. */
export interface Batch {
  readonly count: number;
  readonly lastId: string;
  readonly hashes: readonly Uint8Array[];
  /** Positions in `hashes` of leaves about keys. */
  readonly keyPositions: readonly number[];
  /** An attempt or a hash whose text does not belong to its hash, or null. */
  readonly changed: string | null;
  /** The traces that some of them end; no more than 256. */
  readonly traceparents: readonly string[];
}

/**
 * Looks at the oldest waiting leaves, up to `limit`; takes nothing. Within one snapshot `lastId` names exactly
 * these: ids become visible out of order, so outside of it a row below `lastId` may be one nobody has seen.
 */
export async function pickPendingLeavesAcrossTenants(
  db: Db,
  logId: LogId,
  limit: number,
): Promise<Batch> {
  const { rows } = await db.query<{
    count: string;
    last_id: string | null;
    hashes: Buffer;
    key_ordinals: number[];
    traceparents: string[] | null;
    changed: string | null;
  }>(prepared(PICK_PENDING, [logId, limit]));
  const row = rows[0];
  if (row === undefined) throw new Error('an aggregate answered no row');
  return {
    count: integerFromRow(row.count),
    lastId: row.last_id ?? '0',
    hashes: hashesFromRow(row.hashes),
    keyPositions: row.key_ordinals.map((ordinal) => ordinal - 1),
    changed: row.changed,
    traceparents: row.traceparents ?? [],
  };
}

const NUMBER_PENDING = `
  INSERT INTO merkle_leaves (log_id, leaf_index, tenant_id, delivery_attempt_id, leaf_hash, leaf_data)
  SELECT log_id, $2::bigint - 1 + row_number() OVER (ORDER BY id), tenant_id, delivery_attempt_id, leaf_hash, leaf_data
    FROM pending_leaves
   WHERE log_id = $1 AND id <= $3
   ORDER BY id`;
const DELETE_PENDING = 'DELETE FROM pending_leaves WHERE log_id = $1 AND id <= $2';

/**
 * Gives the leaves of a batch the indexes `firstIndex`, `firstIndex + 1`, … and takes them out of the waiting room.
 * Call in the snapshot that the batch was picked in. Taking deletes: the rows themselves are the only cursor.
 */
export async function numberPendingLeavesAcrossTenants(
  db: Db,
  logId: LogId,
  firstIndex: number,
  { count, lastId }: Pick<Batch, 'count' | 'lastId'>,
): Promise<void> {
  const numbered = await db.query(prepared(NUMBER_PENDING, [logId, firstIndex, lastId]));
  const taken = await db.query(prepared(DELETE_PENDING, [logId, lastId]));
  if (numbered.rowCount === count && taken.rowCount === count) return;
  throw new Error(`numbered ${numbered.rowCount} and took ${taken.rowCount} leaves, want ${count}`);
}
