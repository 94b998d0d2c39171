/** What unpacks gzip and zip data here: zlib, fed with the pace of whoever reads. RFC 1951, RFC 1952. @module */
import { createGunzip, createInflateRaw } from 'node:zlib';
import type { Chunks, Unpackers } from '@kapsel/verification';

type Unpacker = ReturnType<typeof createGunzip>;

const CHUNK_BYTES = 65_536;

export const UNPACKERS: Unpackers = {
  gunzip: (packed) => throughUnpacker(packed, createGunzip({ chunkSize: CHUNK_BYTES })),
  inflateRaw: (packed) => throughUnpacker(packed, createInflateRaw({ chunkSize: CHUNK_BYTES })),
};

async function* throughUnpacker(packed: Chunks, unpacker: Unpacker): Chunks {
  const fed = { bytes: 0 };
  const feeding = feed(packed, unpacker, fed);
  try {
    for await (const chunk of unpacker) yield chunk as Uint8Array;
    await feeding;
  } finally {
    unpacker.destroy();
  }
  // Whatever follows the end of the data was not unpacked, so it was not checked either.
  if (unpacker.bytesWritten < fed.bytes) throw new RangeError('there are bytes behind the end');
}

/** Writes with the pace of the reader: at most one chunk waits. Never rejects: the unpacker tells what went wrong. */
async function feed(packed: Chunks, unpacker: Unpacker, fed: { bytes: number }): Promise<void> {
  try {
    for await (const chunk of packed) {
      if (unpacker.destroyed) return;
      fed.bytes += chunk.length;
      if (!unpacker.write(chunk)) await drained(unpacker);
    }
    unpacker.end();
  } catch (error) {
    unpacker.destroy(error instanceof Error ? error : new Error('reading failed'));
  }
}

function drained(unpacker: Unpacker): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) unpacker.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) unpacker.on(event, done);
  });
}
