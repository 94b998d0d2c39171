/** The directory of a zip archive, read strictly: what two unpackers could understand differently is refused. PKWARE APPNOTE 4.3. @module */
import { InputError } from './item.ts';

/** Bytes at any place of a file. */
export interface RandomAccess {
  readonly sizeBytes: number;
  /** Exactly so many bytes, or an `InputError`. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** One file in the archive, as its directory describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly crc32: number;
  readonly headerOffset: number;
  readonly isFolder: boolean;
}

const END_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const ENTRY_BYTES = 46;
const SIGNATURE = { entry: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50 };
const SATURATED_32 = 0xffffffff;
const SATURATED_16 = 0xffff;
const FLAG_ENCRYPTED = 0x2041; // bits 0, 6 and 13: encrypted, strongly encrypted, hidden headers
const UNIX_FILE_TYPE = 0o170000;
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;

interface DirectoryPlace {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly count: number;
  /** Where the records behind the directory begin. */
  readonly endOffset: number;
}

/** All entries, in the order of the directory; throws an `InputError` for an archive that breaks a rule. */
export async function readZipDirectory(
  archive: RandomAccess,
  maxEntries: number,
): Promise<readonly ZipEntry[]> {
  const place = await findDirectory(archive);
  if (place.count > maxEntries) {
    throw new InputError({
      code: 'E_TOO_LARGE',
      reason: `the archive has more than ${maxEntries} entries (--max-files)`,
    });
  }
  if (place.sizeBytes > MAX_DIRECTORY_BYTES) throw broken('the directory is too large');
  if (place.offset + place.sizeBytes !== place.endOffset) {
    throw broken('the directory does not end where it says');
  }
  const bytes = await archive.read(place.offset, place.sizeBytes);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let i = 0; i < place.count; i++) {
    const [entry, next] = readEntry(bytes, at);
    entries.push(entry);
    at = next;
  }
  if (at !== bytes.length) throw broken('the directory holds more than its entries');
  assertUniqueNames(entries);
  assertApart(entries, place.offset);
  return entries;
}

async function findDirectory(archive: RandomAccess): Promise<DirectoryPlace> {
  const tailBytes = Math.min(archive.sizeBytes, END_BYTES + MAX_COMMENT_BYTES);
  const tail = await archive.read(archive.sizeBytes - tailBytes, tailBytes);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== SIGNATURE.end) continue;
    // The comment must reach to the end of the file: else something is appended, or these bytes are no record.
    if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length) continue;
    return readEnd(archive, tail.subarray(at), archive.sizeBytes - tailBytes + at);
  }
  throw broken('this is no zip archive, or it is cut off');
}

async function readEnd(
  archive: RandomAccess,
  end: Buffer,
  endOffset: number,
): Promise<DirectoryPlace> {
  if (end.readUInt16LE(4) === SATURATED_16 || needs64(end)) return readEnd64(archive, endOffset);
  const isSplit = end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0;
  if (isSplit || end.readUInt16LE(8) !== end.readUInt16LE(10))
    throw broken('the archive has several parts');
  return {
    count: end.readUInt16LE(10),
    sizeBytes: end.readUInt32LE(12),
    offset: end.readUInt32LE(16),
    endOffset,
  };
}

function needs64(end: Buffer): boolean {
  const isMany = end.readUInt16LE(10) === SATURATED_16;
  return isMany || end.readUInt32LE(12) === SATURATED_32 || end.readUInt32LE(16) === SATURATED_32;
}

async function readEnd64(archive: RandomAccess, endOffset: number): Promise<DirectoryPlace> {
  if (endOffset < 20) throw broken('the zip64 record is missing');
  const locator = await archive.read(endOffset - 20, 20);
  if (locator.readUInt32LE(0) !== SIGNATURE.locator64) throw broken('the zip64 record is missing');
  const offset64 = numberOf(locator.readBigUInt64LE(8));
  if (offset64 + 56 !== endOffset - 20) throw broken('the zip64 record stands elsewhere');
  const record = await archive.read(offset64, 56);
  if (record.readUInt32LE(0) !== SIGNATURE.end64) throw broken('the zip64 record is missing');
  const isSplit = record.readUInt32LE(16) !== 0 || record.readUInt32LE(20) !== 0;
  if (isSplit || record.readBigUInt64LE(24) !== record.readBigUInt64LE(32)) {
    throw broken('the archive has several parts');
  }
  return {
    count: numberOf(record.readBigUInt64LE(32)),
    sizeBytes: numberOf(record.readBigUInt64LE(40)),
    offset: numberOf(record.readBigUInt64LE(48)),
    endOffset: offset64,
  };
}

function readEntry(directory: Buffer, at: number): readonly [ZipEntry, number] {
  if (at + ENTRY_BYTES > directory.length || directory.readUInt32LE(at) !== SIGNATURE.entry) {
    throw broken('the directory is cut off');
  }
  const lengths = [28, 30, 32].map((offset) => directory.readUInt16LE(at + offset));
  const [nameBytes = 0, extraBytes = 0, commentBytes = 0] = lengths;
  const nameEnd = at + ENTRY_BYTES + nameBytes;
  const next = nameEnd + extraBytes + commentBytes;
  if (next > directory.length) throw broken('the directory is cut off');
  const name = readName(directory.subarray(at + ENTRY_BYTES, nameEnd));
  if ((directory.readUInt16LE(at + 8) & FLAG_ENCRYPTED) !== 0) {
    throw broken(`the entry ${name} is encrypted`);
  }
  const sizes = [20, 24, 42].map((offset) => directory.readUInt32LE(at + offset));
  const [packedBytes = 0, sizeBytes = 0, headerOffset = 0] = sizes;
  if (sizes.includes(SATURATED_32)) throw broken(`the entry ${name} is larger than 4 GiB`);
  const isFolder = name.endsWith('/');
  assertFileType(directory.readUInt32LE(at + 38) >>> 16, isFolder, name);
  const method = readMethod(directory.readUInt16LE(at + 10), name);
  if (method === 'stored' && packedBytes !== sizeBytes) throw broken(`${name} has two sizes`);
  const crc32 = directory.readUInt32LE(at + 16);
  return [{ name, method, packedBytes, sizeBytes, crc32, headerOffset, isFolder }, next];
}

/** UTF-8 whatever the flag says: what is no UTF-8 would be another name elsewhere. */
function readName(bytes: Uint8Array): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw broken('a name in the archive is no UTF-8');
  }
  const fault = faultOfEntryName(name.replace(/\/$/, ''));
  if (fault !== null) throw broken(`a name in the archive ${fault}`);
  return name;
}

/** What is wrong with a name that shall stay below one folder, or null. */
export function faultOfEntryName(name: string): string | null {
  if (name === '') return 'is empty';
  if (name.includes('\0')) return 'holds a NUL';
  if (name.includes('\\')) return 'holds a backslash';
  if (name.startsWith('/')) return 'is absolute';
  if (/^[A-Za-z]:/.test(name)) return 'names a drive';
  const parts = name.split('/');
  if (parts.some((part) => part === '..' || part === '.')) return 'leads out of its folder';
  return parts.includes('') ? 'has an empty part' : null;
}

function assertFileType(mode: number, isFolder: boolean, name: string): void {
  const type = mode & UNIX_FILE_TYPE;
  const isExpected = type === 0 || type === (isFolder ? 0o040000 : 0o100000);
  if (!isExpected) throw broken(`the entry ${name} is a link or a special file`);
}

function readMethod(method: number, name: string): ZipEntry['method'] {
  if (method === 0) return 'stored';
  if (method === 8) return 'deflated';
  throw broken(`the entry ${name} is packed by method ${method}; 0 and 8 are read`);
}

function assertUniqueNames(entries: readonly ZipEntry[]): void {
  if (new Set(entries.map(({ name }) => name)).size !== entries.length) {
    throw broken('two entries have one name');
  }
}

/** Entries that share bytes are how a small archive becomes a huge one. */
function assertApart(entries: readonly ZipEntry[], directoryOffset: number): void {
  const sorted = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  for (const [i, entry] of sorted.entries()) {
    const limit = sorted[i + 1]?.headerOffset ?? directoryOffset;
    const leastEnd = entry.headerOffset + 30 + Buffer.byteLength(entry.name) + entry.packedBytes;
    if (leastEnd > limit) throw broken('two entries share the same bytes');
  }
}

function numberOf(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw broken('a number in it is too large');
  return Number(value);
}

/** The refusal of an archive. */
export function broken(reason: string): InputError {
  return new InputError({ code: 'E_FIELD', reason });
}
