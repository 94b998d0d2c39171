/** What the routes are given by `app.ts`. @module */
import type { ChainParameters } from '@kapsel/verification';
import type { Pool } from 'pg';
import type { TreeHead } from '../../attestation/tree-head.ts';
import type { Clock } from '../../base/clock.ts';
import type { LogId } from '../../base/ids.ts';
import type { Secret } from '../../base/secret.ts';
import type { ForTenant, ReadForTenant } from '../../db/tenant-db.ts';
import type { Cidr, DestinationRules } from '../../endpoints/destination-guard.ts';
import type { IngestDoor } from '../../ingest/start-ingest.ts';
import type { Log } from '../../logs/log.ts';
import type { ProofCache } from '../../proofs/cache.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import type { Rates } from '../../tenants/rates.ts';
import type { Tiers } from '../../tenants/tier.ts';

/** `startup` until everything is loaded, `serving`, then `draining` until the port closes. */
export type Phase = 'startup' | 'serving' | 'draining';

export interface RouteDeps extends IngestDoor {
  /** For what is public, and to find out who calls: shows no tenant's rows. */
  readonly pool: Pool;
  /** What a tenant may see and change. */
  readonly forTenant: ForTenant;
  /** Sees all tenants: for the operator's own routes alone. */
  readonly operatorPool: Pool;
  /** Lists, which may be a moment old. */
  readonly readForTenant: ReadForTenant;
  readonly clock: Clock;
  readonly log: Log;
  readonly proofs: ProofCache;
  /** How often tenants and strangers may ask. */
  readonly rates: Rates;
  /** The tiers that tenants may have. */
  readonly tiers: Tiers;
  /** Proxies whose word on who the client is counts. */
  readonly trustedProxies: readonly Cidr[];
  /** The newest head of a log, of at most so many leaves, that enough witnesses signed, or null. */
  readonly findWitnessedHead: (logId: LogId, atMost?: number) => Promise<TreeHead | null>;
  /** The chain that anchors are in. */
  readonly chain: ChainParameters;
  /** Makes and checks the tokens of share links; the same on every server of a database. */
  readonly shareKey: Uint8Array;
  /** Makes and checks the cursors of lists; the same on every server of a database. */
  readonly cursorKey: Uint8Array;
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
  /** The operator page, or null when it was not built. */
  readonly consolePage: Buffer | null;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  /** Whether there is a log line for each answer at the moment. */
  readonly logsRequests: () => boolean;
  /** What GET /metrics asks for, or null when anybody may read it. */
  readonly metricsToken: Secret | null;
  /** What the routes about tenants ask for; null: they are closed to everybody. */
  readonly platformToken: Secret | null;
}
