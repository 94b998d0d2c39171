/** Writes zip archives: for bundles and for evidence. Same content, same bytes: no clock, no owner. PKWARE APPNOTE 4.3. @module */
import { crc32, deflateRawSync } from 'node:zlib';

/** One file for the archive. */
export interface ZipFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const VERSION = 20;
const UTF8_NAME = 0x0800;
const DEFLATED = 8;
const DATE_1980 = 0x21; // 1 January 1980, the first day that the format knows
const SATURATED_16 = 0xffff;
const SATURATED_32 = 0xffffffff;
const REGULAR_FILE = 0o100644 * 0x10000;

/** The whole archive. The caller bounds what goes in; names are unique. */
export function zipOfFiles(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const packed = deflateRawSync(bytes);
    const fields = headerFields(Buffer.from(name), bytes, packed);
    const local = Buffer.concat([u32(0x04034b50), u16(VERSION), fields, u16(0), Buffer.from(name)]);
    directory.push(directoryEntry(name, fields, offset));
    parts.push(local, packed);
    offset += local.length + packed.length;
  }
  const entries = Buffer.concat(directory);
  return Buffer.concat([...parts, entries, ...endRecords(files.length, entries.length, offset)]);
}

/** What an entry and its own header have in common: from the flags to the length of the name. */
function headerFields(name: Buffer, bytes: Uint8Array, packed: Buffer): Buffer {
  return Buffer.concat([
    ...[UTF8_NAME, DEFLATED, 0, DATE_1980].map(u16),
    ...[crc32(bytes), packed.length, bytes.length].map(u32),
    u16(name.length),
  ]);
}

function directoryEntry(name: string, fields: Buffer, offset: number): Buffer {
  return Buffer.concat([
    u32(0x02014b50),
    u16(0x0300 + VERSION), // made under Unix, so that the file type below counts
    u16(VERSION),
    fields,
    ...[0, 0, 0, 0].map(u16),
    u32(REGULAR_FILE),
    u32(offset),
    Buffer.from(name),
  ]);
}

function endRecords(count: number, directoryBytes: number, offset: number): readonly Buffer[] {
  if (offset + directoryBytes >= SATURATED_32) throw new RangeError('"files" expected below 4 GiB');
  const end = (entries: number) =>
    Buffer.concat([
      u32(0x06054b50),
      ...[0, 0, entries, entries].map(u16),
      u32(directoryBytes),
      u32(offset),
      u16(0),
    ]);
  if (count < SATURATED_16) return [end(count)];
  const end64 = Buffer.concat([
    u32(0x06064b50),
    u64(44),
    u16(45),
    u16(45),
    u32(0),
    u32(0),
    u64(count),
    u64(count),
    u64(directoryBytes),
    u64(offset),
  ]);
  const locator = Buffer.concat([u32(0x07064b50), u32(0), u64(offset + directoryBytes), u32(1)]);
  return [end64, locator, end(SATURATED_16)];
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
