/** Signed tree heads in the database; rows are only ever added. @module */
import type { LogId, TreeHeadId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';
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
}

const SELECT_HEAD = `
  SELECT h.id, l.origin, h.tree_size, h.root_hash, h.timestamp_ms, h.signature, k.public_key, h.checkpoint
    FROM signed_tree_heads h
    JOIN logs l ON l.id = h.log_id
    JOIN attestation_keys k ON k.key_id = h.key_id
   WHERE h.log_id = $1`;

const FIND_NEWEST = `${SELECT_HEAD} ORDER BY h.timestamp_ms DESC LIMIT 1`;
const FIND_BY_SIZE = `${SELECT_HEAD} AND h.tree_size = $2 ORDER BY h.timestamp_ms DESC LIMIT 1`;

export async function findNewestHead(db: Db, logId: LogId): Promise<TreeHead | null> {
  const { rows } = await db.query<HeadRow>(FIND_NEWEST, [logId]);
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
  await db.query(INSERT_HEAD, [
    head.id,
    logId,
    head.treeSize,
    Buffer.from(head.rootHash),
    head.timestampMs,
    Buffer.from(head.signature),
    Buffer.from(keyId),
    head.checkpoint,
  ]);
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
  };
}
