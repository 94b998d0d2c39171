/** Wires the delivery: workers, whoever settles lost leases, and whoever sets aside what cannot go. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../base/config.ts';
import type { EndpointId } from '../base/ids.ts';
import { Loop } from '../base/loop.ts';
import type { Sealer } from '../base/seal.ts';
import { DEFAULT_RULES } from '../delivery/circuit.ts';
import { type CircuitState, Circuits } from '../delivery/circuits.ts';
import type { DeliveryClient } from '../delivery/connector.ts';
import { createOutgoingFinder } from '../endpoints/outgoing.ts';
import { reapExpired } from '../queue/reap.ts';
import { startSetAside } from '../queue/set-aside.ts';
import type { AttemptOutcome, SettleDeps } from '../queue/settle.ts';
import { Worker } from '../queue/worker.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { shareRules } from './share-rules.ts';

const REAP_INTERVAL_MS = 1_000;

export interface DeliveringDeps {
  readonly config: Pick<
    Config,
    | 'circuitOpenMs'
    | 'deliverySlots'
    | 'endpointSlots'
    | 'tenantSlots'
    | 'leaseMs'
    | 'deliveryTimeoutMs'
    | 'tracePropagation'
  >;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly client: DeliveryClient;
  readonly sealer: Sealer;
  readonly random: () => number;
  readonly logger: Logger;
  readonly tracing: Tracing;
  /** Told how many leaves have begun to wait for their place in a tree. */
  readonly onSettled: (count: number) => void;
  /** Told how long a delivery had been due when it was claimed. */
  readonly onClaimed: (lagSeconds: number) => void;
  /** Told of each settled attempt; null seconds where nobody saw its end. */
  readonly onAttempt: (
    endpointId: EndpointId,
    outcome: AttemptOutcome,
    seconds: number | null,
  ) => void;
  /** Told how many results came after the end of their lease. */
  readonly onStale: (count: number) => void;
  /** Told of the changes that this process makes. */
  readonly onCircuit: (endpointId: EndpointId, state: CircuitState) => void;
}

export interface Delivering {
  /** Looks for work now instead of at the next poll. */
  wake(): void;
  /** The endpoint was disabled, or is being released: what waits is looked at now. */
  noteEndpointChange(): void;
  /** Claims nothing more, and lets what is in flight end and settle. */
  stop(): Promise<void>;
}

export function startDelivering(deps: DeliveringDeps): Delivering {
  const { config, pool, clock, client, random, logger, onSettled, onAttempt, onStale } = deps;
  const circuits = new Circuits({
    pool,
    clock,
    random,
    rules: { ...DEFAULT_RULES, openTimeoutMs: config.circuitOpenMs },
    onCircuit: (endpointId, state) => {
      logger.warn('circuit changed', { endpoint_id: endpointId, reason: state });
      deps.onCircuit(endpointId, state);
      if (state === 'open') setAside.wake();
    },
  });
  const settling: SettleDeps = {
    pool,
    logger,
    circuits,
    onSettled,
    onAttempt,
    onStale,
    onStopped: () => setAside.wake(),
  };
  const setAside = startSetAside({
    pool,
    clock,
    logger,
    openTimeoutMs: config.circuitOpenMs,
    onReleased: () => worker.wake(),
  });
  const worker = new Worker({
    ...settling,
    onClaimed: deps.onClaimed,
    tracing: deps.tracing,
    sendsTrace: config.tracePropagation,
    clock,
    client,
    findOutgoing: createOutgoingFinder({
      pool,
      sealer: deps.sealer,
      clock,
      onUnreadable: (endpointId, error) =>
        logger.error('secrets of an endpoint do not open', { endpoint_id: endpointId, error }),
    }),
    random,
    shares: shareRules(config),
    leaseMs: config.leaseMs,
    deadlineMs: config.deliveryTimeoutMs,
  });
  const reaper = new Loop({
    clock,
    step: async () => {
      const count = await reapExpired(settling, random);
      if (count > 0) logger.warn('leases expired', { count });
      return REAP_INTERVAL_MS;
    },
    onError: (error) => logger.error('reaping failed', { error }),
  });
  return {
    wake: () => worker.wake(),
    noteEndpointChange: () => setAside.wake(),
    async stop() {
      await Promise.all([worker.stop(), reaper.stop(), setAside.stop()]);
    },
  };
}
