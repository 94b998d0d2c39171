/** Streams of bytes: a file in pieces, and unfolding that stops when nobody reads on. @module */
import { deflateRawSync, gzipSync } from 'node:zlib';
import { type Chunks, collectBytes } from '@kapsel/verification';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { archiveOfBlob, bytesOfBlob, UNPACKERS } from '../src/byte-stream.ts';

describe('bytesOfBlob', () => {
  it('gives all the bytes, and lets go of the file when nobody reads on', async () => {
    const blob = new Blob(['x'.repeat(200_000)]);
    let length = 0;
    for await (const piece of bytesOfBlob(blob)) length += piece.length;
    expect(length).toBe(200_000);
    for await (const _ of bytesOfBlob(blob)) break;
  });
});

describe('the unpackers of the browser', () => {
  it('unfolds both formats to the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (bytes) => {
        const gzip = UNPACKERS.gunzip(bytesOfBlob(new Blob([gzipSync(bytes)])));
        expect(await collectBytes(gzip, 5_000)).toEqual(new Uint8Array(bytes));
        const raw = UNPACKERS.inflateRaw(bytesOfBlob(new Blob([deflateRawSync(bytes)])));
        expect(await collectBytes(raw, 5_000)).toEqual(new Uint8Array(bytes));
      }),
      { numRuns: 30 },
    );
  });

  it('holds no more than a little of what it unfolds beyond what was read', async () => {
    let pushed = 0;
    const packed = new Uint8Array(gzipSync(Buffer.alloc(100_000_000)));
    async function* counted(): Chunks {
      for (let at = 0; at < packed.length; at += 1_024) {
        pushed += 1;
        yield packed.slice(at, at + 1_024);
      }
    }
    expect(await collectBytes(UNPACKERS.gunzip(counted()), 1_000_000)).toBeNull();
    // A push of 1 KiB unfolds to 1 MB here: only the first few were needed to see that it is too much.
    expect(pushed).toBeLessThan(20);
  });
});

describe('archiveOfBlob', () => {
  it('gives the bytes of any place, whatever was read before', async () => {
    const bytes = Uint8Array.from({ length: 3_000 }, (_, i) => i % 251);
    const archive = archiveOfBlob(new Blob([bytes]));
    const places = fc.tuple(fc.nat(3_000), fc.nat(500));
    await fc.assert(
      fc.asyncProperty(fc.array(places, { maxLength: 9 }), async (wanted) => {
        for (const [offset, length] of wanted) {
          const end = Math.min(offset + length, bytes.length);
          expect(await archive.read(offset, end - offset)).toEqual(bytes.slice(offset, end));
        }
      }),
    );
  });

  it('reads entries that stand one behind the other a block at a time', async () => {
    const blob = new Blob([new Uint8Array(2_000_000)]);
    let slices = 0;
    const counted = {
      size: blob.size,
      slice: (...place: [number, number]) => {
        slices += 1;
        return blob.slice(...place);
      },
    };
    const archive = archiveOfBlob(counted as unknown as Blob);
    for (let at = 0; at < 1_900_000; at += 1_000) await archive.read(at, 1_000);
    expect(slices).toBe(2);
  });
});
