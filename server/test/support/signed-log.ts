/** A log that grows and is signed on demand, for tests that read proofs from it. @module */

import type { Pool } from 'pg';
import { sequence } from '../../src/attestation/sequence.ts';
import { signHead } from '../../src/attestation/sign-head.ts';
import type { TreeHead } from '../../src/attestation/tree-head.ts';
import type { Signer } from '../../src/keys/signer.ts';
import {
  type AttemptLeaf,
  type BenchLog,
  giveSigner,
  ringOf,
  START_MS,
  settleAttempts,
} from './log-bench.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryHeads } from './published-memory.ts';

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
export async function growLog({ pool, log }: SignedLog, count: number): Promise<AttemptLeaf[]> {
  const leaves = await settleAttempts(pool, log, count);
  const { added } = await sequence(pool, log);
  if (added !== count) throw new Error(`sequenced ${added} leaves, want ${count}`);
  return leaves;
}

/** Signs what is committed now. */
export async function headOf({ pool, log, signer, clock }: SignedLog): Promise<TreeHead> {
  const pace = { growingMs: 0, idleMs: 0 };
  // What was signed before is in the database, which a new second place follows.
  const head = await signHead(
    { pool, clock, ring: ringOf(signer), pace, published: memoryHeads() },
    log,
  );
  if (head === null) throw new Error('no head was due');
  return head;
}
