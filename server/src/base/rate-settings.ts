/** Settings of the rate limits: how much, for whom, and who counts. @module */
import type { Secret } from './secret.ts';
import { list, optionalSecret, type Setting, secretSetting, setting } from './setting.ts';

export interface RateConfig {
  readonly tiers: string;
  readonly trustedProxies: readonly string[];
  readonly redisUrl: Secret | null;
}

export const RATE_SETTINGS: { readonly [K in keyof RateConfig]: Setting<RateConfig[K]> } = {
  tiers: setting(
    'KAPSEL_TIERS',
    '',
    anyText,
    'Rate limits by tier, as JSON: {"gold":{"rate":500,"burst":1000}}; "public" is each address without a key. See docs/operations.md.',
  ),
  trustedProxies: setting(
    'KAPSEL_TRUSTED_PROXIES',
    '',
    list,
    'Address ranges (CIDR, comma separated) of your own proxies: their X-Forwarded-For says who the client is.',
  ),
  redisUrl: secretSetting(
    'KAPSEL_REDIS_URL',
    optionalSecret,
    'Redis in which all servers count together against one rate limit. Without it each server counts for itself.',
  ),
};

function anyText(raw: string): string {
  return raw;
}
