/** STORY: one loop for all logs of a process: each that has waiting leaves is sequenced, and none holds another up. @module */
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import { Loop } from '../base/loop.ts';
import { type Log, LogHaltedError } from '../logs/log.ts';
import type { Logger } from '../telemetry/logger.ts';
import { listWaitingLogsAcrossTenants } from './pending-store.ts';
import { type Sequenced, sequence } from './sequence.ts';

export interface SequencerDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long to wait between two looks, when nothing wakes the loop. */
  readonly intervalMs: number;
  /** So many leaves noted as waiting end the wait early. */
  readonly batch: number;
  /** Told of each transaction that numbered leaves. */
  readonly onBatch?: (batch: Sequenced, seconds: number, log: Log) => void;
  /** Most leaves of one transaction. */
  readonly limit?: number;
}

/** A started sequencer. Any number may run on one database. */
export interface Sequencer {
  /** `count` leaves have begun to wait: with enough of them the next look comes at once. A hint; looking is the truth. */
  noteWaiting(count: number): void;
  /** Looks now instead of at the end of the interval. */
  wake(): void;
  /** Ends the loop, then sequences what still waits. Never rejects; what is left is sequenced at the next start. */
  stop(): Promise<void>;
}

const LANES = 2; // logs at once: the waiting is for the disk, and the pool has few connections
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5_000;
const DRAIN_MS = 10_000;
// A log is best left to the process that is at it: two that take turns both do the work of finding in, on the cores
// that the database needs. When that one ends, another takes over after this time.
const BUSY_MS = 1_000;

export function startSequencer(deps: SequencerDeps): Sequencer {
  const round = new Round(deps);
  let noted = 0;
  const loop = new Loop({
    clock: deps.clock,
    step: async () => {
      noted = 0;
      return (await round.run()) ? 0 : deps.intervalMs;
    },
    onError: (error) => deps.logger.error('sequencing failed', { error }),
  });
  return {
    noteWaiting(count) {
      noted += count;
      if (noted >= deps.batch) loop.wake();
    },
    wake: () => loop.wake(),
    async stop() {
      await loop.stop();
      await drain(deps, round);
    },
  };
}

async function drain({ clock, logger }: SequencerDeps, round: Round): Promise<void> {
  // Other processes may settle deliveries for as long as they like: theirs are not waited for without end.
  const untilMs = clock.monotonicMs() + DRAIN_MS;
  round.forgetBusy();
  try {
    while ((await round.run()) && clock.monotonicMs() < untilMs);
  } catch (error) {
    logger.error('the last leaves were left for the next start', { error });
  }
}

interface Failing {
  readonly failures: number;
  /** Monotonic. */
  readonly untilMs: number;
}

/** One look at all logs, and what is remembered from look to look. */
class Round {
  readonly #deps: SequencerDeps;
  /** Owned here; an entry goes when its log succeeds or has nothing waiting. */
  #failing = new Map<LogId, Failing>();
  #halted = new Set<LogId>();
  /** Logs that another process was at, each with the monotonic time until which it is left to that one. */
  #busy = new Map<LogId, number>();

  constructor(deps: SequencerDeps) {
    this.#deps = deps;
  }

  /** Sequences each log once, up to the limit of a transaction. True when leaves may wait that were not reached. */
  async run(): Promise<boolean> {
    const waiting = await listWaitingLogsAcrossTenants(this.#deps.pool);
    this.#reportHalted(waiting);
    const nowMs = this.#deps.clock.monotonicMs();
    const failing = new Map<LogId, Failing>();
    for (const { id } of waiting) {
      const known = this.#failing.get(id);
      if (known !== undefined) failing.set(id, known);
    }
    this.#failing = failing;
    for (const [id, untilMs] of this.#busy) if (untilMs <= nowMs) this.#busy.delete(id);
    const open = waiting.filter(
      ({ id, haltedReason }) =>
        haltedReason === null && (failing.get(id)?.untilMs ?? 0) <= nowMs && !this.#busy.has(id),
    );
    let isMore = false;
    const lane = async (): Promise<void> => {
      for (let log = open.shift(); log !== undefined; log = open.shift()) {
        if (await this.#sequence(log)) isMore = true;
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return isMore;
  }

  /** Looks at all logs again, whoever was at them. */
  forgetBusy(): void {
    this.#busy.clear();
  }

  // The trouble of one log is its own: it is tried again later, and the others go on.
  async #sequence(log: Log): Promise<boolean> {
    const { pool, clock, logger, onBatch, limit } = this.#deps;
    const startMs = clock.monotonicMs();
    try {
      const batch = await sequence(pool, log, limit);
      const { added, more, busy } = batch;
      this.#failing.delete(log.id);
      if (busy) this.#busy.set(log.id, clock.monotonicMs() + BUSY_MS);
      if (added > 0) {
        const durationMs = clock.monotonicMs() - startMs;
        onBatch?.(batch, durationMs / 1_000, log);
        logger.info('leaves sequenced', {
          log: log.origin,
          count: added,
          duration_ms: Math.round(durationMs),
        });
      }
      return more;
    } catch (error) {
      if (error instanceof LogHaltedError) {
        this.#report(log, error.message);
        return false;
      }
      const failures = this.#failing.get(log.id)?.failures ?? 0;
      const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
      this.#failing.set(log.id, {
        failures: failures + 1,
        untilMs: clock.monotonicMs() + delayMs,
      });
      logger.error('sequencing failed', { log: log.origin, error });
      return false;
    }
  }

  #reportHalted(waiting: readonly (Log & { readonly haltedReason: string | null })[]): void {
    for (const log of waiting) {
      if (log.haltedReason !== null) this.#report(log, log.haltedReason);
      else this.#halted.delete(log.id);
    }
  }

  #report(log: Log, reason: string): void {
    if (this.#halted.has(log.id)) return;
    this.#halted.add(log.id);
    this.#deps.logger.error('log halted', { log: log.origin, reason });
  }
}
