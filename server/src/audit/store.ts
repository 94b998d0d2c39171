/** What an audit reads: whole tables in the order of the tree, in pages, across tenants. Nothing is written. @module */
import type { Tile } from '@kapsel/tree';
import type { LogId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';
import type { CosignatureRow, HeadRow } from './check-head.ts';
import type { AttemptRow, LeafRow } from './check-leaf.ts';
import type { StoredTile } from './check-tree.ts';

const FIND_LOG = 'SELECT tree_size, right_edge, origin, created_at FROM logs WHERE id = $1';

export interface AuditedLog {
  readonly treeSize: number;
  readonly rightEdge: Uint8Array;
  readonly origin: string;
  readonly createdAtMs: number;
}

export async function getAuditedLog(db: Db, logId: LogId): Promise<AuditedLog> {
  const { rows } = await db.query<{
    tree_size: string;
    right_edge: Buffer;
    origin: string;
    created_at: Date;
  }>(FIND_LOG, [logId]);
  const row = rows[0];
  if (row === undefined) throw new Error('the log has no row');
  return {
    treeSize: integerFromRow(row.tree_size),
    rightEdge: row.right_edge,
    origin: row.origin,
    createdAtMs: Number(row.created_at),
  };
}

const FIND_FIRST_LEAF = 'SELECT min(leaf_index) AS first FROM merkle_leaves WHERE log_id = $1';

/** The lowest index whose leaf is still stored, or null; leaves of detached months are not. */
export async function findFirstLeafAcrossTenants(db: Db, logId: LogId): Promise<number | null> {
  const { rows } = await db.query<{ first: string | null }>(FIND_FIRST_LEAF, [logId]);
  const first = rows[0]?.first ?? null;
  return first === null ? null : integerFromRow(first);
}

// Reads the catalogue: the names of partitions end in their month.
const LIST_MONTHS = `
  SELECT right(c.relname, 7) AS month
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = to_regclass($1)
   ORDER BY 1`;

/** The months (`2026_01`, UTC) that are attached to a partitioned table, oldest first. */
export async function listAttachedMonths(
  db: Db,
  table: 'delivery_attempts' | 'merkle_leaves',
): Promise<readonly string[]> {
  const { rows } = await db.query<{ month: string }>(LIST_MONTHS, [table]);
  return rows.map(({ month }) => month);
}

// More rows than indexes: an index that is there twice is seen, and a page stays a page.
const LIST_LEAVES = `
  SELECT leaf_index, delivery_attempt_id, leaf_hash, leaf_data
    FROM merkle_leaves
   WHERE log_id = $1 AND leaf_index >= $2 AND leaf_index < $3
   ORDER BY leaf_index
   LIMIT 2 * ($3 - $2)`;

export async function listLeavesAcrossTenants(
  db: Db,
  logId: LogId,
  from: number,
  until: number,
): Promise<LeafRow[]> {
  const { rows } = await db.query<{
    leaf_index: string;
    delivery_attempt_id: string | null;
    leaf_hash: Buffer;
    leaf_data: string;
  }>(LIST_LEAVES, [logId, from, until]);
  return rows.map((row) => ({
    leafIndex: integerFromRow(row.leaf_index),
    deliveryAttemptId: row.delivery_attempt_id,
    leafHash: row.leaf_hash,
    leafData: row.leaf_data,
  }));
}

const LIST_TILES = `
  SELECT t.level, t.tile_index, t.width, t.hashes, t.upper_nodes
    FROM unnest($2::smallint[], $3::bigint[]) AS wanted (level, tile_index)
    JOIN merkle_tiles t
      ON t.log_id = $1 AND t.level = wanted.level AND t.tile_index = wanted.tile_index`;

/** The stored tiles at these places, as wide as they are now. */
export async function listTiles(
  db: Db,
  logId: LogId,
  places: readonly Pick<Tile, 'level' | 'index'>[],
): Promise<StoredTile[]> {
  const { rows } = await db.query<{
    level: number;
    tile_index: string;
    width: number;
    hashes: Buffer;
    upper_nodes: Buffer | null;
  }>(LIST_TILES, [logId, places.map(({ level }) => level), places.map(({ index }) => index)]);
  return rows.map((row) => ({
    level: row.level,
    index: integerFromRow(row.tile_index),
    width: row.width,
    hashes: row.hashes,
    upperNodes: row.upper_nodes,
  }));
}

// The time prunes the partitions that cannot hold these attempts.
const LIST_ATTEMPTS = `
  SELECT a.id, a.event_id, a.endpoint_id, a.attempt_number, a.endpoint_url, a.attempted_at,
         a.completed_at, a.outcome, a.response_status, a.response_hash, a.error,
         e.payload_hash, e.payload_size
    FROM delivery_attempts a
    LEFT JOIN webhook_events e ON e.id = a.event_id
   WHERE a.id = ANY($1::uuid[]) AND a.attempted_at >= $2 AND a.attempted_at < $3`;

interface AttemptDbRow {
  id: string;
  event_id: string;
  endpoint_id: string;
  attempt_number: number;
  endpoint_url: string;
  attempted_at: Date;
  completed_at: Date | null;
  outcome: string | null;
  response_status: number | null;
  response_hash: Buffer | null;
  error: string | null;
  payload_hash: Buffer | null;
  payload_size: number | null;
}

export async function listAttemptsAcrossTenants(
  db: Db,
  ids: readonly string[],
  span: { readonly from: string; readonly until: string },
): Promise<AttemptRow[]> {
  const { rows } = await db.query<AttemptDbRow>(LIST_ATTEMPTS, [ids, span.from, span.until]);
  return rows.map((row) => ({
    id: row.id,
    eventId: row.event_id,
    endpointId: row.endpoint_id,
    attemptNumber: row.attempt_number,
    endpointUrl: row.endpoint_url,
    // A time of `infinity` comes as a number.
    attemptedAtMs: Number(row.attempted_at),
    completedAtMs: row.completed_at === null ? null : Number(row.completed_at),
    outcome: row.outcome,
    responseStatus: row.response_status,
    responseHash: row.response_hash,
    error: row.error,
    payloadHash: row.payload_hash,
    payloadSize: row.payload_size,
  }));
}

const LIST_DOUBLED = `
  SELECT delivery_attempt_id AS id
    FROM merkle_leaves
   WHERE delivery_attempt_id = ANY($1::uuid[])
   GROUP BY delivery_attempt_id
  HAVING count(*) > 1`;

/** Those of the attempts that have more than one leaf, in whatever logs. */
export async function listDoubledAcrossTenants(db: Db, ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(LIST_DOUBLED, [ids]);
  return rows.map(({ id }) => id);
}

// The database hashes: bodies of 10 MB stay where they are.
const HASH_BODIES = `
  SELECT event_id, sha256(body) AS hash FROM event_payloads WHERE event_id = ANY($1::uuid[])`;

/** SHA-256 of the stored bodies, by event; expired bodies are left out. */
export async function hashBodiesAcrossTenants(
  db: Db,
  eventIds: readonly string[],
): Promise<Map<string, Uint8Array>> {
  const { rows } = await db.query<{ event_id: string; hash: Buffer }>(HASH_BODIES, [eventIds]);
  return new Map(rows.map(({ event_id, hash }) => [event_id, hash]));
}

const LIST_HEADS = `
  SELECT id, tree_size, root_hash, timestamp_ms, signature, encode(key_id, 'hex') AS key_id, checkpoint
    FROM signed_tree_heads
   WHERE log_id = $1 AND (tree_size, timestamp_ms) > ($2, $3) AND tree_size <= $4
   ORDER BY tree_size, timestamp_ms
   LIMIT $5`;

/** A page of heads up to `mostSize`, by size and time, behind the given one. */
export async function listHeads(
  db: Db,
  logId: LogId,
  after: Pick<HeadRow, 'treeSize' | 'timestampMs'>,
  mostSize: number,
  limit: number,
): Promise<HeadRow[]> {
  const { rows } = await db.query<{
    id: string;
    tree_size: string;
    root_hash: Buffer;
    timestamp_ms: string;
    signature: Buffer;
    key_id: string;
    checkpoint: string;
  }>(LIST_HEADS, [logId, after.treeSize, after.timestampMs, mostSize, limit]);
  return rows.map((row) => ({
    id: row.id,
    treeSize: integerFromRow(row.tree_size),
    rootHash: row.root_hash,
    timestampMs: integerFromRow(row.timestamp_ms),
    signature: row.signature,
    keyId: row.key_id,
    checkpoint: row.checkpoint,
  }));
}

const LIST_COSIGNATURES = `
  SELECT tree_size, witness, public_key, cosigned_at, line
    FROM cosignatures
   WHERE log_id = $1 AND (tree_size, public_key) > ($2, $3) AND tree_size <= $4
   ORDER BY tree_size, public_key
   LIMIT $5`;

/** A page of cosignatures up to `mostSize`, by size and key, behind the given one. */
export async function listCosignatures(
  db: Db,
  logId: LogId,
  after: Pick<CosignatureRow, 'treeSize' | 'publicKey'>,
  mostSize: number,
  limit: number,
): Promise<CosignatureRow[]> {
  const { rows } = await db.query<{
    tree_size: string;
    witness: string;
    public_key: Buffer;
    cosigned_at: Date;
    line: string;
  }>(LIST_COSIGNATURES, [logId, after.treeSize, Buffer.from(after.publicKey), mostSize, limit]);
  return rows.map((row) => ({
    treeSize: integerFromRow(row.tree_size),
    witness: row.witness,
    publicKey: row.public_key,
    cosignedAtMs: Number(row.cosigned_at),
    line: row.line,
  }));
}

const FIND_BEYOND = `
  SELECT (SELECT max(leaf_index) FROM merkle_leaves WHERE log_id = $1 AND leaf_index >= $2) AS leaf,
         (SELECT max(tree_size) FROM signed_tree_heads WHERE log_id = $1 AND tree_size > $2) AS head`;

/** What lies beyond the committed size: the highest leaf index and head size, or null. */
export async function findBeyondAcrossTenants(
  db: Db,
  logId: LogId,
  treeSize: number,
): Promise<{ leaf: number | null; head: number | null }> {
  const { rows } = await db.query<{ leaf: string | null; head: string | null }>(FIND_BEYOND, [
    logId,
    treeSize,
  ]);
  const { leaf = null, head = null } = rows[0] ?? {};
  return {
    leaf: leaf === null ? null : integerFromRow(leaf),
    head: head === null ? null : integerFromRow(head),
  };
}

const COUNT_TILES = `
  SELECT level, count(*) AS count, max(tile_index) AS last
    FROM merkle_tiles WHERE log_id = $1 GROUP BY level ORDER BY level`;

export async function countTiles(
  db: Db,
  logId: LogId,
): Promise<{ level: number; count: number; last: number }[]> {
  const { rows } = await db.query<{ level: number; count: string; last: string }>(COUNT_TILES, [
    logId,
  ]);
  return rows.map(({ level, count, last }) => ({
    level,
    count: integerFromRow(count),
    last: integerFromRow(last),
  }));
}
