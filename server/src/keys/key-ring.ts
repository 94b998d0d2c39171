/** Finds the signer of a log: the key is the database's word, and the private half is looked for in this process's places. @module */
import { bytesFromHex, hexFromBytes, keyIdFromPublicKey } from '@kapsel/verification';
import type { Pool } from 'pg';
import type { LogId } from '../base/ids.ts';
import { lockSetup } from '../db/setup-lock.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import type { Log } from '../logs/log.ts';
import type { KeyPlaces } from './key-places.ts';
import { KeyError, type Signer } from './signer.ts';
import { findKeyInState, insertAttestationKey, listAttestationKeys } from './store.ts';

/**
 * Who signs for a log, asked anew for each head.
 *
 * - The answer is the signer of the log's key in state `active`, as `db` sees it: a rotation by another process is
 *   seen at the next head. It is null when no key is active (an emergency rotation is under way) or when this process
 *   does not hold the active one; heads are then somebody else's, or wait.
 * - It is asked twice for a head: before it is signed, and again with the connection that holds the log's row lock.
 *   A rotation switches keys under that lock, so a head is inserted only when the second answer has the public key of
 *   the first; otherwise the old key would sign after the new one.
 * - A key that is there but cannot be opened (wrong passphrase, readable by others) is a rejection, not null.
 */
export interface KeyRing {
  signerOf(db: Db, logId: LogId): Promise<Signer | null>;
}

export function createKeyRing(places: KeyPlaces): KeyRing {
  return {
    async signerOf(db, logId) {
      const key = await findKeyInState(db, logId, 'active');
      return key === null ? null : places.find(key.publicKey);
    },
  };
}

/**
 * Opens the signer of `log` at start. A log without a key gets one (the file is made when it is missing); a log that has
 * a key insists on exactly that key, since a head by another key would not verify for anybody who pinned the first.
 * Null when a rotation was begun and not finished: the log has no active key until it is run again.
 */
export async function openLogSigner(
  pool: Pool,
  log: Log,
  places: KeyPlaces,
  nowMs: number,
): Promise<Signer | null> {
  return inTransaction(pool, async (db) => {
    await lockSetup(db);
    const keys = await listAttestationKeys(db, log.id);
    if (keys.length === 0) return giveFirstKey(db, log, await places.takeFirst(), nowMs);
    const current = keys.find(({ state }) => state === 'active');
    if (current === undefined) return null;
    return demandSigner(places, log, current.publicKey);
  });
}

/** Writes the first key of a log: it signs from its first head on, and no statement introduces it. */
export async function giveFirstKey(
  db: Db,
  log: Log,
  signer: Signer,
  nowMs: number,
): Promise<Signer> {
  await insertAttestationKey(db, log.id, {
    keyId: bytesFromHex(keyIdFromPublicKey(signer.publicKey)),
    publicKey: signer.publicKey,
    provider: signer.provider,
    validFromMs: nowMs,
  });
  return signer;
}

/** The signer of a key that `log` has. Throws KeyError, naming the places that were looked at, when it is nowhere. */
export async function demandSigner(
  places: KeyPlaces,
  log: Log,
  publicKey: Uint8Array,
): Promise<Signer> {
  const signer = await places.find(publicKey);
  if (signer !== null) return signer;
  const { firstKeyFile } = places.settings;
  throw new KeyError(
    `the log ${log.origin} signs with the key ${hexFromBytes(publicKey)}, which is neither in ${firstKeyFile} nor in ${places.fileOf(publicKey)} nor in KAPSEL_SIGNING_KEY: restore that key`,
  );
}
