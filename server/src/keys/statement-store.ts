/** Key statements in the database: kept for ever, since packages carry them as long as there are proofs. @module */
import { keyIdFromPublicKey } from '@kapsel/verification';
import { timeFromMs } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import { integerFromRow } from '../base/rows.ts';
import type { Db } from '../db/transaction.ts';
import type { SignedStatement } from './statement.ts';

export interface StoredStatement {
  readonly action: 'rotate' | 'revoke';
  /** Id of the new key, or of the revoked one. */
  readonly keyId: Uint8Array;
  /** The exact text of the leaf. */
  readonly leafData: string;
  readonly leafHash: Uint8Array;
  /** Its place in the tree; null until it has one. */
  readonly leafIndex: number | null;
  readonly validFromMs: number;
}

const INSERT_STATEMENT = `
  INSERT INTO key_statements (leaf_hash, log_id, action, key_id, leaf_data, valid_from)
  VALUES ($1, $2, $3, $4, $5, $6)`;

/** The key it speaks of must have its row already. */
export async function insertKeyStatement(
  db: Db,
  logId: LogId,
  statement: SignedStatement,
): Promise<void> {
  await db.query(INSERT_STATEMENT, [
    Buffer.from(statement.hash),
    logId,
    statement.action,
    Buffer.from(keyIdFromPublicKey(statement.publicKey), 'hex'),
    statement.data,
    timeFromMs(statement.validFromMs),
  ]);
}

interface StatementRow {
  action: 'rotate' | 'revoke';
  key_id: Buffer;
  leaf_data: string;
  leaf_hash: Buffer;
  leaf_index: string | null;
  valid_from: Date;
}

// A revocation is written together with the rotation that answers a theft: after it in the tree, before it in the alphabet.
const LIST_STATEMENTS = `
  SELECT action, key_id, leaf_data, leaf_hash, leaf_index, valid_from
    FROM key_statements
   WHERE log_id = $1
   ORDER BY leaf_index NULLS LAST, created_at, action DESC`;

/** All statements of a log in the order of the tree; those that wait for their place come last. */
export async function listKeyStatements(db: Db, logId: LogId): Promise<StoredStatement[]> {
  const { rows } = await db.query<StatementRow>(LIST_STATEMENTS, [logId]);
  return rows.map((row) => ({
    action: row.action,
    keyId: row.key_id,
    leafData: row.leaf_data,
    leafHash: row.leaf_hash,
    leafIndex: row.leaf_index === null ? null : integerFromRow(row.leaf_index),
    validFromMs: row.valid_from.getTime(),
  }));
}

const PLACE_STATEMENT = `
  UPDATE key_statements SET leaf_index = $3
   WHERE log_id = $1 AND leaf_hash = $2 AND leaf_index IS NULL`;

/** Writes down where the sequencer put a statement; a place that is known stays. */
export async function placeKeyStatement(
  db: Db,
  logId: LogId,
  leafHash: Uint8Array,
  leafIndex: number,
): Promise<void> {
  await db.query(PLACE_STATEMENT, [logId, Buffer.from(leafHash), leafIndex]);
}
