/** Group commit: callers hand in one row each, and whole batches are written as soon as a writer is free. @module */

export interface BatcherOptions<Row, Result> {
  /** Writes all rows or none; answers one result per row, in order. */
  readonly flush: (rows: readonly Row[]) => Promise<readonly Result[]>;
  /** Size of a row, in bytes, against `maxBatchBytes`. */
  readonly sizeOf: (row: Row) => number;
  readonly maxBatchRows: number;
  readonly maxBatchBytes: number;
  /** Batches written at the same time. */
  readonly writers: number;
  /** Rows that may wait; one more is refused with `overloaded()`. */
  readonly maxWaiting: number;
  readonly overloaded: () => Error;
  /** True for errors that a single row causes: the batch is then halved until that row stands alone. */
  readonly isRowFault: (error: unknown) => boolean;
}

interface Waiting<Row, Result> {
  readonly row: Row;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Self-clocking: a batch leaves when a writer is free, so an idle server adds no delay and a busy
 * one collects more rows per commit. A row's promise settles when its own batch has been committed.
 */
export class Batcher<Row, Result> {
  readonly #options: BatcherOptions<Row, Result>;
  #waiting: Waiting<Row, Result>[] = [];
  #writing = 0;
  #idle: (() => void)[] = [];

  constructor(options: BatcherOptions<Row, Result>) {
    this.#options = options;
  }

  /** True when one more row would be refused. */
  get isFull(): boolean {
    return this.#waiting.length >= this.#options.maxWaiting;
  }

  submit(row: Row): Promise<Result> {
    if (this.isFull) {
      return Promise.reject(this.#options.overloaded());
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      // In a microtask, so that rows submitted in the same turn share a batch.
      queueMicrotask(() => this.#start());
    });
  }

  /** Resolves when nothing waits and nothing is being written. */
  async drained(): Promise<void> {
    if (this.#waiting.length === 0 && this.#writing === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#writing < this.#options.writers) {
      const batch = this.#takeBatch();
      this.#writing += 1;
      // Never rejects: `#write` hands every error to the rows it belongs to.
      void this.#write(batch).then(() => {
        this.#writing -= 1;
        this.#start();
        if (this.#waiting.length === 0 && this.#writing === 0) {
          for (const resolve of this.#idle.splice(0)) resolve();
        }
      });
    }
  }

  #takeBatch(): Waiting<Row, Result>[] {
    const { maxBatchRows, maxBatchBytes, sizeOf } = this.#options;
    let bytes = 0;
    let count = 0;
    for (const { row } of this.#waiting) {
      bytes += sizeOf(row);
      if (count > 0 && (count >= maxBatchRows || bytes > maxBatchBytes)) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #write(batch: readonly Waiting<Row, Result>[]): Promise<void> {
    try {
      const results = await this.#options.flush(batch.map(({ row }) => row));
      for (const [i, { resolve, reject }] of batch.entries()) {
        const result = results[i];
        if (result === undefined) reject(new Error('a batch answered fewer results than rows'));
        else resolve(result);
      }
    } catch (error) {
      if (batch.length > 1 && this.#options.isRowFault(error)) {
        const middle = batch.length >> 1;
        await this.#write(batch.slice(0, middle));
        await this.#write(batch.slice(middle));
        return;
      }
      for (const { reject } of batch) reject(error);
    }
  }
}
