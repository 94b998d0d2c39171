/** The server's only clock and its only way to wait; everything else is handed one. @module */

/** Time as the server sees it. Tests hand in their own. */
export interface Clock {
  /** Wall clock, Unix milliseconds. May step; used for times that people read and heads carry. */
  nowMs(): number;
  /** Never steps back; used for leases and durations. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The real clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** RFC 3339 UTC with milliseconds, the one time format of leaves and answers. */
export function timeFromMs(ms: number): string {
  return new Date(ms).toISOString();
}
