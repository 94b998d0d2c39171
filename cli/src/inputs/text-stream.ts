/** A stream of text is one package, or one package a line: the first line tells. Source of truth: verifier-ux 2.5. @module */

const NEWLINE = 0x0a;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** The same chunks again, behind what was looked at. */
export interface Peeked {
  readonly head: Buffer;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends the reading where nobody wants the rest. */
  close(): Promise<void>;
}

/** Reads until `isEnough` says so or the stream ends; gives everything back to be read again. */
export async function peek(
  chunks: AsyncIterable<Uint8Array>,
  isEnough: (head: Buffer) => boolean,
): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let isDone = false;
  while (!isDone && !isEnough(head)) {
    const next = await iterator.next();
    if (next.done === true) isDone = true;
    else head = Buffer.concat([head, next.value]);
  }
  async function* again(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield new Uint8Array(head);
      if (!isDone) yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      // Whoever takes only the head leaves the rest open otherwise.
      await iterator.return?.();
    }
  }
  const close = async () => {
    await iterator.return?.();
  };
  return { head, chunks: again(), close };
}

/** Whether the text is one object a line: the first line is a whole one, and another follows it. */
export function isObjectPerLine(head: Buffer): boolean {
  const end = head.indexOf(NEWLINE);
  if (end === -1) return false;
  const first = head.subarray(0, end).toString('latin1').trim();
  if (first.charCodeAt(0) !== OPENING || first.charCodeAt(first.length - 1) !== CLOSING) {
    return false;
  }
  return firstVisible(head.subarray(end)) === OPENING;
}

/** Whether enough was read to tell: a first line and something visible behind it, or more than a package may have. */
export function isTold(head: Buffer, limitBytes: number): boolean {
  if (head.length > limitBytes) return true;
  const end = head.indexOf(NEWLINE);
  return end !== -1 && firstVisible(head.subarray(end)) !== null;
}

function firstVisible(bytes: Buffer): number | null {
  for (const byte of bytes) if (byte > 0x20) return byte;
  return null;
}
