/** STORY: a lease that ran out becomes an `unknown` leaf, and the delivery is tried again. @module */
import { type AttemptResult, encodeDeliveryLeaf } from '../attestation/leaf.ts';
import { circuitResult } from '../delivery/circuit.ts';
import { verdictAfterUnknown } from '../delivery/verdict.ts';
import { lockExpiredAcrossTenants } from './claim-store.ts';
import type { Job, Settlement } from './job.ts';
import { nextStep } from './next-step.ts';
import { type SettleDeps, settleAll } from './settle.ts';

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
export async function reapExpired(deps: SettleDeps, random: () => number): Promise<number> {
  const settled = await settleAll(deps, async (db) => {
    const jobs = await lockExpiredAcrossTenants(db, MAX_BATCH);
    return jobs.map((job) => lost(job, random));
  });
  return settled.length;
}

function lost(job: Job, random: () => number): Settlement {
  const { attemptsUsed, policy } = job;
  return {
    job,
    result: UNKNOWN,
    peerAddress: null,
    leaf: encodeDeliveryLeaf(job.log.origin, job, UNKNOWN),
    next: nextStep(verdictAfterUnknown({ attemptsUsed, policy }, random)),
    charge: circuitResult(null),
  };
}
