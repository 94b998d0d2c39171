import { expect, test } from 'vitest';
import * as tree from '../src/index.ts';

test('the public list is this and no more', () => {
  expect(Object.keys(tree).sort()).toEqual([
    'CompactRange',
    'GROUP_WIDTH',
    'MemoryTree',
    'TILE_WIDTH',
    'TilePathError',
    'UPPER_NODES_BYTES',
    'compactRangeFromEdge',
    'compactRangeFromHashes',
    'findUpperNode',
    'parseTilePath',
    'planConsistency',
    'planInclusion',
    'planRightEdge',
    'planRoot',
    'planTileReads',
    'planTileWrites',
    'proveConsistency',
    'proveInclusion',
    'readRightEdge',
    'rootFromTiles',
    'tilePath',
    'tileWidthAt',
    'upperNodesOfTile',
  ]);
});
