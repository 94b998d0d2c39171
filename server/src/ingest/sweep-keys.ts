/** Story: idempotency keys are forgotten after seven days, a chunk at a time. @module */
import type { Db } from '../db/transaction.ts';
import { sweepKeysAcrossTenants } from '../events/idempotency-store.ts';

export const KEEP_KEYS_S: number = 7 * 24 * 60 * 60;
const CHUNK = 1_000;

/** One chunk, in one short transaction of its own. `more` says that another waits. */
export async function sweepKeys(db: Db): Promise<{ swept: number; more: boolean }> {
  const swept = await sweepKeysAcrossTenants(db, KEEP_KEYS_S, CHUNK);
  return { swept, more: swept === CHUNK };
}
