/** A log that grows and is signed on demand, for tests that read proofs from it. @module */

import type { Pool } from 'pg';
import type { PendingLeaf } from '../../src/attestation/pending-store.ts';
import { sequence } from '../../src/attestation/sequence.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import type { Signer } from '../../src/keys/signer.ts';
import { type BenchLog, giveSigner, START_MS, settleAttempts } from './log-bench.ts';
import { ManualClock } from './manual-clock.ts';

export interface SignedLog {
  readonly pool: Pool;
  readonly log: BenchLog;
  readonly signer: Signer;
  readonly clock: ManualClock;
}

export async function signLog(pool: Pool, log: BenchLog): Promise<SignedLog> {
  return { pool, log, signer: await giveSigner(pool, log), clock: new ManualClock(START_MS) };
}

/** Settles and sequences `count` attempts; answers their leaves in the order of the tree. */
export async function growLog({ pool, log }: SignedLog, count: number): Promise<PendingLeaf[]> {
  const leaves = await settleAttempts(pool, log, count);
  const { added } = await sequence(pool, log);
  if (added !== count) throw new Error(`sequenced ${added} leaves, want ${count}`);
  return leaves;
}

/** Signs what is committed now. */
export async function headOf({ pool, log, signer, clock }: SignedLog): Promise<TreeHead> {
  const head = await signHead({ pool, clock, signer, pace: { growingMs: 0, idleMs: 0 } }, log);
  if (head === null) throw new Error('no head was due');
  return head;
}
