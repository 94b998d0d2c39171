import { MemoryTree, upperNodesOfTile } from '@kapsel/tree';
import { sha256 } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { TileNodes, UpperNodes } from '../../src/proofs/tile-nodes.ts';

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
    expect(tile.sizeBytes).toBeGreaterThan(tile.bytes.length + 3 * 32);
  });

  it('refuses a piece of a hash and no hash at all', () => {
    for (const length of [0, 31, 33]) {
      expect(() => new TileNodes(new Uint8Array(length)), `${length}`).toThrow(RangeError);
    }
  });
});

describe('a group of a tile', () => {
  it('knows the subtrees of its hashes by their places in the tile, and no others', () => {
    const hashes = hashesOf(256);
    const group = new TileNodes(Buffer.concat(hashes.slice(240)), 240);
    for (const count of [1, 2, 4, 8, 16]) {
      for (let offset = 240; offset < 256; offset += count) {
        expect(group.subtreeRoot(offset, count)).toEqual(reference(hashes, offset, count));
      }
    }
    for (const [offset, count] of [
      [239, 1],
      [224, 16],
      [256, 1],
      [0, 1],
      [224, 32],
    ] as const) {
      expect(() => group.subtreeRoot(offset, count), `${offset} ${count}`).toThrow(RangeError);
    }
  });
});

describe('UpperNodes', () => {
  it('gives out the nodes over 16 hashes and more, from its own copy', () => {
    const hashes = hashesOf(256);
    const stored = upperNodesOfTile(Buffer.concat(hashes));
    const upper = new UpperNodes(stored);
    stored.fill(0);
    for (const count of [16, 32, 64, 128]) {
      for (let offset = 0; offset < 256; offset += count) {
        expect(upper.subtreeRoot(offset, count)).toEqual(reference(hashes, offset, count));
      }
    }
    expect(() => upper.subtreeRoot(0, 8)).toThrow(RangeError);
    expect(upper.sizeBytes).toBe(960);
  });

  it('refuses other lengths', () => {
    for (const length of [0, 959, 961]) {
      expect(() => new UpperNodes(new Uint8Array(length)), `${length}`).toThrow(RangeError);
    }
  });
});
