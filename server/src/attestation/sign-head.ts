/** STORY: a committed size becomes a signed head and checkpoint, first in the second place, then in the database. @module */

import {
  bytesFromHex,
  encodeCheckpointBody,
  encodeNoteSignature,
  encodeTreeHead,
  equalBytes,
  keyIdFromPublicKey,
  noteKeyId,
  utf8FromString,
  verifyEd25519,
} from '@kapsel/verification';
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { within } from '../base/deadline.ts';
import { newId } from '../base/ids.ts';
import { isLockTimeout } from '../db/errors.ts';
import { type Db, inTransaction } from '../db/transaction.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Signer } from '../keys/signer.ts';
import { type Log, LogHaltedError } from '../logs/log.ts';
import { getTreeState, tryLockSigning } from '../logs/store.ts';
import { assertRoots, type GuardedLog, lookAtLog } from './head-guard.ts';
import { findNewestHead, insertHead } from './head-store.ts';
import { isSameHead, PublishedHeadMoved, type PublishedHeads } from './published-head.ts';
import { type HeadPace, isHeadDue, nextTimestampMs, type TreeHead } from './tree-head.ts';

const NOTE_TYPE_ED25519 = 0x01; // C2SP signed-note

export interface SignHeadDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly ring: KeyRing;
  readonly pace: HeadPace;
  readonly published: PublishedHeads;
  /** For both signatures of a head together. */
  readonly signTimeoutMs?: number;
  /** Gives up what a signer was asked for: the process ends. */
  readonly giveUp?: AbortSignal;
}

const SIGN_TIMEOUT_MS = 10_000; // what the contract of a signer allows

/**
 * Signs the committed tree of `log` if a head is due; answers the new head, or null when none is due, another process
 * was faster, or this process does not hold the key. Throws HeadConflict or LogHaltedError when nothing may be signed.
 */
export async function signHead(deps: SignHeadDeps, log: Log): Promise<TreeHead | null> {
  const { pool, clock, ring, pace, published } = deps;
  const seen = await agreeOnNewest(deps, log, await lookAtLog(pool, log, published));
  const { tree, newest } = seen;
  if (tree.haltedReason !== null) throw new LogHaltedError(log.id, tree.haltedReason);
  if (!isHeadDue(tree.treeSize, newest, pace, clock.nowMs())) return null;
  const rootHash = await assertRoots(pool, log, seen);
  const signer = await ring.signerOf(pool, log.id);
  if (signer === null) return null;
  const lastMs = Math.max(newest?.timestampMs ?? 0, seen.stored?.timestampMs ?? 0);
  // A signer that hangs holds this head up, and neither the others nor the end of the process. No row is locked yet.
  const head = await within(
    { clock, timeoutMs: deps.signTimeoutMs ?? SIGN_TIMEOUT_MS, signal: deps.giveUp },
    `the signer of ${log.origin}`,
    makeHead(clock, signer, log, {
      treeSize: tree.treeSize,
      rootHash,
      timestampMs: nextTimestampMs(lastMs === 0 ? null : lastMs, clock.nowMs()),
    }),
  );
  // A crash here loses a signature that nobody saw; the next tick signs again.
  return insertPublished(deps, log, head, seen);
}

/**
 * Brings both places to the later of the two heads, so that the next one is made after it. The database's is later
 * when another process signed it; the second place's when a process ended between its two writes.
 */
async function agreeOnNewest(deps: SignHeadDeps, log: Log, seen: GuardedLog): Promise<GuardedLog> {
  const { newest, stored } = seen;
  if (isSameHead(newest, stored) || newest?.timestampMs === stored?.timestampMs) return seen;
  await assertRoots(deps.pool, log, seen);
  if (newest !== null && newest.timestampMs > (stored?.timestampMs ?? 0)) {
    assertSigned(newest, log);
    await deps.published.write(log, newest, stored);
    return { ...seen, stored: newest };
  }
  if (stored === null) return seen;
  const inserted = await insertPublished(deps, log, stored, seen);
  if (inserted !== null) return { ...seen, newest: stored };
  // Another process signed meanwhile; or the key of that head signs no more, and the next one gets a later time.
  return lookAtLog(deps.pool, log, deps.published);
}

/** Writes a head into the second place, then into the database. Null when somebody else was faster. */
async function insertPublished(
  { pool, ring, published }: SignHeadDeps,
  log: Log,
  head: TreeHead,
  seen: GuardedLog,
): Promise<TreeHead | null> {
  try {
    return await inTransaction(pool, async (db) => {
      // Another process is at this line: its head counts, and nobody has to wait for it.
      if (!(await tryLockSigning(db, log.id))) return null;
      // The row lock makes "look, then write" one step for all processes, and for a change of keys.
      const { haltedReason } = await getTreeState(db, log.id, true);
      const newest = await findNewestHead(db, log.id);
      // Another process signed meanwhile: its head counts, ours was never seen.
      if (haltedReason !== null || newest?.id !== seen.newest?.id) return null;
      // The key was changed meanwhile: the old one must not sign after the new one.
      if (!(await isActiveKey(ring, db, log, head.publicKey))) return null;
      await published.write(log, head, seen.stored);
      // A crash from here to the commit leaves a head in the second place alone, which nobody was served: the next tick
      // of any process that sees that place inserts it here.
      await insertHead(db, log.id, head, bytesFromHex(keyIdFromPublicKey(head.publicKey)));
      return head;
    });
    // A crash from here on leaves the head in both places: it is served from the database.
  } catch (error) {
    // The second place is shared, and somebody moved it: the next tick looks again.
    if (error instanceof PublishedHeadMoved) return null;
    // A long transaction of the sequencer holds the row: the next tick signs what it commits.
    if (isLockTimeout(error)) return null;
    throw error;
  }
}

async function isActiveKey(
  ring: KeyRing,
  db: Db,
  log: Log,
  publicKey: Uint8Array,
): Promise<boolean> {
  const signer = await ring.signerOf(db, log.id);
  return signer !== null && equalBytes(signer.publicKey, publicKey);
}

type UnsignedHead = Pick<TreeHead, 'treeSize' | 'rootHash' | 'timestampMs'>;

async function makeHead(
  clock: Clock,
  signer: Signer,
  log: Log,
  head: UnsignedHead,
): Promise<TreeHead> {
  const signature = await signVerified(
    signer,
    encodeTreeHead(head.timestampMs, head.treeSize, head.rootHash),
  );
  const body = encodeCheckpointBody(log.origin, head.treeSize, head.rootHash);
  const noteSignature = await signVerified(signer, utf8FromString(body));
  const keyId = noteKeyId(log.origin, NOTE_TYPE_ED25519, signer.publicKey);
  return {
    ...head,
    id: newId<'tree_head'>(clock.nowMs()),
    origin: log.origin,
    signature,
    publicKey: signer.publicKey,
    checkpoint: `${body}\n${encodeNoteSignature(log.origin, keyId, noteSignature)}`,
    cosignatures: [],
  };
}

// The signer is not trusted: a wrong key, a pre-hash mode or a broken device is noticed here,
// before anything is stored, by the same verifier that everybody else runs.
async function signVerified(signer: Signer, message: Uint8Array): Promise<Uint8Array> {
  const signature = await signer.sign(message);
  if (!verifyEd25519(signature, message, signer.publicKey)) {
    throw new Error('the signer answered a signature that does not verify');
  }
  return signature;
}

// What another process put into the database is believed as little as what a signer answers.
function assertSigned({ timestampMs, treeSize, rootHash, ...head }: TreeHead, log: Log): void {
  const message = encodeTreeHead(timestampMs, treeSize, rootHash);
  if (!verifyEd25519(head.signature, message, head.publicKey)) {
    throw new Error(`the newest stored head of ${log.origin} is not signed by its key`);
  }
}
