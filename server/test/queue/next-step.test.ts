import { expect, it } from 'vitest';
import { nextStep } from '../../src/queue/next-step.ts';

it('ends an event that was delivered', () => {
  expect(nextStep({ kind: 'done' })).toEqual({ kind: 'finish', status: 'delivered', reason: null });
});

it('keeps the delay of a retry', () => {
  expect(nextStep({ kind: 'retry', delayMs: 1_234 })).toEqual({ kind: 'retry', delayMs: 1_234 });
});

it.each(['non_retryable', 'exhausted', 'gone', 'blocked'] as const)(
  'fails an event for good: %s',
  (reason) => {
    expect(nextStep({ kind: 'final', reason })).toEqual({
      kind: 'finish',
      status: 'failed',
      reason,
    });
  },
);
