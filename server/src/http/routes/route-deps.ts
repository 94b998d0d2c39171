/** What the routes are given by `app.ts`. @module */
import type { Pool } from 'pg';
import type { TreeHead } from '../../attestation/tree-head.ts';
import type { Clock } from '../../base/clock.ts';
import type { LogId } from '../../base/ids.ts';
import type { Secret } from '../../base/secret.ts';
import type { Cidr, DestinationRules } from '../../endpoints/destination-guard.ts';
import type { IngestDoor } from '../../ingest/start-ingest.ts';
import type { Log } from '../../logs/log.ts';
import type { ProofCache } from '../../proofs/cache.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import type { Rates } from '../../tenants/rates.ts';

/** `startup` until everything is loaded, `serving`, then `draining` until the port closes. */
export type Phase = 'startup' | 'serving' | 'draining';

export interface RouteDeps extends IngestDoor {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly proofs: ProofCache;
  /** How often tenants and strangers may ask. */
  readonly rates: Rates;
  /** Proxies whose word on who the client is counts. */
  readonly trustedProxies: readonly Cidr[];
  /** The newest head of a log that enough witnesses signed, or null. */
  readonly findWitnessedHead: (logId: LogId) => Promise<TreeHead | null>;
  /** Makes and checks the tokens of share links; the same on every server of a database. */
  readonly shareKey: Uint8Array;
  /** How callers reach us, without a slash at its end; null: they know. */
  readonly publicUrl: string | null;
  readonly destinationRules: DestinationRules;
  readonly defaultMaxAttempts: number;
  /** Told of an endpoint that was enabled or disabled. */
  readonly onEndpointChange: () => void;
  readonly phase: () => Phase;
  /** False while a log may not be signed; what is signed is still served. */
  readonly isSigning: () => boolean;
  /** The verifier page, or null when it was not built. */
  readonly verifyPage: Buffer | null;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** A log line for each answer; false leaves the work of it out. */
  readonly logsRequests: boolean;
  /** What GET /metrics asks for, or null when anybody may read it. */
  readonly metricsToken: Secret | null;
}
