/** Lines of a stream of bytes, each within a limit: a line is one package. Whether a text is one, its first line tells. @module */
import { joinBytes } from './bytes.ts';
import type { Chunks } from './chunks.ts';

const NEWLINE = 0x0a;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** One line that is not blank; `bytes` is null where it is longer than a package may be. */
export interface Line {
  readonly number: number;
  readonly bytes: Uint8Array | null;
}

/** The lines of the stream, numbered from 1. A line above the limit is dropped while it is read: it never stands in memory whole. */
export async function* readLines(chunks: Chunks, limitBytes: number): AsyncGenerator<Line> {
  const open = new OpenLine(limitBytes);
  let number = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      const line = open.finish(chunk.subarray(start, end));
      if (line === null || !isBlank(line)) yield { number, bytes: line };
      number++;
      start = end + 1;
    }
    open.add(chunk.subarray(start));
  }
  const last = open.finish(new Uint8Array(0));
  if (last === null || !isBlank(last)) yield { number, bytes: last };
}

/** The line whose end has not come yet; it owns the parts seen so far. */
class OpenLine {
  readonly #limitBytes: number;
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size > this.#limitBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  /** The whole line in memory of its own, or null when it was too long. */
  finish(part: Uint8Array): Uint8Array | null {
    this.add(part);
    const line = this.#size > this.#limitBytes ? null : joinBytes(this.#parts);
    this.#parts = [];
    this.#size = 0;
    return line;
  }
}

/** Spaces, tabs and carriage returns alone: not a package, and not a fault. */
function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Whether the text is one object a line: the first line is a whole one, and another follows it. */
export function isObjectPerLine(head: Uint8Array): boolean {
  const end = head.indexOf(NEWLINE);
  if (end === -1) return false;
  const first = head.subarray(0, end);
  if (firstVisible(first) !== OPENING || first.findLast(isVisible) !== CLOSING) return false;
  return firstVisible(head.subarray(end)) === OPENING;
}

/** Whether enough was read to tell: a first line and something visible behind it, or more than a package may have. */
export function isTold(head: Uint8Array, limitBytes: number): boolean {
  if (head.length > limitBytes) return true;
  const end = head.indexOf(NEWLINE);
  return end !== -1 && firstVisible(head.subarray(end)) !== undefined;
}

function firstVisible(bytes: Uint8Array): number | undefined {
  return bytes.find(isVisible);
}

function isVisible(byte: number): boolean {
  return byte > 0x20;
}
