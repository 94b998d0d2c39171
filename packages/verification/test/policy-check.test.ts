/** The policy check: the policy is asked about a checkpoint that holds, and about no other. @module */
import { describe, expect, it } from 'vitest';
import { checkPolicy, type PolicyResult } from '../src/policy-check.ts';
import type { Check } from '../src/report.ts';

const GOOD: Check = { id: 'checkpoint', status: 'pass' };
const ABSENT: Check = { id: 'checkpoint', status: 'skipped', reason: 'none' };
const FAILED: Check = { id: 'checkpoint', status: 'fail', code: 'E_CHECKPOINT' };

describe('the policy check', () => {
  it('is what the policy answers, also where there is no note', () => {
    const answer: PolicyResult = {
      check: { id: 'policy', status: 'pass' },
      isSeenBefore: () => true,
    };
    const asked: unknown[] = [];
    const policy = {
      countCosignatures: (...question: readonly unknown[]) => {
        asked.push(question);
        return answer;
      },
    };
    expect(checkPolicy('note', GOOD, policy, 'h')).toBe(answer);
    expect(checkPolicy(null, ABSENT, policy, '')).toBe(answer);
    expect(asked).toEqual([
      ['note', 'h'],
      [null, ''],
    ]);
  });

  it('is skipped without a policy, and where the checkpoint does not hold', () => {
    const policy = {
      countCosignatures: (): never => {
        throw new TypeError('must not be asked');
      },
    };
    const none = checkPolicy('note', GOOD, undefined, 'h');
    const failed = checkPolicy('note', FAILED, policy, 'h');
    expect(none.check).toEqual({ id: 'policy', status: 'skipped', reason: 'no rule required' });
    expect(failed.check).toEqual({
      id: 'policy',
      status: 'skipped',
      reason: 'the checkpoint does not hold',
    });
    expect([none, failed].some(({ isSeenBefore }) => isSeenBefore(Number.MAX_VALUE))).toBe(false);
  });
});
