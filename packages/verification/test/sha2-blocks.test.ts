/** Padding and words, against what FIPS 180-4 prints and against a slow obvious reference. @module */
import { describe, expect, it } from 'vitest';
import { hexFromBytes } from '../src/bytes.ts';
import { bytesFromWords, choice, majority, paddedBlocks } from '../src/sha2-blocks.ts';

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

describe('padding', () => {
  it('of "abc" is the one of FIPS 180-4, for both lengths of a block', () => {
    const abc = Uint8Array.of(0x61, 0x62, 0x63);
    expect(hexFromBytes(bytesOf(paddedBlocks(abc, 64)))).toBe(`61626380${'0'.repeat(118)}18`);
    expect(hexFromBytes(bytesOf(paddedBlocks(abc, 128)))).toBe(`61626380${'0'.repeat(246)}18`);
  });

  it.each([64, 128])(
    'fills blocks of %i bytes, as few as hold message, mark and length',
    (size) => {
      for (let length = 0; length <= 3 * size; length++) {
        const bytes = bytesOf(paddedBlocks(new Uint8Array(length).fill(0xff), size));
        expect(bytes.length % size).toBe(0);
        expect(bytes.length - (length + 1 + size / 8)).toBeGreaterThanOrEqual(0);
        expect(bytes.length - (length + 1 + size / 8)).toBeLessThan(size);
        expect([...bytes.subarray(0, length)]).toEqual(Array(length).fill(0xff));
        expect(bytes[length]).toBe(0x80);
        const end = bytes.subarray(length + 1, -2);
        expect(end.every((byte) => byte === 0)).toBe(true);
        expect(256 * (bytes.at(-2) as number) + (bytes.at(-1) as number)).toBe(8 * length);
      }
    },
  );
});

describe('the functions of a round', () => {
  it('choose and count, bit by bit', () => {
    expect(choice(0b1111_0000, 0b1100_1100, 0b1010_1010)).toBe(0b1100_1010);
    expect(majority(0b1111_0000, 0b1100_1100, 0b1010_1010)).toBe(0b1110_1000);
  });
});

it('words become bytes, the upper one first', () => {
  expect(hexFromBytes(bytesFromWords(Int32Array.of(0x01020304, -2)))).toBe('01020304fffffffe');
});
