/** STORY: claim due deliveries, send each, settle what came of it. @module */
import { setMaxListeners } from 'node:events';
import { Batcher } from '../base/batcher.ts';
import { Loop } from '../base/loop.ts';
import { isRowFault } from '../db/errors.ts';
import type { CircuitResult } from '../delivery/circuit.ts';
import { NO_TRACING, type Tracing, traceIdFrom } from '../telemetry/tracing.ts';
import { Claims, type Taken } from './claim.ts';
import { type DeliverDeps, deliver, notSent } from './deliver.ts';
import { traceDelivery } from './delivery-trace.ts';
import type { Settlement } from './job.ts';
import { Probes } from './probe.ts';
import { type SettleDeps, settleAll } from './settle.ts';
import { type ShareRules, Shares } from './shares.ts';

const IDLE_POLL_MS = 250;
const BUSY_POLL_MS = 50;
const MAX_SETTLE_ROWS = 256;
const SETTLE_WRITERS = 2;
const SETTLE_RETRY_MS = 200;
/** At a stop, after the last request has ended: how long a database that is away is waited for. */
const SETTLE_GRACE_MS = 5_000;
/** At a stop: how long requests may still take. Whatever the deadline of a request, a server is gone after 30 s. */
const DRAIN_MS = 15_000;
/** A claim of less than this share of the slots costs more than it brings; until then others settle. */
const WAKE_SHARE = 1 / 8;

export interface WorkerDeps extends SettleDeps, DeliverDeps {
  readonly shares: ShareRules;
  readonly leaseMs: number;
  readonly tracing?: Tracing;
  /** Told how long a delivery had been due when it was claimed. */
  readonly onClaimed?: (lagSeconds: number) => void;
}

/** Claims no more than it can start at once, so no claimed delivery waits while its lease runs. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #loop: Loop;
  readonly #settler: Batcher<Settlement, boolean>;
  readonly #shares: Shares;
  readonly #claims: Claims;
  readonly #probes: Probes;
  readonly #wakeAt: number;
  /** Owned here: one promise per delivery in flight; none of them rejects. */
  readonly #inFlight = new Set<Promise<void>>();
  readonly #ending = new AbortController();
  #isStopping = false;
  /** Monotonic; moved once, by a stop. */
  #settleUntilMs = Number.POSITIVE_INFINITY;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    // Each request in flight listens to it.
    setMaxListeners(0, this.#ending.signal);
    this.#shares = new Shares(deps.shares, () => deps.clock.monotonicMs());
    this.#wakeAt = Math.max(1, Math.floor(deps.shares.slots * WAKE_SHARE));
    const { pool, clock, leaseMs } = deps;
    const claimDeps = { pool, clock, leaseMs, shares: this.#shares };
    this.#claims = new Claims(claimDeps);
    this.#probes = new Probes(claimDeps, deps.circuits);
    this.#settler = new Batcher<Settlement, boolean>({
      flush: (rows) => settleAll(deps, () => rows),
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
      clock,
      step: () => this.#claim(),
      onError: (error) => deps.logger.error('claim failed', { error }),
    });
  }

  /** Looks for work now instead of at the next poll. */
  wake(): void {
    this.#loop.wake();
  }

  /**
   * Stops claiming, gives back what was claimed and not sent, lets requests in flight end and settle. Takes at most
   * the request deadline, or `DRAIN_MS`, and a bit.
   */
  async stop(): Promise<void> {
    const { clock, deadlineMs } = this.#deps;
    this.#isStopping = true;
    const drainMs = Math.min(deadlineMs, DRAIN_MS);
    this.#settleUntilMs = clock.monotonicMs() + drainMs + SETTLE_GRACE_MS;
    const drained = new AbortController();
    // Never rejects, and ends with the last delivery.
    void clock.sleep(drainMs, drained.signal).then(() => this.#ending.abort());
    await this.#loop.stop();
    await Promise.all(this.#inFlight);
    drained.abort();
  }

  async #claim(): Promise<number> {
    // Deliveries that were settled together give their places back together: not only to the first of them.
    await this.#deps.clock.sleep(0);
    if (this.#shares.free <= 0) return BUSY_POLL_MS;
    const start = (taken: Taken): void => this.#start(taken);
    const mayBeMore = await this.#claims.round(start);
    // Few, and before all others: they decide whether whole endpoints go on.
    await this.#probes.round(start);
    if (this.#shares.free < this.#wakeAt) return BUSY_POLL_MS;
    return mayBeMore ? 0 : IDLE_POLL_MS;
  }

  #start(taken: Taken): void {
    const { job, lane } = taken;
    const { endpointId, tenantId } = job;
    const held = {
      endpointId,
      tenantId,
      lane,
      isFailing: job.health !== 'good',
      maxPerS: job.maxPerS,
    };
    this.#shares.take(held);
    this.#deps.onClaimed?.(job.lagMs / 1_000);
    const running = this.#deliver(taken)
      .catch((error: unknown): CircuitResult => {
        // A defect of ours. The attempt stays without an outcome, and `reap` makes it `unknown`.
        this.#deps.logger.error('delivery broke off', {
          event_id: job.eventId,
          delivery_attempt_id: job.deliveryAttemptId,
          error,
        });
        return 'neutral';
      })
      .then((result) => {
        this.#inFlight.delete(running);
        const hasRoom = this.#shares.give(held, result);
        if (hasRoom || this.#shares.free === this.#wakeAt) this.#loop.wake();
      });
    this.#inFlight.add(running);
  }

  async #deliver({ job, leaseEndsMs }: Taken): Promise<CircuitResult> {
    const { clock, logger, tracing = NO_TRACING } = this.#deps;
    const trace = traceDelivery(tracing, job, clock.nowMs());
    const { traceparent } = trace;
    const settlement = this.#isStopping
      ? notSent(job, clock.nowMs())
      : await deliver(this.#deps, job, leaseEndsMs, trace, this.#ending.signal);
    const { result } = settlement;
    trace.sent(result);
    const traceId = traceIdFrom(traceparent);
    const fields = {
      ...(traceId === undefined ? {} : { trace_id: traceId }),
      tenant_id: job.tenantId,
      event_id: job.eventId,
      endpoint_id: job.endpointId,
      delivery_attempt_id: job.deliveryAttemptId,
      outcome: result.outcome,
      ...(result.responseStatus === null ? {} : { status: result.responseStatus }),
      ...(result.error === null ? {} : { reason: result.error }),
    };
    const isKept = await this.#settle(
      traceparent === null ? settlement : { ...settlement, traceparent },
      leaseEndsMs,
    );
    trace.settled(isKept);
    if (isKept) logger.info('delivery attempted', fields);
    else logger.warn('stale settlement dropped', fields);
    return settlement.charge;
  }

  // The outcome is known only here: while the database is away it is kept and tried again, until the
  // lease ends, or a stop has waited long enough. Then whoever reaps the attempt settles it as `unknown`.
  async #settle(settlement: Settlement, leaseEndsMs: number): Promise<boolean> {
    const { clock, logger, onStale } = this.#deps;
    for (;;) {
      try {
        return await this.#settler.submit(settlement);
      } catch (error) {
        logger.error('settlement failed', {
          delivery_attempt_id: settlement.job.deliveryAttemptId,
          error,
        });
        const endsMs = Math.min(leaseEndsMs, this.#settleUntilMs);
        if (clock.monotonicMs() + SETTLE_RETRY_MS >= endsMs) {
          onStale?.(1);
          return false;
        }
        await clock.sleep(SETTLE_RETRY_MS);
      }
    }
  }
}
