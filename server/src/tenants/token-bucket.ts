/** Token buckets: GCRA with one number a key, in whole units, so that no rounding ever adds a token. ITU-T I.371 annex A. @module */
import type { Clock } from '../base/clock.ts';

export interface TokenLimit {
  /** Whole tokens a second. */
  readonly ratePerS: number;
  /** So many at once, after a rest. */
  readonly burst: number;
}

export type TokenAnswer =
  | { readonly kind: 'taken' }
  /** Whole seconds, rounded up; who waits so long, and is alone, succeeds. */
  | { readonly kind: 'refused'; readonly retryAfterS: number }
  /** More than the burst: no waiting helps. */
  | { readonly kind: 'impossible' };

/**
 * The theoretical arrival time of the next token, in units of 1/rate milliseconds: a millisecond is `ratePerS` units
 * and a token 1,000. Both are whole numbers, and so is every sum of them.
 */
export interface TokenState {
  readonly arrival: number;
  readonly ratePerS: number;
}

export interface TokenStep {
  readonly answer: TokenAnswer;
  readonly state: TokenState;
}

const UNITS_PER_TOKEN = 1_000;
const MAX_RATE_PER_S = 100_000;
const MAX_BURST = 10_000_000;

/** Throws RangeError for limits whose sums could leave the safe integers. */
export function assertTokenLimit({ ratePerS, burst }: TokenLimit): void {
  if (!Number.isInteger(ratePerS) || ratePerS < 1 || ratePerS > MAX_RATE_PER_S) {
    throw new RangeError(`"ratePerS" expected 1 to ${MAX_RATE_PER_S}, got ${ratePerS}`);
  }
  if (!Number.isInteger(burst) || burst < 1 || burst > MAX_BURST) {
    throw new RangeError(`"burst" expected 1 to ${MAX_BURST}, got ${burst}`);
  }
}

/** `nowMs` is monotonic and whole; `cost` is whole and at least 1. A refusal takes nothing. */
export function takeTokens(
  state: TokenState | null,
  cost: number,
  limit: TokenLimit,
  nowMs: number,
): TokenStep {
  const { ratePerS, burst } = limit;
  const now = nowMs * ratePerS;
  const arrival = Math.max(now, state === null ? now : inUnitsOf(state, ratePerS));
  const kept: TokenState = { arrival, ratePerS };
  if (cost > burst) return { answer: { kind: 'impossible' }, state: kept };
  const next = arrival + cost * UNITS_PER_TOKEN;
  const over = next - now - burst * UNITS_PER_TOKEN;
  if (over <= 0) return { answer: { kind: 'taken' }, state: { arrival: next, ratePerS } };
  const retryAfterS = Math.ceil(over / (ratePerS * 1_000));
  return { answer: { kind: 'refused', retryAfterS }, state: kept };
}

/** How many tokens could be taken now, one after the other. */
export function tokensLeft(
  state: TokenState | null,
  { ratePerS, burst }: TokenLimit,
  nowMs: number,
): number {
  const now = nowMs * ratePerS;
  const arrival = Math.max(now, state === null ? now : inUnitsOf(state, ratePerS));
  return Math.max(0, Math.floor((now - arrival) / UNITS_PER_TOKEN) + burst);
}

// A tenant whose tier was changed keeps its debt in time. Rounded up: a change must not give a token away.
function inUnitsOf({ arrival, ratePerS }: TokenState, rate: number): number {
  return ratePerS === rate ? arrival : Math.ceil((arrival / ratePerS) * rate);
}

/** Buckets of one process, one for each key. */
export class TokenBuckets {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #max: number;
  /** Least recently used first. */
  readonly #states = new Map<string, TokenState>();

  /** Beyond `max` keys the one that was unused longest is forgotten, and may burst anew. */
  constructor(clock: Pick<Clock, 'monotonicMs'>, max = 100_000) {
    this.#clock = clock;
    this.#max = max;
  }

  take(key: string, cost: number, limit: TokenLimit): TokenAnswer {
    const nowMs = Math.floor(this.#clock.monotonicMs());
    const { answer, state } = takeTokens(this.#states.get(key) ?? null, cost, limit, nowMs);
    this.#states.delete(key);
    this.#states.set(key, state);
    if (this.#states.size > this.#max) {
      const [oldest] = this.#states.keys();
      if (oldest !== undefined) this.#states.delete(oldest);
    }
    return answer;
  }

  get size(): number {
    return this.#states.size;
  }
}
