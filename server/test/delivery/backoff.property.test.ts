/** The retry schedule for all attempts and all luck. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRetryAfter, retryDelayMs } from '../../src/delivery/backoff.ts';
import { verdictAfter } from '../../src/delivery/verdict.ts';

const SETTINGS = { seed: 20_260_101, numRuns: 1_000 };
const attemptNumber = fc.integer({ min: 1, max: 10_000 });
const luck = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the retry schedule', () => {
  it('always waits whole milliseconds within 1 s and 512 s', () => {
    fc.assert(
      fc.property(attemptNumber, luck, (n, value) => {
        const delayMs = retryDelayMs(n, () => value);
        expect(Number.isSafeInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(1_000);
        expect(delayMs).toBeLessThanOrEqual(512_000);
      }),
      SETTINGS,
    );
  });

  it('never waits less after a later attempt with the same luck, and never less than half', () => {
    fc.assert(
      fc.property(attemptNumber, luck, (n, value) => {
        const delayMs = retryDelayMs(n, () => value);
        expect(retryDelayMs(n + 1, () => value)).toBeGreaterThanOrEqual(delayMs);
        expect(delayMs).toBeGreaterThanOrEqual(Math.min(512_000, 1_000 * 2 ** (n - 1)) / 2);
      }),
      SETTINGS,
    );
  });
});

describe('Retry-After', () => {
  it('is null or a positive safe number for any text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(text, fc.nat(), (value, nowMs) => {
        const delayMs = parseRetryAfter(value, nowMs);
        if (delayMs !== null) {
          expect(Number.isSafeInteger(delayMs)).toBe(true);
          expect(delayMs).toBeGreaterThan(0);
        }
      }),
      SETTINGS,
    );
  });

  it('never makes a wait shorter, nor longer than an hour', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.nat(), luck, (n, seconds, value) => {
        const verdict = verdictAfter(
          {
            kind: 'rejected',
            status: 503,
            responseHash: new Uint8Array(32),
            responseSize: 0,
            truncated: false,
            retryAfter: String(seconds),
            peerAddress: '192.0.2.1',
          },
          {
            attemptsUsed: n,
            policy: { maxAttempts: 11, maxDelayMs: 512_000, retryStatuses: [] },
          },
          0,
          () => value,
        );
        const ownMs = retryDelayMs(n, () => value);
        expect(verdict.kind).toBe('retry');
        if (verdict.kind !== 'retry') return;
        expect(verdict.delayMs).toBe(Math.max(ownMs, Math.min(seconds * 1_000, 3_600_000)));
      }),
      SETTINGS,
    );
  });
});
