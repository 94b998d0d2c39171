/** Anchors the logs: stamps heads at their interval and brings anchors further when they are due, beside everything else and never in its way. @module */
import type { Clock } from '../base/clock.ts';
import { Loop } from '../base/loop.ts';
import type { Anchor } from './anchor.ts';
import type { CalendarNews } from './ask-calendar.ts';
import type { Calendar } from './calendar.ts';
import { wakeForCalendars, wakeUnchecked } from './overview-store.ts';
import { type StampDeps, stampDueHeads } from './stamp.ts';
import { claimDueAnchor } from './store.ts';
import { type UpgradeDeps, upgradeAnchor } from './upgrade.ts';

export interface AnchoringDeps
  extends Omit<StampDeps, 'pool'>,
    Omit<UpgradeDeps, 'nowMs' | 'restingUntil'> {
  readonly clock: Clock;
  /** An anchor was brought further; `before` is how it stood. */
  readonly onMoved: (anchor: Anchor, before: Anchor) => void;
  readonly onError: (error: unknown) => void;
}

export interface Anchoring {
  /** Ends what is under way. Never rejects. */
  stop(): Promise<void>;
}

// Calendars are asked side by side, then the header sources: twice ten seconds. Who takes longer is overtaken, and what he
// brings is dropped. A process that died keeps an anchor for so long.
const LEASE_MS = 60_000;
const LONGEST_REST_MS = 600_000;
const FIRST_REST_MS = 5_000;
const LONGEST_IDLE_MS = 5_000;
const LONGEST_TICK_MS = 60_000;

/** Starts the loop. It owns the client and the header sources, and closes them. */
export function startAnchoring(deps: AnchoringDeps): Anchoring {
  return new Rounds(deps);
}

class Rounds implements Anchoring {
  readonly #deps: AnchoringDeps;
  readonly #upgrading: UpgradeDeps;
  /** Calendars that did not answer: until when they are left alone, and how often in a row. */
  readonly #resting = new Map<string, { readonly untilMs: number; readonly failures: number }>();
  readonly #loop: Loop;
  #hasWoken = false;
  #nextStampMs = 0;

  constructor(deps: AnchoringDeps) {
    this.#deps = deps;
    this.#upgrading = {
      ...deps,
      nowMs: () => deps.clock.nowMs(),
      restingUntil: ({ url }) => this.#restingUntil(url),
      onNews: (calendar, news) => {
        this.#learn(calendar, news);
        deps.onNews(calendar, news);
      },
    };
    const { clock, onError } = deps;
    this.#loop = new Loop({ clock, onError, step: (signal) => this.#step(signal) });
  }

  async stop(): Promise<void> {
    const { client, sources } = this.#deps;
    const stopped = this.#loop.stop();
    // What is under way ends at once, and the step with it: then the loop has nothing left to wait for.
    await Promise.all([client.close(), ...sources.map((source) => source.close())]);
    await stopped;
  }

  async #step(signal: AbortSignal): Promise<number> {
    const { pool, clock, intervalMs, calendars, sources, pace } = this.#deps;
    if (!this.#hasWoken) {
      const urls = calendars.map(({ url }) => url);
      await wakeForCalendars(pool, urls, clock.nowMs());
      if (sources.length > 0) await wakeUnchecked(pool, clock.nowMs());
      this.#hasWoken = true;
    }
    if (clock.monotonicMs() >= this.#nextStampMs) {
      await stampDueHeads(this.#deps, signal);
      this.#nextStampMs = clock.monotonicMs() + Math.min(intervalMs / 10, LONGEST_TICK_MS);
    }
    // One after the other: a calendar has one question of ours at a time.
    while (!signal.aborted && (await this.#upgradeOne(signal)));
    const untilStampMs = this.#nextStampMs - clock.monotonicMs();
    return Math.max(1, Math.min(untilStampMs, pace.pollMs / 4, LONGEST_IDLE_MS));
  }

  /** False when nothing is due. */
  async #upgradeOne(signal: AbortSignal): Promise<boolean> {
    const { pool, clock, onMoved } = this.#deps;
    const nowMs = clock.nowMs();
    const anchor = await claimDueAnchor(pool, nowMs, nowMs + LEASE_MS);
    if (anchor === null) return false;
    const next = await upgradeAnchor(this.#upgrading, anchor, signal);
    if (next !== null) onMoved(next, anchor);
    return true;
  }

  #restingUntil(url: string): number | null {
    const { untilMs = 0 } = this.#resting.get(url) ?? {};
    return untilMs > this.#deps.clock.nowMs() ? untilMs : null;
  }

  // Many anchors wait for one calendar: when it is away, one of them finds out, and not all of them in a row.
  #learn({ url }: Calendar, { result, detail }: CalendarNews): void {
    const isAway = result === 'unreachable' || /^status (429|5\d\d)$/.test(detail);
    if (!isAway) {
      this.#resting.delete(url);
      return;
    }
    const failures = this.#resting.get(url)?.failures ?? 0;
    const { pace, clock } = this.#deps;
    const restMs = Math.min(FIRST_REST_MS, pace.pollMs) * 2 ** Math.min(failures, 10);
    const untilMs = clock.nowMs() + Math.min(restMs, LONGEST_REST_MS);
    this.#resting.set(url, { untilMs, failures: failures + 1 });
  }
}
