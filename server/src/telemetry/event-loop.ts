/** How late the event loop runs: what everybody in this process waits for without knowing. @module */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

export interface EventLoopDelay {
  /** Seconds late, since the last time this was asked. */
  readonly '0.5': number;
  readonly '0.99': number;
  readonly '1': number;
}

const RESOLUTION_MS = 10;
const NS_PER_S = 1e9;

/** Measures from its making to `stop`. */
export class EventLoopGauge {
  readonly #histogram: IntervalHistogram;

  constructor() {
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
  }

  read(): EventLoopDelay {
    const late = (ns: number): number => Math.max(0, ns / NS_PER_S - RESOLUTION_MS / 1_000);
    const delay: EventLoopDelay =
      this.#histogram.count === 0
        ? { '0.5': 0, '0.99': 0, '1': 0 }
        : {
            '0.5': late(this.#histogram.percentile(50)),
            '0.99': late(this.#histogram.percentile(99)),
            '1': late(this.#histogram.max),
          };
    this.#histogram.reset();
    return delay;
  }

  stop(): void {
    this.#histogram.disable();
  }
}
