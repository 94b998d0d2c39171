/** A clock that stands still until the test moves it. @module */
import type { Clock } from '../../src/base/clock.ts';

interface Sleep {
  readonly ms: number;
  readonly untilMs: number;
  readonly wake: () => void;
}

/** Sleepers are woken by `advance` alone, so a test sees each wait and decides when it ends. */
export class ManualClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;
  #sleeps: Sleep[] = [];
  #watchers: (() => void)[] = [];
  /** Each wait that was asked for, in order. */
  readonly asked: number[] = [];

  constructor(nowMs: number = Date.UTC(2026, 0, 15, 10, 30, 45)) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.asked.push(ms);
    for (const watcher of this.#watchers.splice(0)) watcher();
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleep: Sleep = { ms, untilMs: this.#monotonicMs + ms, wake: resolve };
      this.#sleeps.push(sleep);
      signal?.addEventListener('abort', () => this.#end(sleep), { once: true });
    });
  }

  /** Sets the wall clock alone, forwards or back. */
  set(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  /** Lets time pass and ends the waits that are over. */
  advance(ms: number): void {
    this.#nowMs += ms;
    this.#monotonicMs += ms;
    for (const sleep of [...this.#sleeps]) {
      if (sleep.untilMs <= this.#monotonicMs) this.#end(sleep);
    }
  }

  /** How many wait now. */
  get sleeping(): number {
    return this.#sleeps.length;
  }

  /** Resolves once `count` waits have been asked for since the clock was made. */
  async untilAsked(count: number): Promise<void> {
    while (this.asked.length < count) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  #end(sleep: Sleep): void {
    const at = this.#sleeps.indexOf(sleep);
    if (at === -1) return;
    this.#sleeps.splice(at, 1);
    sleep.wake();
  }
}
