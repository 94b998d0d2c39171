/** Signed tree heads in the database; rows are only ever added. @module */
import type { LogId, TenantId, TreeHeadId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import { prepared } from '../db/prepared.ts';
import type { Db } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';
import type { TreeHead } from './tree-head.ts';

interface HeadRow {
  id: TreeHeadId;
  origin: string;
  tree_size: string;
  root_hash: Buffer;
  timestamp_ms: string;
  signature: Buffer;
  public_key: Buffer;
  checkpoint: string;
  cosignatures: string[];
}

// Cosignatures are of a size, and so of every head of that size: they all are one note. Verifiers read 100 lines.
const SELECT_HEAD = `
  SELECT h.id, l.origin, h.tree_size, h.root_hash, h.timestamp_ms, h.signature, k.public_key, h.checkpoint,
         ARRAY(SELECT c.line FROM cosignatures c
                WHERE c.log_id = h.log_id AND c.tree_size = h.tree_size
                ORDER BY c.witness, c.public_key LIMIT 64) AS cosignatures
    FROM signed_tree_heads h
    JOIN logs l ON l.id = h.log_id
    JOIN attestation_keys k ON k.key_id = h.key_id
   WHERE h.log_id = $1`;

const FIND_NEWEST = `${SELECT_HEAD} ORDER BY h.timestamp_ms DESC LIMIT 1`;
const FIND_NEWEST_UNTIL = `${SELECT_HEAD} AND h.timestamp_ms <= $2 ORDER BY h.timestamp_ms DESC LIMIT 1`;
const FIND_BY_ID = `${SELECT_HEAD} AND h.id = $2`;
const FIND_BY_SIZE = `${SELECT_HEAD} AND h.tree_size = $2 ORDER BY h.timestamp_ms DESC LIMIT 1`;

export async function findNewestHead(db: Db, logId: LogId): Promise<TreeHead | null> {
  const { rows } = await db.query<HeadRow>(prepared(FIND_NEWEST, [logId]));
  return rows[0] === undefined ? null : headFromRow(rows[0]);
}

/** The newest head that is not younger than this time, or null: the same one in every process that asks. */
export async function findNewestHeadUntil(
  db: Db,
  logId: LogId,
  untilMs: number,
): Promise<TreeHead | null> {
  const { rows } = await db.query<HeadRow>(FIND_NEWEST_UNTIL, [logId, untilMs]);
  return rows[0] === undefined ? null : headFromRow(rows[0]);
}

/** One signed head with all that witnesses signed of its size, or null. */
export async function findHeadById(db: Db, logId: LogId, id: TreeHeadId): Promise<TreeHead | null> {
  const { rows } = await db.query<HeadRow>(FIND_BY_ID, [logId, id]);
  return rows[0] === undefined ? null : headFromRow(rows[0]);
}

/** The newest stored head of exactly this size, or null. */
export async function findHeadBySize(
  db: Db,
  logId: LogId,
  treeSize: number,
): Promise<TreeHead | null> {
  const { rows } = await db.query<HeadRow>(FIND_BY_SIZE, [logId, treeSize]);
  return rows[0] === undefined ? null : headFromRow(rows[0]);
}

const INSERT_HEAD = `
  INSERT INTO signed_tree_heads (id, log_id, tree_size, root_hash, timestamp_ms, signature, key_id, checkpoint)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

export async function insertHead(
  db: Db,
  logId: LogId,
  head: TreeHead,
  keyId: Uint8Array,
): Promise<void> {
  await db.query(
    prepared(INSERT_HEAD, [
      head.id,
      logId,
      head.treeSize,
      Buffer.from(head.rootHash),
      head.timestampMs,
      Buffer.from(head.signature),
      Buffer.from(keyId),
      head.checkpoint,
    ]),
  );
}

/** How far one log is committed and signed. */
export interface HeadState {
  readonly log: Log;
  readonly treeSize: number;
  readonly haltedReason: string | null;
  readonly newest: Pick<TreeHead, 'treeSize' | 'timestampMs'> | null;
}

interface HeadStateRow {
  id: LogId;
  tenant_id: TenantId | null;
  name: string;
  is_public: boolean;
  origin: string;
  tree_size: string;
  halted_reason: string | null;
  head_size: string | null;
  timestamp_ms: string | null;
}

// One look into the unique index (log_id, timestamp_ms) a log.
const LIST_STATES = `
  SELECT l.id, l.tenant_id, l.name, l.is_public, l.origin, l.tree_size, l.halted_reason,
         h.tree_size AS head_size, h.timestamp_ms
    FROM logs l
    LEFT JOIN LATERAL (
      SELECT tree_size, timestamp_ms FROM signed_tree_heads
       WHERE log_id = l.id ORDER BY timestamp_ms DESC LIMIT 1) h ON true
   ORDER BY l.created_at, l.id`;

/** All logs. */
export async function listHeadStates(db: Db): Promise<HeadState[]> {
  const { rows } = await db.query<HeadStateRow>(LIST_STATES);
  return rows.map((row) => ({
    log: {
      id: row.id,
      tenantId: row.tenant_id,
      name: row.name,
      isPublic: row.is_public,
      origin: row.origin,
    },
    treeSize: integerFromRow(row.tree_size),
    haltedReason: row.halted_reason,
    newest:
      row.head_size === null || row.timestamp_ms === null
        ? null
        : {
            treeSize: integerFromRow(row.head_size),
            timestampMs: integerFromRow(row.timestamp_ms),
          },
  }));
}

function headFromRow(row: HeadRow): TreeHead {
  return {
    id: row.id,
    origin: row.origin,
    treeSize: integerFromRow(row.tree_size),
    rootHash: row.root_hash,
    timestampMs: integerFromRow(row.timestamp_ms),
    signature: row.signature,
    publicKey: row.public_key,
    checkpoint: row.checkpoint,
    cosignatures: row.cosignatures,
  };
}
