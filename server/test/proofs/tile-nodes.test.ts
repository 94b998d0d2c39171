import { MemoryTree } from '@kapsel/tree';
import { sha256 } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { TileNodes } from '../../src/proofs/tile-nodes.ts';

function hashesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => sha256(Uint8Array.of(i)));
}

function tileOf(hashes: readonly Uint8Array[]): TileNodes {
  return new TileNodes(Buffer.concat(hashes));
}

/** The root over `count` hashes from `offset`, joined from nothing. */
function reference(hashes: readonly Uint8Array[], offset: number, count: number): Uint8Array {
  const tree = new MemoryTree();
  for (const hash of hashes.slice(offset, offset + count)) tree.append(hash);
  return tree.root(count);
}

describe('TileNodes', () => {
  it('knows every subtree of a full tile, in whichever order they are asked for', () => {
    const hashes = hashesOf(256);
    for (const order of [1, -1]) {
      const tile = tileOf(hashes);
      const places = [1, 2, 4, 8, 16, 32, 64, 128, 256].flatMap((count) =>
        Array.from({ length: 256 / count }, (_, i) => ({ offset: i * count, count })),
      );
      for (const { offset, count } of order === 1 ? places : places.reverse()) {
        const want = Buffer.from(reference(hashes, offset, count)).toString('hex');
        const got = () => Buffer.from(tile.subtreeRoot(offset, count)).toString('hex');
        expect([offset, count, got(), got()]).toEqual([offset, count, want, want]);
      }
    }
  });

  it('knows the complete subtrees of a partial tile and refuses the others', () => {
    const hashes = hashesOf(11);
    const tile = tileOf(hashes);
    expect(tile.width).toBe(11);
    expect(tile.subtreeRoot(8, 2)).toEqual(reference(hashes, 8, 2));
    expect(tile.subtreeRoot(0, 8)).toEqual(reference(hashes, 0, 8));
    for (const [offset, count] of [
      [8, 4],
      [0, 16],
      [11, 1],
      [-1, 1],
      [1, 2],
      [0, 3],
      [0, 0],
      [0, 512],
    ] as const) {
      expect(() => tile.subtreeRoot(offset, count), `${offset} ${count}`).toThrow(RangeError);
    }
  });

  it('keeps its own copy, and says what it occupies', () => {
    const bytes = Buffer.concat(hashesOf(4));
    const tile = new TileNodes(bytes);
    const before = Buffer.from(tile.bytes);
    bytes.fill(0);
    expect(Buffer.from(tile.bytes)).toEqual(before);
    expect(tile.sizeBytes).toBeGreaterThan(tile.bytes.length + 255 * 32);
  });

  it('refuses a piece of a hash and no hash at all', () => {
    for (const length of [0, 31, 33]) {
      expect(() => new TileNodes(new Uint8Array(length)), `${length}`).toThrow(RangeError);
    }
  });
});
