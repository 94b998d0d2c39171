import { expect, it } from 'vitest';
import { nextStep } from '../../src/queue/next-step.ts';

it('ends an event that was delivered', () => {
  expect(nextStep({ kind: 'done' })).toEqual({ kind: 'finish', status: 'delivered', reason: null });
});

it.each([true, false])('keeps the delay of a retry, and whether it counts: %s', (counts) => {
  const retry = { kind: 'retry', delayMs: 1_234, counts } as const;
  expect(nextStep(retry)).toEqual(retry);
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
