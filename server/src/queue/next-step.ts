/** What an attempt's verdict means for its event. @module */
import type { Verdict } from '../delivery/verdict.ts';
import type { NextStep } from './job.ts';

export function nextStep(verdict: Verdict): NextStep {
  switch (verdict.kind) {
    case 'done':
      return { kind: 'finish', status: 'delivered', reason: null };
    case 'retry':
      return { kind: 'retry', delayMs: verdict.delayMs, counts: verdict.counts };
    case 'final':
      return { kind: 'finish', status: 'failed', reason: verdict.reason };
  }
}
