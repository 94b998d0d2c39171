/** A background loop: runs one step after another until it is stopped, and survives a failing step. @module */
import type { Clock } from './clock.ts';

export interface LoopOptions {
  /** Does one step; answers how long to wait before the next, in ms. It may be woken earlier. */
  readonly step: (signal: AbortSignal) => Promise<number>;
  /** Told of each failed step; the loop goes on after `errorDelayMs`, doubled up to 5 s while it fails. No wake ends that wait. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  readonly errorDelayMs?: number;
}

const LONGEST_ERROR_DELAY_MS = 5_000;

/** A started loop. `stop` lets the running step finish; `wake` ends the present wait. */
export class Loop {
  readonly #options: LoopOptions;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;
  #waiting = new AbortController();
  #woken = false;
  #backingOff = false;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** Runs the next step as soon as the present one is over; after a failure, when its wait is over. */
  wake(): void {
    this.#woken = true;
    // Each accepted event may wake us: while steps fail, that must not turn the growing wait into none.
    // With a reason, or an error with its stack would be made for each commit.
    if (!this.#backingOff) this.#waiting.abort('woken');
  }

  /** Resolves when the loop has ended. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waiting.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { step, onError, clock, errorDelayMs = 200 } = this.#options;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      this.#woken = false;
      this.#backingOff = false;
      let delayMs: number;
      try {
        delayMs = await step(signal);
        failures = 0;
      } catch (error) {
        onError(error);
        delayMs = Math.min(LONGEST_ERROR_DELAY_MS, errorDelayMs * 2 ** Math.min(failures, 10));
        failures += 1;
        this.#woken = false;
        this.#backingOff = true;
      }
      if (signal.aborted) break;
      if (this.#woken || delayMs <= 0) {
        // A macrotask between steps, so that a loop that never waits cannot starve the process.
        await clock.sleep(0);
        continue;
      }
      this.#waiting = new AbortController();
      if (this.#woken || signal.aborted) continue;
      await clock.sleep(delayMs, this.#waiting.signal);
    }
  }
}
