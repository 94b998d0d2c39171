/** STORY: a committed size becomes a signed head and checkpoint. @module */

import { compactRangeFromHashes } from '@kapsel/tree';
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
import { newId } from '../base/ids.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Signer } from '../keys/signer.ts';
import type { Log } from '../logs/log.ts';
import { getTreeState } from '../logs/store.ts';
import { findNewestHead, insertHead } from './head-store.ts';
import { type HeadPace, isHeadDue, nextTimestampMs, type TreeHead } from './tree-head.ts';

const NOTE_TYPE_ED25519 = 0x01; // C2SP signed-note

export interface SignHeadDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly signer: Signer;
  readonly pace: HeadPace;
}

/** Signs the committed tree of `log` if a head is due; answers the new head, or null. */
export async function signHead(deps: SignHeadDeps, log: Log): Promise<TreeHead | null> {
  const { pool, clock, signer, pace } = deps;
  const newest = await findNewestHead(pool, log.id);
  const tree = await getTreeState(pool, log.id);
  const rootHash = compactRangeFromHashes(tree.treeSize, tree.rightEdge).root();
  if (newest !== null) assertNoFork(newest, tree.treeSize, rootHash);
  if (!isHeadDue(tree.treeSize, newest, pace, clock.nowMs())) return null;
  const head = await makeHead(deps, log, {
    treeSize: tree.treeSize,
    rootHash,
    timestampMs: nextTimestampMs(newest?.timestampMs ?? null, clock.nowMs()),
  });
  // A crash here loses a signature that nobody saw; the next tick signs again.
  return inTransaction(pool, async (db) => {
    // The row lock makes "look, then insert" one step for all processes.
    await getTreeState(db, log.id, true);
    const seen = await findNewestHead(db, log.id);
    // Another process signed meanwhile: its head counts, ours was never seen.
    if (seen?.id !== newest?.id) return null;
    await insertHead(db, log.id, head, bytesFromHex(keyIdFromPublicKey(signer.publicKey)));
    return head;
  });
}

// A database that was set back or tampered with: signing it would prove us liars to everyone who kept the head.
function assertNoFork(newest: TreeHead, treeSize: number, rootHash: Uint8Array): void {
  if (treeSize < newest.treeSize) {
    throw new Error(
      `the log is at size ${treeSize}, below the published ${newest.treeSize}: not signing`,
    );
  }
  if (treeSize === newest.treeSize && !equalBytes(rootHash, newest.rootHash)) {
    throw new Error(`the log has another root than the published one of size ${treeSize}`);
  }
}

type UnsignedHead = Pick<TreeHead, 'treeSize' | 'rootHash' | 'timestampMs'>;

async function makeHead(deps: SignHeadDeps, log: Log, head: UnsignedHead): Promise<TreeHead> {
  const { signer, clock } = deps;
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
