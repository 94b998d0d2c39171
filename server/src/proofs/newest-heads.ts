/** The newest head of each log, remembered for a moment: what answers are made under, and the limit of what is served. @module */
import { LRUCache } from 'lru-cache';
import { findNewestHead } from '../attestation/head-store.ts';
import type { TreeHead } from '../attestation/tree-head.ts';
import type { Clock } from '../base/clock.ts';
import { Failure } from '../base/failure.ts';
import type { LogId } from '../base/ids.ts';
import type { Reads } from '../db/reads.ts';

export interface NewestHeadsDeps {
  readonly reads: Reads;
  readonly clock: Clock;
  /** Another process may have signed in the meantime: so old may the answer be. */
  readonly maxAgeMs: number;
}

interface Known {
  readonly head: TreeHead;
  readonly askedAtMs: number;
}

const MAX_LOGS = 10_000;

/** Swapping this pointer is all that a new head invalidates: what was made under an older one stays right for ever. */
export class NewestHeads {
  readonly #deps: NewestHeadsDeps;
  readonly #known = new LRUCache<LogId, Known>({ max: MAX_LOGS });
  /** One question in flight per log; each ends by itself. */
  readonly #asking = new Map<LogId, Promise<TreeHead | null>>();

  constructor(deps: NewestHeadsDeps) {
    this.#deps = deps;
  }

  /** The newest head, at most `maxAgeMs` old, or null before the first. */
  async find(logId: LogId): Promise<TreeHead | null> {
    const known = this.#known.get(logId);
    const { clock, maxAgeMs } = this.#deps;
    if (known !== undefined && clock.monotonicMs() - known.askedAtMs < maxAgeMs) return known.head;
    return this.#ask(logId);
  }

  /** Failure `no_tree_head` before the first. */
  async get(logId: LogId): Promise<TreeHead> {
    const head = await this.find(logId);
    if (head === null) throw new Failure('no_tree_head', 'The log has no tree head yet');
    return head;
  }

  /**
   * A head of at least `size` leaves if there is one, else the newest. Asks anew before it answers with less: who names
   * a size may have it from a head that another process has just signed.
   */
  async findCovering(logId: LogId, size: number): Promise<TreeHead | null> {
    const head = await this.find(logId);
    if (head !== null && head.treeSize >= size) return head;
    // What is under way may have begun before that head was there; its failure is told to whoever began it.
    await this.#asking.get(logId)?.catch(() => null);
    return this.#ask(logId);
  }

  /** Told by whoever signed in this process. */
  publish(logId: LogId, head: TreeHead): void {
    this.#swap(logId, head, this.#deps.clock.monotonicMs());
  }

  #ask(logId: LogId): Promise<TreeHead | null> {
    const asking = this.#asking.get(logId);
    if (asking !== undefined) return asking;
    const ask = this.#load(logId).finally(() => this.#asking.delete(logId));
    this.#asking.set(logId, ask);
    return ask;
  }

  async #load(logId: LogId): Promise<TreeHead | null> {
    const askedAtMs = this.#deps.clock.monotonicMs();
    const head = await this.#deps.reads.newest((db) => findNewestHead(db, logId));
    return head === null ? null : this.#swap(logId, head, askedAtMs);
  }

  // Only forward: an answer that was on its way while a head was published must not bring the old one back.
  #swap(logId: LogId, head: TreeHead, askedAtMs: number): TreeHead {
    const known = this.#known.get(logId);
    const newer = known !== undefined && known.head.timestampMs > head.timestampMs;
    const kept = newer ? known.head : head;
    this.#known.set(logId, { head: kept, askedAtMs: Math.max(askedAtMs, known?.askedAtMs ?? 0) });
    return kept;
  }
}
