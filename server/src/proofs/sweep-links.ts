/** STORY: share links that have been over for a month are forgotten, a chunk at a time. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import { deleteLinksAcrossTenants } from './share-store.ts';

/** So long a link that is over is still listed. */
export const KEPT_MS = 30 * 86_400_000;
const CHUNK = 1_000;
const INTERVAL_MS = 3_600_000;
const PAUSE_MS = 100;

export interface SweepDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly onSwept: (count: number) => void;
  readonly onError: (error: unknown) => void;
  readonly chunk?: number;
}

/** Starts the loop; several processes may each run one. */
export function startLinkSweep(deps: SweepDeps): Loop {
  const { pool, clock, onSwept, onError, chunk = CHUNK } = deps;
  return new Loop({
    clock,
    step: async () => {
      const count = await deleteLinksAcrossTenants(pool, clock.nowMs() - KEPT_MS, chunk);
      if (count > 0) onSwept(count);
      return count === chunk ? PAUSE_MS : INTERVAL_MS;
    },
    onError,
  });
}
