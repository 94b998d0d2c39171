/** Settings of the rate limits: all that is wrong with them is said before anything is opened. */
import { expect, it } from 'vitest';
import { assertRateSettings } from '../../src/app/rating.ts';
import { ConfigError, readConfig } from '../../src/base/config.ts';

function faults(env: Record<string, string>): string[] {
  try {
    assertRateSettings(readConfig(env));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map((fault) => fault.split(' ')[0] ?? '');
  }
}

it('are good without any, and with all of them', () => {
  expect(faults({})).toEqual([]);
  expect(
    faults({
      KAPSEL_TIERS: '{"free":null}',
      KAPSEL_TRUSTED_PROXIES: '10.0.0.0/8, fd00::/8',
      KAPSEL_REDIS_URL: 'rediss://user:password@redis.test:6380/1',
    }),
  ).toEqual([]);
});

it('are refused all at once, and no secret is repeated', () => {
  const env = {
    KAPSEL_TIERS: '{"free":1}',
    KAPSEL_TRUSTED_PROXIES: '10.0.0.1/8,nowhere',
    KAPSEL_REDIS_URL: 'http://user:password@redis.test',
  };
  expect(faults(env)).toEqual([
    'KAPSEL_TIERS',
    'KAPSEL_TRUSTED_PROXIES',
    'KAPSEL_TRUSTED_PROXIES',
    'KAPSEL_REDIS_URL',
  ]);
  expect(() => assertRateSettings(readConfig(env))).not.toThrow(/password/);
});
