/** The packages of all inputs, one after the other: files, folders, patterns, and what the core finds in each. Source of truth: verifier-ux 2.5. @module */
import {
  type Input,
  type InputPlace,
  type InputRefusal,
  labelOfPlace,
  readInput,
} from '@kapsel/verification';
import type { Host } from '../host.ts';
import { readChunksUntilStopped, reasonOfSystemError, STDIN_NAME } from '../source.ts';
import { type Item, type Limits, placeOfFile } from './item.ts';
import { UNPACKERS } from './unpackers.ts';
import { findFiles } from './walk.ts';
import { openArchiveFile } from './zip-file.ts';

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
    const { maxFiles, maxSizeBytes: maxPackageBytes, maxTotalBytes } = this.#limits;
    if (this.files >= maxFiles) {
      const reason = `there are more than ${maxFiles} files (--max-files)`;
      throw new RunLimitError(place, { code: 'E_TOO_LARGE', reason });
    }
    this.files++;
    const limits = { maxEntries: maxFiles, maxPackageBytes, maxTotalBytes };
    try {
      for await (const found of readInput(this.#inputOf(path), limits, UNPACKERS)) {
        if (this.#host.signal.aborted) return;
        if (found.kind === 'skipped') this.#skip(labelOfPlace(found.place));
        else yield this.#counted(found);
      }
    } catch (error) {
      if (error instanceof RunLimitError) throw error;
      const reason = reasonOfSystemError(error);
      if (!this.#host.signal.aborted) yield refused(place, { code: 'E_IO', reason });
    }
  }

  #inputOf(path: string): Input {
    return {
      path,
      chunks: () => readChunksUntilStopped(this.#host, path),
      openArchive: path === STDIN_NAME ? null : () => openArchiveFile(path),
      isStopped: () => this.#host.signal.aborted,
    };
  }

  #counted(item: Item): Item {
    if (item.kind === 'refused') return item;
    this.#totalBytes += item.bytes.length;
    const { maxTotalBytes } = this.#limits;
    if (this.#totalBytes <= maxTotalBytes) return item;
    const reason = `the inputs have more than ${maxTotalBytes} bytes together (--max-total)`;
    throw new RunLimitError(item.place, { code: 'E_TOO_LARGE', reason });
  }
}

/** A limit of the whole run: nothing more is read after it. */
class RunLimitError extends Error {
  readonly place: InputPlace;
  readonly refusal: InputRefusal;

  constructor(place: InputPlace, refusal: InputRefusal) {
    super(refusal.reason);
    this.name = 'RunLimitError';
    this.place = place;
    this.refusal = refusal;
  }
}

function refused(place: InputPlace, refusal: InputRefusal): Item {
  return { kind: 'refused', place, refusal };
}
