/** Wires what is measured: counts of the database every few seconds, and the callbacks by which rooms tell of their work. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { EndpointId, TenantId } from '../base/ids.ts';
import { Loop } from '../base/loop.ts';
import type { Pools } from '../db/pools.ts';
import { readVitals } from '../db/vitals.ts';
import type { IngestStatus } from '../ingest/accept.ts';
import { listCircuitsAcrossTenants, measureBacklogAcrossTenants } from '../queue/backlog-store.ts';
import { EventLoopGauge } from '../telemetry/event-loop.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Counting in the database costs something: so often, however many scrape. */
const SAMPLE_INTERVAL_MS = 5_000;
/** A circuit that has been closed for so long has nothing to tell. */
const IDLE_CIRCUIT_MS = 600_000;
const MAX_CIRCUITS = 1_000;

export type CircuitName = 'closed' | 'open' | 'half_open';
const CIRCUIT_VALUES: Readonly<Record<CircuitName, number>> = { closed: 0, open: 1, half_open: 2 };

export interface Measuring {
  readonly onIngested: (tenantId: TenantId, status: IngestStatus, count: number) => void;
  readonly onGroupCommit: (rows: number, seconds: number) => void;
  readonly onClaimed: (lagSeconds: number) => void;
  /** Of a settled attempt; `seconds` is null where nobody saw it end. */
  readonly onAttempt: (endpointId: EndpointId, outcome: string, seconds: number | null) => void;
  readonly onStaleSettlement: (count: number) => void;
  readonly onCircuit: (endpointId: EndpointId, state: CircuitName) => void;
  stop(): Promise<void>;
}

export function startMeasuring(deps: {
  readonly pools: Pools;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): Measuring {
  const { pools, clock, logger, metrics } = deps;
  const eventLoop = new EventLoopGauge();
  const circuits = new Circuits(metrics, clock);
  const sampler = new Loop({
    clock,
    step: async () => {
      sampleEventLoop(metrics, eventLoop);
      await sampleDatabase(metrics, pools.upkeep);
      circuits.sample(await listCircuitsAcrossTenants(pools.upkeep, MAX_CIRCUITS));
      return SAMPLE_INTERVAL_MS;
    },
    onError: (error) => logger.warn('measuring the database failed', { error }),
  });
  metrics.onScrape(() => readPools(metrics, pools));
  return {
    onIngested: (tenant, status, count) => metrics.ingested.inc({ tenant, status }, count),
    onGroupCommit: (rows, seconds) => {
      metrics.groupCommitRows.observe({}, rows);
      metrics.groupCommitSeconds.observe({}, seconds);
    },
    onClaimed: (lagSeconds) => metrics.claimLag.observe({}, Math.max(0, lagSeconds)),
    onAttempt: (endpoint, result, seconds) => {
      metrics.deliveryAttempts.inc({ endpoint, result });
      if (seconds !== null) metrics.deliverySeconds.observe({}, seconds);
    },
    onStaleSettlement: (count) => metrics.staleSettlements.inc({}, count),
    onCircuit: (endpoint, state) => circuits.note(endpoint, state),
    async stop() {
      await sampler.stop();
      eventLoop.stop();
    },
  };
}

async function sampleDatabase(metrics: Metrics, pool: Pool): Promise<void> {
  const { pendingEvents, pendingLeaves, oldestLeafSeconds, oldestDueSeconds } =
    await measureBacklogAcrossTenants(pool);
  metrics.pendingEvents.set({}, pendingEvents);
  metrics.pendingLeaves.set({}, pendingLeaves);
  metrics.sequencingLag.set({}, oldestLeafSeconds);
  metrics.oldestDueAge.set({}, oldestDueSeconds);
  const { queueDeadTuples, oldestXminAge, replicationLagSeconds } = await readVitals(pool);
  metrics.queueDeadTuples.set({}, queueDeadTuples);
  metrics.oldestXminAge.set({}, oldestXminAge);
  metrics.replicationLag.set({}, replicationLagSeconds);
}

function sampleEventLoop(metrics: Metrics, eventLoop: EventLoopGauge): void {
  for (const [quantile, seconds] of Object.entries(eventLoop.read())) {
    metrics.eventLoopDelay.set({ quantile }, seconds);
  }
}

function readPools(metrics: Metrics, pools: Pools): void {
  for (const [name, pool] of Object.entries(pools) as [string, Pool][]) {
    metrics.poolWaiting.set({ pool: name }, pool.waitingCount);
    metrics.poolBusy.set({ pool: name }, pool.totalCount - pool.idleCount);
  }
}

/** The series of circuits: those that are not closed, and those that have closed a short while ago. */
class Circuits {
  readonly #metrics: Metrics;
  readonly #clock: Clock;
  /** Monotonic, by endpoint; oldest first. */
  readonly #closedAt = new Map<EndpointId, number>();
  readonly #shown = new Set<EndpointId>();

  constructor(metrics: Metrics, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  note(endpoint: EndpointId, state: CircuitName): void {
    if (state !== 'closed') this.#closedAt.delete(endpoint);
    else if (!this.#shown.has(endpoint)) return;
    else this.#closedAt.set(endpoint, this.#clock.monotonicMs());
    this.#shown.add(endpoint);
    this.#metrics.circuitState.set({ endpoint }, CIRCUIT_VALUES[state]);
  }

  /** What all servers did: `open` are the circuits that are not closed. */
  sample(open: readonly { readonly endpointId: EndpointId; readonly state: CircuitName }[]): void {
    const names = new Set(open.map(({ endpointId }) => endpointId));
    for (const endpoint of this.#shown) {
      if (!names.has(endpoint) && !this.#closedAt.has(endpoint)) this.note(endpoint, 'closed');
    }
    for (const { endpointId, state } of open) this.note(endpointId, state);
    this.#dropIdle();
  }

  #dropIdle(): void {
    const untilMs = this.#clock.monotonicMs() - IDLE_CIRCUIT_MS;
    for (const [endpoint, atMs] of this.#closedAt) {
      if (atMs > untilMs) break;
      this.#closedAt.delete(endpoint);
      this.#shown.delete(endpoint);
      this.#metrics.circuitState.remove({ endpoint });
    }
  }
}
