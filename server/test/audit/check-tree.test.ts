/** The tree checker against the tree in memory, and each way a stored tile can differ. @module */
import {
  compactRangeFromHashes,
  MemoryTree,
  type NewTile,
  planTileWrites,
  type Tile,
  upperNodesOfTile,
} from '@kapsel/tree';
import { sha256, utf8FromString } from '@kapsel/verification';
import { describe, expect, it } from 'vitest';
import { checkTile, TreeChecker } from '../../src/audit/check-tree.ts';

const HASHES = Array.from({ length: 1_100 }, (_, i) => sha256(utf8FromString(`leaf ${i}`)));

function treeOf(size: number): MemoryTree {
  const tree = new MemoryTree();
  for (const hash of HASHES.slice(0, size)) tree.append(hash);
  return tree;
}

describe('TreeChecker', () => {
  it('has root, right edge and tiles of the tree, from the beginning and taken up anywhere', () => {
    const full = planTileWrites(0, [], HASHES);
    for (const from of [0, 256, 512, 1_024]) {
      const edge = planTileWrites(0, [], HASHES.slice(0, from)).filter(({ width }) => width < 256);
      const checker = new TreeChecker(from, edge);
      const tiles: Tile[] = [];
      for (const hash of HASHES.slice(from)) {
        checker.append(hash);
        tiles.push(...checker.takeFullTiles());
      }
      const tree = treeOf(HASHES.length);
      expect(checker.size).toBe(HASHES.length);
      expect(checker.root()).toEqual(tree.root());
      const range = compactRangeFromHashes(0, []);
      for (const hash of HASHES) range.append(hash);
      expect(checker.rightEdge()).toEqual(range.hashes);
      const plain = full.map(({ upperNodes: _, ...tile }) => tile);
      expect(checker.partialTiles()).toEqual(plain.filter(({ width }) => width < 256));
      expect(tiles).toEqual(
        plain.filter(
          ({ level, index, width }) => width === 256 && level === 0 && index >= from / 256,
        ),
      );
    }
  });

  it('is empty at first', () => {
    const checker = new TreeChecker();
    expect([checker.size, checker.partialTiles(), checker.takeFullTiles()]).toEqual([0, [], []]);
    expect(checker.root()).toEqual(new MemoryTree().root());
  });
});

describe('checkTile', () => {
  const [tile] = planTileWrites(0, [], HASHES.slice(0, 3)) as [NewTile];

  it('takes the same tile, and a wider one with the same beginning', () => {
    expect(checkTile(tile, tile)).toEqual([]);
    const [wider] = planTileWrites(0, [], HASHES.slice(0, 9));
    expect(checkTile(tile, wider)).toEqual([]);
  });

  it('names what is missing, narrower or different', () => {
    expect(checkTile(tile, undefined)[0]).toMatchObject({ where: 'merkle_tiles', at: '0/000.p/3' });
    const narrow = { ...tile, width: 2, hashes: tile.hashes.subarray(0, 64) };
    expect(checkTile(tile, narrow)[0]).toMatchObject({ where: 'merkle_tiles.width', got: '2' });
    const hashes = tile.hashes.slice();
    hashes[33] = (hashes[33] ?? 0) ^ 1;
    expect(checkTile(tile, { ...tile, hashes })[0]).toMatchObject({
      where: 'merkle_tiles.hashes',
      at: '0/000.p/3, hash 1',
    });
  });

  it('takes upper nodes that belong to the hashes, and tiles that have none', () => {
    const [full] = planTileWrites(0, [], HASHES.slice(0, 256)) as [NewTile];
    expect(full.upperNodes).not.toBeNull();
    expect(checkTile(full, full)).toEqual([]);
    expect(checkTile(full, { ...full, upperNodes: null })).toEqual([]);
    const narrower = { ...full, width: 255, hashes: full.hashes.subarray(0, 255 * 32) };
    expect(checkTile(narrower, full)).toEqual([]);
  });

  it('names the upper node that does not follow from the hashes', () => {
    const [full] = planTileWrites(0, [], HASHES.slice(0, 256)) as [NewTile];
    for (const node of [0, 15, 16, 29]) {
      const upperNodes = upperNodesOfTile(full.hashes);
      upperNodes[node * 32 + 7] = (upperNodes[node * 32 + 7] ?? 0) ^ 1;
      expect(checkTile(full, { ...full, upperNodes })).toMatchObject([
        { where: 'merkle_tiles.upper_nodes', at: `0/000, node ${node}` },
      ]);
    }
  });
});
