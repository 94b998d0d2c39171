/** Story: what cannot go now is put out of the way of what can, and what was held comes back when it is released. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Logger } from '../telemetry/logger.ts';
import { closeDeletedAcrossTenants } from './close-store.ts';
import {
  holdDisabledAcrossTenants,
  putOffAcrossTenants,
  releaseHeldAcrossTenants,
} from './set-aside-store.ts';

const CHUNK = 1_000;
const INTERVAL_MS = 1_000;
/** Between two chunks others get their turn. */
const PAUSE_MS = 5;
/** A delivery waits no longer for a circuit than for its own schedule. */
const LONGEST_PUT_OFF_MS = 512_000;

export interface SetAsideDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openTimeoutMs: number;
  /** Told when held events were queued. */
  readonly onReleased: () => void;
}

/**
 * One chunk of each kind; answers whether there may be more. A crash between two chunks leaves rows that are due and
 * may not go: claims pass them by, and the next round of any server takes them.
 */
export async function setAside({
  pool,
  openTimeoutMs,
  onReleased,
}: SetAsideDeps): Promise<boolean> {
  const putOff = await putOffAcrossTenants(pool, CHUNK, openTimeoutMs, LONGEST_PUT_OFF_MS);
  const held = await holdDisabledAcrossTenants(pool, CHUNK);
  const released = await inTransaction(pool, (db) => releaseHeldAcrossTenants(db, CHUNK));
  const closed = await inTransaction(pool, (db) => closeDeletedAcrossTenants(db, CHUNK));
  if (released !== null && released > 0) onReleased();
  return putOff >= CHUNK || held >= CHUNK || closed >= CHUNK || released !== null;
}

/** Does it once a second, and at once when woken. */
export function startSetAside(deps: SetAsideDeps): Loop {
  return new Loop({
    clock: deps.clock,
    step: async () => ((await setAside(deps)) ? PAUSE_MS : INTERVAL_MS),
    onError: (error) => deps.logger.error('setting deliveries aside failed', { error }),
  });
}
