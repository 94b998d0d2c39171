/** The directory of a zip archive, read strictly: what two unpackers could understand differently is refused. PKWARE APPNOTE 4.3. @module */
import { stringFromUtf8, utf8Length } from './bytes.ts';
import { refusalOf } from './errors.ts';
import { broken, InputError } from './input-refusal.ts';

/** Bytes at any place of an archive. Only what is asked for is read. */
export interface RandomAccess {
  readonly sizeBytes: number;
  /** Exactly so many bytes; the place is inside the archive. Rejects where they cannot be read. */
  read(offset: number, length: number): Promise<Uint8Array>;
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
const HEADER_BYTES = 30;
const SIGNATURE = { entry: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50 };
const SATURATED_32 = 0xffffffff;
const SATURATED_16 = 0xffff;
const FLAG_ENCRYPTED = 0x2041; // bits 0, 6 and 13: encrypted, strongly encrypted, hidden headers
const UNIX_FILE_TYPE = 0o170000;
const UNIX_FOLDER = 0o040000;
const UNIX_FILE = 0o100000;
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;

interface DirectoryPlace {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly count: number;
  /** Where the records behind the directory begin. */
  readonly endOffset: number;
}

/**
 * All entries, in the order of the directory; throws an `InputError` for an archive that breaks a rule.
 * @example await readZipDirectory(archiveOfBytes(bytes), 1_000)
 */
export async function readZipDirectory(
  archive: RandomAccess,
  maxEntries: number,
): Promise<readonly ZipEntry[]> {
  const place = await findDirectory(archive);
  if (place.count > maxEntries) {
    const reason = `the archive has more than ${maxEntries} entries`;
    throw new InputError({ code: 'E_TOO_LARGE', reason });
  }
  if (place.sizeBytes > MAX_DIRECTORY_BYTES) throw broken('the directory is too large');
  if (place.offset + place.sizeBytes !== place.endOffset) {
    throw broken('the directory does not end where it says');
  }
  const bytes = await readInside(archive, place.offset, place.sizeBytes);
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

/** Bytes of the archive as numbers and as they are; a place outside of it is refused before anything is read. */
export async function readInside(
  archive: RandomAccess,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  if (offset < 0 || length < 0 || offset + length > archive.sizeBytes) {
    throw broken('the archive points outside of itself');
  }
  return archive.read(offset, length);
}

/** The numbers in these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function findDirectory(archive: RandomAccess): Promise<DirectoryPlace> {
  const tailBytes = Math.min(archive.sizeBytes, END_BYTES + MAX_COMMENT_BYTES);
  const tail = viewOf(await readInside(archive, archive.sizeBytes - tailBytes, tailBytes));
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== SIGNATURE.end) continue;
    // The comment must reach to the end of the file: else something is appended, or these bytes are no record.
    if (at + END_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    const end = new DataView(tail.buffer, tail.byteOffset + at, END_BYTES);
    return readEnd(archive, end, archive.sizeBytes - tailBytes + at);
  }
  throw broken('this is no zip archive, or it is cut off');
}

async function readEnd(
  archive: RandomAccess,
  end: DataView,
  endOffset: number,
): Promise<DirectoryPlace> {
  if (end.getUint16(4, true) === SATURATED_16 || needs64(end)) {
    return readEnd64(archive, endOffset);
  }
  const count = end.getUint16(10, true);
  const isSplit = end.getUint16(4, true) !== 0 || end.getUint16(6, true) !== 0;
  if (isSplit || end.getUint16(8, true) !== count) throw broken('the archive has several parts');
  return {
    count,
    sizeBytes: end.getUint32(12, true),
    offset: end.getUint32(16, true),
    endOffset,
  };
}

function needs64(end: DataView): boolean {
  const isMany = end.getUint16(10, true) === SATURATED_16;
  return [12, 16].some((at) => end.getUint32(at, true) === SATURATED_32) || isMany;
}

async function readEnd64(archive: RandomAccess, endOffset: number): Promise<DirectoryPlace> {
  if (endOffset < 20) throw broken('the zip64 record is missing');
  const locator = viewOf(await readInside(archive, endOffset - 20, 20));
  if (locator.getUint32(0, true) !== SIGNATURE.locator64) {
    throw broken('the zip64 record is missing');
  }
  const offset64 = numberOf(locator.getBigUint64(8, true));
  if (offset64 + 56 !== endOffset - 20) throw broken('the zip64 record stands elsewhere');
  const record = viewOf(await readInside(archive, offset64, 56));
  if (record.getUint32(0, true) !== SIGNATURE.end64) throw broken('the zip64 record is missing');
  const count = record.getBigUint64(32, true);
  const isSplit = record.getUint32(16, true) !== 0 || record.getUint32(20, true) !== 0;
  if (isSplit || record.getBigUint64(24, true) !== count) {
    throw broken('the archive has several parts');
  }
  return {
    count: numberOf(count),
    sizeBytes: numberOf(record.getBigUint64(40, true)),
    offset: numberOf(record.getBigUint64(48, true)),
    endOffset: offset64,
  };
}

function readEntry(directory: Uint8Array, at: number): readonly [ZipEntry, number] {
  const view = viewOf(directory.subarray(at));
  if (view.byteLength < ENTRY_BYTES || view.getUint32(0, true) !== SIGNATURE.entry) {
    throw broken('the directory is cut off');
  }
  const lengths = [28, 30, 32].map((offset) => view.getUint16(offset, true));
  const [nameBytes = 0, extraBytes = 0, commentBytes = 0] = lengths;
  const nameEnd = at + ENTRY_BYTES + nameBytes;
  const next = nameEnd + extraBytes + commentBytes;
  if (next > directory.length) throw broken('the directory is cut off');
  const name = readName(directory.subarray(at + ENTRY_BYTES, nameEnd));
  if ((view.getUint16(8, true) & FLAG_ENCRYPTED) !== 0) {
    throw broken(`the entry ${name} is encrypted`);
  }
  const sizes = [20, 24, 42].map((offset) => view.getUint32(offset, true));
  const [packedBytes = 0, sizeBytes = 0, headerOffset = 0] = sizes;
  if (sizes.includes(SATURATED_32)) throw broken(`the entry ${name} is larger than 4 GiB`);
  const isFolder = name.endsWith('/');
  assertFileType(view.getUint32(38, true) >>> 16, isFolder, name);
  const method = readMethod(view.getUint16(10, true), name);
  if (method === 'stored' && packedBytes !== sizeBytes) throw broken(`${name} has two sizes`);
  const crc32 = view.getUint32(16, true);
  return [{ name, method, packedBytes, sizeBytes, crc32, headerOffset, isFolder }, next];
}

/** UTF-8 whatever the flag says: what is no UTF-8 would be another name elsewhere. */
function readName(bytes: Uint8Array): string {
  let name: string;
  try {
    name = stringFromUtf8(bytes);
  } catch (error) {
    throw broken('a name in the archive is no UTF-8', refusalOf(error));
  }
  const fault = faultOfEntryName(name.replace(/\/$/, ''));
  if (fault !== null) throw broken(`a name in the archive ${fault}`);
  return name;
}

/**
 * What is wrong with a name that shall stay below one folder, or null.
 * @example faultOfEntryName('../a.json') // 'leads out of its folder'
 */
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
  const isExpected = type === 0 || type === (isFolder ? UNIX_FOLDER : UNIX_FILE);
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
    const leastEnd = entry.headerOffset + HEADER_BYTES + utf8Length(entry.name) + entry.packedBytes;
    if (leastEnd > limit) throw broken('two entries share the same bytes');
  }
}

function numberOf(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw broken('a number in it is too large');
  return Number(value);
}
