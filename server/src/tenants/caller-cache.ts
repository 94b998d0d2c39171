/** Who calls, remembered for a moment: a revoked key is refused after a second at the latest. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { Recent } from '../base/recent.ts';
import { hashApiKey, isApiKeyShaped } from './api-key.ts';
import { findCaller as findCallerNow } from './find-caller.ts';
import type { Caller } from './store.ts';

const TTL_MS = 1_000;
const MAX_KEPT = 10_000;

export type FindCaller = (secret: string) => Promise<Caller | null>;

/** Kept by the hash of the key: the memory of the process holds no secret for it. */
export function createCallerFinder(pool: Pool, clock: Clock): FindCaller {
  const recent = new Recent<Caller | null>({
    clock,
    ttlMs: TTL_MS,
    max: MAX_KEPT,
    load: (hash) => findCallerNow(pool, Buffer.from(hash, 'base64')),
  });
  return async function findCaller(secret) {
    return isApiKeyShaped(secret) ? recent.get(hashApiKey(secret).toString('base64')) : null;
  };
}
