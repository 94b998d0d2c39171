/** Rate limits as the routes ask for them: a tenant's by its tier, a stranger's by the address. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { TenantId } from '../base/ids.ts';
import { Recent } from '../base/recent.ts';
import type { Logger } from '../telemetry/logger.ts';
import { findTier } from './store.ts';
import { limitsOf, type RateClass, type RateLimits, type Tiers } from './tier.ts';
import type { TokenAnswer, TokenLimit } from './token-bucket.ts';

/**
 * Who counts tokens: this process alone, or all processes together. A limit that is asked for is never waited for:
 * whoever counts elsewhere answers from here while elsewhere is away, so a take never rejects.
 */
export interface Buckets {
  take(key: string, cost: number, limit: TokenLimit): TokenAnswer | Promise<TokenAnswer>;
}

export interface Rates {
  /** Rejects only while the database does not say which tier the tenant has. */
  takeForTenant(
    tenantId: TenantId,
    rateClass: RateClass,
    cost: number,
  ): TokenAnswer | Promise<TokenAnswer>;
  /** `address` is one client: see `http/client-address.ts`. */
  takeForAddress(address: string): TokenAnswer | Promise<TokenAnswer>;
}

// Another tier counts after so long at the latest.
const TTL_MS = 2_000;
const MAX_KEPT = 10_000;
const TAKEN: TokenAnswer = { kind: 'taken' };

export function createRates(deps: {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tiers: Tiers;
  readonly buckets: Buckets;
  /** Told of each that was refused. */
  readonly onRefused?: (rateClass: RateClass | 'public') => void;
}): Rates {
  const { pool, clock, logger, tiers, buckets, onRefused } = deps;
  const noted = (answer: TokenAnswer, rateClass: RateClass | 'public'): TokenAnswer => {
    if (answer.kind !== 'taken') onRefused?.(rateClass);
    return answer;
  };
  const recent = new Recent<RateLimits>({
    clock,
    ttlMs: TTL_MS,
    max: MAX_KEPT,
    load: async (id) => {
      const found = await findTier(pool, id as TenantId);
      const { limits, isKnown } = limitsOf(tiers, found?.tier ?? '', found?.override ?? null);
      if (!isKnown) logger.warn('tier or rate limits not known', { tenant_id: id });
      return limits;
    },
  });
  return {
    async takeForTenant(tenantId, rateClass, cost) {
      const limit = (await recent.get(tenantId))[rateClass];
      if (limit === null) return TAKEN;
      return noted(await buckets.take(`${rateClass}:${tenantId}`, cost, limit), rateClass);
    },
    async takeForAddress(address) {
      const limit = tiers.public;
      if (limit === null) return TAKEN;
      return noted(await buckets.take(`public:${address}`, 1, limit), 'public');
    },
  };
}
