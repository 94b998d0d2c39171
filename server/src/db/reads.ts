/** Where is read what may be a moment old: the contract, and the primary alone behind it. @module */
import type { Db } from './transaction.ts';

/** `ask` may be called twice, with another database each time; it only reads. */
export interface Reads<D extends Db = Db> {
  /**
   * From a replica that is fresh, else from the primary. What a replica fails to answer, or answers with something that
   * `isComplete` is false of because it has not come that far, is asked once at the primary.
   */
  near<T>(ask: (db: D) => Promise<T>, isComplete?: (found: T) => boolean): Promise<T>;
  /** From the primary; while that is away, from a replica that was fresh until then. */
  newest<T>(ask: (db: D) => Promise<T>): Promise<T>;
}

/** For servers without replicas. */
export function primaryReads<D extends Db>(primary: D): Reads<D> {
  return { near: (ask) => ask(primary), newest: (ask) => ask(primary) };
}
