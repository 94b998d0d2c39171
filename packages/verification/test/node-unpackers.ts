/** Unpackers of Node for the tests: all at once, which the core does not ask for, and strict about the end. @module */
import { gunzipSync, inflateRawSync } from 'node:zlib';
import type { Chunks } from '../src/chunks.ts';
import type { Unpackers } from '../src/unpack.ts';

export const UNPACKERS: Unpackers = {
  gunzip: (packed) => allAtOnce(packed, (bytes) => gunzipSync(bytes)),
  inflateRaw: (packed) => allAtOnce(packed, inflateWhole),
};

async function* allAtOnce(packed: Chunks, unpack: (bytes: Buffer) => Uint8Array): Chunks {
  const parts: Uint8Array[] = [];
  for await (const part of packed) parts.push(part);
  yield unpack(Buffer.concat(parts));
}

/** With `info`, zlib says how much of its input it has used. */
function inflateWhole(bytes: Buffer): Uint8Array {
  const { buffer, engine } = inflateRawSync(bytes, { info: true }) as unknown as {
    readonly buffer: Uint8Array;
    readonly engine: { readonly bytesWritten: number };
  };
  if (engine.bytesWritten !== bytes.length) throw new RangeError('bytes behind the end');
  return buffer;
}

/** One piece after the other. */
export async function* piecesOf(...pieces: readonly (string | Uint8Array)[]): Chunks {
  for (const piece of pieces) {
    yield typeof piece === 'string' ? new TextEncoder().encode(piece) : piece;
  }
}
