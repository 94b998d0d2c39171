/** Looks at all anchors from time to time: how many stand how, how old the newest is, and whether one waits too long. @module */
import type { Pool } from 'pg';
import { countAnchors, findOldestWaiting, listNewestConfirmed } from '../anchors/overview-store.ts';
import { LATE_MS, STUCK_MS } from '../anchors/schedule.ts';
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface AnchorWatchDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface AnchorWatch {
  /** Looks soon: something has moved. */
  wake(): void;
  stop(): Promise<void>;
}

const EVERY_MS = 60_000;
const STATUSES = ['new', 'pending', 'header_not_given', 'confirmed', 'mismatch'] as const;

type Patience = 'fine' | 'late' | 'stuck';

/** Starts the loop. A line is written when the waiting gets worse, not at each look. */
export function watchAnchors({ pool, clock, logger, metrics }: AnchorWatchDeps): AnchorWatch {
  /** Owned by the loop: what was said last. */
  let patience: Patience = 'fine';

  const look = async (): Promise<number> => {
    const nowMs = clock.nowMs();
    const counts = await countAnchors(pool);
    for (const status of STATUSES) metrics.anchors.set({ status }, counts.get(status) ?? 0);
    for (const { origin, stampedAtMs } of await listNewestConfirmed(pool)) {
      metrics.anchorAge.set({ log: origin }, (nowMs - stampedAtMs) / 1_000);
    }
    const oldest = await findOldestWaiting(pool);
    const waitingMs = oldest === null ? 0 : Math.max(0, nowMs - oldest.stampedAtMs);
    metrics.anchorWaiting.set({}, waitingMs / 1_000);
    const now = waitingMs >= STUCK_MS ? 'stuck' : waitingMs >= LATE_MS ? 'late' : 'fine';
    if (oldest !== null && now !== patience && now !== 'fine') {
      const fields = {
        log: oldest.origin,
        tree_size: oldest.treeSize,
        reason: `without a block for ${Math.floor(waitingMs / 3_600_000)} h`,
      };
      if (now === 'stuck') logger.error('anchors are stuck', fields);
      else logger.warn('anchors are late', fields);
    }
    patience = now;
    return EVERY_MS;
  };

  const loop = new Loop({
    clock,
    step: look,
    onError: (error) => logger.error('looking at anchors failed', { error }),
  });
  return { wake: () => loop.wake(), stop: () => loop.stop() };
}
