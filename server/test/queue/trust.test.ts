import { expect, it } from 'vitest';
import type { CircuitResult } from '../../src/delivery/circuit.ts';
import { allowanceOf, isProven, isStalled, NO_TRUST, trustAfter } from '../../src/queue/trust.ts';

const RULES = { first: 4, most: 32 };

function allowances(results: readonly CircuitResult[]): number[] {
  let trust = NO_TRUST;
  return results.map((result) => {
    trust = trustAfter(trust, result, RULES);
    return allowanceOf(trust, RULES);
  });
}

it('an endpoint begins with little, and has twice as much after each success, up to its share', () => {
  expect(allowanceOf(NO_TRUST, RULES)).toBe(4);
  expect(allowances(['success', 'success', 'success', 'success'])).toEqual([8, 16, 32, 32]);
});

it('each failure halves it, down to one; what was nobody’s fault changes nothing', () => {
  expect(allowances(['failure', 'failure', 'failure', 'success'])).toEqual([2, 1, 1, 2]);
  expect(allowances(['success', 'neutral', 'failure'])).toEqual([8, 8, 4]);
});

it('one success proves an endpoint, also where its share is a single slot', () => {
  expect(isProven(NO_TRUST)).toBe(false);
  for (const rules of [RULES, { first: 1, most: 1 }, { first: 3, most: 3 }]) {
    const proven = trustAfter(NO_TRUST, 'success', rules);
    expect(isProven(proven)).toBe(true);
    expect(isProven(trustAfter(proven, 'failure', rules))).toBe(false);
  }
});

it('nothing for more than three seconds is a stall', () => {
  expect([isStalled(1_000, 4_000), isStalled(1_000, 4_001)]).toEqual([false, true]);
});
