/** The packages in one input: a file with one, one a line, packed, or an archive of such files. Command line and page read by these rules. @module */
import { type Chunks, collectBytes, peek } from './chunks.ts';
import { broken, InputError, type InputRefusal, tooLarge } from './input-refusal.ts';
import { isObjectPerLine, isTold, readLines } from './lines.ts';
import { type Unpackers, unpacked } from './unpack.ts';
import { readZipEntry } from './zip.ts';
import { type RandomAccess, readZipDirectory, type ZipEntry } from './zip-directory.ts';

/** Where a package stands. All of it comes from outside: escape it before showing it. */
export interface InputPlace {
  readonly path: string;
  /** The name inside an archive. */
  readonly entry: string | null;
  /** The line of a file with one package a line, from 1. */
  readonly line: number | null;
}

/** What an input gives, one after the other and in their order. */
export type Found =
  | {
      readonly kind: 'package';
      readonly place: InputPlace;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'refused'; readonly place: InputPlace; readonly refusal: InputRefusal }
  /** A member of an archive whose name does not say that it may hold proofs. */
  | { readonly kind: 'skipped'; readonly place: InputPlace };

/** An archive that is open; the reader closes it. */
export interface OpenArchive extends RandomAccess {
  close(): Promise<void>;
}

/** A file, a pipe, a text: whatever bytes can be read from. What these functions throw besides an `InputError` is thrown on. */
export interface Input {
  /** Its ending says what it holds, where its first bytes do not. */
  readonly path: string;
  /** From the beginning. */
  chunks(): Chunks;
  /** At any place; null where the bytes come only once, one after the other. */
  readonly openArchive: (() => Promise<OpenArchive>) | null;
  /** True once the run was stopped: then what was read last may be cut off, and says nothing. */
  isStopped(): boolean;
}

/** Bounds for one input. */
export interface InputLimits {
  /** Entries of an archive. */
  readonly maxEntries: number;
  /** Bytes of one package. */
  readonly maxPackageBytes: number;
  /** Bytes that packed data may unpack to. */
  readonly maxTotalBytes: number;
}

// An archive that cannot be read at any place has to stand in memory: its directory is at its end.
const MAX_STREAMED_ARCHIVE_BYTES = 64 * 1024 * 1024;
const MAGIC_BYTES = 4;
const MAY_HOLD_PROOFS = /\.(json|ndjson|jsonl|zip|gz)$/i;
const ONE_A_LINE = /\.(ndjson|jsonl)$/i;
const PACKED = /\.(zip|gz)$/i;

interface Reading {
  readonly input: Input;
  readonly limits: InputLimits;
  readonly unpackers: Unpackers;
}

/**
 * Whether the name of a file in a folder or an archive says that it may hold proofs; others are skipped there.
 * @example mayHoldProofs('README.md') // false
 */
export function mayHoldProofs(name: string): boolean {
  return MAY_HOLD_PROOFS.test(name);
}

/**
 * The place in one text.
 * @example labelOfPlace({ path: 'c.zip', entry: 'd.ndjson', line: 4 }) // 'c.zip!d.ndjson:4'
 */
export function labelOfPlace({ path, entry, line }: InputPlace): string {
  const file = entry === null ? path : `${path}!${entry}`;
  return line === null ? file : `${file}:${line}`;
}

/**
 * The packages of an input. What breaks a limit or the rules of its container is found as refused, and does not hide
 * what stands behind it; throws only what the input itself throws.
 * @example for await (const found of readInput(input, limits, { gunzip, inflateRaw })) check(found);
 */
export async function* readInput(
  input: Input,
  limits: InputLimits,
  unpackers: Unpackers,
): AsyncGenerator<Found> {
  const whole: InputPlace = { path: input.path, entry: null, line: null };
  try {
    yield* await chooseReader({ input, limits, unpackers }, whole);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (!input.isStopped()) yield refused(whole, error.refusal);
  }
}

/** The first bytes decide; where they say nothing, the name does. */
async function chooseReader(reading: Reading, whole: InputPlace): Promise<AsyncGenerator<Found>> {
  const { input } = reading;
  const { path, openArchive } = input;
  const isNamedZip = /\.zip$/i.test(path);
  if (isNamedZip && openArchive !== null) return readArchive(reading, whole, await openArchive());
  const { head, chunks, close } = await peek(
    input.chunks(),
    (bytes) => bytes.length >= MAGIC_BYTES,
  );
  if (isNamedZip || isZip(head)) {
    if (openArchive === null) return readArchive(reading, whole, await archiveOfStream(chunks));
    await close();
    return readArchive(reading, whole, await openArchive());
  }
  if (isGzip(head) || /\.gz$/i.test(path)) return readGzip(reading, whole, chunks);
  return readFile(reading, whole, path, chunks);
}

async function archiveOfStream(chunks: Chunks): Promise<OpenArchive> {
  const bytes = await collectBytes(chunks, MAX_STREAMED_ARCHIVE_BYTES);
  if (bytes !== null) return archiveOfBytes(bytes);
  const reason = 'an archive over a pipe may have 64 MiB; save it to a file and name that';
  throw new InputError({ code: 'E_TOO_LARGE', reason });
}

/**
 * An archive that is in memory already.
 * @example await readZipDirectory(archiveOfBytes(bytes), 1_000)
 */
export function archiveOfBytes(bytes: Uint8Array): OpenArchive {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    close: async () => undefined,
  };
}

async function* readGzip(
  reading: Reading,
  whole: InputPlace,
  chunks: Chunks,
): AsyncGenerator<Found> {
  const { limits, unpackers } = reading;
  const content = unpacked(chunks, unpackers.gunzip, 'the gzip data is damaged or cut off');
  const bounded = withinTotal(content, limits.maxTotalBytes);
  const peeked = await peek(bounded, (bytes) => bytes.length >= MAGIC_BYTES);
  if (isZip(peeked.head) || isGzip(peeked.head)) {
    await peeked.close();
    throw nested();
  }
  yield* readFile(reading, whole, whole.path.replace(/\.gz$/i, ''), peeked.chunks);
}

/** So much of a file is looked at, whatever of it is dropped as a line that is too long. */
async function* withinTotal(chunks: Chunks, limitBytes: number): Chunks {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limitBytes) throw unpacksTooFar(limitBytes);
    yield chunk;
  }
}

async function* readFile(
  reading: Reading,
  place: InputPlace,
  name: string,
  chunks: Chunks,
): AsyncGenerator<Found> {
  if (ONE_A_LINE.test(name)) return yield* readManyLines(reading, place, chunks);
  if (/\.json$/i.test(name)) return yield* readOne(reading, place, chunks);
  const { maxPackageBytes } = reading.limits;
  const peeked = await peek(chunks, (bytes) => isTold(bytes, maxPackageBytes));
  const isMany = isObjectPerLine(peeked.head);
  yield* (isMany ? readManyLines : readOne)(reading, place, peeked.chunks);
}

async function* readOne(
  { input, limits }: Reading,
  place: InputPlace,
  chunks: Chunks,
): AsyncGenerator<Found> {
  const bytes = await collectBytes(chunks, limits.maxPackageBytes);
  if (input.isStopped()) return;
  if (bytes === null) yield refused(place, tooLarge(limits.maxPackageBytes));
  else yield { kind: 'package', place, bytes };
}

async function* readManyLines(
  { input, limits }: Reading,
  place: InputPlace,
  chunks: Chunks,
): AsyncGenerator<Found> {
  let count = 0;
  for await (const { number, bytes } of readLines(chunks, limits.maxPackageBytes)) {
    if (input.isStopped()) return;
    count++;
    const at = { ...place, line: number };
    if (bytes === null) yield refused(at, tooLarge(limits.maxPackageBytes));
    else yield { kind: 'package', place: at, bytes };
  }
  if (count === 0 && !input.isStopped()) yield refused(place, empty('the file is empty'));
}

async function* readArchive(
  reading: Reading,
  whole: InputPlace,
  archive: OpenArchive,
): AsyncGenerator<Found> {
  const { input, limits } = reading;
  try {
    const directory = await readZipDirectory(archive, limits.maxEntries);
    const entries = directory.filter(({ isFolder }) => !isFolder);
    const totalBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    // The sizes are promises that the reading of each entry enforces.
    if (totalBytes > limits.maxTotalBytes) throw unpacksTooFar(limits.maxTotalBytes);
    for (const entry of entries) {
      if (input.isStopped()) return;
      const place = { ...whole, entry: entry.name };
      if (mayHoldProofs(entry.name)) yield* readMember(reading, place, archive, entry);
      else yield { kind: 'skipped', place };
    }
    if (entries.every(({ name }) => !mayHoldProofs(name))) {
      yield refused(whole, empty('the archive holds no proof'));
    }
  } finally {
    await archive.close();
  }
}

/** A bad entry does not hide the ones behind it. */
async function* readMember(
  reading: Reading,
  place: InputPlace,
  archive: RandomAccess,
  entry: ZipEntry,
): AsyncGenerator<Found> {
  try {
    if (PACKED.test(entry.name)) throw nested();
    const chunks = readZipEntry(archive, entry, reading.unpackers.inflateRaw);
    yield* readFile(reading, place, entry.name, chunks);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (!reading.input.isStopped()) yield refused(place, error.refusal);
  }
}

function refused(place: InputPlace, refusal: InputRefusal): Found {
  return { kind: 'refused', place, refusal };
}

function empty(reason: string): InputRefusal {
  return { code: 'E_NO_INPUT', reason };
}

function nested(): InputError {
  return broken('an archive inside an archive is not read');
}

function unpacksTooFar(limitBytes: number): InputError {
  const reason = `the packed data unpack to more than ${limitBytes} bytes`;
  return new InputError({ code: 'E_TOO_LARGE', reason });
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b; // RFC 1952 section 2.3.1
}

/** A first entry, or the end of an archive without any. */
function isZip(head: Uint8Array): boolean {
  const [p, k, first = 0, second] = head;
  return p === 0x50 && k === 0x4b && (first === 3 || first === 5) && second === first + 1;
}
