/** Public keys of logs in the database. Private keys are never here. @module */

import { timeFromMs } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';

export interface AttestationKey {
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly validFromMs: number;
  readonly validUntilMs: number | null;
}

interface KeyRow {
  key_id: Buffer;
  public_key: Buffer;
  valid_from: Date;
  valid_until: Date | null;
}

const LIST_KEYS = `
  SELECT key_id, public_key, valid_from, valid_until
    FROM attestation_keys
   WHERE log_id = $1
   ORDER BY valid_from`;

/** All keys a log ever had, oldest first; the current one has no end. */
export async function listAttestationKeys(db: Db, logId: LogId): Promise<AttestationKey[]> {
  const { rows } = await db.query<KeyRow>(LIST_KEYS, [logId]);
  return rows.map((row) => ({
    keyId: row.key_id,
    publicKey: row.public_key,
    validFromMs: row.valid_from.getTime(),
    validUntilMs: row.valid_until?.getTime() ?? null,
  }));
}

const INSERT_KEY = `
  INSERT INTO attestation_keys (key_id, log_id, public_key, provider, valid_from)
  VALUES ($1, $2, $3, $4, $5)`;

export async function insertAttestationKey(
  db: Db,
  logId: LogId,
  key: { keyId: Uint8Array; publicKey: Uint8Array; provider: string; validFromMs: number },
): Promise<void> {
  await db.query(INSERT_KEY, [
    key.keyId,
    logId,
    key.publicKey,
    key.provider,
    timeFromMs(key.validFromMs),
  ]);
}
