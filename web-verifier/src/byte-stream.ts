/** Bytes in small pieces: those of a file, and what packed ones unfold to, neither of them whole in memory. @module */
import type { Chunks, OpenArchive, Unpackers } from '@kapsel/verification';

// An inflater answers one push with all that it unfolds to: a thousand times as much at the most.
const INFLATE_PUSH_BYTES = 1_024;
/** A file that is not longer is read at once, which is faster. */
const SMALL_FILE_BYTES = 65_536;
const ARCHIVE_BLOCK_BYTES = 1_048_576;

/** The bytes of a file. Rejects when the browser cannot read it. */
export async function* bytesOfBlob(blob: Blob): Chunks {
  if (blob.size <= SMALL_FILE_BYTES) return yield new Uint8Array(await blob.arrayBuffer());
  const reader = blob.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

/** A file to read at any place. One block of it is held: entries stand one behind the other, and each reading costs. */
export function archiveOfBlob(blob: Blob): OpenArchive {
  let start = 0;
  let block = new Uint8Array(0);
  return {
    sizeBytes: blob.size,
    read: async (offset, length) => {
      if (offset < start || offset + length > start + block.length) {
        const wanted = blob.slice(offset, offset + Math.max(length, ARCHIVE_BLOCK_BYTES));
        block = new Uint8Array(await wanted.arrayBuffer());
        start = offset;
      }
      return block.subarray(offset - start, offset - start + length);
    },
    close: async () => undefined,
  };
}

/** What the browser unpacks, fed in pushes that are small enough to stop in time. */
export const UNPACKERS: Unpackers = {
  gunzip: (packed) => inflate(packed, 'gzip'),
  inflateRaw: (packed) => inflate(packed, 'deflate-raw'),
};

async function* inflate(packed: Chunks, format: 'gzip' | 'deflate-raw'): Chunks {
  const inflater = new DecompressionStream(format);
  const writer = inflater.writable.getWriter();
  const reader = inflater.readable.getReader();
  const feeding = feed(packed, writer);
  // What went wrong is told by the reader; without this the same would be an unhandled rejection too.
  feeding.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    await feeding;
  } finally {
    // A reader who has seen enough ends the feeding too.
    await reader.cancel().catch(() => {});
  }
}

/** These bytes, packed without a header: RFC 1951. */
export async function* deflate(bytes: Uint8Array): Chunks {
  const packed = new Blob([bytes.slice()])
    .stream()
    .pipeThrough(new CompressionStream('deflate-raw'));
  yield new Uint8Array(await new Response(packed).arrayBuffer());
}

async function feed(
  packed: Chunks,
  writer: WritableStreamDefaultWriter<BufferSource>,
): Promise<void> {
  try {
    for await (const piece of packed) {
      for (let at = 0; at < piece.length; at += INFLATE_PUSH_BYTES) {
        await writer.ready;
        // A copy, as a stream may take over the memory that it is given.
        await writer.write(piece.slice(at, at + INFLATE_PUSH_BYTES));
      }
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}
