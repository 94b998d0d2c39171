/** Streams of bytes in small pieces: a file, its lines, and what a gzip file unfolds to, none of them whole in memory. @module */

/** Pieces of bytes, each of any length above zero. */
export type ByteStream = AsyncIterable<Uint8Array<ArrayBuffer>>;

const NEWLINE = 0x0a;
// An inflater answers one push with all that it unfolds to: a thousand times as much at the most.
const INFLATE_PUSH_BYTES = 1_024;
const GZIP_MAGIC = [0x1f, 0x8b, 0x08];

/** The bytes of a file. Rejects when the browser cannot read it. */
export async function* bytesOfBlob(blob: Blob): ByteStream {
  const reader = blob.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value.length > 0) yield value;
    }
  } finally {
    await reader.cancel();
  }
}

/** True for the first bytes of a gzip file: RFC 1952 section 2.3.1. */
export function isGzip(start: Uint8Array): boolean {
  return GZIP_MAGIC.every((byte, at) => start[at] === byte);
}

/** What compressed bytes unfold to, as it comes. Rejects on bytes that are not of this format, or are cut off. */
export async function* inflate(bytes: ByteStream, format: 'gzip' | 'deflate-raw'): ByteStream {
  const inflater = new DecompressionStream(format);
  const writer = inflater.writable.getWriter();
  const reader = inflater.readable.getReader();
  const feeding = feed(bytes, writer);
  // What went wrong is told by the reader; without this the same would be an unhandled rejection too.
  feeding.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (value.length > 0) yield value;
    }
    await feeding;
  } finally {
    // A reader who has seen enough ends the feeding too.
    await reader.cancel().catch(() => {});
  }
}

/** These bytes, packed without a header: RFC 1951. */
export async function* deflate(bytes: Uint8Array<ArrayBuffer>): ByteStream {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  yield new Uint8Array(await new Response(packed).arrayBuffer());
}

async function feed(
  bytes: ByteStream,
  writer: WritableStreamDefaultWriter<BufferSource>,
): Promise<void> {
  try {
    for await (const piece of bytes) {
      for (let at = 0; at < piece.length; at += INFLATE_PUSH_BYTES) {
        await writer.ready;
        await writer.write(piece.subarray(at, at + INFLATE_PUSH_BYTES));
      }
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}

/** All bytes, or null when there are more than `limit`. */
export async function collect(
  bytes: ByteStream,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > limit) return null;
    pieces.push(piece);
  }
  return joined(pieces);
}

/** One line of a text: without its line end, counted from 1; null when it is longer than the limit. */
export interface Line {
  readonly number: number;
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

/** The lines of a text that are not blank. No more than `limit` bytes of one are ever held. */
export async function* linesOf(bytes: ByteStream, limit: number): AsyncGenerator<Line> {
  let number = 1;
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of bytes) {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, from)) {
      add(piece.subarray(from, end));
      const line = finish();
      if (line !== null) yield line;
      number += 1;
      from = end + 1;
    }
    add(piece.subarray(from));
  }
  const last = finish();
  if (last !== null) yield last;

  function add(part: Uint8Array<ArrayBuffer>): void {
    length += part.length;
    if (length > limit) pieces = [];
    else if (part.length > 0) pieces.push(part);
  }

  function finish(): Line | null {
    const whole = length > limit ? null : joined(pieces);
    pieces = [];
    length = 0;
    return whole !== null && isBlank(whole) ? null : { number, bytes: whole };
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function joined(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
