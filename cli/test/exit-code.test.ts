/** Exit codes: one verdict, mixed runs, runs without a verdict. @module */
import { ERROR_CODES, type Verdict } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import {
  EXIT_CODE_TABLE,
  exitCodeFromError,
  exitCodeFromVerdict,
  exitCodeFromVerdicts,
  VERDICTS_WORST_FIRST,
} from '../src/exit-code.ts';

describe('exitCodeFromVerdict', () => {
  it.each<[Verdict, number]>([
    ['verified', 0],
    ['invalid', 1],
    ['malformed', 3],
    ['untrusted', 4],
    ['inconclusive', 5],
    ['error', 6],
  ])('ends %s with %i', (verdict, code) => {
    expect(exitCodeFromVerdict(verdict)).toBe(code);
  });
});

describe('exitCodeFromVerdicts', () => {
  it('is 0 exactly when there is a proof and all are verified', () => {
    for (let mask = 0; mask < 2 ** VERDICTS_WORST_FIRST.length; mask++) {
      const verdicts = VERDICTS_WORST_FIRST.filter((_, i) => (mask & (2 ** i)) !== 0);
      const isGood = verdicts.length > 0 && verdicts.every((verdict) => verdict === 'verified');
      expect(exitCodeFromVerdicts(verdicts) === 0, verdicts.join()).toBe(isGood);
    }
  });

  it('chooses 1, 3, 4, 5, 6 in this order, wherever in the run they stood', () => {
    const worstLast: Verdict[] = [
      'verified',
      'error',
      'inconclusive',
      'untrusted',
      'malformed',
      'invalid',
    ];
    const codes = worstLast.map((_, i) => exitCodeFromVerdicts(worstLast.slice(0, i + 1)));
    expect(codes).toEqual([0, 6, 5, 4, 3, 1]);
    expect(exitCodeFromVerdicts(worstLast.toReversed())).toBe(1);
  });
});

describe('exitCodeFromError', () => {
  it('ends usage with 2, no input with 3, unreadable input with 6, own mistakes with 70', () => {
    for (const code of ['E_USAGE', 'E_NO_KEY', 'E_KEY_FORMAT', 'E_KEY_PRIVATE'] as const) {
      expect(exitCodeFromError(code)).toBe(2);
    }
    expect(exitCodeFromError('E_NO_INPUT')).toBe(3);
    expect(exitCodeFromError('E_IO')).toBe(6);
    expect(exitCodeFromError('E_INTERNAL')).toBe(70);
  });

  it('never ends a code with 0, and knows all of its exit codes in the help table', () => {
    const documented = new Set(EXIT_CODE_TABLE.map(([code]) => code));
    for (const code of ERROR_CODES) {
      expect(exitCodeFromError(code), code).not.toBe(0);
      expect(documented, code).toContain(exitCodeFromError(code));
    }
  });
});
