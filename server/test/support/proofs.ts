/** A proof cache for tests: sees each new head at once, though it was signed behind its back, and counts its look-ups. @module */
import type { Pool } from 'pg';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { openProofCache, type ProofCache } from '../../src/proofs/cache.ts';

export interface TestProofs extends ProofCache {
  /** How often each came, as `tile hit` or `proof miss`. */
  readonly requests: Map<string, number>;
}

export function openTestProofs(
  pool: Pool,
  { clock = systemClock, headMaxAgeMs = 0 }: { clock?: Clock; headMaxAgeMs?: number } = {},
): TestProofs {
  const requests = new Map<string, number>();
  const cache = openProofCache({
    pool,
    clock,
    onRequest: (name, result) => {
      const key = `${name} ${result}`;
      requests.set(key, (requests.get(key) ?? 0) + 1);
    },
    onProof: () => undefined,
    headMaxAgeMs,
  });
  return { ...cache, requests };
}

/** A pool that counts the queries that are sent through it. */
export function countQueries(pool: Pool): { pool: Pool; count: () => number } {
  let count = 0;
  const counting = new Proxy(pool, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === 'query') count += 1;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { pool: counting, count: () => count };
}
