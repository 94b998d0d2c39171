/** The bytes of one entry of a zip archive: never more than its directory says, and with the right checksum. PKWARE APPNOTE 4.3.7. @module */
import { crc32, createInflateRaw } from 'node:zlib';
import { broken, type RandomAccess, type ZipEntry } from './zip-directory.ts';

const HEADER_BYTES = 30;
const HEADER_SIGNATURE = 0x04034b50;
const CHUNK_BYTES = 65_536;

/** The unpacked bytes; throws an `InputError` at the first byte above the stated size and at a wrong checksum. */
export async function* readZipEntry(
  archive: RandomAccess,
  entry: ZipEntry,
): AsyncGenerator<Uint8Array> {
  const start = await dataOffset(archive, entry);
  const packed = readRange(archive, start, entry.packedBytes);
  const unpacked = entry.method === 'stored' ? packed : inflate(packed, entry);
  let size = 0;
  let checksum = 0;
  for await (const chunk of unpacked) {
    size += chunk.length;
    if (size > entry.sizeBytes) throw broken(`${entry.name} is larger than the archive says`);
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size !== entry.sizeBytes) throw broken(`${entry.name} is smaller than the archive says`);
  if (checksum !== entry.crc32) throw broken(`${entry.name} has another checksum`);
}

/** Where the data begins: behind the entry's own header, which must tell the same as the directory. */
async function dataOffset(archive: RandomAccess, entry: ZipEntry): Promise<number> {
  const header = await archive.read(entry.headerOffset, HEADER_BYTES);
  if (header.readUInt32LE(0) !== HEADER_SIGNATURE) throw broken(`${entry.name} has no header`);
  const method = header.readUInt16LE(8) === 0 ? 'stored' : 'deflated';
  const nameBytes = header.readUInt16LE(26);
  const name = await archive.read(entry.headerOffset + HEADER_BYTES, nameBytes);
  if (method !== entry.method || !name.equals(Buffer.from(entry.name))) {
    throw broken(`${entry.name} is another file in its own header`);
  }
  return entry.headerOffset + HEADER_BYTES + nameBytes + header.readUInt16LE(28);
}

async function* readRange(
  archive: RandomAccess,
  offset: number,
  length: number,
): AsyncGenerator<Buffer> {
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    yield await archive.read(offset + done, Math.min(CHUNK_BYTES, length - done));
  }
}

async function* inflate(
  packed: AsyncIterable<Buffer>,
  entry: ZipEntry,
): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw({ chunkSize: CHUNK_BYTES });
  const feeding = (async () => {
    for await (const chunk of packed) {
      if (inflater.destroyed) return;
      if (!inflater.write(chunk)) await nextSign(inflater);
    }
    inflater.end();
  })().catch((error: unknown) => {
    inflater.destroy(error instanceof Error ? error : new Error('reading failed'));
  });
  try {
    for await (const chunk of inflater) yield chunk as Uint8Array;
    await feeding;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw /^Z_/.test(code) ? broken(`${entry.name} is damaged`) : error;
  } finally {
    inflater.destroy();
  }
  // The packed data may end early, with bytes behind it that nobody looked at.
  if (inflater.bytesWritten !== entry.packedBytes) throw broken(`${entry.name} is damaged`);
}

function nextSign(stream: ReturnType<typeof createInflateRaw>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stream.on(event, done);
  });
}
