import { describe, expect, test } from 'vitest';
import { hashesFromTile, hashesOfTile, readTiles, type TileReader } from '../src/tile-reader.ts';

function readerOfBytes(length: number): TileReader {
  return { readTile: async () => Uint8Array.from({ length }, (_, i) => Math.floor(i / 32)) };
}

const PARTIAL = { level: 0, index: 4, width: 2 };

describe('reading', () => {
  test('cuts a wider tile to the width asked for', async () => {
    for (const length of [64, 96, 8192]) {
      const [tile] = await readTiles(readerOfBytes(length), [PARTIAL]);
      expect(tile?.hashes).toHaveLength(64);
      expect(tile?.hashes[63]).toBe(1);
    }
  });

  test('refuses a tile that is too narrow, cut inside a hash, or wider than a full one', async () => {
    for (const length of [0, 32, 63, 65, 97, 8224]) {
      await expect(readTiles(readerOfBytes(length), [PARTIAL])).rejects.toThrow(RangeError);
    }
  });

  test('a failing store fails the read, with its own error', async () => {
    const lost = new Error('store is away');
    const reader: TileReader = { readTile: () => Promise.reject(lost) };
    await expect(readTiles(reader, [PARTIAL])).rejects.toBe(lost);
  });

  test('asks for all tiles before it waits', async () => {
    const waiting: (() => void)[] = [];
    const reader: TileReader = {
      readTile: (_level, _index, width) =>
        new Promise((resolve) => {
          waiting.push(() => resolve(new Uint8Array(width * 32)));
        }),
    };
    const read = readTiles(reader, [PARTIAL, { ...PARTIAL, level: 1 }]);
    expect(waiting).toHaveLength(2);
    for (const answer of waiting) answer();
    expect(await read).toHaveLength(2);
  });
});

test('hashes come out in their order', async () => {
  const [tile] = await readTiles(readerOfBytes(8192), [{ level: 0, index: 0, width: 256 }]);
  if (tile === undefined) throw new Error('no tile');
  expect(hashesOfTile(tile).map((hash) => hash[0])).toEqual(
    Array.from({ length: 256 }, (_, i) => i),
  );
  expect(hashesFromTile(tile, 10, 2).map((hash) => hash[31])).toEqual([10, 11]);
});
