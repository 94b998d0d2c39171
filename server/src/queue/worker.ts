/** STORY: claim due deliveries, send each, settle what came of it. @module */
import type { Pool } from 'pg';
import { type AttemptResult, encodeDeliveryLeaf } from '../attestation/leaf.ts';
import { Batcher } from '../base/batcher.ts';
import type { Clock } from '../base/clock.ts';
import { type DeliveryAttemptId, newId } from '../base/ids.ts';
import { Loop } from '../base/loop.ts';
import { isRowFault } from '../db/errors.ts';
import { inTransaction } from '../db/transaction.ts';
import { attempt, type Outcome } from '../delivery/attempt.ts';
import type { DeliveryClient } from '../delivery/connector.ts';
import { deliveryHeaders } from '../delivery/request-headers.ts';
import { verdictAfter } from '../delivery/verdict.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { SendableJob, Settlement } from './job.ts';
import { nextStep } from './next-step.ts';
import { claimAcrossTenants, settleAcrossTenants } from './store.ts';

const MAX_CLAIM = 64;
const IDLE_POLL_MS = 250;
const BUSY_POLL_MS = 50;
const MAX_SETTLE_ROWS = 256;
const SETTLE_WRITERS = 2;
const SETTLE_RETRY_MS = 200;
/** At a stop, after the last request has ended: how long a database that is away is waited for. */
const SETTLE_GRACE_MS = 5_000;

export interface WorkerDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly client: DeliveryClient;
  readonly logger: Logger;
  readonly random: () => number;
  readonly slots: number;
  readonly leaseMs: number;
  readonly deadlineMs: number;
  /** Told how many leaves have begun to wait for their place in a tree. */
  readonly onSettled?: (count: number) => void;
}

/** Claims no more than it can start at once, so no claimed delivery waits while its lease runs. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #loop: Loop;
  readonly #settler: Batcher<Settlement, boolean>;
  /** Owned here: one promise per delivery in flight; none of them rejects. */
  readonly #inFlight = new Set<Promise<void>>();
  /** Monotonic; moved once, by a stop. */
  #settleUntilMs = Number.POSITIVE_INFINITY;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#settler = new Batcher<Settlement, boolean>({
      flush: (rows) => settleBatch(deps, rows),
      sizeOf: ({ leaf }) => leaf.data.length,
      maxBatchRows: MAX_SETTLE_ROWS,
      maxBatchBytes: Number.POSITIVE_INFINITY,
      writers: SETTLE_WRITERS,
      // Bounded by the slots: each delivery in flight settles once.
      maxWaiting: Number.POSITIVE_INFINITY,
      overloaded: () => new Error('unreachable: settling has no bound of its own'),
      isRowFault,
    });
    this.#loop = new Loop({
      clock: deps.clock,
      step: () => this.#claim(),
      onError: (error) => deps.logger.error('claim failed', { error }),
    });
  }

  /** Looks for work now instead of at the next poll. */
  wake(): void {
    this.#loop.wake();
  }

  /** Stops claiming, lets deliveries in flight end and settle. Takes at most the request deadline and a bit. */
  async stop(): Promise<void> {
    const { clock, deadlineMs } = this.#deps;
    this.#settleUntilMs = clock.monotonicMs() + deadlineMs + SETTLE_GRACE_MS;
    await this.#loop.stop();
    await Promise.all(this.#inFlight);
  }

  async #claim(): Promise<number> {
    const { pool, clock, leaseMs, slots } = this.#deps;
    const free = Math.min(MAX_CLAIM, slots - this.#inFlight.size);
    if (free <= 0) return BUSY_POLL_MS;
    const claimedAtMs = clock.monotonicMs();
    const nowMs = clock.nowMs();
    const ids = Array.from({ length: free }, () => newId<'delivery_attempt'>(nowMs));
    const jobs = await claimAcrossTenants(pool, ids as DeliveryAttemptId[], leaseMs, nowMs);
    for (const job of jobs) this.#start(job, claimedAtMs + leaseMs);
    return jobs.length === free ? 0 : IDLE_POLL_MS;
  }

  #start(job: SendableJob, leaseEndsMs: number): void {
    const running = this.#deliver(job, leaseEndsMs)
      .catch((error: unknown) => {
        // A defect of ours. The attempt stays without an outcome, and `reap` makes it `unknown`.
        this.#deps.logger.error('delivery broke off', {
          event_id: job.eventId,
          delivery_attempt_id: job.deliveryAttemptId,
          error,
        });
      })
      .finally(() => {
        this.#inFlight.delete(running);
        if (this.#inFlight.size === this.#deps.slots - 1) this.#loop.wake();
      });
    this.#inFlight.add(running);
  }

  async #deliver(job: SendableJob, leaseEndsMs: number): Promise<void> {
    const { client, clock, deadlineMs, logger, random } = this.#deps;
    // A crash from here to the settlement leaves an attempt without an outcome: `reap` makes it `unknown`.
    const outcome = await attempt(client, {
      url: job.endpointUrl,
      headers: deliveryHeaders({ ...job, logOrigin: job.log.origin, sentAtMs: clock.nowMs() }),
      body: job.body,
      deadlineMs,
    });
    const verdict = verdictAfter(
      outcome,
      { attemptsUsed: job.attemptNumber, maxAttempts: job.maxAttempts },
      clock.nowMs(),
      random,
    );
    const result = resultFromOutcome(outcome, Math.max(clock.nowMs(), job.attemptedAtMs));
    const fields = {
      event_id: job.eventId,
      endpoint_id: job.endpointId,
      delivery_attempt_id: job.deliveryAttemptId,
      outcome: result.outcome,
      ...(result.responseStatus === null ? {} : { status: result.responseStatus }),
      ...(result.error === null ? {} : { reason: result.error }),
    };
    const settled = await this.#settle(
      {
        job,
        result,
        peerAddress: outcome.peerAddress,
        leaf: encodeDeliveryLeaf(job.log.origin, job, result),
        next: nextStep(verdict),
      },
      leaseEndsMs,
    );
    if (settled) logger.info('delivery attempted', fields);
    else logger.warn('stale settlement dropped', fields);
  }

  // The outcome is known only here: while the database is away it is kept and tried again, until the
  // lease ends, or a stop has waited long enough. Then whoever reaps the attempt settles it as `unknown`.
  async #settle(settlement: Settlement, leaseEndsMs: number): Promise<boolean> {
    const { clock, logger } = this.#deps;
    for (;;) {
      try {
        return await this.#settler.submit(settlement);
      } catch (error) {
        logger.error('settlement failed', {
          delivery_attempt_id: settlement.job.deliveryAttemptId,
          error,
        });
        const endsMs = Math.min(leaseEndsMs, this.#settleUntilMs);
        if (clock.monotonicMs() + SETTLE_RETRY_MS >= endsMs) return false;
        await clock.sleep(SETTLE_RETRY_MS);
      }
    }
  }
}

async function settleBatch(
  { pool, onSettled }: WorkerDeps,
  rows: readonly Settlement[],
): Promise<boolean[]> {
  const settled = await inTransaction(pool, (db) => settleAcrossTenants(db, rows));
  onSettled?.(settled.size);
  return rows.map(({ job }) => settled.has(job.deliveryAttemptId));
}

function resultFromOutcome(outcome: Outcome, completedAtMs: number): AttemptResult {
  if (outcome.kind === 'failed') {
    return {
      outcome: 'failed',
      completedAtMs,
      responseStatus: null,
      responseHash: null,
      error: outcome.error,
    };
  }
  return {
    outcome: outcome.kind,
    completedAtMs,
    responseStatus: outcome.status,
    responseHash: outcome.responseHash,
    error: null,
  };
}
