/** Token buckets over all rates, bursts and arrivals. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type TokenLimit,
  type TokenState,
  takeTokens,
  tokensLeft,
} from '../../src/tenants/token-bucket.ts';

const SETTINGS = { seed: 20_260_101, numRuns: 500 };
const limits = fc.record({
  ratePerS: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 100_000 })),
  burst: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 20_000 })),
});
const arrivals = fc.array(
  fc.record({ waitMs: fc.oneof(fc.nat(3), fc.nat(2_000)), cost: fc.integer({ min: 1, max: 12 }) }),
  { maxLength: 200 },
);
// A process that has run for ten years still counts in whole numbers.
const start = fc.integer({ min: 0, max: 315_576_000_000 });

interface Admission {
  readonly atMs: number;
  readonly cost: number;
}

function admissions(
  limit: TokenLimit,
  startMs: number,
  list: readonly { waitMs: number; cost: number }[],
): Admission[] {
  let state: TokenState | null = null;
  let nowMs = startMs;
  return list.flatMap(({ waitMs, cost }) => {
    nowMs += waitMs;
    const step = takeTokens(state, cost, limit, nowMs);
    state = step.state;
    return step.answer.kind === 'taken' ? [{ atMs: nowMs, cost }] : [];
  });
}

describe('a token bucket', () => {
  it('admits no more than burst + rate × t in any window of time t', () => {
    fc.assert(
      fc.property(limits, start, arrivals, (limit, startMs, list) => {
        const admitted = admissions(limit, startMs, list);
        for (const [i, first] of admitted.entries()) {
          let sum = 0;
          for (const { atMs, cost } of admitted.slice(i)) {
            sum += cost;
            // In thousandths of a token, so that the comparison is one of whole numbers.
            const allowed = limit.burst * 1_000 + limit.ratePerS * (atMs - first.atMs);
            expect(sum * 1_000).toBeLessThanOrEqual(allowed);
          }
        }
      }),
      SETTINGS,
    );
  });

  it('keeps its word: who waits as long as it says, alone, succeeds', () => {
    fc.assert(
      fc.property(limits, start, arrivals, (limit, startMs, list) => {
        let state: TokenState | null = null;
        let nowMs = startMs;
        for (const { waitMs, cost } of list) {
          nowMs += waitMs;
          const { answer, state: next } = takeTokens(state, cost, limit, nowMs);
          state = next;
          if (answer.kind === 'impossible') expect(cost).toBeGreaterThan(limit.burst);
          if (answer.kind !== 'refused') continue;
          expect(answer.retryAfterS).toBeGreaterThanOrEqual(1);
          const later = takeTokens(state, cost, limit, nowMs + answer.retryAfterS * 1_000);
          expect(later.answer.kind).toBe('taken');
          if (answer.retryAfterS === 1) continue;
          const early = takeTokens(state, cost, limit, nowMs + (answer.retryAfterS - 1) * 1_000);
          expect(early.answer.kind).toBe('refused');
        }
      }),
      SETTINGS,
    );
  });

  it('tells how many are left: so many can be taken, and one more cannot', () => {
    fc.assert(
      fc.property(limits, start, arrivals, fc.nat(2_000), (limit, startMs, list, waitMs) => {
        let state: TokenState | null = null;
        let nowMs = startMs;
        for (const each of list) {
          nowMs += each.waitMs;
          state = takeTokens(state, each.cost, limit, nowMs).state;
        }
        nowMs += waitMs;
        const left = tokensLeft(state, limit, nowMs);
        if (left > 0) expect(takeTokens(state, left, limit, nowMs).answer.kind).toBe('taken');
        expect(takeTokens(state, left + 1, limit, nowMs).answer.kind).not.toBe('taken');
      }),
      SETTINGS,
    );
  });

  it('never refuses who stays within its rate', () => {
    fc.assert(
      fc.property(limits, start, (limit, startMs) => {
        const waitMs = Math.ceil(1_000 / limit.ratePerS);
        const list = Array.from({ length: 200 }, () => ({ waitMs, cost: 1 }));
        expect(admissions(limit, startMs, list)).toHaveLength(200);
      }),
      SETTINGS,
    );
  });
});
