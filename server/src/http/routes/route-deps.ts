/** What the routes are given by `app.ts`. @module */
import type { Pool } from 'pg';
import type { Clock } from '../../base/clock.ts';
import type { DestinationRules } from '../../endpoints/destination-guard.ts';
import type { Ingest } from '../../ingest/accept.ts';
import type { Log } from '../../logs/log.ts';

/** `startup` until everything is loaded, `serving`, then `draining` until the port closes. */
export type Phase = 'startup' | 'serving' | 'draining';

export interface RouteDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly ingest: Ingest;
  readonly destinationRules: DestinationRules;
  readonly defaultMaxAttempts: number;
  readonly phase: () => Phase;
  /** The verifier page, or null when it was not built. */
  readonly verifyPage: Buffer | null;
}
