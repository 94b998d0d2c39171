/** Counts add up, and the exit code is 0 for nothing but proofs that are all verified. @module */
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../src/errors.ts';
import { reportOfRefusal } from '../src/input-refusal.ts';
import type { Report } from '../src/report.ts';
import {
  EXIT_INTERRUPTED,
  EXIT_NO_INPUT,
  exitCodeFromVerdict,
  RunTally,
  VERDICTS_SHOWN,
} from '../src/run-tally.ts';

function reportOf(verdict: Verdict, more: Partial<Report> = {}): Report {
  const none = { claims: null, tree: null, key: null };
  const nothing = { levels: [], checks: [], ...none, anchors: [], steps: [] };
  return { verdict, ...nothing, ...more };
}

function tallyOf(verdicts: readonly Verdict[]): RunTally {
  const tally = new RunTally();
  for (const verdict of verdicts) tally.add(reportOf(verdict));
  return tally;
}

it.each<[Verdict, number]>([
  ['verified', 0],
  ['invalid', 1],
  ['malformed', 3],
  ['untrusted', 4],
  ['inconclusive', 5],
  ['error', 6],
])('%s ends with %i', (verdict, code) => {
  expect(exitCodeFromVerdict(verdict)).toBe(code);
  expect(tallyOf([verdict]).exitCode(false)).toBe(code);
});

describe('the exit code of a run', () => {
  it('is 0 exactly when there is a proof and all are verified', () => {
    for (let mask = 0; mask < 2 ** VERDICTS_SHOWN.length; mask++) {
      const verdicts = VERDICTS_SHOWN.filter((_, i) => (mask & (2 ** i)) !== 0);
      const isGood = verdicts.length > 0 && verdicts.every((verdict) => verdict === 'verified');
      expect(tallyOf(verdicts).exitCode(false) === 0, verdicts.join()).toBe(isGood);
    }
  });

  it('is chosen as 1, 3, 4, 5, 6 in this order, wherever in the run they stood', () => {
    const worstLast: Verdict[] = [
      'verified',
      'error',
      'inconclusive',
      'untrusted',
      'malformed',
      'invalid',
    ];
    const codes = worstLast.map((_, i) => tallyOf(worstLast.slice(0, i + 1)).exitCode(false));
    expect(codes).toEqual([0, 6, 5, 4, 3, 1]);
    expect(tallyOf(worstLast.toReversed()).exitCode(false)).toBe(1);
  });

  it('is that of no input where an input gave none, unless something is invalid', () => {
    const tally = tallyOf(['verified', 'untrusted']);
    tally.add(reportOfRefusal({ code: 'E_NO_INPUT' }));
    expect(tally.exitCode(false)).toBe(EXIT_NO_INPUT);
    tally.add(reportOf('invalid'));
    expect(tally.exitCode(false)).toBe(1);
  });

  it('is its own when the run was interrupted', () => {
    expect(tallyOf(['invalid']).exitCode(true)).toBe(EXIT_INTERRUPTED);
  });
});

it('counts proofs, verdicts and distinct heads', () => {
  const head = { log: 'l', treeSize: 1, leafIndex: 0, rootHash: 'aa', timestampMs: 1 };
  const tally = tallyOf(['error']);
  for (const timestampMs of [1, 1, 2]) {
    tally.add(reportOf('verified', { tree: { ...head, timestampMs } }));
  }
  expect([tally.proofs, tally.countOf('verified'), tally.countOf('invalid')]).toEqual([4, 3, 0]);
  expect([tally.heads, tally.notVerified, tally.verdict]).toEqual([2, 1, 'error']);
  expect(new RunTally().verdict).toBe('error');
});
