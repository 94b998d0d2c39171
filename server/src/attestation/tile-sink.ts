/** TileSink: where tiles and checkpoints are copied to, so that proofs can be fetched without us. C2SP tlog-tiles. @module */

/** How long a cache may keep an object: a tile never changes under its path, a checkpoint always does. */
export type Lifetime = 'immutable' | 'short';

export const CACHE_CONTROL: Readonly<Record<Lifetime, string>> = {
  immutable: 'public, max-age=31536000, immutable',
  short: 'public, max-age=5',
};

export interface SinkObject {
  /** `<log name>/tile/0/x001/067`, never absolute and without `..`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly lifetime: Lifetime;
}

/**
 * Keeps objects under paths.
 *
 * - **Durability.** When `put` has resolved, the object outlives a crash of ours, and as far as the store promises it one
 *   of its own. Only then is a checkpoint written that speaks of it.
 * - **Whole or not at all.** A reader sees the old object or the new one, never a part.
 * - **Again.** Putting the same object twice does no harm: whoever crashed between two steps repeats them.
 * - **Concurrency.** `put` is called for several objects at once, also by several processes; the last one wins.
 * - **Failure.** The sink tries again by itself what may pass (a lost connection, a busy store), within a deadline, and
 *   rejects with SinkError then. The caller waits for its next turn and begins again where the database says.
 * - **Trust.** None: what lies there is verified by whoever reads it, against a signed checkpoint.
 */
export interface TileSink {
  /** Names the place in the database, without credentials. */
  readonly name: string;
  put(object: SinkObject): Promise<void>;
  /** Whether something lies at this path; a sink that cannot tell says no. */
  has(path: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The sink did not take an object. The message names the path and the store's code, never a credential. */
export class SinkError extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'SinkError';
  }
}

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Throws on a path that could lead out of the sink. */
export function assertSinkPath(path: string): void {
  if (path.length > 1_024 || !path.split('/').every((segment) => SEGMENT.test(segment))) {
    throw new TypeError('"path" expected a relative path of plain names');
  }
}
