import { expect, test } from 'vitest';
import * as tree from '../src/index.ts';

test('the public list is this and no more', () => {
  expect(Object.keys(tree).sort()).toEqual([
    'CompactRange',
    'MemoryTree',
    'TILE_WIDTH',
    'TilePathError',
    'compactRangeFromEdge',
    'compactRangeFromHashes',
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
  ]);
});
