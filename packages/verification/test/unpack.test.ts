/** Packed data: bad ones are refused, and a source that fails is not called bad data. @module */
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { collectBytes } from '../src/chunks.ts';
import { unpacked } from '../src/unpack.ts';
import { piecesOf, UNPACKERS } from './node-unpackers.ts';

const PACKED = deflateRawSync('hello');
const { inflateRaw } = UNPACKERS;

describe('unpacked', () => {
  it('gives what was packed', async () => {
    const bytes = await collectBytes(unpacked(piecesOf(PACKED), inflateRaw, 'bad'), 100);
    expect(Buffer.from(bytes ?? []).toString()).toBe('hello');
  });

  it.each([
    ['cut off', PACKED.subarray(0, -2)],
    ['followed by something', Buffer.concat([PACKED, PACKED])],
    ['no such data', Buffer.from('hello')],
  ])('refuses data that are %s', async (_, bytes) => {
    const reading = collectBytes(unpacked(piecesOf(bytes), inflateRaw, 'they are bad'), 100);
    await expect(reading).rejects.toMatchObject({
      refusal: { code: 'E_FIELD', reason: 'they are bad' },
    });
  });

  it('passes on what its source throws', async () => {
    const gone = new Error('the stick was pulled');
    async function* failing() {
      yield PACKED.subarray(0, 2);
      throw gone;
    }
    await expect(collectBytes(unpacked(failing(), inflateRaw, 'bad'), 100)).rejects.toBe(gone);
  });
});
