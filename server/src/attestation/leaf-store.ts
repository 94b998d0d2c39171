/** Leaves that have a place in the tree. @module */
import { type DeliveryAttemptId, type LogId, type TenantId, timeMsOfId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';

// The hash says nothing of the month, so each partition's index is asked.
const FIND_INDEX =
  'SELECT leaf_index FROM merkle_leaves WHERE log_id = $1 AND leaf_hash = $2 LIMIT 1';

/** Where a leaf hash stands in the log, or null. Hashes are public, so no tenant is asked for. */
export async function findLeafIndexByHash(
  db: Db,
  logId: LogId,
  leafHash: Uint8Array,
): Promise<number | null> {
  const { rows } = await db.query<{ leaf_index: string }>(
    prepared(FIND_INDEX, [logId, Buffer.from(leafHash)]),
  );
  return rows[0] === undefined ? null : integerFromRow(rows[0].leaf_index);
}

// One probe of each partition's index for each hash, whatever their number: the sub-select cannot be planned otherwise.
const FIND_INDEXES = `
  SELECT wanted.ordinal, found.leaf_index
    FROM generate_series(1, $3::int) AS wanted (ordinal)
   CROSS JOIN LATERAL (
     SELECT leaf_index FROM merkle_leaves
      WHERE log_id = $1 AND leaf_hash = substring($2::bytea FROM (wanted.ordinal - 1) * 32 + 1 FOR 32)
      LIMIT 1) found`;

/** Where each of the leaf hashes stands in the log, in order; null for those that it does not have. */
export async function findLeafIndexesByHash(
  db: Db,
  logId: LogId,
  leafHashes: readonly Uint8Array[],
): Promise<(number | null)[]> {
  const { rows } = await db.query<{ ordinal: number; leaf_index: string }>(
    prepared(FIND_INDEXES, [logId, Buffer.concat(leafHashes), leafHashes.length]),
  );
  const indexes = Array.from({ length: leafHashes.length }, (): number | null => null);
  for (const { ordinal, leaf_index: index } of rows) indexes[ordinal - 1] = integerFromRow(index);
  return indexes;
}

const IS_PENDING =
  'SELECT EXISTS (SELECT 1 FROM pending_leaves WHERE log_id = $1 AND leaf_hash = $2) AS found';

/** True while the leaf with this hash waits for its place in the log. */
export async function isPendingLeafHash(
  db: Db,
  logId: LogId,
  leafHash: Uint8Array,
): Promise<boolean> {
  const { rows } = await db.query<{ found: boolean }>(IS_PENDING, [logId, Buffer.from(leafHash)]);
  return rows[0]?.found === true;
}

export interface SequencedLeaf {
  readonly logId: LogId;
  readonly leafIndex: number;
  readonly leafHash: Uint8Array;
  readonly leafData: string;
}

// The time inside an attempt's id tells in which months to look first. A clock that was set wrong, or a
// sequencer that stood still for a month, must not hide a leaf: then all months are asked.
const DAY_S = 86_400;
const BEFORE_S = DAY_S;
const AFTER_S = 31 * DAY_S;

const FIND_LEAF = `
  SELECT log_id, leaf_index, leaf_hash, leaf_data
    FROM merkle_leaves
   WHERE tenant_id = $1 AND delivery_attempt_id = $2`;
const FIND_LEAF_WITHIN = `${FIND_LEAF} AND committed_at BETWEEN to_timestamp($3) AND to_timestamp($4)`;

/** The leaf of a tenant's delivery attempt, or null while it has no place in the tree. */
export async function findLeafByAttempt(
  db: Db,
  tenantId: TenantId,
  deliveryAttemptId: DeliveryAttemptId,
): Promise<SequencedLeaf | null> {
  const ids = [tenantId, deliveryAttemptId];
  const near = await db.query<LeafRow>(
    prepared(FIND_LEAF_WITHIN, [...ids, ...spanOf(deliveryAttemptId)]),
  );
  const row = near.rows[0] ?? (await db.query<LeafRow>(FIND_LEAF, ids)).rows[0];
  if (row === undefined) return null;
  return {
    logId: row.log_id,
    leafIndex: integerFromRow(row.leaf_index),
    leafHash: row.leaf_hash,
    leafData: row.leaf_data,
  };
}

interface LeafRow {
  log_id: LogId;
  leaf_index: string;
  leaf_hash: Buffer;
  leaf_data: string;
}

// Seconds, since an id from outside may name a year that no text of ours can hold.
function spanOf(id: DeliveryAttemptId): [number, number] {
  const timeS = timeMsOfId(id) / 1_000;
  return [timeS - BEFORE_S, timeS + AFTER_S];
}

const FIND_ATTEMPT = 'SELECT 1 FROM delivery_attempts WHERE tenant_id = $1 AND id = $2';
const FIND_ATTEMPT_WITHIN = `${FIND_ATTEMPT} AND attempted_at BETWEEN to_timestamp($3) AND to_timestamp($4)`;

/** True when the tenant made this attempt, whether its leaf is in the tree yet, or its row is gone and the leaf is left. */
export async function hasAttempt(
  db: Db,
  tenantId: TenantId,
  deliveryAttemptId: DeliveryAttemptId,
): Promise<boolean> {
  const ids = [tenantId, deliveryAttemptId];
  const near = await db.query(FIND_ATTEMPT_WITHIN, [...ids, ...spanOf(deliveryAttemptId)]);
  if (near.rows.length > 0 || (await db.query(FIND_ATTEMPT, ids)).rows.length > 0) return true;
  return (await findLeafByAttempt(db, tenantId, deliveryAttemptId)) !== null;
}

const IS_PENDING_ATTEMPT =
  'SELECT EXISTS (SELECT 1 FROM pending_leaves WHERE tenant_id = $1 AND delivery_attempt_id = $2) AS found';

/** True while the leaf of the tenant's attempt waits for its place in a log. */
export async function isPendingAttempt(
  db: Db,
  tenantId: TenantId,
  deliveryAttemptId: DeliveryAttemptId,
): Promise<boolean> {
  const values = [tenantId, deliveryAttemptId];
  const { rows } = await db.query<{ found: boolean }>(IS_PENDING_ATTEMPT, values);
  return rows[0]?.found === true;
}

// A month that was detached is known by what is left: logs that are older than the first month that is there.
const IS_BEFORE_FIRST_MONTH = `
  SELECT to_timestamp($1) < first.month
         AND EXISTS (SELECT 1 FROM logs l WHERE l.created_at < first.month) AS gone
    FROM (SELECT to_date(right(min(c.relname::text), 7), 'YYYY_MM')::timestamp AT TIME ZONE 'UTC' AS month
            FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = to_regclass('merkle_leaves') AND NOT i.inhdetachpending) first`;

/** True for everybody alike when an attempt of that id was made before the first month of leaves that is still attached. */
export async function isBeforeFirstMonth(
  db: Db,
  deliveryAttemptId: DeliveryAttemptId,
): Promise<boolean> {
  const values = [timeMsOfId(deliveryAttemptId) / 1_000];
  const { rows } = await db.query<{ gone: boolean | null }>(IS_BEFORE_FIRST_MONTH, values);
  return rows[0]?.gone === true;
}
