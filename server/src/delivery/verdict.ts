/** What an outcome means for the event: done, another attempt and when, or the end of trying. RFC 9110 section 15. @module */
import type { Outcome } from './attempt.ts';
import { parseRetryAfter, retryDelayMs } from './backoff.ts';

/** What an endpoint says about retries. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  /** The longest wait of our own schedule. */
  readonly maxDelayMs: number;
  /** Statuses that are tried again although they are final elsewhere. */
  readonly retryStatuses: readonly number[];
}

export interface AttemptBudget {
  /** With the attempt that is judged; the budget is used up when it reaches the policy's `maxAttempts`. */
  readonly attemptsUsed: number;
  readonly policy: RetryPolicy;
}

export type FinalReason = 'non_retryable' | 'exhausted' | 'gone' | 'blocked';

export type Verdict =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'retry';
      readonly delayMs: number;
      /** False when the fault was ours: it costs no event its last attempt. */
      readonly counts: boolean;
    }
  | { readonly kind: 'final'; readonly reason: FinalReason };

const GONE = 410; // RFC 9110 15.5.11: and likely for ever
const RETRIED_4XX: readonly number[] = [408, 425, 429]; // timeout, too early, too many requests
const LONGEST_RETRY_AFTER_MS = 3_600_000;
const OUR_FAULT_DELAY_MS = 1_000;

/** An attempt whose lease was too short to begin it: nothing left the house. */
export const NOT_SENT: Verdict = { kind: 'retry', delayMs: OUR_FAULT_DELAY_MS, counts: false };

export function verdictAfter(
  outcome: Outcome,
  budget: AttemptBudget,
  nowMs: number,
  random: () => number,
): Verdict {
  if (outcome.kind === 'delivered') return { kind: 'done' };
  if (outcome.kind === 'failed') {
    if (outcome.error === 'blocked_address' || outcome.error === 'bad_url') {
      return { kind: 'final', reason: 'blocked' };
    }
    // We broke off, not the destination.
    if (outcome.error === 'shutdown') {
      return { kind: 'retry', delayMs: OUR_FAULT_DELAY_MS, counts: false };
    }
    return retryWithin(budget, null, random);
  }
  const { status } = outcome;
  if (!isRetried(status) && !budget.policy.retryStatuses.includes(status)) {
    return { kind: 'final', reason: status === GONE ? 'gone' : 'non_retryable' };
  }
  return retryWithin(budget, parseRetryAfter(outcome.retryAfter, nowMs), random);
}

/** After an attempt whose end nobody saw. */
export function verdictAfterUnknown(budget: AttemptBudget, random: () => number): Verdict {
  return retryWithin(budget, null, random);
}

/** Redirects are not followed, but may be gone tomorrow. Above 599 there is no status: treated as 5xx (RFC 9110 15). */
function isRetried(status: number): boolean {
  return status < 400 || status >= 500 || RETRIED_4XX.includes(status);
}

function retryWithin(
  { attemptsUsed, policy }: AttemptBudget,
  askedMs: number | null,
  random: () => number,
): Verdict {
  if (attemptsUsed >= policy.maxAttempts) return { kind: 'final', reason: 'exhausted' };
  const heededMs = Math.min(askedMs ?? 0, LONGEST_RETRY_AFTER_MS);
  const ownMs = retryDelayMs(attemptsUsed, random, policy.maxDelayMs);
  return { kind: 'retry', delayMs: Math.max(ownMs, heededMs), counts: true };
}
