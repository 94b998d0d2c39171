/** The report of a run as a file: the JSON of the command line, byte for byte, but for the program that it names. @module */
import {
  hexFromBytes,
  type RunReportStart,
  RunTally,
  runReportDocument,
  sha256,
} from '@kapsel/verification';
import { reportOfItem } from './finding.ts';
import { type Grounds, groundsOf, type Terms } from './grounds.ts';
import type { Item } from './item.ts';

/** What a report says of its run besides the results. */
export interface RunFacts {
  /** What the person named: a folder is one input, and many files. */
  readonly inputs: number;
  readonly files: number;
  readonly skippedFiles: number;
  readonly elapsedMs: number;
  readonly isCut: boolean;
  readonly isCancelled: boolean;
}

// Texts gathered before they become a part of the file, which the browser may keep outside of its memory.
const PART_CHARS = 1_048_576;

/** Writes a report, item by item, each checked once more: what a list keeps of a result is less than a report says. */
export class ReportFile {
  readonly #grounds: Grounds;
  readonly #tally = new RunTally();
  readonly #writer: ReturnType<typeof runReportDocument>;
  readonly #parts: Blob[] = [];
  #text = '';

  constructor(tool: RunReportStart['tool'], terms: Terms) {
    this.#grounds = groundsOf(terms);
    // Pinned in the page is given for this run, like a key among the options.
    const keys = terms.keys.map(
      ({ keyId, name }) => ({ keyId, name, kind: 'log', source: 'flag' }) as const,
    );
    const start = { tool, startedMs: terms.nowMs, keys, require: [], payloadHash: null };
    this.#writer = runReportDocument(start, (text) => {
      this.#text += text;
      if (this.#text.length >= PART_CHARS) this.#closePart();
    });
  }

  add(item: Item): void {
    const report = reportOfItem(item, this.#grounds);
    const { place, bytes } = item;
    const digest = bytes && { sha256: hexFromBytes(sha256(bytes)), bytes: bytes.length };
    this.#tally.add(report);
    this.#writer.add({ ...place, digest }, report);
  }

  /** The whole file. Nothing can be added behind it. */
  end({ isCut, isCancelled, ...facts }: RunFacts): Blob {
    const tally = this.#tally;
    const exitCode = tally.exitCode(isCancelled);
    this.#writer.end({ ...facts, tally, isComplete: !isCut && !isCancelled, exitCode });
    this.#closePart();
    return new Blob(this.#parts, { type: 'application/json' });
  }

  #closePart(): void {
    this.#parts.push(new Blob([this.#text]));
    this.#text = '';
  }
}
