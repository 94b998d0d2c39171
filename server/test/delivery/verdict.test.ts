/** The table of outcomes, row by row. @module */
import { describe, expect, it } from 'vitest';
import type { Answered, AttemptError, Outcome } from '../../src/delivery/attempt.ts';
import {
  type AttemptBudget,
  NOT_SENT,
  type RetryPolicy,
  type Verdict,
  verdictAfter,
  verdictAfterUnknown,
} from '../../src/delivery/verdict.ts';

const NOW = Date.UTC(2026, 0, 15, 10, 30, 45);
function budgetOf(
  attemptsUsed: number,
  maxAttempts: number,
  change: Partial<RetryPolicy> = {},
): AttemptBudget {
  const policy = { maxAttempts, maxDelayMs: 512_000, retryStatuses: [], ...change };
  return { attemptsUsed, policy };
}

const PLENTY = budgetOf(3, 11);
const SCHEDULED: Verdict = { kind: 'retry', delayMs: 3_000, counts: true }; // third attempt, random 0.5

function answered(status: number, retryAfter: string | null = null): Answered {
  return {
    kind: status >= 200 && status <= 299 ? 'delivered' : 'rejected',
    status,
    responseHash: new Uint8Array(32),
    responseSize: 0,
    truncated: false,
    retryAfter,
    peerAddress: '192.0.2.1',
  };
}

function failed(error: AttemptError): Outcome {
  return { kind: 'failed', error, peerAddress: null };
}

function verdict(outcome: Outcome, budget = PLENTY): Verdict {
  return verdictAfter(outcome, budget, NOW, () => 0.5);
}

describe('verdictAfter', () => {
  it.each([200, 201, 202, 204, 299])('is done after %i', (status) => {
    expect(verdict(answered(status))).toEqual({ kind: 'done' });
    expect(verdict(answered(status), budgetOf(11, 11))).toEqual({
      kind: 'done',
    });
  });

  it.each([300, 301, 302, 304, 307, 308, 399])('retries the redirect %i on schedule', (status) => {
    expect(verdict(answered(status))).toEqual(SCHEDULED);
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 599, 600, 999])('retries %i', (status) => {
    expect(verdict(answered(status))).toEqual(SCHEDULED);
  });

  it.each([400, 401, 403, 404, 405, 409, 413, 415, 422, 451, 499])(
    'ends with non_retryable after %i',
    (status) => {
      expect(verdict(answered(status))).toEqual({ kind: 'final', reason: 'non_retryable' });
    },
  );

  it('ends with gone after 410', () => {
    expect(verdict(answered(410))).toEqual({ kind: 'final', reason: 'gone' });
  });

  it.each(['dns', 'connect', 'tls', 'timeout', 'reset', 'protocol'] as const)(
    'retries after %s',
    (error) => {
      expect(verdict(failed(error))).toEqual(SCHEDULED);
      expect(verdict(failed(error), budgetOf(11, 11))).toEqual({
        kind: 'final',
        reason: 'exhausted',
      });
    },
  );

  it.each(['blocked_address', 'bad_url'] as const)('ends with blocked after %s', (error) => {
    expect(verdict(failed(error))).toEqual({ kind: 'final', reason: 'blocked' });
  });

  it('retries soon after our own shutdown, even when it was the last attempt', () => {
    const soon = { kind: 'retry', delayMs: 1_000, counts: false };
    expect(verdict(failed('shutdown'))).toEqual(soon);
    expect(verdict(failed('shutdown'), budgetOf(11, 11))).toEqual(soon);
  });

  it('makes ten waits of eleven attempts', () => {
    const kinds = Array.from({ length: 11 }, (_, n) => {
      return verdict(answered(500), budgetOf(n + 1, 11)).kind;
    });
    expect(kinds).toEqual([...Array<string>(10).fill('retry'), 'final']);
    expect(verdict(answered(500), budgetOf(11, 11))).toEqual({
      kind: 'final',
      reason: 'exhausted',
    });
    expect(verdict(answered(500), budgetOf(1, 1))).toEqual({
      kind: 'final',
      reason: 'exhausted',
    });
  });

  it.each([301, 408, 429, 500, 503])('heeds Retry-After on %i', (status) => {
    expect(verdict(answered(status, '60'))).toEqual({
      kind: 'retry',
      delayMs: 60_000,
      counts: true,
    });
    expect(verdict(answered(status, 'Thu, 15 Jan 2026 10:32:45 GMT'))).toEqual({
      kind: 'retry',
      delayMs: 120_000,
      counts: true,
    });
  });

  it('waits at least its own time and at most an hour, whatever Retry-After asks', () => {
    expect(verdict(answered(429, '1'))).toEqual(SCHEDULED);
    expect(verdict(answered(429, '3601'))).toEqual({
      kind: 'retry',
      delayMs: 3_600_000,
      counts: true,
    });
    expect(verdict(answered(429, '999999999'))).toEqual({
      kind: 'retry',
      delayMs: 3_600_000,
      counts: true,
    });
    expect(verdict(answered(429, 'later'))).toEqual(SCHEDULED);
    expect(verdict(answered(404, '60'))).toEqual({ kind: 'final', reason: 'non_retryable' });
  });

  it('tries again what the endpoint lists, 410 among it, and nothing else of the 4xx', () => {
    const budget = budgetOf(3, 11, { retryStatuses: [404, 410] });
    expect(verdict(answered(404), budget)).toEqual(SCHEDULED);
    expect(verdict(answered(410), budget)).toEqual(SCHEDULED);
    expect(verdict(answered(403), budget)).toEqual({ kind: 'final', reason: 'non_retryable' });
  });

  it('waits no longer than the endpoint says, but for a Retry-After', () => {
    const short = budgetOf(10, 11, { maxDelayMs: 4_000 });
    expect(verdict(answered(500), short)).toEqual({ ...SCHEDULED, delayMs: 3_000 });
    expect(verdict(answered(503, '60'), short)).toEqual({ ...SCHEDULED, delayMs: 60_000 });
    const long = budgetOf(17, 20, { maxDelayMs: 36_000_000 });
    expect(verdict(answered(500), long)).toEqual({ ...SCHEDULED, delayMs: 27_000_000 });
  });

  it('tries an unknown outcome again within the budget', () => {
    expect(verdictAfterUnknown(budgetOf(3, 11), () => 0.5)).toEqual(SCHEDULED);
    const last = verdictAfterUnknown(budgetOf(11, 11), () => 0.5);
    expect(last).toEqual({ kind: 'final', reason: 'exhausted' });
  });

  it('tries what was not sent again soon, for nothing', () => {
    expect(NOT_SENT).toEqual({ kind: 'retry', delayMs: 1_000, counts: false });
  });
});
