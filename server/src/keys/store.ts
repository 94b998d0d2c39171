/** Public keys of logs in the database, with their history. Private keys are never here. @module */

import { timeFromMs } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import type { Db } from '../db/transaction.ts';
import type { KeyProvider } from './signer.ts';

/** announced: its statement is on the way into the log. active: signs heads now. The others sign no more. */
export type KeyState = 'announced' | 'active' | 'retired' | 'revoked';

export interface AttestationKey {
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly provider: KeyProvider;
  readonly state: KeyState;
  readonly validFromMs: number;
  /** When it stopped signing; null for the active and the announced one. */
  readonly validUntilMs: number | null;
}

interface KeyRow {
  key_id: Buffer;
  public_key: Buffer;
  provider: KeyProvider;
  state: KeyState;
  valid_from: Date;
  valid_until: Date | null;
}

const SELECT_KEYS = `
  SELECT key_id, public_key, provider, state, valid_from, valid_until
    FROM attestation_keys
   WHERE log_id = $1`;

const LIST_KEYS = `${SELECT_KEYS} ORDER BY valid_from, (state = 'announced')`;

/** All keys a log ever had, oldest first. */
export async function listAttestationKeys(db: Db, logId: LogId): Promise<AttestationKey[]> {
  const { rows } = await db.query<KeyRow>(LIST_KEYS, [logId]);
  return rows.map(keyFromRow);
}

// Partial unique indexes: a log has at most one key in each of these two states.
const FIND_KEY_IN_STATE = `${SELECT_KEYS} AND state = $2`;

/** The key that signs now, or the one that will; null when there is none. */
export async function findKeyInState(
  db: Db,
  logId: LogId,
  state: 'active' | 'announced',
): Promise<AttestationKey | null> {
  const { rows } = await db.query<KeyRow>(FIND_KEY_IN_STATE, [logId, state]);
  return rows[0] === undefined ? null : keyFromRow(rows[0]);
}

function keyFromRow(row: KeyRow): AttestationKey {
  return {
    keyId: row.key_id,
    publicKey: row.public_key,
    provider: row.provider,
    state: row.state,
    validFromMs: row.valid_from.getTime(),
    validUntilMs: row.valid_until?.getTime() ?? null,
  };
}

const INSERT_KEY = `
  INSERT INTO attestation_keys (key_id, log_id, public_key, provider, valid_from, state)
  VALUES ($1, $2, $3, $4, $5, $6)`;

export async function insertAttestationKey(
  db: Db,
  logId: LogId,
  key: {
    keyId: Uint8Array;
    publicKey: Uint8Array;
    provider: string;
    validFromMs: number;
    state?: KeyState;
  },
): Promise<void> {
  await db.query(INSERT_KEY, [
    Buffer.from(key.keyId),
    logId,
    Buffer.from(key.publicKey),
    key.provider,
    timeFromMs(key.validFromMs),
    key.state ?? 'active',
  ]);
}

const END_ACTIVE_KEY = `
  UPDATE attestation_keys SET state = $2, valid_until = $3
   WHERE log_id = $1 AND state = 'active'`;

/** The active key signs no more; true when there was one. The caller holds the log's row. */
export async function endActiveKey(
  db: Db,
  logId: LogId,
  state: 'retired' | 'revoked',
  untilMs: number,
): Promise<boolean> {
  const { rowCount } = await db.query(END_ACTIVE_KEY, [logId, state, timeFromMs(untilMs)]);
  return rowCount === 1;
}

const REVOKE_RETIRED_KEY = `
  UPDATE attestation_keys SET state = 'revoked', valid_until = $3
   WHERE log_id = $1 AND key_id = $2 AND state = 'retired'`;

/** A key that signs no more is found to have been stolen. The caller holds the log's row. */
export async function revokeRetiredKey(
  db: Db,
  logId: LogId,
  keyId: Uint8Array,
  untilMs: number,
): Promise<void> {
  await db.query(REVOKE_RETIRED_KEY, [logId, Buffer.from(keyId), timeFromMs(untilMs)]);
}

const ACTIVATE_KEY = `
  UPDATE attestation_keys SET state = 'active', valid_from = $3
   WHERE log_id = $1 AND key_id = $2 AND state = 'announced'`;

/** The announced key signs from now on; throws when it is not announced. The caller holds the log's row. */
export async function activateKey(
  db: Db,
  logId: LogId,
  keyId: Uint8Array,
  fromMs: number,
): Promise<void> {
  const { rowCount } = await db.query(ACTIVATE_KEY, [
    logId,
    Buffer.from(keyId),
    timeFromMs(fromMs),
  ]);
  if (rowCount !== 1) throw new Error('the key is not announced any more');
}
