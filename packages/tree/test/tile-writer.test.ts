import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { MemoryTree } from '../src/memory-tree.ts';
import { proveInclusion, rootFromTiles } from '../src/prove.ts';
import { type Tile, tilePath } from '../src/tile-id.ts';
import {
  compactRangeFromEdge,
  planRightEdge,
  planTileWrites,
  readRightEdge,
} from '../src/tile-writer.ts';
import { mthOfLeaves, numberedLeaves, referencePath } from './reference.ts';
import { readerOfTree, TileStore } from './tile-readers.ts';

// Hashing a few hundred thousand nodes takes a second, and more on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const LEAVES = numberedLeaves(66_000);

async function appendInBatches(store: TileStore, ends: readonly number[]): Promise<void> {
  let size = 0;
  for (const end of ends) {
    const edge = await readRightEdge(store, size);
    store.upsert(planTileWrites(size, edge, LEAVES.slice(size, end)));
    size = end;
  }
}

function contentOf(store: TileStore): string[] {
  return [...store.tiles.values()]
    .map((tile) => `${pathOf(tile)} ${Buffer.from(tile.hashes).toString('hex')}`)
    .sort();
}

function pathOf(tile: Omit<Tile, 'hashes'>): string {
  return tilePath(tile.level, tile.index, tile.width);
}

describe('what to read first', () => {
  test.each([
    [0, []],
    [1, ['0/000.p/1']],
    [255, ['0/000.p/255']],
    [256, ['1/000.p/1']],
    [257, ['0/001.p/1', '1/000.p/1']],
    [65_536, ['2/000.p/1']],
    [66_000, ['0/257.p/208', '1/001.p/1', '2/000.p/1']],
  ])('size %i: %j', (size, paths) => {
    expect(planRightEdge(size).map(pathOf)).toEqual(paths);
  });

  test('is at most 7 tiles', () => {
    expect(planRightEdge(Number.MAX_SAFE_INTEGER)).toHaveLength(7);
    expect(() => planRightEdge(2 ** 53)).toThrow(RangeError);
  });
});

describe('what to write', () => {
  test('no leaf, no tile', () => {
    expect(planTileWrites(0, [], [])).toEqual([]);
  });

  test('one leaf, one tile of width 1', () => {
    const [tile, ...rest] = planTileWrites(0, [], LEAVES.slice(0, 1));
    expect(tile).toEqual({ level: 0, index: 0, width: 1, hashes: LEAVES[0], upperNodes: null });
    expect(rest).toEqual([]);
  });

  test('a filled tile puts its root into the row above, and no empty tile beside it', async () => {
    const store = new TileStore();
    await appendInBatches(store, [255]);
    const edge = await readRightEdge(store, 255);
    const writes = planTileWrites(255, edge, LEAVES.slice(255, 256));
    expect(writes.map(pathOf)).toEqual(['0/000', '1/000.p/1']);
    expect(writes[1]?.hashes).toEqual(mthOfLeaves(LEAVES)(0, 256));
  });

  test('one batch of 66,000 leaves gives the tiles of the tree', () => {
    const tree = new MemoryTree();
    for (const leaf of LEAVES) tree.append(leaf);
    const writes = planTileWrites(0, [], LEAVES);
    expect(writes).toHaveLength(258 + 2 + 1);
    for (const { level, index, width, hashes } of writes) {
      for (let i = 0; i < width; i += 1) {
        const node = { level: 8 * level, index: 256 * index + i };
        const hash = hashes.subarray(32 * i, 32 * i + 32);
        if (Buffer.compare(hash, tree.hashOfNode(node)) !== 0) expect.fail(`${level}/${index}`);
      }
    }
  });

  test('random batches give the same tiles as one batch', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (lengths) => {
        let end = 0;
        const ends = lengths.map((length) => (end += length));
        const [split, whole] = [new TileStore(), new TileStore()];
        await appendInBatches(split, ends);
        await appendInBatches(whole, [end]);
        expect(contentOf(split)).toEqual(contentOf(whole));
      }),
      { seed: 20_260_115, numRuns: 30 },
    );
  });

  test('one leaf at a time gives the same tiles as one batch, past two full tiles', async () => {
    const [single, whole] = [new TileStore(), new TileStore()];
    await appendInBatches(
      single,
      Array.from({ length: 520 }, (_, i) => i + 1),
    );
    await appendInBatches(whole, [520]);
    expect(contentOf(single)).toEqual(contentOf(whole));
  });

  test('batches that end around 65,536 give the same tiles as one batch', async () => {
    const [split, whole] = [new TileStore(), new TileStore()];
    await appendInBatches(split, [65_000, 65_535, 65_536, 65_537, 66_000]);
    await appendInBatches(whole, [66_000]);
    expect(contentOf(split)).toEqual(contentOf(whole));
  });

  test('old sizes stay provable from tiles that have grown since', async () => {
    const store = new TileStore();
    await appendInBatches(store, [700]);
    const mth = mthOfLeaves(LEAVES);
    for (const size of [1, 100, 256, 300, 512, 699]) {
      expect(await rootFromTiles(store, size)).toEqual(mth(0, size));
      expect(await proveInclusion(store, size - 1, size)).toEqual(
        referencePath(mth, size - 1, 0, size),
      );
    }
  });

  test('refuses an edge that is not the one of the old size', async () => {
    const tree = new MemoryTree();
    for (const leaf of LEAVES.slice(0, 300)) tree.append(leaf);
    const edge = await readRightEdge(readerOfTree(tree), 300);
    const leaf = LEAVES.slice(300, 301);
    expect(planTileWrites(300, edge, leaf)).toHaveLength(1);
    expect(() => planTileWrites(301, edge, leaf)).toThrow(RangeError);
    expect(() => planTileWrites(300, edge.slice(1), leaf)).toThrow(RangeError);
    expect(() => planTileWrites(300, [...edge].reverse(), leaf)).toThrow(RangeError);
    expect(() => planTileWrites(0, edge, leaf)).toThrow(RangeError);
    const cut = edge.map((tile) => ({ ...tile, hashes: tile.hashes.subarray(32) }));
    expect(() => planTileWrites(300, cut, leaf)).toThrow(RangeError);
  });

  test('refuses a leaf hash of another length', () => {
    expect(() => planTileWrites(0, [], [new Uint8Array(31)])).toThrow(TypeError);
  });
});

describe('compact range of an edge', () => {
  test('has the root of the tree and goes on from there', async () => {
    const tree = new MemoryTree();
    for (const leaf of LEAVES.slice(0, 66_000)) tree.append(leaf);
    const reader = readerOfTree(tree);
    for (const size of [0, 1, 11, 255, 256, 300, 65_535, 65_536, 65_999]) {
      const range = compactRangeFromEdge(size, await readRightEdge(reader, size));
      expect(range.size).toBe(size);
      expect(range.root()).toEqual(tree.root(size));
      range.append(LEAVES[size] as Uint8Array);
      expect(range.root()).toEqual(tree.root(size + 1));
    }
  });

  test('refuses the edge of another size', () => {
    expect(() => compactRangeFromEdge(1, [])).toThrow(RangeError);
  });
});
