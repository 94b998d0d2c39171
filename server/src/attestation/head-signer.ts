/** Signs heads for all logs: one loop that finds out which of them are due, and whose failures stay with one log. @module */
import type { LogId } from '../base/ids.ts';
import { Loop } from '../base/loop.ts';
import { type Log, LogHaltedError } from '../logs/log.ts';
import { guardAtStart } from './head-guard.ts';
import { type HeadState, listHeadStates } from './head-store.ts';
import { behindConflict, HeadConflict } from './published-head.ts';
import { type SignHeadDeps, signHead } from './sign-head.ts';
import { isHeadDue, type TreeHead } from './tree-head.ts';

export interface HeadSignerDeps extends SignHeadDeps {
  /** How often all logs are looked at. */
  readonly tickMs: number;
  readonly onHead: (log: Log, head: TreeHead) => void;
  /** Once when signing of a log is refused for the first time, or for another reason than before. */
  readonly onRefused: (log: Log, reason: HeadConflict | LogHaltedError) => void;
  /** `log` is null when the logs could not be listed. */
  readonly onError: (log: Log | null, error: unknown) => void;
  /** About once a second for each log. */
  readonly onState?: (state: SigningState) => void;
}

/** How a log stands, for metrics. */
export interface SigningState {
  readonly log: Log;
  readonly unsignedLeaves: number;
  /** Null before the first head. */
  readonly headAgeMs: number | null;
  /** Why nothing is signed, or null. */
  readonly refusal: 'halted' | HeadConflict['kind'] | null;
}

export interface Refusal {
  readonly log: Log;
  readonly reason: string;
}

export interface HeadSigner {
  /** The logs that may not be signed at the moment. A server that has one is not ready. */
  refusals(): readonly Refusal[];
  /** Looks at all logs soon, as when leaves were sequenced. */
  wake(): void;
  /** Ends the loop and waits for signatures under way, for a moment. */
  stop(): Promise<void>;
  /** After `stop`: signs what is committed and has no head yet. Never rejects. */
  finish(): Promise<void>;
}

/** Throws HeadConflict when the database is behind what was published of any log; nothing runs then. */
export async function startHeadSigner(deps: HeadSignerDeps): Promise<HeadSigner> {
  const signer = new Signing(deps);
  for (const state of await listHeadStates(deps.pool)) {
    const { stored } = await guardAtStart(deps.pool, state.log, deps.published);
    signer.remember(state, stored);
  }
  signer.start();
  return signer;
}

/** What this process knows of one log beyond the database. Owned by `Signing`. */
interface Memory {
  /** The farthest head that this process saw in either place. */
  known: Pick<TreeHead, 'treeSize' | 'timestampMs'> | null;
  /** Monotonic: no earlier look, as after a failure. */
  notBeforeMs: number;
  /** Monotonic: no earlier head. The pace by the wall clock alone fails when that is set back: each look then seems due. */
  nextHeadMs: number;
  failures: number;
  refusal: HeadConflict | LogHaltedError | null;
}

const MAX_IN_FLIGHT = 8; // signers may be far away
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;
const LOOK_MS = 1_000;
const END_MS = 3_000; // for what is in flight at the end, and once more for the last heads
const REPORT_MS = 1_000;

class Signing implements HeadSigner {
  readonly #deps: HeadSignerDeps;
  readonly #memories = new Map<LogId, Memory & { log: Log }>();
  readonly #inFlight = new Map<LogId, Promise<void>>();
  #giveUp = new AbortController();
  #loop: Loop | null = null;
  #lastStarted: LogId | null = null;
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(deps: HeadSignerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = new Loop({
      clock: this.#deps.clock,
      step: async () => {
        await this.#tick();
        return this.#deps.tickMs;
      },
      onError: (error) => this.#deps.onError(null, error),
    });
  }

  remember({ log }: HeadState, stored: TreeHead | null): void {
    this.#memoryOf(log).known = stored;
  }

  refusals(): readonly Refusal[] {
    return [...this.#memories.values()].flatMap(({ log, refusal }) =>
      refusal === null ? [] : [{ log, reason: refusal.message }],
    );
  }

  wake(): void {
    this.#loop?.wake();
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
    await this.#within(Promise.all(this.#inFlight.values()));
  }

  /** Signers that do not answer are given up after a moment: the process must end. */
  async #within(work: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const waiting = this.#deps.clock.sleep(END_MS, done.signal).then(() => {
      if (!done.signal.aborted) this.#giveUp.abort();
    });
    await work;
    done.abort();
    await waiting;
    // What is asked for from here on has a moment of its own.
    if (this.#giveUp.signal.aborted) this.#giveUp = new AbortController();
  }

  async finish(): Promise<void> {
    const pace = { ...this.#deps.pace, growingMs: 0 };
    let states: HeadState[];
    try {
      states = await listHeadStates(this.#deps.pool);
    } catch (error) {
      // Nothing is lost: the next start signs what is committed.
      this.#deps.onError(null, error);
      return;
    }
    const left = states.filter(
      ({ log, treeSize, newest, haltedReason }) =>
        haltedReason === null &&
        this.#memoryOf(log).refusal === null &&
        treeSize > (newest?.treeSize ?? 0),
    );
    const work = async (): Promise<void> => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        await this.#sign(next.log, { ...this.#deps, pace, giveUp: this.#giveUp.signal });
      }
    };
    await this.#within(Promise.all(Array.from({ length: MAX_IN_FLIGHT }, work)));
  }

  /** Starts what is due and waits for none of it: one signer that hangs must not hold up the others. */
  async #tick(): Promise<void> {
    const states = await listHeadStates(this.#deps.pool);
    this.#refuseGone(states);
    this.#report(states);
    for (const state of inTurn(states, this.#lastStarted)) {
      if (this.#inFlight.size >= MAX_IN_FLIGHT) return;
      if (!this.#wantsLook(state)) continue;
      this.#lastStarted = state.log.id;
      const deps = { ...this.#deps, giveUp: this.#giveUp.signal };
      const done = this.#sign(state.log, deps).finally(() => {
        this.#inFlight.delete(state.log.id);
      });
      this.#inFlight.set(state.log.id, done);
    }
  }

  #wantsLook(state: HeadState): boolean {
    const { clock, pace } = this.#deps;
    const memory = this.#memoryOf(state.log);
    if (this.#inFlight.has(state.log.id)) return false;
    if (state.haltedReason !== null) {
      this.#refuse(state.log, new LogHaltedError(state.log.id, state.haltedReason));
      return false;
    }
    if (memory.refusal instanceof LogHaltedError) memory.refusal = null;
    const nowMs = clock.monotonicMs();
    if (nowMs < memory.notBeforeMs) return false;
    // A database that was set back is noticed at once, however slow the pace.
    if (memory.refusal !== null || isMoved(state, memory.known)) return true;
    if (nowMs < memory.nextHeadMs) return false;
    return isHeadDue(state.treeSize, state.newest, pace, clock.nowMs());
  }

  /** Never rejects. */
  async #sign(log: Log, deps: SignHeadDeps): Promise<void> {
    const memory = this.#memoryOf(log);
    const { clock, onHead, onError } = this.#deps;
    try {
      const head = await signHead(deps, log);
      memory.failures = 0;
      memory.refusal = null;
      const nowMs = clock.monotonicMs();
      memory.nextHeadMs = nowMs + deps.pace.growingMs;
      // Nothing to do, another process was faster, or the key is elsewhere: no hurry to look again.
      memory.notBeforeMs = head === null ? nowMs + Math.min(deps.pace.growingMs, LOOK_MS) : nowMs;
      memory.known = head ?? (await deps.published.read(log)) ?? memory.known;
      if (head !== null) onHead(log, head);
    } catch (error) {
      const delayMs = FIRST_DELAY_MS * 2 ** Math.min(memory.failures, 10);
      memory.failures += 1;
      memory.notBeforeMs = clock.monotonicMs() + Math.min(LONGEST_DELAY_MS, delayMs);
      if (error instanceof HeadConflict || error instanceof LogHaltedError)
        this.#refuse(log, error);
      else onError(log, error);
    }
  }

  #refuse(log: Log, reason: HeadConflict | LogHaltedError): void {
    const memory = this.#memoryOf(log);
    const isNew = memory.refusal?.message !== reason.message;
    memory.refusal = reason;
    if (isNew) this.#deps.onRefused(log, reason);
  }

  #report(states: readonly HeadState[]): void {
    const { clock, onState } = this.#deps;
    const nowMs = clock.monotonicMs();
    if (onState === undefined || nowMs - this.#reportedMs < REPORT_MS) return;
    this.#reportedMs = nowMs;
    for (const { log, treeSize, newest } of states) {
      const { refusal } = this.#memoryOf(log);
      onState({
        log,
        unsignedLeaves: Math.max(0, treeSize - (newest?.treeSize ?? 0)),
        headAgeMs: newest === null ? null : Math.max(0, clock.nowMs() - newest.timestampMs),
        refusal: refusal instanceof HeadConflict ? refusal.kind : refusal && 'halted',
      });
    }
  }

  #memoryOf(log: Log): Memory {
    const found = this.#memories.get(log.id);
    if (found !== undefined) return found;
    const memory = { log, known: null, notBeforeMs: 0, nextHeadMs: 0, failures: 0, refusal: null };
    this.#memories.set(log.id, memory);
    return memory;
  }

  // Logs are never deleted: one that is gone means a database that was set back to before it was made.
  #refuseGone(states: readonly HeadState[]): void {
    const ids = new Set(states.map(({ log }) => log.id));
    for (const [id, { log, known }] of this.#memories) {
      if (ids.has(id) || known === null) continue;
      this.#refuse(log, behindConflict(log.origin, 0, known.treeSize, this.#deps.published.place));
    }
  }
}

/** The database shows another head than this process knows: a later one of another process, or one from before a restore. */
function isMoved({ treeSize, newest }: HeadState, known: Memory['known']): boolean {
  if (known === null) return newest !== null;
  return newest?.timestampMs !== known.timestampMs || treeSize < known.treeSize;
}

/** All of them, beginning behind the one that was started last, so that none is always the first. */
function inTurn(states: readonly HeadState[], last: LogId | null): readonly HeadState[] {
  const at = states.findIndex(({ log }) => log.id === last);
  return [...states.slice(at + 1), ...states.slice(0, at + 1)];
}
