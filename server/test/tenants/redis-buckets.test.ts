/** Token buckets in a real Redis: one limit for several servers, kept also while Redis comes and goes. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { part } from '../../../test/support/parts.ts';
import { type RedisProcess, startRedis } from '../../../test/support/redis-process.ts';
import { systemClock } from '../../src/base/clock.ts';
import { Secret } from '../../src/base/secret.ts';
import {
  isRedisUrl,
  openRedisBuckets,
  type RedisBuckets,
} from '../../src/tenants/redis-buckets.ts';
import type { TokenAnswer, TokenLimit } from '../../src/tenants/token-bucket.ts';

interface Opened extends RedisBuckets {
  /** What was told to the server. */
  readonly told: string[];
  readonly fallbacks: () => number;
}

const opened: Opened[] = [];
let keys = 0;
/** Of this run and test alone. */
const newKey = (): string => `test:${process.pid}:${keys++}`;

function open(url: string): Opened {
  const told: string[] = [];
  let fallbacks = 0;
  const buckets = openRedisBuckets({
    url: new Secret(url),
    clock: systemClock,
    onFallback: () => {
      fallbacks += 1;
    },
    onAway: () => told.push('away'),
    onBack: () => told.push('back'),
  });
  const one: Opened = {
    take: (...args) => buckets.take(...args),
    stop: () => buckets.stop(),
    told,
    fallbacks: () => fallbacks,
  };
  opened.push(one);
  return one;
}

/** Answers by Redis, not by this process. */
async function openConnected(url: string): Promise<Opened> {
  const one = open(url);
  await shared(one);
  const before = one.fallbacks();
  return { ...one, fallbacks: () => one.fallbacks() - before };
}

async function shared(one: Opened): Promise<void> {
  await vi.waitFor(
    async () => {
      const before = one.fallbacks();
      await one.take(newKey(), 1, { ratePerS: 1, burst: 1 });
      expect(one.fallbacks()).toBe(before);
    },
    { timeout: 10_000, interval: 50 },
  );
}

afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});

describe.skipIf(!part('redis'))('with a Redis', () => {
  let redis: RedisProcess;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis.kill();
  });

  it('several servers share one limit', async () => {
    const servers = [await openConnected(redis.url), await openConnected(redis.url)];
    const limit: TokenLimit = { ratePerS: 1, burst: 40 };
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, i) => servers[i % 2]?.take(key, 1, limit)),
    );
    const taken = answers.filter((answer) => answer?.kind === 'taken').length;
    // A slow machine may need seconds for this: each gives one more.
    expect(taken).toBeGreaterThanOrEqual(40);
    expect(taken).toBeLessThanOrEqual(45);
    expect(servers.map(({ fallbacks }) => fallbacks())).toEqual([0, 0]);
  });

  it('admit no more than burst + rate × t, and keep their word on when to come back', async () => {
    const servers = [await openConnected(redis.url), await openConnected(redis.url)];
    const limits = fc.record({
      ratePerS: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 100_000 })),
      burst: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 10_000 })),
    });
    const costs = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(limits, costs, async (limit, list) => {
        const key = newKey();
        const startMs = performance.now();
        const answers = await Promise.all(
          list.map(async (cost, i) => ({
            cost,
            answer: await servers[i % 2]?.take(key, cost, limit),
          })),
        );
        const seconds = (performance.now() - startMs + 1) / 1_000;
        const sum = answers
          .filter(({ answer }) => answer?.kind === 'taken')
          .reduce((total, { cost }) => total + cost, 0);
        expect(sum).toBeLessThanOrEqual(limit.burst + limit.ratePerS * seconds);
        for (const { cost, answer } of answers) {
          expect(answer?.kind === 'impossible').toBe(cost > limit.burst);
          if (answer?.kind !== 'refused') continue;
          // What is owed is paid back within the burst and the cost, at the rate.
          expect(answer.retryAfterS).toBeGreaterThanOrEqual(1);
          expect(answer.retryAfterS).toBeLessThanOrEqual(Math.ceil(cost / limit.ratePerS));
        }
      }),
      { seed: 20_260_101, numRuns: 60 },
    );
  });

  it('let in whoever waits as long as they say', async () => {
    const one = await openConnected(redis.url);
    const limit: TokenLimit = { ratePerS: 2, burst: 2 };
    const key = newKey();
    let answer: TokenAnswer = { kind: 'taken' };
    while (answer.kind === 'taken') answer = await one.take(key, 1, limit);
    expect(answer).toEqual({ kind: 'refused', retryAfterS: 1 });
    await systemClock.sleep(1_005); // timers may come a millisecond early
    expect(await one.take(key, 1, limit)).toEqual({ kind: 'taken' });
    expect(one.fallbacks()).toBe(0);
  });

  it('give a tenant whose limit was changed nothing for it', async () => {
    const one = await openConnected(redis.url);
    const key = newKey();
    expect(await one.take(key, 10, { ratePerS: 1, burst: 10 })).toEqual({ kind: 'taken' });
    expect(await one.take(key, 1, { ratePerS: 2, burst: 10 })).toMatchObject({ kind: 'refused' });
    expect(await one.take(key, 10, { ratePerS: 2, burst: 20 })).toEqual({ kind: 'taken' });
  });

  it('ask Redis nothing that no waiting would help', async () => {
    const one = await openConnected(redis.url);
    expect(one.take(newKey(), 3, { ratePerS: 1, burst: 2 })).toEqual({ kind: 'impossible' });
  });
});

describe.skipIf(!part('redis'))('when Redis', () => {
  let redis: RedisProcess;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis.kill();
  });
  const limit: TokenLimit = { ratePerS: 1, burst: 3 };

  it('is killed, each server counts for itself, and together again when it is back', async () => {
    const one = await openConnected(redis.url);
    const key = newKey();
    for (let i = 0; i < 3; i++) expect(await one.take(key, 1, limit)).toEqual({ kind: 'taken' });
    expect(await one.take(key, 1, limit)).toMatchObject({ kind: 'refused' });
    await redis.kill();
    // Nobody sees an error; this process knows nothing of the past, and counts from here.
    const alone = [];
    for (let i = 0; i < 5; i++) alone.push((await one.take(key, 1, limit)).kind);
    expect(alone).toEqual(['taken', 'taken', 'taken', 'refused', 'refused']);
    expect(one.fallbacks()).toBeGreaterThanOrEqual(5);
    expect(one.told.at(-1)).toBe('away');
    await redis.start();
    await shared(one);
    expect(one.told.at(-1)).toBe('back');
  });

  it('freezes, nobody waits long, and few wait at all', async () => {
    const one = await openConnected(redis.url);
    redis.freeze();
    try {
      const startMs = performance.now();
      const first = await Promise.all(
        Array.from({ length: 50 }, () => one.take(newKey(), 1, limit)),
      );
      expect(first.every(({ kind }) => kind === 'taken')).toBe(true);
      expect(performance.now() - startMs).toBeLessThan(2_000);
      // From here on nobody asks for a while: the answer is there at once, and not as a promise.
      expect(one.take(newKey(), 1, limit)).toEqual({ kind: 'taken' });
      expect(one.told).toEqual(['away']);
    } finally {
      redis.thaw();
    }
    await shared(one);
    expect(one.told).toEqual(['away', 'back']);
  });

  it('forgets the script, it is told again', async () => {
    const one = await openConnected(redis.url);
    await redis.kill();
    await redis.start();
    await shared(one);
    const key = newKey();
    for (let i = 0; i < 3; i++) expect(await one.take(key, 1, limit)).toEqual({ kind: 'taken' });
    expect(await one.take(key, 1, limit)).toMatchObject({ kind: 'refused' });
  });
});

it('without a Redis there, each server counts for itself, and stops without waiting', async () => {
  const one = open('redis://127.0.0.1:1');
  const limit: TokenLimit = { ratePerS: 1, burst: 1 };
  expect(await one.take('key', 1, limit)).toEqual({ kind: 'taken' });
  expect(await one.take('key', 1, limit)).toMatchObject({ kind: 'refused' });
  await vi.waitFor(() => expect(one.told).toEqual(['away']));
  await one.stop();
});

it('tells a URL of Redis from others', () => {
  expect(['redis://h', 'rediss://u:p@h:1/2'].every(isRedisUrl)).toBe(true);
  expect(['', 'h:6379', 'http://h', 'redis'].some(isRedisUrl)).toBe(false);
});
