/** Lines wherever the pieces are cut, and what tells one package from many. @module */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isObjectPerLine, isTold, readLines } from '../src/lines.ts';
import { piecesOf } from './node-unpackers.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function cutAt(text: string, cuts: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let rest = bytesOf(text);
  for (const cut of cuts) {
    pieces.push(rest.subarray(0, cut));
    rest = rest.subarray(cut);
  }
  return [...pieces, rest];
}

describe('readLines', () => {
  it('finds the lines that a split finds, wherever the pieces are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'bc', '\n', ' ', '\r'), { maxLength: 40 }),
        fc.array(fc.nat(5), { maxLength: 20 }),
        async (parts, cuts) => {
          const text = parts.join('');
          const want = text
            .split('\n')
            .map((line, index) => ({ number: index + 1, line }))
            .filter(({ line }) => line.trim() !== '');
          const got = [];
          for await (const { number, bytes } of readLines(piecesOf(...cutAt(text, cuts)), 1_000)) {
            got.push({ number, line: Buffer.from(bytes ?? []).toString() });
          }
          expect(got).toEqual(want);
        },
      ),
    );
  });

  it('drops a line above the limit, and goes on behind it', async () => {
    const lines = [];
    for await (const line of readLines(piecesOf('abc', 'd\nab', 'c\n'), 3)) lines.push(line);
    expect(lines).toEqual([
      { number: 1, bytes: null },
      { number: 2, bytes: bytesOf('abc') },
    ]);
  });

  it('gives each line memory of its own', async () => {
    const chunk = bytesOf('ab\ncd\n');
    const lines = [];
    for await (const { bytes } of readLines(piecesOf(chunk), 9)) lines.push(bytes);
    chunk.fill(0);
    expect(lines).toEqual([bytesOf('ab'), bytesOf('cd')]);
  });
});

it.each<[string, boolean]>([
  ['{"a":1}\n{"b":2}', true],
  [' {"a":1} \r\n\n {"b"', true],
  ['{"a":1}\n', false],
  ['{"a":1}', false],
  ['{\n  "a": 1\n}\n', false],
  ['no json\n{}', false],
  ['{}\n[]', false],
  ['', false],
])('one object a line: %j is %s', (text, isMany) => {
  expect(isObjectPerLine(bytesOf(text))).toBe(isMany);
});

it('has seen enough with something behind the first line, or more than a package', () => {
  expect(isTold(bytesOf('{}\n{'), 100)).toBe(true);
  expect(isTold(bytesOf('{}\n \n'), 100)).toBe(false);
  expect(isTold(bytesOf('{'.repeat(101)), 100)).toBe(true);
  expect(isTold(bytesOf('{'.repeat(100)), 100)).toBe(false);
});
