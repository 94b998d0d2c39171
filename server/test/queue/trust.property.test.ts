/** Trust under any order of results: bounded, and never slow to come back. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CircuitResult } from '../../src/delivery/circuit.ts';
import { allowanceOf, isProven, NO_TRUST, trustAfter } from '../../src/queue/trust.ts';

const rules = fc
  .tuple(fc.integer({ min: 1, max: 1_024 }), fc.integer({ min: 1, max: 1_024 }))
  .map(([a, b]) => ({ first: Math.min(a, b), most: Math.max(a, b) }));
const results = fc.array(fc.constantFrom<CircuitResult>('success', 'failure', 'neutral'), {
  maxLength: 60,
});

it('an allowance is never none and never beyond the share; a success never lowers it, a failure never raises it', () => {
  fc.assert(
    fc.property(rules, results, (rule, all) => {
      let trust = NO_TRUST;
      for (const result of all) {
        const before = allowanceOf(trust, rule);
        trust = trustAfter(trust, result, rule);
        const after = allowanceOf(trust, rule);
        expect(after).toBeGreaterThanOrEqual(1);
        expect(after).toBeLessThanOrEqual(rule.most);
        if (result === 'success') expect(after).toBeGreaterThanOrEqual(before);
        if (result === 'failure') expect(after).toBeLessThanOrEqual(before);
        if (result === 'neutral') expect(after).toBe(before);
      }
    }),
  );
});

it('whatever came before, twenty successes give the whole share, and twenty failures one slot and no proof', () => {
  fc.assert(
    fc.property(rules, results, (rule, all) => {
      const trust = all.reduce((each, result) => trustAfter(each, result, rule), NO_TRUST);
      const after = (result: CircuitResult): number =>
        Array.from({ length: 20 }).reduce<number>((each) => trustAfter(each, result, rule), trust);
      expect(allowanceOf(after('success'), rule)).toBe(rule.most);
      expect(isProven(after('success'))).toBe(true);
      expect(allowanceOf(after('failure'), rule)).toBe(1);
      expect(isProven(after('failure'))).toBe(false);
    }),
  );
});

it('a proof never gives less than no proof', () => {
  fc.assert(
    fc.property(rules, results, (rule, all) => {
      const trust = all.reduce((each, result) => trustAfter(each, result, rule), NO_TRUST);
      if (isProven(trust)) expect(allowanceOf(trust, rule)).toBeGreaterThanOrEqual(rule.first);
      else expect(allowanceOf(trust, rule)).toBeLessThanOrEqual(rule.first);
    }),
  );
});
