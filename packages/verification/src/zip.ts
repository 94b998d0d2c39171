/** The bytes of one entry of a zip archive: never more than its directory says, and with the right checksum. PKWARE APPNOTE 4.3.7. @module */
import { equalBytes, utf8FromString } from './bytes.ts';
import type { Chunks } from './chunks.ts';
import { crc32 } from './crc32.ts';
import { broken } from './input-refusal.ts';
import { type Unpack, unpacked } from './unpack.ts';
import { type RandomAccess, readInside, viewOf, type ZipEntry } from './zip-directory.ts';

const HEADER_BYTES = 30;
const HEADER_SIGNATURE = 0x04034b50;
const CHUNK_BYTES = 65_536;

/**
 * The unpacked bytes; throws an `InputError` at the first byte above the stated size and at a wrong checksum.
 * @example for await (const chunk of readZipEntry(archive, entry, inflateRaw)) write(chunk);
 */
export async function* readZipEntry(
  archive: RandomAccess,
  entry: ZipEntry,
  inflateRaw: Unpack,
): AsyncGenerator<Uint8Array> {
  const start = await dataOffset(archive, entry);
  const packed = readRange(archive, start, entry.packedBytes);
  const { name } = entry;
  const content =
    entry.method === 'stored' ? packed : unpacked(packed, inflateRaw, `${name} is damaged`);
  let size = 0;
  let checksum = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > entry.sizeBytes) throw broken(`${name} is larger than the archive says`);
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size !== entry.sizeBytes) throw broken(`${name} is smaller than the archive says`);
  if (checksum !== entry.crc32) throw broken(`${name} has another checksum`);
}

/** Where the data begins: behind the entry's own header, which must tell the same as the directory. */
async function dataOffset(archive: RandomAccess, entry: ZipEntry): Promise<number> {
  const header = viewOf(await readInside(archive, entry.headerOffset, HEADER_BYTES));
  if (header.getUint32(0, true) !== HEADER_SIGNATURE) throw broken(`${entry.name} has no header`);
  const isMethod = header.getUint16(8, true) === (entry.method === 'stored' ? 0 : 8);
  const nameBytes = header.getUint16(26, true);
  const name = await readInside(archive, entry.headerOffset + HEADER_BYTES, nameBytes);
  if (!isMethod || !equalBytes(name, utf8FromString(entry.name))) {
    throw broken(`${entry.name} is another file in its own header`);
  }
  return entry.headerOffset + HEADER_BYTES + nameBytes + header.getUint16(28, true);
}

async function* readRange(archive: RandomAccess, offset: number, length: number): Chunks {
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    yield await readInside(archive, offset + done, Math.min(CHUNK_BYTES, length - done));
  }
}
