/** A deadline over work that cannot be cancelled: it is given up, and what it answers later is dropped. @module */
import type { Clock } from './clock.ts';

export interface Deadline {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Ends the wait at once. */
  readonly signal?: AbortSignal | undefined;
}

/** The work was given up. It may still be done. */
export class DeadlineError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DeadlineError';
  }
}

/** Answers as `work` does, or rejects with DeadlineError; `what` is the subject of its sentence. */
export async function within<T>(
  { clock, timeoutMs, signal }: Deadline,
  what: string,
  work: Promise<T>,
): Promise<T> {
  // Two listeners, so that neither the timer outlives the work nor a late rejection is nobody's.
  const settled = new AbortController();
  const giveUp = (): void => settled.abort();
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  const over = clock.sleep(timeoutMs, settled.signal).then((): never => {
    throw new DeadlineError(
      `${what} did not answer ${signal?.aborted ? 'before the end' : `within ${timeoutMs} ms`}`,
    );
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    signal?.removeEventListener('abort', giveUp);
    over.catch(() => {}); // seen above where it mattered
    settled.abort();
  }
}
