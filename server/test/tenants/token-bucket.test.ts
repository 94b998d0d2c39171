import { describe, expect, it } from 'vitest';
import { assertTokenLimit, TokenBuckets, takeTokens } from '../../src/tenants/token-bucket.ts';
import { ManualClock } from '../support/manual-clock.ts';

const LIMIT = { ratePerS: 10, burst: 20 };

describe('a bucket', () => {
  it('gives its burst at once, then one token every tenth of a second', () => {
    const clock = new ManualClock();
    const buckets = new TokenBuckets(clock);
    for (let i = 0; i < 20; i++) expect(buckets.take('a', 1, LIMIT)).toEqual({ kind: 'taken' });
    expect(buckets.take('a', 1, LIMIT)).toEqual({ kind: 'refused', retryAfterS: 1 });
    clock.advance(99);
    expect(buckets.take('a', 1, LIMIT).kind).toBe('refused');
    clock.advance(1);
    expect(buckets.take('a', 1, LIMIT)).toEqual({ kind: 'taken' });
    expect(buckets.take('a', 1, LIMIT).kind).toBe('refused');
    expect(buckets.take('b', 1, LIMIT)).toEqual({ kind: 'taken' });
  });

  it('fills up to its burst, however long it rests', () => {
    const clock = new ManualClock();
    const buckets = new TokenBuckets(clock);
    buckets.take('a', 20, LIMIT);
    clock.advance(3_600_000);
    expect(buckets.take('a', 20, LIMIT)).toEqual({ kind: 'taken' });
    expect(buckets.take('a', 1, LIMIT).kind).toBe('refused');
  });

  it('says how long many tokens take, and that more than the burst never come', () => {
    const buckets = new TokenBuckets(new ManualClock());
    expect(buckets.take('a', 20, LIMIT)).toEqual({ kind: 'taken' });
    expect(buckets.take('a', 11, LIMIT)).toEqual({ kind: 'refused', retryAfterS: 2 });
    expect(buckets.take('a', 21, LIMIT)).toEqual({ kind: 'impossible' });
    // Neither refusal took anything.
    expect(buckets.take('a', 10, LIMIT)).toEqual({ kind: 'refused', retryAfterS: 1 });
  });

  it('is forgotten when others push it out', () => {
    const buckets = new TokenBuckets(new ManualClock(), 2);
    buckets.take('a', 20, LIMIT);
    for (const key of ['b', 'a', 'c']) buckets.take(key, 1, LIMIT);
    expect(buckets.size).toBe(2);
    expect(buckets.take('a', 1, LIMIT).kind).toBe('refused');
  });

  it('keeps its debt in time when its rate is changed', () => {
    const { state } = takeTokens(null, 20, LIMIT, 1_000);
    const slower = { ratePerS: 1, burst: 5 };
    // 20 tokens at 10/s are two seconds of debt: of five tokens at 1/s three are left.
    expect(takeTokens(state, 3, slower, 1_000).answer).toEqual({ kind: 'taken' });
    expect(takeTokens(state, 4, slower, 1_000).answer).toEqual({ kind: 'refused', retryAfterS: 1 });
  });
});

it.each([
  { ratePerS: 0, burst: 1 },
  { ratePerS: 1.5, burst: 1 },
  { ratePerS: 100_001, burst: 1 },
  { ratePerS: 1, burst: 0 },
  { ratePerS: 1, burst: Number.NaN },
  { ratePerS: 1, burst: 1e8 },
])('%j is no limit', (limit) => {
  expect(() => assertTokenLimit(limit)).toThrow(RangeError);
});
