/** STORY: a lease that ran out becomes an `unknown` leaf, and the delivery is tried again. @module */
import type { Pool } from 'pg';
import { type AttemptResult, encodeDeliveryLeaf } from '../attestation/leaf.ts';
import { inTransaction } from '../db/transaction.ts';
import { retryDelayMs } from '../delivery/backoff.ts';
import type { Job, NextStep, Settlement } from './job.ts';
import { lockExpiredAcrossTenants, settleAcrossTenants } from './store.ts';

const MAX_BATCH = 256;

// Nobody saw the request end: it may have arrived, so it is neither "delivered" nor "failed".
const UNKNOWN: AttemptResult = {
  outcome: 'unknown',
  completedAtMs: null,
  responseStatus: null,
  responseHash: null,
  error: 'lease_expired',
};

/** Settles expired leases, whatever their logs; answers how many. Row locks and the fence keep it from racing a late worker. */
export async function reapExpired(pool: Pool, random: () => number): Promise<number> {
  return inTransaction(pool, async (db) => {
    const jobs = await lockExpiredAcrossTenants(db, MAX_BATCH);
    if (jobs.length === 0) return 0;
    await settleAcrossTenants(
      db,
      jobs.map(
        (job): Settlement => ({
          job,
          result: UNKNOWN,
          peerAddress: null,
          leaf: encodeDeliveryLeaf(job.log.origin, job, UNKNOWN),
          next: afterUnknown(job, random),
        }),
      ),
    );
    return jobs.length;
  });
}

function afterUnknown(job: Job, random: () => number): NextStep {
  if (job.attemptNumber >= job.maxAttempts) {
    return { kind: 'finish', status: 'failed', reason: 'exhausted' };
  }
  return { kind: 'retry', delayMs: retryDelayMs(job.attemptNumber, random) };
}
