/** Wires the ingest: what its routes are given, and the loop that forgets old keys. @module */
import type { Pool } from 'pg';
import { ByteBudget } from '../base/byte-budget.ts';
import type { Clock } from '../base/clock.ts';
import type { TenantId } from '../base/ids.ts';
import { Loop } from '../base/loop.ts';
import type { Sealer } from '../base/seal.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import type { TokenAnswer } from '../tenants/token-bucket.ts';
import { createIngest, type Ingest, type IngestStatus } from './accept.ts';
import { sweepKeys } from './sweep-keys.ts';

const SWEEP_INTERVAL_MS = 60_000;

/** What the routes of the ingest, and those that hand over secrets for it, are given. */
export interface IngestDoor {
  readonly ingest: Ingest;
  /** For the secrets that tenants hand over. */
  readonly sealer: Sealer;
  /** For the bodies that are in memory at once. */
  readonly bodyMemory: ByteBudget;
  /** The rate limit of ingestion: one token an event. */
  readonly takeIngestTokens: (
    tenantId: TenantId,
    cost: number,
  ) => TokenAnswer | Promise<TokenAnswer>;
  /** Told how each event ended at the door. */
  readonly onIngested: (tenantId: TenantId, status: IngestStatus, count: number) => void;
}

export interface RunningIngest {
  readonly door: IngestDoor;
  /** After the last request: writes what was accepted, and ends the loop. */
  stop(): Promise<void>;
}

export function startIngest(deps: {
  readonly pool: Pool;
  /** The sweep stays out of the way of those who wait for an answer. */
  readonly sweepPool: Pool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly sealer: Sealer;
  readonly bodyMemoryBytes: number;
  readonly onCommitted: () => void;
  readonly takeIngestTokens: IngestDoor['takeIngestTokens'];
  readonly onIngested: IngestDoor['onIngested'];
  readonly tracing?: Tracing;
  /** Told of each commit, and how long it took. */
  readonly onGroupCommit?: (rows: number, seconds: number) => void;
}): RunningIngest {
  const { sealer } = deps;
  const ingest = createIngest(deps);
  const sweeper = new Loop({
    clock: deps.clock,
    step: async () => ((await sweepKeys(deps.sweepPool)).more ? 0 : SWEEP_INTERVAL_MS),
    onError: (error) => deps.logger.error('sweeping idempotency keys failed', { error }),
  });
  return {
    door: {
      ingest,
      sealer,
      bodyMemory: new ByteBudget(deps.bodyMemoryBytes),
      takeIngestTokens: deps.takeIngestTokens,
      onIngested: deps.onIngested,
    },
    async stop() {
      await Promise.all([ingest.drained(), sweeper.stop()]);
    },
  };
}
