/** Streams of bytes: lines wherever the pieces are cut, and unfolding that stops when nobody reads on. @module */
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOfBlob, collect, inflate, isGzip, linesOf } from '../src/byte-stream.ts';

describe('linesOf', () => {
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
          for await (const { number, bytes } of linesOf(piecesOf(text, cuts), 1_000)) {
            got.push({ number, line: new TextDecoder().decode(bytes ?? undefined) });
          }
          expect(got).toEqual(want);
        },
      ),
    );
  });
});

describe('bytesOfBlob', () => {
  it('gives all the bytes, and lets go of the file when nobody reads on', async () => {
    const blob = new Blob(['x'.repeat(200_000)]);
    let length = 0;
    for await (const piece of bytesOfBlob(blob)) length += piece.length;
    expect(length).toBe(200_000);
    for await (const _ of bytesOfBlob(blob)) break;
  });
});

describe('inflate', () => {
  it('unfolds both formats to the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (bytes) => {
        const gzip = inflate(bytesOfBlob(new Blob([gzipSync(bytes)])), 'gzip');
        expect(await collect(gzip, 5_000)).toEqual(new Uint8Array(bytes));
        const raw = inflate(bytesOfBlob(new Blob([deflateRawSync(bytes)])), 'deflate-raw');
        expect(await collect(raw, 5_000)).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: 30 },
    );
  });

  it('holds no more than a little of what it unfolds beyond what was read', async () => {
    let pushed = 0;
    const packed = new Uint8Array(gzipSync(Buffer.alloc(100_000_000)));
    async function* counted() {
      for (let at = 0; at < packed.length; at += 1_024) {
        pushed += 1;
        yield packed.slice(at, at + 1_024);
      }
    }
    expect(await collect(inflate(counted(), 'gzip'), 1_000_000)).toBeNull();
    // A push of 1 KiB unfolds to 1 MB here: only the first few were needed to see that it is too much.
    expect(pushed).toBeLessThan(20);
  });
});

describe('isGzip', () => {
  it('looks at the first three bytes', () => {
    expect(isGzip(gzipSync('x'))).toBe(true);
    expect(isGzip(new Uint8Array([0x1f, 0x8b]))).toBe(false);
    expect(isGzip(new TextEncoder().encode('{"a":1}'))).toBe(false);
  });
});

async function* piecesOf(text: string, cuts: readonly number[]) {
  let rest = new TextEncoder().encode(text);
  for (const cut of cuts) {
    yield rest.subarray(0, cut);
    rest = rest.subarray(cut);
  }
  yield rest;
}
