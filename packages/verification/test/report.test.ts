/** The verdict is the worst failure, and never better than what was really checked. @module */
import { describe, expect, it } from 'vitest';
import type { ErrorCode, Verdict } from '../src/errors.ts';
import {
  type Check,
  type CheckId,
  leadingFailure,
  VERDICT_ORDER,
  verdictOfChecks,
  worstVerdict,
} from '../src/report.ts';

const MANDATORY: readonly CheckId[] = ['format', 'leaf'];

function pass(id: CheckId): Check {
  return { id, status: 'pass' };
}

function fail(id: CheckId, code: ErrorCode): Check {
  return { id, status: 'fail', code };
}

describe('the worst verdict', () => {
  it('follows the published order', () => {
    const worse = [
      'invalid',
      'malformed',
      'untrusted',
      'inconclusive',
      'error',
      'verified',
    ] as const;
    expect(VERDICT_ORDER).toEqual(worse);
    for (const [i, first] of worse.entries()) {
      for (const second of worse.slice(i)) {
        expect(worstVerdict([second, first])).toBe(first);
        expect(worstVerdict([first, second])).toBe(first);
      }
    }
  });

  it('of nothing is an error', () => {
    expect(worstVerdict([])).toBe('error');
  });
});

describe('the verdict of checks', () => {
  it('is verified only if each mandatory check passed', () => {
    expect(verdictOfChecks([pass('format'), pass('leaf')], MANDATORY)).toBe('verified');
    expect(verdictOfChecks([pass('format')], MANDATORY)).toBe('inconclusive');
    expect(verdictOfChecks([], MANDATORY)).toBe('inconclusive');
    for (const status of ['skipped', 'pending'] as const) {
      const undecided = { id: 'leaf', status, reason: 'x' } as const;
      expect(verdictOfChecks([pass('format'), undecided], MANDATORY)).toBe('inconclusive');
    }
  });

  it('is not lowered by optional checks that did not run', () => {
    const skipped = { id: 'anchor', status: 'skipped', reason: 'none in the file' } as const;
    const pending = { id: 'receipt', status: 'pending', reason: 'x' } as const;
    expect(verdictOfChecks([pass('format'), pass('leaf'), skipped, pending], MANDATORY)).toBe(
      'verified',
    );
  });

  it.each<[ErrorCode, Verdict]>([
    ['E_ROOT_MISMATCH', 'invalid'],
    ['E_JSON', 'malformed'],
    ['E_KEY_UNKNOWN', 'untrusted'],
    ['E_ANCHOR_PENDING', 'inconclusive'],
    ['E_IO', 'error'],
    ['E_USAGE', 'error'],
  ])('for %s is %s, also on an optional check', (code, verdict) => {
    expect(verdictOfChecks([pass('format'), pass('leaf'), fail('anchor', code)], MANDATORY)).toBe(
      verdict,
    );
  });

  it('of a failure without code is an error, never verified', () => {
    const nameless = { id: 'anchor', status: 'fail' } as const;
    expect(verdictOfChecks([pass('format'), pass('leaf'), nameless], MANDATORY)).toBe('error');
  });
});

describe('the leading failure', () => {
  it('is the first one in order that leads to the verdict', () => {
    const time = fail('head', 'E_STH_TIME');
    const signature = fail('signature', 'E_STH_SIGNATURE');
    const checks = [pass('format'), time, signature, fail('checkpoint', 'E_CHECKPOINT')];
    expect(leadingFailure({ verdict: 'invalid', checks })).toBe(signature);
    expect(leadingFailure({ verdict: 'untrusted', checks: [time] })).toBe(time);
    expect(leadingFailure({ verdict: 'verified', checks: [pass('format')] })).toBeNull();
  });

  it('of an error is a failed check, with a code or without one', () => {
    const nameless = { id: 'anchor', status: 'fail' } as const;
    for (const failed of [fail('anchor', 'E_IO'), nameless]) {
      const checks = [pass('format'), failed];
      expect(leadingFailure({ verdict: 'error', checks })).toBe(failed);
    }
  });
});
