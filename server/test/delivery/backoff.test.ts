/** The retry schedule at its edges, and Retry-After in all its forms. @module */
import { describe, expect, it } from 'vitest';
import { parseRetryAfter, retryDelayMs } from '../../src/delivery/backoff.ts';

const NOW = Date.UTC(2026, 0, 15, 10, 30, 45); // Thu

describe('retryDelayMs', () => {
  it('doubles from 1 s to 512 s over ten waits, half of each at random', () => {
    const attempts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(attempts.map((n) => retryDelayMs(n, () => 0))).toEqual([
      1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000,
    ]);
    expect(attempts.map((n) => retryDelayMs(n, () => 0.5))).toEqual([
      1_000, 1_500, 3_000, 6_000, 12_000, 24_000, 48_000, 96_000, 192_000, 384_000,
    ]);
    expect(retryDelayMs(10, () => 0.999_999_9)).toBe(512_000);
  });

  it('stays at the longest wait, and spread, however long it goes on', () => {
    expect(retryDelayMs(11, () => 0)).toBe(256_000);
    expect(retryDelayMs(100, () => 0.5)).toBe(384_000);
    expect(retryDelayMs(5_000, () => 0.5)).toBe(384_000);
  });
});

describe('parseRetryAfter', () => {
  it('reads seconds', () => {
    expect(parseRetryAfter('120', NOW)).toBe(120_000);
    expect(parseRetryAfter(' 7 ', NOW)).toBe(7_000);
    expect(parseRetryAfter('9999999999', NOW)).toBe(9_999_999_999_000);
    expect(parseRetryAfter('9'.repeat(400), NOW)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    ['IMF-fixdate', 'Thu, 15 Jan 2026 10:31:45 GMT'],
    ['RFC 850', 'Thursday, 15-Jan-26 10:31:45 GMT'],
    ['asctime', 'Thu Jan 15 10:31:45 2026'],
  ])('reads a date as %s', (_form, value) => {
    expect(parseRetryAfter(value, NOW)).toBe(60_000);
  });

  it('reads an asctime day of one digit', () => {
    expect(parseRetryAfter('Mon Feb  2 10:30:45 2026', NOW)).toBe(18 * 86_400_000);
  });

  it('takes a two-digit year for the last century when it looks far ahead', () => {
    expect(parseRetryAfter('Sunday, 06-Nov-94 08:49:37 GMT', NOW)).toBeNull();
    expect(parseRetryAfter('Friday, 15-Jan-27 10:30:45 GMT', NOW)).toBe(365 * 86_400_000);
  });

  it.each([
    ['absent', null],
    ['empty', ''],
    ['zero', '0'],
    ['negative', '-5'],
    ['a fraction', '1.5'],
    ['an exponent', '1e3'],
    ['hexadecimal', '0x10'],
    ['words', 'soon'],
    ['other digits', '１２'],
    ['a list', '5, 10'],
    ['a past date', 'Thu, 15 Jan 2026 10:30:44 GMT'],
    ['the present', 'Thu, 15 Jan 2026 10:30:45 GMT'],
    ['an ISO date', '2026-01-15T10:31:45Z'],
    ['another zone', 'Thu, 15 Jan 2026 10:31:45 PST'],
    ['an unknown month', 'Thu, 15 Foo 2026 10:31:45 GMT'],
    ['a bad day', 'Thu, 45 Jan 2026 10:31:45 GMT'],
    ['a bad hour', 'Thu, 15 Jan 2026 24:31:45 GMT'],
    ['a bad minute', 'Thu, 15 Jan 2026 10:61:45 GMT'],
    ['a bad second', 'Thu, 15 Jan 2026 10:31:61 GMT'],
  ])('ignores what is %s', (_what, value) => {
    expect(parseRetryAfter(value, NOW)).toBeNull();
  });
});
