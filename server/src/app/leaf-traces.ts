/** Ends the traces of deliveries: which leaf got its place when, and when a head was signed over it. @module */
import type { TreeHead } from '../attestation/tree-head.ts';
import type { Clock } from '../base/clock.ts';
import type { LogId } from '../base/ids.ts';
import type { Log } from '../logs/log.ts';
import type { Traceparent, Tracing } from '../telemetry/tracing.ts';

/** Traces that wait for a head; of more than so many the oldest end without one. */
const MAX_WAITING = 1_000;

interface Sequenced {
  readonly parent: Traceparent;
  readonly treeSize: number;
  readonly atMs: number;
}

/** What this process sequenced and another one signs keeps its `sequence` span, and gets no `sign`. */
export class LeafTraces {
  readonly #tracing: Tracing;
  readonly #clock: Clock;
  /** In the order in which they were sequenced. */
  readonly #waiting = new Map<LogId, Sequenced[]>();

  constructor(tracing: Tracing, clock: Clock) {
    this.#tracing = tracing;
    this.#clock = clock;
  }

  noteSequenced(
    { id, origin }: Log,
    treeSize: number,
    traceparents: readonly string[],
    seconds: number,
  ): void {
    if (!this.#tracing.isOn || traceparents.length === 0) return;
    const endMs = this.#clock.nowMs();
    const startMs = endMs - seconds * 1_000;
    const fields = { log: origin, tree_size: treeSize };
    const waiting = this.#waiting.get(id) ?? [];
    for (const parent of traceparents) {
      const own = this.#tracing.record('sequence', { parent, startMs, endMs }, fields);
      waiting.push({ parent: own, treeSize, atMs: endMs });
    }
    this.#waiting.set(id, waiting.slice(-MAX_WAITING));
  }

  noteSigned(logId: LogId, { treeSize, origin }: Pick<TreeHead, 'treeSize' | 'origin'>): void {
    const waiting = this.#waiting.get(logId);
    if (waiting === undefined) return;
    const endMs = this.#clock.nowMs();
    for (const { parent, treeSize: size, atMs: startMs } of waiting) {
      if (size > treeSize) break;
      const fields = { log: origin, tree_size: treeSize };
      this.#tracing.record('sign', { parent, startMs, endMs }, fields);
    }
    const left = waiting.filter(({ treeSize: size }) => size > treeSize);
    if (left.length === 0) this.#waiting.delete(logId);
    else this.#waiting.set(logId, left);
  }
}
