/** The packages of all inputs, one after the other: files, folders, patterns, lines, archives. Source of truth: verifier-ux 2.5. @module */
import type { Host } from '../host.ts';
import { readChunksUntilStopped, reasonOfSystemError, STDIN_NAME } from '../source.ts';
import { gunzip } from './gzip.ts';
import {
  InputError,
  type InputRefusal,
  type Item,
  type Limits,
  type Place,
  placeOfFile,
  tooLarge,
} from './item.ts';
import { readLines } from './lines.ts';
import { isObjectPerLine, isTold, peek } from './text-stream.ts';
import { findFiles } from './walk.ts';
import { readZipDirectory } from './zip-directory.ts';
import { readZipEntry } from './zip-entry.ts';
import { archiveOfBytes, type OpenArchive, openArchiveFile } from './zip-file.ts';

// An archive from a pipe has to stand in memory: its directory is at its end.
const MAX_PIPED_ARCHIVE_BYTES = 64 * 1024 * 1024;
const KEPT_SKIPPED_NAMES = 1_000;

/** Reads the inputs of one run; it owns what a run counts about them. */
export class InputReader {
  readonly #host: Host;
  readonly #limits: Limits;
  readonly #include: ((path: string) => boolean) | null;
  #totalBytes = 0;
  files: number = 0;
  skippedCount: number = 0;
  readonly skippedNames: string[] = [];

  constructor(host: Host, limits: Limits, include: ((path: string) => boolean) | null = null) {
    this.#host = host;
    this.#limits = limits;
    this.#include = include;
  }

  /** The packages behind these words, in order. What cannot be read is an item too. */
  async *read(words: readonly string[]): AsyncGenerator<Item> {
    try {
      for (const word of words) {
        if (this.#host.signal.aborted) return;
        for await (const found of findFiles(word, this.#include)) {
          if (this.#host.signal.aborted) return;
          if (found.kind === 'skipped') this.#skip(found.path);
          else if (found.kind === 'refused') yield refused(placeOfFile(found.path), found.refusal);
          else yield* this.#readFile(found.path);
        }
      }
    } catch (error) {
      if (!(error instanceof RunLimitError)) throw error;
      yield refused(error.place, error.refusal);
    }
  }

  #skip(name: string): void {
    this.skippedCount++;
    if (this.skippedNames.length < KEPT_SKIPPED_NAMES) this.skippedNames.push(name);
  }

  async *#readFile(path: string): AsyncGenerator<Item> {
    const place = placeOfFile(path);
    if (this.files >= this.#limits.maxFiles) {
      const reason = `there are more than ${this.#limits.maxFiles} files (--max-files)`;
      throw new RunLimitError(place, { code: 'E_TOO_LARGE', reason });
    }
    this.files++;
    try {
      yield* this.#readPlace(place);
    } catch (error) {
      if (error instanceof RunLimitError) throw error;
      const refusal = error instanceof InputError ? error.refusal : ioRefusal(error);
      if (!this.#host.signal.aborted) yield refused(place, refusal);
    }
  }

  async *#readPlace(place: Place): AsyncGenerator<Item> {
    const name = place.path.toLowerCase();
    const isStdin = place.path === STDIN_NAME;
    if (name.endsWith('.zip')) return yield* this.#readArchiveFile(place);
    const chunks = readChunksUntilStopped(this.#host, place.path);
    if (name.endsWith('.json')) return yield* this.#readOne(place, chunks);
    if (/\.(ndjson|jsonl)$/.test(name)) return yield* this.#readLines(place, chunks);
    // Where the name says nothing, the first bytes do.
    const peeked = await peek(chunks, (head) => head.length >= 4);
    if (name.endsWith('.gz') || isGzip(peeked.head)) {
      return yield* this.#readGzip(place, peeked.chunks);
    }
    if (!isZip(peeked.head)) return yield* this.#readText(place, peeked.chunks);
    if (!isStdin) {
      await peeked.close();
      return yield* this.#readArchiveFile(place);
    }
    const bytes = await collect(peeked.chunks, MAX_PIPED_ARCHIVE_BYTES);
    if (bytes === null) {
      const reason = 'an archive over a pipe may have 64 MiB; save it to a file and name that';
      throw new InputError({ code: 'E_TOO_LARGE', reason });
    }
    yield* this.#readArchive(place, archiveOfBytes(bytes));
  }

  async *#readGzip(place: Place, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Item> {
    const inner = place.path.toLowerCase().replace(/\.gz$/, '');
    const unpacked = gunzip(chunks);
    if (inner.endsWith('.json')) return yield* this.#readOne(place, unpacked);
    if (/\.(ndjson|jsonl)$/.test(inner)) return yield* this.#readLines(place, unpacked);
    const peeked = await peek(unpacked, (head) => head.length >= 4);
    if (isZip(peeked.head) || isGzip(peeked.head)) throw nested();
    yield* this.#readText(place, peeked.chunks);
  }

  async *#readText(place: Place, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Item> {
    const peeked = await peek(chunks, (head) => isTold(head, this.#limits.maxSizeBytes));
    if (isObjectPerLine(peeked.head)) yield* this.#readLines(place, peeked.chunks);
    else yield* this.#readOne(place, peeked.chunks);
  }

  async *#readOne(place: Place, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Item> {
    const bytes = await collect(chunks, this.#limits.maxSizeBytes);
    if (this.#host.signal.aborted) return;
    if (bytes === null) yield refused(place, tooLarge(this.#limits.maxSizeBytes));
    else yield this.#package(place, new Uint8Array(bytes));
  }

  async *#readLines(place: Place, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Item> {
    let count = 0;
    for await (const { number, bytes } of readLines(chunks, this.#limits.maxSizeBytes)) {
      if (this.#host.signal.aborted) return;
      count++;
      const at = { ...place, line: number };
      if (bytes === null) yield refused(at, tooLarge(this.#limits.maxSizeBytes));
      else yield this.#package(at, bytes);
    }
    if (count === 0 && !this.#host.signal.aborted) yield refused(place, empty('the file is empty'));
  }

  async *#readArchiveFile(place: Place): AsyncGenerator<Item> {
    yield* this.#readArchive(place, await openArchiveFile(place.path));
  }

  async *#readArchive(place: Place, archive: OpenArchive): AsyncGenerator<Item> {
    try {
      let count = 0;
      for (const entry of await readZipDirectory(archive, this.#limits.maxFiles)) {
        if (this.#host.signal.aborted) return;
        if (entry.isFolder) continue;
        const at = { ...place, entry: entry.name };
        const name = entry.name.toLowerCase();
        if (/\.(json|ndjson|jsonl|zip|gz)$/.test(name)) count++;
        else this.#skip(`${place.path}!${entry.name}`);
        const chunks = readZipEntry(archive, entry);
        if (name.endsWith('.json')) yield* this.#guard(at, this.#readOne(at, chunks));
        else if (/\.(ndjson|jsonl)$/.test(name))
          yield* this.#guard(at, this.#readLines(at, chunks));
        else if (/\.(zip|gz)$/.test(name)) yield refused(at, nested().refusal);
      }
      if (count === 0) yield refused(place, empty('the archive holds no proof'));
    } finally {
      await archive.close();
    }
  }

  /** A bad entry does not hide the ones behind it. */
  async *#guard(place: Place, items: AsyncGenerator<Item>): AsyncGenerator<Item> {
    try {
      yield* items;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      yield refused(place, error.refusal);
    }
  }

  #package(place: Place, bytes: Uint8Array): Item {
    this.#totalBytes += bytes.length;
    if (this.#totalBytes > this.#limits.maxTotalBytes) {
      const reason = `the inputs have more than ${this.#limits.maxTotalBytes} bytes together (--max-total)`;
      throw new RunLimitError(place, { code: 'E_TOO_LARGE', reason });
    }
    return { kind: 'package', place, bytes };
  }
}

/** A limit of the whole run: nothing more is read after it. */
class RunLimitError extends Error {
  readonly place: Place;
  readonly refusal: InputRefusal;

  constructor(place: Place, refusal: InputRefusal) {
    super(refusal.reason);
    this.name = 'RunLimitError';
    this.place = place;
    this.refusal = refusal;
  }
}

function refused(place: Place, refusal: InputRefusal): Item {
  return { kind: 'refused', place, refusal };
}

function empty(reason: string): InputRefusal {
  return { code: 'E_NO_INPUT', reason };
}

function nested(): InputError {
  return new InputError({ code: 'E_FIELD', reason: 'an archive inside an archive is not read' });
}

function ioRefusal(error: unknown): InputRefusal {
  return { code: 'E_IO', reason: reasonOfSystemError(error) };
}

function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

function isZip(head: Buffer): boolean {
  return ['PK\u0003\u0004', 'PK\u0005\u0006'].includes(head.toString('latin1', 0, 4));
}

/** All bytes, or null when there are more than the limit. */
async function collect(
  chunks: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<Buffer | null> {
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limitBytes) return null;
    kept.push(chunk);
  }
  return Buffer.concat(kept);
}
