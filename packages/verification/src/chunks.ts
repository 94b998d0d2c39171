/** Streams of bytes, read piece by piece: looked into before they are read, and gathered within a limit. @module */
import { joinBytes } from './bytes.ts';

/** Pieces of bytes, each of any length. */
export type Chunks = AsyncIterable<Uint8Array>;

/** The same chunks again, behind what was looked at. */
export interface Peeked {
  readonly head: Uint8Array;
  readonly chunks: Chunks;
  /** Ends the reading where nobody wants the rest. */
  close(): Promise<void>;
}

/** Reads until `isEnough` says so or the stream ends; gives everything back to be read again. */
export async function peek(
  chunks: Chunks,
  isEnough: (head: Uint8Array) => boolean,
): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let isDone = false;
  while (!isDone && !isEnough(head)) {
    const next = await iterator.next();
    if (next.done === true) isDone = true;
    else head = joinBytes([head, next.value]);
  }
  async function* again(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      if (!isDone) yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      // Whoever takes only the head leaves the rest open otherwise.
      await iterator.return?.();
    }
  }
  const close = async (): Promise<void> => {
    await iterator.return?.();
  };
  return { head, chunks: again(), close };
}

/**
 * All bytes of a stream, or null when there are more than the limit: then no more of it is read.
 * @example await collectBytes(file, 1_048_576)
 */
export async function collectBytes(chunks: Chunks, limitBytes: number): Promise<Uint8Array | null> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limitBytes) return null;
    kept.push(chunk);
  }
  return joinBytes(kept);
}
