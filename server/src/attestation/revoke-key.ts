/** STORY: a key that a log retired long ago turns out to have been stolen, and the key after it says so. Proof format, keys and rotation. @module */
import { equalBytes, hexFromBytes, parseKeyLeaf } from '@kapsel/verification';
import type { Pool } from 'pg';
import { type Db, inTransaction } from '../db/transaction.ts';
import type { KeyPlaces } from '../keys/key-places.ts';
import { demandSigner } from '../keys/key-ring.ts';
import { KeyError } from '../keys/signer.ts';
import { signRevocation } from '../keys/statement.ts';
import { listKeyStatements } from '../keys/statement-store.ts';
import { type AttestationKey, listAttestationKeys, revokeRetiredKey } from '../keys/store.ts';
import type { Log } from '../logs/log.ts';
import { getTreeState } from '../logs/store.ts';
import { insertStatement } from './rotate-key.ts';

export interface RevokeDeps {
  readonly pool: Pool;
  readonly places: KeyPlaces;
}

/**
 * Writes the statement "do not believe this key from `stolenAtMs` on" and lets it wait for its place in the tree. It is
 * signed by the key that followed the stolen one, whether that one still signs heads or not: verifiers hear the keys
 * beside a revoked one alone, and a thief could have made what the key before it says. False when it was revoked
 * already. Throws KeyError where the log has no such retired key, or the key after it is not here.
 */
export async function revokeKey(
  { pool, places }: RevokeDeps,
  log: Log,
  keyId: Uint8Array,
  stolenAtMs: number,
): Promise<boolean> {
  const key = await findKey(pool, log, keyId);
  if (key.state === 'revoked') return false;
  assertRetired(key);
  const successor = await demandSigner(places, log, await successorOf(pool, log, key));
  // Signing may take long, and comes before the transaction.
  const revocation = await signRevocation(log.origin, key.publicKey, successor, stolenAtMs);
  return inTransaction(pool, async (db) => {
    await getTreeState(db, log.id, true);
    const now = await findKey(db, log, keyId);
    if (now.state === 'revoked') return false;
    assertRetired(now);
    await revokeRetiredKey(db, log.id, keyId, stolenAtMs);
    await insertStatement(db, log, revocation);
    return true;
  });
  // A crash from here on: the statement waits as a leaf, and the next tick of any server gives it its place.
}

async function findKey(db: Db, log: Log, keyId: Uint8Array): Promise<AttestationKey> {
  const keys = await listAttestationKeys(db, log.id);
  const found = keys.find((key) => equalBytes(key.keyId, keyId));
  if (found !== undefined) return found;
  throw new KeyError(`the log ${log.origin} never had the key ${hexFromBytes(keyId)}`);
}

function assertRetired({ state, keyId }: AttestationKey): void {
  if (state === 'retired') return;
  const hint = state === 'active' ? ': rotate it with --emergency' : '';
  throw new KeyError(`the key ${hexFromBytes(keyId)} is ${state}, not retired${hint}`);
}

/** A retired key was followed by exactly one, and a statement in the log says by which. */
async function successorOf(db: Db, log: Log, { publicKey }: AttestationKey): Promise<Uint8Array> {
  for (const { action, leafData } of await listKeyStatements(db, log.id)) {
    if (action !== 'rotate') continue;
    const leaf = parseKeyLeaf(leafData);
    const previous = leaf.previousPublicKey;
    if (previous !== null && equalBytes(previous, publicKey)) return leaf.publicKey;
  }
  throw new Error('no statement names the key after a retired one');
}
