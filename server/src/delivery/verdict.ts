/** What an outcome means for the event: done, another attempt and when, or the end of trying. RFC 9110 section 15. @module */
import type { Outcome } from './attempt.ts';
import { parseRetryAfter, retryDelayMs } from './backoff.ts';

export interface AttemptBudget {
  /** With the attempt that is judged; the budget is used up when it reaches `maxAttempts`. */
  readonly attemptsUsed: number;
  readonly maxAttempts: number;
}

export type FinalReason = 'non_retryable' | 'exhausted' | 'gone' | 'blocked';

export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'final'; readonly reason: FinalReason };

const GONE = 410; // RFC 9110 15.5.11: and likely for ever
const RETRIED_4XX: readonly number[] = [408, 425, 429]; // timeout, too early, too many requests
const LONGEST_RETRY_AFTER_MS = 3_600_000;
const SHUTDOWN_DELAY_MS = 1_000;

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
    // We broke off, not the destination: it costs no event its last attempt.
    if (outcome.error === 'shutdown') return { kind: 'retry', delayMs: SHUTDOWN_DELAY_MS };
    return retryWithin(budget, null, random);
  }
  if (outcome.status === GONE) return { kind: 'final', reason: 'gone' };
  if (!isRetried(outcome.status)) return { kind: 'final', reason: 'non_retryable' };
  return retryWithin(budget, parseRetryAfter(outcome.retryAfter, nowMs), random);
}

/** Redirects are not followed, but may be gone tomorrow. Above 599 there is no status: treated as 5xx (RFC 9110 15). */
function isRetried(status: number): boolean {
  return status < 400 || status >= 500 || RETRIED_4XX.includes(status);
}

function retryWithin(
  { attemptsUsed, maxAttempts }: AttemptBudget,
  askedMs: number | null,
  random: () => number,
): Verdict {
  if (attemptsUsed >= maxAttempts) return { kind: 'final', reason: 'exhausted' };
  const heededMs = Math.min(askedMs ?? 0, LONGEST_RETRY_AFTER_MS);
  return { kind: 'retry', delayMs: Math.max(retryDelayMs(attemptsUsed, random), heededMs) };
}
