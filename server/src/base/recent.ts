/** Remembers answers for a moment: one question at a time for each key, misses included, never more than a bound. @module */
import type { Clock } from './clock.ts';

export interface RecentOptions<Value> {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** An answer counts this long, from before it was asked for: a change is seen after that time at the latest. */
  readonly ttlMs: number;
  /** So many keys are kept; beyond it the oldest is forgotten. */
  readonly max: number;
  readonly load: (key: string) => Promise<Value>;
}

interface Entry<Value> {
  readonly answer: Promise<Value>;
  readonly untilMs: number;
}

export class Recent<Value> {
  readonly #options: RecentOptions<Value>;
  /** In the order in which they were asked for. */
  readonly #entries = new Map<string, Entry<Value>>();

  constructor(options: RecentOptions<Value>) {
    this.#options = options;
  }

  /** Rejects as `load` does; a failure is not remembered. */
  get(key: string): Promise<Value> {
    const { clock, ttlMs, max, load } = this.#options;
    const nowMs = clock.monotonicMs();
    const known = this.#entries.get(key);
    if (known !== undefined && nowMs < known.untilMs) return known.answer;
    const entry: Entry<Value> = { answer: load(key), untilMs: nowMs + ttlMs };
    // Whoever asked hears of the failure through `answer`.
    entry.answer.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > max) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry.answer;
  }

  get size(): number {
    return this.#entries.size;
  }
}
