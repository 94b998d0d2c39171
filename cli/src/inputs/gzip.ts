/** Gzip streams, unpacked while they are read; a damaged one is refused, never cut short in silence. RFC 1952. @module */
import { createGunzip } from 'node:zlib';
import { InputError } from './item.ts';

/** The bytes that were packed. What to do with too many of them is decided by whoever reads them. */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unpacker = createGunzip();
  // Kept in an object: it is set by a task beside this one.
  const source: { readBytes: number; failure: unknown } = { readBytes: 0, failure: null };
  const feeding = feed(chunks, unpacker, source);
  try {
    for await (const chunk of unpacker) yield chunk as Uint8Array;
    await feeding;
  } catch (error) {
    throw refusalOfUnpacker(source.failure ?? error);
  } finally {
    unpacker.destroy();
  }
  // Whatever follows the last member was not unpacked, so it was not checked either.
  if (unpacker.bytesWritten < source.readBytes) {
    throw broken('there is something else behind the packed data');
  }
}

/** Writes with the pace of the reader: at most one chunk waits. */
async function feed(
  chunks: AsyncIterable<Uint8Array>,
  unpacker: ReturnType<typeof createGunzip>,
  source: { readBytes: number; failure: unknown },
): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (unpacker.destroyed) return;
      source.readBytes += chunk.length;
      if (!unpacker.write(chunk)) await drained(unpacker);
    }
    unpacker.end();
  } catch (error) {
    source.failure = error;
    unpacker.destroy(error instanceof Error ? error : new Error('reading failed'));
  }
}

function drained(unpacker: ReturnType<typeof createGunzip>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) unpacker.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) unpacker.on(event, done);
  });
}

function refusalOfUnpacker(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^Z_/.test(code) ? broken('the gzip data is damaged or cut off') : error;
}

function broken(reason: string): InputError {
  return new InputError({ code: 'E_FIELD', reason });
}
