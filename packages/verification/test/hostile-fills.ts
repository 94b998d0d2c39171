/** Inputs of a given size of whatever takes a reader longest, and how long any reader may take for one. @module */
import { expect } from 'vitest';
import type { Input, Parser } from './every-parser.ts';

// Openings that are never closed, separators without end, escapes, digits: what makes readers slow.
const UNITS: readonly string[] = [
  '[',
  '{"a":',
  '"\\u00',
  '0,',
  ' ',
  '\n',
  '9',
  'A',
  'x001/',
  '\u2014 a AAAAAAAA\n',
  '-----BEGIN ',
  'PRIVATE KEY ',
];
const NO_TEXT: readonly number[] = [0x00, 0x80, 0xff];

/** The unit over and over, `sizeBytes` bytes or a few less. */
export function fillOf(unit: string, sizeBytes: number): string {
  return unit.repeat(Math.floor(sizeBytes / Buffer.byteLength(unit)));
}

/** Every fill of that size. */
export function fills(sizeBytes: number): readonly Input[] {
  const bytes = NO_TEXT.map((byte) => new Uint8Array(sizeBytes).fill(byte));
  return [...UNITS.map((unit) => fillOf(unit, sizeBytes)), ...bytes];
}

/** Good inputs that go on up to that size: repeated, and with their end repeated behind them or in their middle. */
export function continued(good: Input, sizeBytes: number): readonly Input[] {
  if (typeof good !== 'string') {
    const repeats = Math.floor(sizeBytes / good.length);
    return [new Uint8Array(Buffer.alloc(repeats * good.length, good))];
  }
  const middle = good.length >> 1;
  const fill = fillOf(good.slice(-20), Math.max(0, sizeBytes - Buffer.byteLength(good)));
  const inside = good.slice(0, middle) + fill + good.slice(middle);
  return [fillOf(good, sizeBytes), good + fill, inside];
}

// About 10 ms for each megabyte on an idle core. The bound leaves room for a busy machine, not for a quadratic reader,
// which would take hours for ten megabytes.
const MAX_MS_PER_MEGABYTE = 1_000;
const MAX_MS_FOR_NOTHING = 2_000;

/** Fails unless the parser is done with each input within the bound for its length. */
export function expectLinearTime(
  { name }: Parser,
  read: (input: Input) => unknown,
  inputs: readonly Input[],
): void {
  for (const input of inputs) {
    const startedMs = performance.now();
    read(input);
    const tookMs = performance.now() - startedMs;
    const maxMs = MAX_MS_FOR_NOTHING + (input.length / 2 ** 20) * MAX_MS_PER_MEGABYTE;
    const start = typeof input === 'string' ? JSON.stringify(input.slice(0, 20)) : 'bytes';
    expect(tookMs, `${name}, ${input.length} of ${start}`).toBeLessThan(maxMs);
  }
}
