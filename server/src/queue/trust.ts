/** How much an endpoint may hold: little until it has shown that it answers, twice as much with each success, half with each failure. @module */
import type { CircuitResult } from '../delivery/circuit.ts';

export interface TrustRules {
  /** For an endpoint that nothing is known of. */
  readonly first: number;
  /** However often it succeeds. */
  readonly most: number;
}

/** Successes ahead of failures, between the bounds where another one would change nothing. */
export type Trust = number;

export const NO_TRUST: Trust = 0;

/**
 * Nothing has come of what it holds for so long: it is treated as if it had shown nothing, until something succeeds.
 * Longer than a destination takes that is merely slow.
 */
const STALL_MS = 3_000;

export function trustAfter(trust: Trust, result: CircuitResult, rules: TrustRules): Trust {
  if (result === 'success') {
    return Math.min(trust + 1, Math.max(1, Math.ceil(Math.log2(rules.most / rules.first))));
  }
  if (result === 'failure') return Math.max(trust - 1, -Math.ceil(Math.log2(rules.first)));
  return trust;
}

export function allowanceOf(trust: Trust, { first, most }: TrustRules): number {
  return Math.min(most, Math.max(1, Math.floor(first * 2 ** trust)));
}

/** More successes than failures, of late. */
export function isProven(trust: Trust): boolean {
  return trust > NO_TRUST;
}

/** `sinceMs`: when it last succeeded, or began to hold something. */
export function isStalled(sinceMs: number, nowMs: number): boolean {
  return nowMs - sinceMs > STALL_MS;
}
