/** Wires the rate limits: tiers, who counts, and whose word on the client's address counts. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { type Config, ConfigError } from '../base/config.ts';
import { type Cidr, parseCidrList } from '../endpoints/destination-guard.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createRates, type Rates } from '../tenants/rates.ts';
import { isRedisUrl, openRedisBuckets } from '../tenants/redis-buckets.ts';
import { parseTiers, type Tiers } from '../tenants/tier.ts';
import { TokenBuckets } from '../tenants/token-bucket.ts';

export interface Rating {
  readonly rates: Rates;
  readonly tiers: Tiers;
  readonly trustedProxies: readonly Cidr[];
  /** After the last request. */
  stop(): Promise<void>;
}

/** Throws a ConfigError with all that is wrong. Opens nothing. */
export function assertRateSettings(config: Config): void {
  readRateSettings(config);
}

export function startRating(deps: {
  readonly config: Config;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): Rating {
  const { config, pool, clock, logger, metrics } = deps;
  const { tiers, trustedProxies } = readRateSettings(config);
  const shared =
    config.redisUrl === null
      ? null
      : openRedisBuckets({
          url: config.redisUrl,
          clock,
          onFallback: () => metrics.rateLimitFallbacks.inc({}),
          onAway: (error) => logger.warn('rate limits are counted by this server alone', { error }),
          onBack: () => logger.info('rate limits are shared again'),
        });
  const buckets = shared ?? new TokenBuckets(clock);
  return {
    rates: createRates({
      pool,
      clock,
      logger,
      tiers,
      buckets,
      onRefused: (rateClass) => metrics.rateLimited.inc({ class: rateClass }),
    }),
    tiers,
    trustedProxies,
    stop: async () => shared?.stop(),
  };
}

function readRateSettings({ tiers, trustedProxies, redisUrl }: Config): {
  readonly tiers: Tiers;
  readonly trustedProxies: readonly Cidr[];
} {
  const faults: string[] = [];
  const read = <T>(name: string, parse: () => T, otherwise: T): T => {
    try {
      return parse();
    } catch (error) {
      faults.push(`${name} ${error instanceof Error ? error.message : 'is not valid'}`);
      return otherwise;
    }
  };
  const parsed = read<Tiers | null>('KAPSEL_TIERS', () => parseTiers(tiers), null);
  const proxies = trustedProxies.flatMap((item) =>
    read<readonly Cidr[]>('KAPSEL_TRUSTED_PROXIES', () => parseCidrList(item), []),
  );
  if (redisUrl !== null && !isRedisUrl(redisUrl.reveal())) {
    faults.push('KAPSEL_REDIS_URL wants a URL of redis:// or rediss://');
  }
  if (parsed === null || faults.length > 0) throw new ConfigError(faults);
  return { tiers: parsed, trustedProxies: proxies };
}
